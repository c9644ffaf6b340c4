"""Folders of IDX files: which names are understood, and what does not go together."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import numpy as np
import pytest

from onelayer.data.dataset import fingerprint
from onelayer.data.idx import write_idx
from onelayer.data.idx_folder import find_pairs, load_folder
from onelayer.errors import DataFileError, DataNotFoundError, InvalidDataError

RNG = np.random.default_rng(0)
TRAIN = RNG.integers(0, 256, (6, 4, 3), dtype=np.uint8)
TRAIN_LABELS = np.array([2, 0, 1, 1, 0, 2], np.uint8)
TEST = RNG.integers(0, 256, (3, 4, 3), dtype=np.uint8)
TEST_LABELS = np.array([1, 1, 2], np.uint8)


def fill(folder: Path, files: dict[str, np.ndarray]) -> Path:
    for name, array in files.items():
        plain = folder / name.removesuffix(".gz")
        write_idx(plain, array)
        if name.endswith(".gz"):
            (folder / name).write_bytes(gzip.compress(plain.read_bytes()))
            plain.unlink()
    return folder


@pytest.mark.parametrize(
    "names",
    [
        (
            "train-images-idx3-ubyte",
            "train-labels-idx1-ubyte",
            "t10k-images-idx3-ubyte",
            "t10k-labels-idx1-ubyte",
        ),
        (
            "train-images-idx3-ubyte.gz",
            "train-labels-idx1-ubyte.gz",
            "t10k-images-idx3-ubyte.gz",
            "t10k-labels-idx1-ubyte.gz",
        ),
        (
            "train-images.idx3-ubyte",
            "train-labels.idx1-ubyte",
            "t10k-images.idx3-ubyte",
            "t10k-labels.idx1-ubyte",
        ),
        (
            "train-images-idx3-ubyte.gz",
            "train-labels.idx1-ubyte",
            "t10k-images.idx3-ubyte.gz",
            "t10k-labels.idx",
        ),
        (
            "a-train-images-idx3-ubyte",
            "a-train-labels-idx1-ubyte",
            "a-test-images-idx3",
            "a-test-labels-idx1",
        ),
        ("Train_Images.IDX", "Train_Labels.IDX", "Test_Images.IDX", "Test_Labels.IDX"),
    ],
)
def test_training_and_test_part(tmp_path: Path, names: tuple[str, ...]) -> None:
    arrays = (TRAIN, TRAIN_LABELS, TEST, TEST_LABELS)
    train, test = load_folder(fill(tmp_path, dict(zip(names, arrays, strict=True))))
    assert test is not None
    assert (train.part, test.part) == ("train", "test")
    np.testing.assert_array_equal(train.X, TRAIN.reshape(6, 12))
    np.testing.assert_array_equal(train.y, TRAIN_LABELS)
    np.testing.assert_array_equal(test.X, TEST.reshape(3, 12))
    np.testing.assert_array_equal(test.y, TEST_LABELS)
    assert train.image_shape == test.image_shape == (4, 3)
    assert train.name == tmp_path.name
    assert str(tmp_path) in train.source
    assert train.classes is None
    assert not train.subset


@pytest.mark.parametrize("prefix", ["", "train-", "t10k-", "my."])
def test_one_images_and_one_labels_file_are_a_training_part(tmp_path: Path, prefix: str) -> None:
    fill(tmp_path, {f"{prefix}images-idx3-ubyte": TRAIN, f"{prefix}labels-idx1-ubyte.gz": TRAIN_LABELS})
    train, test = load_folder(tmp_path)
    assert test is None
    assert train.part == "train"
    assert train.X.shape == (6, 12)


def test_the_fingerprint_is_that_of_the_unpacked_files(tmp_path: Path) -> None:
    fill(tmp_path, {"images.idx": TRAIN, "labels.idx": TRAIN_LABELS})
    digests = [
        hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in ("images.idx", "labels.idx")
    ]
    train, _ = load_folder(tmp_path)
    assert train.fingerprint == fingerprint(*digests)
    (tmp_path / "images.idx.gz").write_bytes(gzip.compress((tmp_path / "images.idx").read_bytes()))
    (tmp_path / "images.idx").unlink()
    assert load_folder(tmp_path)[0].fingerprint == train.fingerprint


def test_images_alone(tmp_path: Path) -> None:
    fill(tmp_path, {"images-idx3-ubyte": TRAIN})
    train, test = load_folder(tmp_path, labels_required=False)
    assert train.y is None
    assert test is None
    digest = hashlib.sha256((tmp_path / "images-idx3-ubyte").read_bytes()).hexdigest()
    assert train.fingerprint == fingerprint(digest)
    with pytest.raises(DataNotFoundError, match="the set has images, but its labels are missing"):
        load_folder(tmp_path)


@pytest.mark.parametrize(
    ("shape", "image_shape", "n_features"),
    [((5, 7), None, 7), ((5, 2, 3, 3), (2, 3, 3), 18), ((5, 1), None, 1)],
)
def test_rows_of_any_shape(
    tmp_path: Path, shape: tuple[int, ...], image_shape: tuple[int, ...] | None, n_features: int
) -> None:
    fill(tmp_path, {"images.idx": np.ones(shape, np.float32), "labels.idx": np.arange(5, dtype=np.int32)})
    train, _ = load_folder(tmp_path)
    assert train.image_shape == image_shape
    assert train.X.shape == (5, n_features)
    assert train.X.dtype == np.float32


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int16, np.int32, np.float32, np.float64])
def test_labels_of_any_type(tmp_path: Path, dtype: type) -> None:
    fill(tmp_path, {"images.idx": TRAIN, "labels.idx": TRAIN_LABELS.astype(dtype)})
    train, _ = load_folder(tmp_path)
    np.testing.assert_array_equal(train.y, TRAIN_LABELS.astype(dtype), strict=True)


def test_the_plain_file_is_taken_where_both_are_there(tmp_path: Path) -> None:
    fill(tmp_path, {"images.idx": TRAIN, "labels.idx": TRAIN_LABELS})
    (tmp_path / "images.idx.gz").write_bytes(b"never read")
    train, _ = load_folder(tmp_path)
    assert train.X.shape == (6, 12)


def test_other_and_hidden_files_are_passed_over(tmp_path: Path) -> None:
    fill(tmp_path, {"images.idx": TRAIN, "labels.idx": TRAIN_LABELS})
    for name in ("._train-images.idx", "images.txt", "README", "images.idx.part", "idx"):
        (tmp_path / name).write_bytes(b"")
    assert list(find_pairs(tmp_path)) == [""]


@pytest.mark.parametrize(
    ("files", "error", "message"),
    [
        ({}, DataNotFoundError, "no IDX files in this folder; understood are train-images-idx3-ubyte, "),
        ({"labels.idx": TRAIN_LABELS}, DataNotFoundError, "the set has labels, but its images are missing"),
        (
            {"train-images.idx": TRAIN, "train-labels.idx": TRAIN_LABELS, "t10k-images.idx": TEST},
            DataNotFoundError,
            "the t10k part has images, but its labels are missing",
        ),
        (
            {"train-images.idx": TRAIN, "t10k-labels.idx": TEST_LABELS},
            DataNotFoundError,
            "the train part has images, but its labels are missing",
        ),
        (
            {"a-images.idx": TRAIN, "a-labels.idx": TRAIN_LABELS, "b-images.idx": TEST},
            DataFileError,
            r"cannot tell which files belong together \(a-images.idx, a-labels.idx, b-images.idx\); under",
        ),
        (
            {"images.idx": TRAIN, "images-idx3-ubyte": TRAIN, "labels.idx": TRAIN_LABELS},
            DataFileError,
            "images-idx3-ubyte and images.idx are there for the same part; remove one",
        ),
        (
            {"images.idx": TRAIN, "labels.idx": TEST_LABELS},
            InvalidDataError,
            r"3 labels in .*labels.idx, but 6 images in .*images.idx",
        ),
        (
            {"images.idx": TRAIN, "labels.idx": TRAIN_LABELS.reshape(6, 1)},
            InvalidDataError,
            r"labels have one dimension, this file has 2: \(6, 1\)",
        ),
        (
            {"images.idx": TRAIN_LABELS, "labels.idx": TRAIN_LABELS},
            InvalidDataError,
            "has one dimension of 6; images have at least two, rows first",
        ),
        (
            {"images.idx": TRAIN[:0], "labels.idx": TRAIN_LABELS[:0]},
            InvalidDataError,
            "an empty set: its shape is 0 × 4 × 3",
        ),
        (
            {"images.idx": TRAIN[:, :0], "labels.idx": TRAIN_LABELS},
            InvalidDataError,
            "an empty set: .*6 × 0 × 3",
        ),
        (
            {"images.idx": TRAIN, "labels.idx": np.array([0, 1, np.nan, 1, np.inf, 0], np.float32)},
            InvalidDataError,
            r"the label of row 2 \(counted from 0\) is nan, and 1 more are not finite",
        ),
        (
            {
                "train-images.idx": TRAIN,
                "train-labels.idx": TRAIN_LABELS,
                "t10k-images.idx": TEST[:, :, :2],
                "t10k-labels.idx": TEST_LABELS,
            },
            InvalidDataError,
            "training rows have the shape 4 × 3, test rows 4 × 2; they must be the same",
        ),
    ],
)
def test_what_does_not_go_together(
    tmp_path: Path, files: dict[str, np.ndarray], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        load_folder(fill(tmp_path, files))


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    fill(tmp_path, {"images.idx": TRAIN, "labels.idx": TRAIN_LABELS})
    (tmp_path / "images.idx").write_bytes(b"<html></html>")
    with pytest.raises(DataFileError, match=r"images.idx: not an IDX file"):
        load_folder(tmp_path)


def test_folders_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataNotFoundError, match="nothing: there is no such folder"):
        load_folder(tmp_path / "nothing")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DataFileError, match="file: this is a file, not a folder"):
        load_folder(tmp_path / "file")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(DataFileError, match="loop: cannot be listed: Too many levels"):
        load_folder(tmp_path / "loop")
