"""A registered data set's files in a folder: found, recognised, or refused with a word on what they are."""

from __future__ import annotations

import dataclasses
import gzip
from pathlib import Path

import pytest

from onelayer.data.idx import read_idx
from onelayer.data.registry import BUNDLED_FOLDER, FASHION_MNIST
from onelayer.data.verification import find_edition, keep_edition, read_edition
from onelayer.errors import DataFileError, DataNotFoundError

from .tiny import EDITION, PAYLOADS, TINY

LIKE_FASHION = dataclasses.replace(FASHION_MNIST, name="other", title="Other")


def test_files_are_read_and_kept(tiny_folder: Path, tmp_path: Path) -> None:
    files = read_edition(TINY, EDITION, tiny_folder)
    assert [file.array.shape for file in files] == [file.shape for file in EDITION.files]
    keep_edition(EDITION, files, tmp_path / "deep" / "folder")
    assert {path.name: path.read_bytes() for path in (tmp_path / "deep" / "folder").iterdir()} == PAYLOADS


def test_what_is_missing_is_named(tiny_folder: Path) -> None:
    (tiny_folder / "train-labels-idx1-ubyte.gz").unlink()
    (tiny_folder / "t10k-images-idx3-ubyte.gz").unlink()
    with pytest.raises(
        DataNotFoundError,
        match="tiny: the four files of Tiny are not all here: no train-labels-idx1-ubyte, no t10k-",
    ):
        find_edition(TINY, EDITION, tiny_folder)


def test_a_single_changed_pixel_is_refused(tiny_folder: Path) -> None:
    changed = bytearray(PAYLOADS["train-images-idx3-ubyte"])
    changed[20] ^= 1
    (tiny_folder / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(changed))
    with pytest.raises(
        DataFileError,
        match=r"images-idx3-ubyte.gz: not Tiny's train-images-idx3-ubyte: its SHA.*sources.load\(folder\)",
    ):
        read_edition(TINY, EDITION, tiny_folder)


def test_another_registered_set_under_the_same_names_is_recognised() -> None:
    with pytest.raises(
        DataFileError,
        match=r"train-images-idx3-ubyte.gz: these are Fashion-MNIST's files, not Other's, which have the "
        "same names; load them as 'fashion-mnist', or give the folder of Other",
    ):
        read_edition(LIKE_FASHION, LIKE_FASHION.full, BUNDLED_FOLDER)


def test_the_subset_in_the_place_of_the_whole_is_recognised() -> None:
    with pytest.raises(
        DataFileError,
        match="holds 6,000 rows of Fashion-MNIST's train-images-idx3-ubyte, where the 60,000 of train-images",
    ):
        read_edition(FASHION_MNIST, FASHION_MNIST.full, BUNDLED_FOLDER)


def test_a_packed_file_is_known_by_what_it_unpacks_to(tiny_folder: Path) -> None:
    path = tiny_folder / "train-labels-idx1-ubyte.gz"
    before = read_idx(path).sha256
    path.write_bytes(gzip.compress(PAYLOADS["train-labels-idx1-ubyte"], 1, mtime=12345))
    assert read_idx(path).sha256 == before
    read_edition(TINY, EDITION, tiny_folder)
