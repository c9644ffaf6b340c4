"""Cutting the subset: the first of each class, in the order of the files."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from onelayer.data.bundled.make_subset import main, make_subset
from onelayer.data.idx import read_idx, write_idx
from onelayer.data.registry import BUNDLED_FOLDER

N_TRAIN, N_TEST = 7000, 1500


@pytest.fixture
def full(tmp_path: Path) -> Path:
    """A stand-in of 1 × 2 pixels that hold each row's number; classes take turns, so the first come first."""
    folder = tmp_path / "full"
    folder.mkdir()
    for part, n_rows in (("train", N_TRAIN), ("t10k", N_TEST)):
        numbers = np.arange(n_rows)
        pixels = np.stack([numbers // 256, numbers % 256], axis=1).astype(np.uint8)
        write_idx(folder / f"{part}-images-idx3-ubyte", pixels.reshape(n_rows, 1, 2))
        write_idx(folder / f"{part}-labels-idx1-ubyte", (numbers % 10).astype(np.uint8))
    return folder


def test_the_first_of_each_class(full: Path) -> None:
    files = make_subset(full)
    for part, size in (("train", 6000), ("t10k", 1000)):
        images = (full / f"{part}-images-idx3-ubyte").read_bytes()
        labels = (full / f"{part}-labels-idx1-ubyte").read_bytes()
        header = images[:4] + size.to_bytes(4, "big") + images[8:16]
        assert files[f"{part}-images-idx3-ubyte"] == header + images[16 : 16 + 2 * size]
        assert (
            files[f"{part}-labels-idx1-ubyte"] == labels[:4] + size.to_bytes(4, "big") + labels[8 : 8 + size]
        )


def test_another_set_is_written_and_reported(
    full: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(full), "--output", str(tmp_path)]) == 1
    assert capsys.readouterr().out.count("NOT as registered\n") == 4
    assert len(read_idx(tmp_path / "train-images-idx3-ubyte.gz").array) == 6000
    (tmp_path / "again").mkdir()
    main([str(full), "--output", str(tmp_path / "again")])
    for path in tmp_path.glob("*.gz"):
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()


def test_the_bundled_files_are_the_registered_ones(capsys: pytest.CaptureFixture[str]) -> None:
    """The first 600 of each class of the subset are the subset."""
    assert main([str(BUNDLED_FOLDER)]) == 0
    assert "NOT" not in capsys.readouterr().out
    for path in BUNDLED_FOLDER.glob("*-ubyte.gz"):
        assert gzip.decompress(path.read_bytes()).startswith(b"\0\0\x08")
