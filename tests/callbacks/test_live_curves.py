"""Live curves: what is drawn, when, and what stays of runs that end well and badly."""

from __future__ import annotations

import dataclasses
import gc
import math
import shutil
import sys
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from PIL import Image

from onelayer import LinearRegression, SoftmaxRegression
from onelayer.callbacks import LiveCurves
from onelayer.callbacks.screens import Screen
from onelayer.errors import DivergenceError, InvalidParameterError, MissingDependencyError, OutputError
from onelayer.fonts import families
from onelayer.solvers.events import Epoch

from .runs import FIRST, SECOND, run

X = np.array([[0.0, 1.0], [1.0, 0.0], [2.0, 1.0], [3.0, 0.0], [4.0, 1.0], [5.0, 0.0]])
Y = np.array([0, 0, 0, 1, 1, 1])


def swinging(learning_rate: float) -> LinearRegression:
    """Return a model whose squared loss, on ``swing``, changes in each epoch by the factor (1 − rate)²."""
    return LinearRegression(epochs=20, batch_size=2, learning_rate=learning_rate, fit_intercept=False)


SWING = np.array([[1.0], [-1.0]]), np.array([1.0, -1.0])


def fitted(*callbacks: Any, epochs: int = 4, **validation: Any) -> SoftmaxRegression:
    return SoftmaxRegression(epochs=epochs, random_state=0).fit(X, Y, **validation, callbacks=list(callbacks))


def described(path: Path) -> tuple[tuple[int, int], str]:
    """Return the size and the description of an image that was decoded to its last pixel."""
    with Image.open(path) as image:
        image.load()
        assert image.format == "PNG"
        return image.size, image.info["Description"]


def drawn(figure: Figure | None) -> list[dict[str, tuple[list[float], list[float]]]]:
    """Return the curves of each panel: (epochs, values) by name."""
    assert figure is not None
    return [
        {str(line.get_label()): (list(line.get_xdata()), list(line.get_ydata())) for line in ax.get_lines()}
        for ax in figure.axes
    ]


class Stage(Screen):
    """A screen on which a drawing takes as long as the test wants, and the clock by which it does."""

    name = "stage"

    def __init__(self, drawing: Callable[[], float] = lambda: 0.0) -> None:
        self.now, self.attended = 0.0, 0
        self.shown: list[tuple[float, float, str]] = []
        self._drawing = drawing

    def clock(self) -> float:
        return self.now

    def figure(self, size: tuple[float, float]) -> Figure:
        return Figure(figsize=size)

    def show(self, figure: Figure, words: str) -> None:
        began = self.now
        self.now += self._drawing()
        self.shown.append((began, self.now, words))

    def attend(self) -> None:
        self.attended += 1

    @contextmanager
    def up(self) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("onelayer.callbacks.live_curves.opened", lambda file, title: self)
            yield

    def play(self, curves: LiveCurves, seconds: list[float]) -> list[int]:
        """Run epochs that take so long each, and return the numbers of those after which was drawn."""
        with self.up():
            curves.on_start(len(seconds), 1)
            for number, duration in enumerate(seconds, 1):
                self.now += duration
                curves.on_epoch(Epoch(number, len(seconds), 1.0, 1 / number, None, None, 0.1, 1.0))
            curves.on_end()
        return [int(words.split()[1]) for _, _, words in self.shown]


def test_a_fit_leaves_its_curves_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "curves.png"
    curves = LiveCurves(path, score="accuracy")
    model = fitted(curves, X_val=X, y_val=Y)
    assert curves.place_ == str(path)
    record = {name: [entry[name] for entry in model.history_] for name in model.history_[0]}
    epochs = [1, 2, 3, 4]
    assert drawn(curves.figure_) == [
        {"training": (epochs, record["train_loss"]), "validation": (epochs, record["val_loss"])},
        {"validation": (epochs, record["val_score"])},
    ]
    assert [ax.get_ylabel() for ax in curves.figure_.axes] == ["Loss", "Accuracy"]
    last = model.history_[-1]
    words = (
        f"Epoch 4 of 4: training loss {last['train_loss']:#.4g}, validation loss {last['val_loss']:#.4g}, "
        f"validation accuracy {last['val_score']:.4f}"
    )
    assert described(path) == ((1800, 640), words)
    assert curves.figure_.get_suptitle() == words


def test_without_validation_there_is_one_panel(tmp_path: Path) -> None:
    path = tmp_path / "curves.png"
    curves = LiveCurves(path)
    model = fitted(curves)
    assert drawn(curves.figure_) == [
        {"training": ([1, 2, 3, 4], [entry["train_loss"] for entry in model.history_])}
    ]
    size, words = described(path)
    assert size == (900, 640)
    assert words.startswith("Epoch 4 of 4: training loss ")
    assert "validation" not in words


def test_the_size_does_not_depend_on_the_users_settings(tmp_path: Path) -> None:
    import matplotlib

    settings = {"savefig.bbox": "tight", "savefig.dpi": 30, "figure.dpi": 50, "figure.figsize": (1, 1)}
    with matplotlib.rc_context(settings):
        run(LiveCurves(tmp_path / "curves.png"), FIRST)
    assert described(tmp_path / "curves.png")[0] == (1800, 640)


def test_the_file_is_replaced_after_each_epoch(tmp_path: Path) -> None:
    path = tmp_path / "curves.png"
    path.write_bytes(b"of an earlier run")
    seen = []

    def look(epoch: Epoch) -> None:
        seen.append((described(path)[1].partition(":")[0], path.read_bytes()))

    fitted(LiveCurves(path, every=0), look)
    assert [words for words, _ in seen] == [f"Epoch {number} of 4" for number in (1, 2, 3, 4)]
    assert len({image for _, image in seen}) == 4
    assert list(tmp_path.iterdir()) == [path]


def test_drawing_takes_a_fifth_of_the_time_at_most() -> None:
    stage = Stage(lambda: 0.125)  # drawn at 0.125, for 0.125 s, so not before 0.75; then not before 1.375
    assert stage.play(LiveCurves(clock=stage.clock), [0.125] * 10) == [1, 5, 9, 10]


def test_quick_drawings_come_a_few_times_per_second() -> None:
    stage = Stage()  # drawn at 1/16 s, so not before 0.2625, and at 5/16 s, so not before 0.5125
    assert stage.play(LiveCurves(clock=stage.clock), [1 / 16] * 10) == [1, 5, 9, 10]
    assert stage.attended == 7


def test_slow_epochs_are_all_drawn_and_none_twice() -> None:
    stage = Stage(lambda: 0.125)
    assert stage.play(LiveCurves(clock=stage.clock), [1.0] * 3) == [1, 2, 3]


@pytest.mark.parametrize(("every", "expected"), [(0, [1, 2, 3, 4, 5]), (2.0, [1, 3, 5]), (60, [1, 5])])
def test_the_pause_can_be_chosen(every: float, expected: list[int]) -> None:
    stage = Stage()
    assert stage.play(LiveCurves(every=every, clock=stage.clock), [1.0] * 5) == expected


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(1e-4, 2.0), min_size=1, max_size=20), st.data())
def test_whatever_the_times_drawing_leaves_four_fifths_and_ends_with_the_last_epoch(
    seconds: list[float], data: st.DataObject
) -> None:
    stage = Stage(lambda: data.draw(st.floats(1e-4, 2.0)))
    assert stage.play(LiveCurves(clock=stage.clock), seconds)[-1] == len(seconds)
    *due, (last, _, _) = stage.shown[:-1] or stage.shown  # the end waits for nothing
    drawing = math.fsum(ended - began for began, ended, _ in due)
    assert drawing <= 0.2 * (last - stage.shown[0][0]) + 1e-9


def test_an_interrupted_run_leaves_the_epochs_there_were(tmp_path: Path) -> None:
    def press(epoch: Epoch) -> None:
        if epoch.epoch == 3:
            raise KeyboardInterrupt

    curves = LiveCurves(tmp_path / "curves.png", every=1e6)
    model = fitted(curves, press, epochs=50)
    assert len(model.history_) == 3
    assert described(tmp_path / "curves.png")[1].startswith("Epoch 3 of 50: ")
    assert drawn(curves.figure_)[0]["training"][0] == [1, 2, 3]


def test_a_diverged_run_leaves_the_epochs_before(tmp_path: Path) -> None:
    curves = LiveCurves(tmp_path / "curves.png", every=1e6)
    with pytest.raises(DivergenceError) as caught:
        swinging(2.1).fit(*SWING, callbacks=[curves])
    assert caught.value.epoch > 2
    epochs, losses = drawn(curves.figure_)[0]["training"]
    assert epochs == list(range(1, caught.value.epoch))
    np.testing.assert_allclose(losses, [0.5 * 1.1 ** (2 * (k - 1)) for k in epochs])  # w − 1 grows by −1.1
    assert described(tmp_path / "curves.png")[1].startswith(f"Epoch {epochs[-1]} of 20: ")


def test_a_run_without_an_epoch_leaves_nothing(tmp_path: Path) -> None:
    curves = LiveCurves(tmp_path / "curves.png")
    with pytest.raises(DivergenceError):
        swinging(1e9).fit(*SWING, callbacks=[curves])
    assert curves.figure_ is None
    assert list(tmp_path.iterdir()) == []


def test_a_second_fit_starts_anew(tmp_path: Path) -> None:
    path = tmp_path / "curves.png"
    curves = LiveCurves(path)
    fitted(curves, epochs=7, X_val=X, y_val=Y)
    fitted(curves, epochs=2)
    assert [list(panel) for panel in drawn(curves.figure_)] == [["training"]]
    assert drawn(curves.figure_)[0]["training"][0] == [1, 2]
    assert described(path)[0] == (900, 640)
    with pytest.raises(DivergenceError):
        swinging(1e9).fit(*SWING, callbacks=[curves])
    assert curves.figure_ is None
    assert described(path)[1].startswith("Epoch 2 of 2: "), "and one without an epoch leaves what was there"


def test_a_score_that_is_not_there_from_the_first_epoch(tmp_path: Path) -> None:
    path = tmp_path / "curves.png"
    curves = LiveCurves(path, score="R²", every=0)
    run(curves, dataclasses.replace(FIRST, val_score=None))
    assert described(path)[0] == (900, 640)
    run(curves, dataclasses.replace(FIRST, val_score=math.nan), dataclasses.replace(FIRST, epoch=2))
    assert drawn(curves.figure_)[1] == {"validation": ([2], [0.8123])}
    assert described(path) == (
        (1800, 640),
        "Epoch 2 of 12: training loss 0.6123, validation loss 0.5200, validation R² 0.8123",
    )


def test_many_epochs_have_few_markers() -> None:
    stage = Stage()
    curves = LiveCurves(clock=stage.clock)
    stage.play(curves, [0.0] * 400)
    assert curves.figure_ is not None
    (line,) = curves.figure_.axes[0].get_lines()
    assert line.get_markevery() == 10
    assert len(line.get_xdata()) == 400


def test_figures_are_none_of_pyplots_and_do_not_pile_up(tmp_path: Path) -> None:
    from matplotlib import pyplot

    mine = pyplot.figure()
    curves = LiveCurves(tmp_path / "curves.png")
    run(curves, FIRST)
    first = weakref.ref(curves.figure_)
    run(curves, SECOND)
    gc.collect()
    assert first() is None
    assert pyplot.get_fignums() == [mine.number]


def test_a_folder_that_cannot_be_written_to_is_refused_before_training(tmp_path: Path) -> None:
    heard: list[Epoch] = []
    model = SoftmaxRegression(random_state=0)
    with pytest.raises(OutputError, match=r"missing/curves\.png: the folder .* does not exist"):
        model.fit(X, Y, callbacks=[LiveCurves(tmp_path / "missing" / "curves.png"), heard.append])
    assert heard == []
    assert not model.__sklearn_is_fitted__()


def test_a_refused_fit_after_a_good_one_draws_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    curves = LiveCurves(folder / "curves.png")
    run(curves, FIRST)
    shutil.rmtree(folder)
    with pytest.raises(OutputError):
        curves.on_start(12, 60_000)
    curves.on_end()
    assert curves.figure_ is None


def test_a_file_that_can_no_longer_be_written_is_an_error(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(OutputError, match=r"cannot write .*curves\.png"):
        fitted(LiveCurves(folder / "curves.png", every=0), lambda epoch: shutil.rmtree(folder))


def test_matplotlib_missing_is_said_before_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    heard: list[Epoch] = []
    with pytest.raises(MissingDependencyError, match=r"pip install 'onelayer\[app\]'"):
        fitted(LiveCurves(tmp_path / "curves.png"), heard.append)
    assert heard == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("file", ["curves.svg", "curves", Path("folder/curves.jpg")])
def test_refuses_a_file_of_another_format(file: str | Path) -> None:
    with pytest.raises(InvalidParameterError, match=r"file=.*let its name end in \.png"):
        LiveCurves(file)


@pytest.mark.parametrize("file", [5, b"x.png", ["a"], True])
def test_refuses_a_file_that_is_no_path(file: Any) -> None:
    with pytest.raises(InvalidParameterError, match=r"file=.*: expected the path of an image"):
        LiveCurves(file)


@pytest.mark.parametrize("file", [".png", Path("folder/.PNG")])
def test_refuses_an_ending_without_a_name(file: str | Path) -> None:
    with pytest.raises(InvalidParameterError, match=r"file=.*: a name before \.png is missing"):
        LiveCurves(file)


@pytest.mark.parametrize("score", [None, 5, b"accuracy"])
def test_refuses_a_score_that_is_no_name(score: Any) -> None:
    with pytest.raises(InvalidParameterError, match=r"score=.*: expected what to call the validation score"):
        LiveCurves(score=score)


def test_before_a_fit_there_is_no_place_and_no_figure() -> None:
    curves = LiveCurves("curves.png")
    assert (curves.place_, curves.figure_) == (None, None)
    curves.on_end()
    with pytest.raises(InvalidParameterError, match=r"callbacks=\[curves\]"):
        fitted(curves.on_epoch)


def test_a_chinese_score_is_drawn_in_the_fonts_that_there_are(tmp_path: Path) -> None:
    curves = LiveCurves(tmp_path / "curves.png", score="准确率")
    run(curves, FIRST)
    assert curves.figure_ is not None
    assert described(tmp_path / "curves.png")[1].endswith("validation 准确率 0.8123")
    label = curves.figure_.axes[1].yaxis.label
    assert label.get_text() == "准确率"
    assert label.get_fontfamily() == families("准确率")


@pytest.mark.parametrize("every", [-1, math.nan, math.inf, "often", True])
def test_refuses_a_pause_that_is_none(every: Any) -> None:
    with pytest.raises(InvalidParameterError, match=r"every=.*: expected a finite number of at least 0"):
        LiveCurves(every=every)
