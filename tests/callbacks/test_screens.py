"""Where live figures are shown: a notebook's cell, a window, a file; and which of them is chosen."""

from __future__ import annotations

import base64
import io
import os
import subprocess
import sys
import threading
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from matplotlib import pyplot
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from onelayer import SoftmaxRegression
from onelayer.callbacks import LiveCurves
from onelayer.callbacks.screens import NotebookCell, Window, opened
from onelayer.errors import OutputError

from .runs import FIRST, SECOND, run

SIZE = (4.5, 3.2)

WINDOWED = (
    "GTK3Agg GTK3Cairo GTK4Agg GTK4Cairo MacOSX QtAgg QtCairo Qt5Agg Qt5Cairo TkAgg TkCairo WX WXAgg WXCairo"
)
WINDOWLESS = "agg cairo pdf pgf ps svg template WebAgg nbAgg module://matplotlib_inline.backend_inline"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder of a test."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Notebook:
    """What a kernel's ``display`` does: outputs of a cell, which a handle can replace."""

    def __init__(self) -> None:
        self.outputs: list[tuple[dict[str, str], dict[str, Any]]] = []
        self.updates = 0

    def display(
        self, output: dict[str, str], *, metadata: dict[str, Any], raw: bool, display_id: bool
    ) -> Handle:
        assert raw
        assert display_id is True
        self.outputs.append((output, metadata))
        return Handle(self, len(self.outputs) - 1)


class Handle:
    """One output of a notebook."""

    def __init__(self, notebook: Notebook, place: int) -> None:
        self._notebook, self._place = notebook, place

    def update(self, output: dict[str, str], *, metadata: dict[str, Any], raw: bool) -> None:
        assert raw
        self._notebook.updates += 1
        self._notebook.outputs[self._place] = output, metadata


class KernelShell:
    """Stands for ipykernel's ``ZMQInteractiveShell``."""


class TerminalShell:
    """Stands for the shell of IPython on a terminal."""


def ipython(monkeypatch: pytest.MonkeyPatch, shell: object, notebook: Notebook) -> None:
    """Let this process look as if IPython ran in it."""
    contents: dict[str, dict[str, object]] = {
        "ipykernel.zmqshell": {"ZMQInteractiveShell": KernelShell},
        "IPython": {"get_ipython": lambda: shell, "version_info": (9, 0)},
        "IPython.display": {"display": notebook.display},
    }
    for name, names in contents.items():
        module = ModuleType(name)
        vars(module).update(names)
        monkeypatch.setitem(sys.modules, name, module)


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> Notebook:
    notebook = Notebook()
    ipython(monkeypatch, KernelShell(), notebook)
    return notebook


class Desktop:
    """Hears of windows that are brought onto the screen, and of the times their events are answered."""

    def __init__(self) -> None:
        self.shown: list[Figure] = []
        self.flushed = 0

    def flush(self) -> None:
        self.flushed += 1


@pytest.fixture
def desktop(monkeypatch: pytest.MonkeyPatch) -> Desktop:
    """A backend with windows: that of images, under another name."""
    desktop = Desktop()
    monkeypatch.setattr(pyplot, "get_backend", lambda: "TkAgg")
    monkeypatch.setattr(Figure, "show", lambda figure: desktop.shown.append(figure))
    monkeypatch.setattr(FigureCanvasAgg, "flush_events", lambda canvas: desktop.flush())
    return desktop


def test_one_output_of_the_cell_is_replaced(notebook: Notebook, folder: Path) -> None:
    curves = LiveCurves(every=0)
    run(curves, FIRST, SECOND)
    assert curves.place_ == "notebook"
    assert notebook.updates == 1
    ((output, metadata),) = notebook.outputs
    words = "Epoch 2 of 12: training loss 0.5100"
    assert output["text/plain"] == words
    with Image.open(io.BytesIO(base64.b64decode(output["image/png"]))) as image:
        assert image.size == (1800, 640)
    assert metadata == {"image/png": {"width": 900, "height": 320, "alt": words}}
    assert list(folder.iterdir()) == []
    assert pyplot.get_fignums() == []


def test_the_next_fit_has_its_own_output(notebook: Notebook) -> None:
    curves = LiveCurves()
    run(curves, FIRST)
    run(curves, SECOND)
    assert [output["text/plain"].partition(":")[0] for output, _ in notebook.outputs] == [
        "Epoch 1 of 12",
        "Epoch 2 of 12",
    ]


def test_no_epoch_no_output(notebook: Notebook) -> None:
    run(LiveCurves())
    assert notebook.outputs == []


def test_ipython_on_a_terminal_is_no_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = Notebook()
    ipython(monkeypatch, TerminalShell(), notebook)
    run(LiveCurves(), FIRST)
    assert notebook.outputs == []


def test_a_file_that_is_named_is_written_wherever_the_program_runs(
    notebook: Notebook, desktop: Desktop, folder: Path
) -> None:
    run(LiveCurves("my.png"), FIRST)
    assert [path.name for path in folder.iterdir()] == ["my.png"]
    assert notebook.outputs == []
    assert desktop.shown == []


def test_a_window_is_opened_once_and_stays(desktop: Desktop, folder: Path) -> None:
    curves = LiveCurves(every=0)
    run(curves, FIRST, SECOND)
    assert curves.place_ == "window"
    assert desktop.shown == [curves.figure_]
    assert pyplot.get_fignums() == [1]
    assert desktop.flushed >= 2
    assert list(curves.figure_.get_size_inches()) == [9.0, 3.2]
    assert list(folder.iterdir()) == []


def test_a_window_answers_its_user_between_drawings(desktop: Desktop) -> None:
    curves = LiveCurves(every=1e6)
    curves.on_start(12, 60_000)
    curves.on_epoch(FIRST)
    before = desktop.flushed
    curves.on_epoch(SECOND)
    assert desktop.flushed == before + 1


def test_training_goes_on_when_the_window_is_closed(desktop: Desktop, folder: Path) -> None:
    curves = LiveCurves(every=0)

    def close(epoch: Any) -> None:
        if epoch.epoch == 2:
            pyplot.close(curves.figure_)

    model = SoftmaxRegression(epochs=5, random_state=0)
    model.fit([[0.0], [1.0]], [0, 1], callbacks=[curves, close])
    assert len(model.history_) == 5
    assert len(desktop.shown) == 1
    assert pyplot.get_fignums() == []
    assert list(folder.iterdir()) == []


def test_the_next_fit_uses_the_window_again_or_opens_another(desktop: Desktop) -> None:
    curves = LiveCurves()
    run(curves, FIRST)
    first = curves.figure_
    assert first is not None
    first.set_size_inches(12, 7)  # by the user
    run(curves, SECOND)
    assert curves.figure_ is first
    assert len(first.axes) == 1
    assert list(first.get_size_inches()) == [12, 7]
    assert desktop.shown == [first]
    pyplot.close(first)
    run(curves, SECOND)
    assert curves.figure_ is not first
    assert desktop.shown == [first, curves.figure_]


def test_two_objects_have_two_windows(desktop: Desktop) -> None:
    run(LiveCurves(), FIRST)
    run(LiveCurves(), FIRST)
    assert len(pyplot.get_fignums()) == 2


def test_no_epoch_no_window_but_an_earlier_one_stays(desktop: Desktop) -> None:
    curves = LiveCurves()
    run(curves)
    assert pyplot.get_fignums() == []
    run(curves, FIRST)
    run(curves)
    assert pyplot.get_fignums() == [1]
    assert desktop.shown[0].axes != []


@pytest.mark.parametrize("backend", WINDOWED.split())
def test_backends_with_windows(backend: str, desktop: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pyplot, "get_backend", lambda: backend)
    assert opened(None, "title").name == "window"


@pytest.mark.parametrize("backend", WINDOWLESS.split())
def test_backends_without(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pyplot, "get_backend", lambda: backend)
    assert opened(None, "title").name == os.path.abspath("curves.png")


def test_without_a_display_the_curves_go_into_a_file(
    desktop: Desktop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def headless(*args: Any, **settings: Any) -> Figure:
        raise ImportError("Cannot load backend 'TkAgg' ... as 'headless' is currently running")

    monkeypatch.setattr(pyplot, "figure", headless)
    run(LiveCurves(), FIRST)
    assert Path("curves.png").read_bytes().startswith(b"\x89PNG")


def test_windows_are_for_the_main_thread(desktop: Desktop) -> None:
    names: list[str] = []
    thread = threading.Thread(target=lambda: names.append(opened(None, "title").name))
    thread.start()
    thread.join()
    assert names == [os.path.abspath("curves.png")]


def test_a_current_folder_that_cannot_be_written_to_is_refused(folder: Path) -> None:
    (folder / "curves.png").mkdir()
    with pytest.raises(OutputError, match=r"cannot write curves\.png: it is a folder"):
        opened(None, "title")


def test_the_file_stays_the_same_when_the_current_folder_changes(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "elsewhere").mkdir()
    curves = LiveCurves("my.png", every=0)
    curves.on_start(12, 60_000)
    monkeypatch.chdir(folder / "elsewhere")
    curves.on_epoch(FIRST)
    curves.on_end()
    assert curves.place_ == str(folder / "my.png")
    assert sorted(path.name for path in folder.rglob("*")) == ["elsewhere", "my.png"]
    run(curves, FIRST)
    assert curves.place_ == str(folder / "elsewhere" / "my.png"), "the next fit begins from there"


def test_a_character_without_a_glyph_is_no_warning(desktop: Desktop, notebook: Notebook) -> None:
    for screen in (
        opened(Path("a.png"), "title"),
        NotebookCell(sys.modules["IPython.display"]),
        Window("title"),
    ):
        figure = screen.figure(SIZE)
        figure.suptitle("\ufffe is no character, so no font has it")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            screen.show(figure, "words")


def test_words_are_the_description_of_the_file() -> None:
    screen = opened(Path("a.png"), "title")
    screen.show(screen.figure(SIZE), "R² of 准确")
    with Image.open("a.png") as image:
        assert image.info["Description"] == "R² of 准确"
        assert image.size == (900, 640)


def test_importing_callbacks_imports_nothing_to_draw_with() -> None:
    heavy = ["matplotlib", "rich", "IPython", "PIL", "numpy", "sklearn"]
    code = f"import sys, onelayer.callbacks; print(set({heavy}) & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "set()\n"


def test_the_users_backend_stays() -> None:
    code = (
        "import matplotlib; matplotlib.use('svg')\n"
        "from onelayer.callbacks import LiveCurves\n"
        "curves = LiveCurves(); curves.on_start(1, 1); curves.on_end()\n"
        "print(curves.place_, matplotlib.get_backend())"
    )
    assert (
        subprocess.check_output([sys.executable, "-c", code], text=True)
        == f"{os.path.abspath('curves.png')} svg\n"
    )
