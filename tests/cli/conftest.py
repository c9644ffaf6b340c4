"""A small world for the command line: an empty folder to work in, its own cache, and IDX folders made by hand."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from onelayer.cli.main import main
from onelayer.data import registry

IDX_TYPES = {"uint8": 8, "int8": 9, "int16": 11, "int32": 12, "float32": 13, "float64": 14}


@dataclass(frozen=True)
class Result:
    """What a command left: its exit status and its two outputs."""

    status: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The only line on standard error, of a command that printed nothing else."""
        assert self.out == ""
        lines = self.err.splitlines()
        assert len(lines) == 1, lines
        assert lines[0].startswith("Error: ")
        return lines[0].removeprefix("Error: ")


Run = Callable[..., Result]
Refused = Callable[..., str]


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, an empty cache, and no network."""
    folder = tmp_path / "workplace"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("ONELAYER_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("ONELAYER_DEBUG", raising=False)
    for name, registered in registry.REGISTRY.items():
        monkeypatch.setitem(registry.REGISTRY, name, replace(registered, mirrors=(), system_folders=()))
    return folder


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process."""

    def run_command(*arguments: str | Path) -> Result:
        capsys.readouterr()
        status = main([str(argument) for argument in arguments])
        return Result(status, *capsys.readouterr())

    return run_command


def everything(folder: Path) -> dict[str, bytes]:
    """Return the content of every file below a folder."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def refused(run: Run, workplace: Path) -> Refused:
    """Run a command that must fail with one line and leave everything as it was; return the line."""

    def check(*arguments: str | Path, status: int = 1) -> str:
        before = everything(workplace)
        result = run(*arguments)
        assert result.status == status
        assert everything(workplace) == before
        return result.error

    return check


def write_idx(path: Path, array: NDArray) -> None:
    """Write an array as the format has it: magic number, dimensions, big-endian elements."""
    header = struct.pack(">BBBB", 0, 0, IDX_TYPES[array.dtype.name], array.ndim)
    header += struct.pack(f">{array.ndim}I", *array.shape)
    path.write_bytes(header + array.astype(array.dtype.newbyteorder(">")).tobytes())


def write_folder(folder: Path, images: NDArray, labels: NDArray, part: str = "train") -> Path:
    """Write images and labels under their standard names."""
    folder.mkdir(exist_ok=True)
    write_idx(folder / f"{part}-images-idx3-ubyte", images)
    write_idx(folder / f"{part}-labels-idx1-ubyte", labels)
    return folder


def squares(n_rows: int, seed: int) -> tuple[NDArray, NDArray]:
    """Images of 4 × 4 pixels in three classes, each with another bright row."""
    chance = np.random.RandomState(seed)
    labels = np.arange(n_rows, dtype=np.uint8) % 3
    images = chance.randint(0, 120, (n_rows, 4, 4)).astype(np.uint8)
    images[np.arange(n_rows), labels] += 100
    return images, labels


@pytest.fixture
def toy(workplace: Path) -> str:
    """A folder ``toy`` with 90 training and 30 test images."""
    write_folder(workplace / "toy", *squares(90, seed=0))
    write_folder(workplace / "toy", *squares(30, seed=1), part="t10k")
    return "toy"


@pytest.fixture
def model(toy: str, run: Run) -> str:
    """A model file of the folder ``toy``."""
    assert run("fit", toy, "--no-report", "--model", "toy.model").status == 0
    return "toy.model"


@pytest.fixture
def numbers(workplace: Path) -> str:
    """A folder ``numbers`` whose labels are 3·first pixel − 2·second + 0.5."""
    pixels = np.random.RandomState(0).uniform(-1, 1, (200, 1, 2))
    write_folder(workplace / "numbers", pixels, 3 * pixels[:, 0, 0] - 2 * pixels[:, 0, 1] + 0.5)
    return "numbers"
