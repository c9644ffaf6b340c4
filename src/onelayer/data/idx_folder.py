"""A folder of IDX files: which of them belong together, and the data set they make."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from onelayer.data.dataset import ClassNames, Dataset, fingerprint
from onelayer.data.idx import IdxFile, read_idx
from onelayer.errors import DataFileError, DataNotFoundError, InvalidDataError

FILE_NAME = re.compile(
    r"(?P<group>.*?)[-_.]?(?P<kind>image|label)s?[-_.]idx\d*(-[a-z0-9]+)?(\.gz)?", re.IGNORECASE
)
TRAIN_ENDING = "train"
TEST_ENDINGS = ("t10k", "test")
UNDERSTOOD = (
    "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, or "
    "one images and one labels file; each plain or .gz"
)


@dataclass(frozen=True)
class Pair:
    """Images and labels that belong together; either may be missing."""

    group: str
    images: Path | None = None
    labels: Path | None = None


def find_pairs(folder: Path) -> dict[str, Pair]:
    """Find the IDX files of a folder by their names, paired by what stands before ``images`` and ``labels``.

    Both spellings in use are understood, ``train-images-idx3-ubyte`` and ``train-images.idx3-ubyte``, with
    ``.gz`` or without. Where a file is there plain and packed, the plain one is taken.

    Parameters
    ----------
    folder : Path
        The folder.

    Returns
    -------
    dict of str to Pair
        By group: ``"train"``, ``"t10k"``, or ``""`` when nothing stands before ``images``.

    Raises
    ------
    DataNotFoundError
        There is no such folder.
    DataFileError
        It cannot be listed, or it has two files for the same part.
    """
    found: dict[str, dict[str, Path]] = {}
    for path, name in _named(folder):
        group = found.setdefault(name["group"].lower(), {})
        other = group.setdefault(name["kind"].lower(), path)
        if other != path and other.name != path.name.removesuffix(".gz"):
            raise DataFileError(
                f"{folder}: {other.name} and {path.name} are there for the same part; remove one of them"
            )
    return {
        group: Pair(group, kinds.get("image"), kinds.get("label")) for group, kinds in sorted(found.items())
    }


def idx_files(folder: Path) -> list[Path]:
    """Return all files of a folder that are IDX files by their names.

    Raises
    ------
    DataNotFoundError, DataFileError
        There is no such folder, or it cannot be listed.
    """
    return [path for path, _ in _named(folder)]


def _named(folder: Path) -> list[tuple[Path, re.Match[str]]]:
    """Return the IDX files of a folder, and what their names say."""
    return [(path, name) for path in _list(folder) if (name := FILE_NAME.fullmatch(path.name))]


def _list(folder: Path) -> list[Path]:
    """Return what is in the folder, hidden files aside, a plain file before the same packed."""
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except FileNotFoundError:
        raise DataNotFoundError(f"{folder}: there is no such folder") from None
    except NotADirectoryError:
        raise DataFileError(f"{folder}: this is a file, not a folder") from None
    except OSError as error:
        raise DataFileError(f"{folder}: cannot be listed: {error.strerror}") from None


def load_folder(folder: Path, labels_required: bool = True) -> tuple[Dataset, Dataset | None]:
    """Load a folder of IDX files: the four standard names, or one images and one labels file.

    Parameters
    ----------
    folder : Path
        The folder; its name becomes the data set's.
    labels_required : bool
        Whether to refuse images without labels.

    Returns
    -------
    train : Dataset
        The training part, or whatever is there when there is only one part.
    test : Dataset or None
        The test part.

    Raises
    ------
    DataNotFoundError
        The folder or one of its files is missing.
    DataFileError
        A file is damaged, or the folder holds something else.
    InvalidDataError
        Images and labels do not go together, or a label is NaN.
    """
    train_pair, test_pair = _choose(folder, find_pairs(folder))
    train = _load_pair(folder, "train", train_pair, labels_required)
    if test_pair is None:
        return train, None
    test = _load_pair(folder, "test", test_pair, labels_required)
    if test.image_shape != train.image_shape or test.X.shape[1] != train.X.shape[1]:
        raise InvalidDataError(
            f"{folder}: training rows have the shape {_row_shape(train)}, test rows {_row_shape(test)}; "
            "they must be the same"
        )
    return train, test


def _choose(folder: Path, pairs: dict[str, Pair]) -> tuple[Pair, Pair | None]:
    if len(pairs) == 1:
        return next(iter(pairs.values())), None
    train = [pair for group, pair in pairs.items() if group.endswith(TRAIN_ENDING)]
    test = [pair for group, pair in pairs.items() if group.endswith(TEST_ENDINGS)]
    if len(pairs) == 2 and len(train) == len(test) == 1:
        return train[0], test[0]
    if not pairs:
        raise DataNotFoundError(f"{folder}: no IDX files in this folder; understood are {UNDERSTOOD}")
    names = ", ".join(path.name for pair in pairs.values() for path in (pair.images, pair.labels) if path)
    raise DataFileError(
        f"{folder}: cannot tell which files belong together ({names}); understood are {UNDERSTOOD}"
    )


def _load_pair(folder: Path, part: str, pair: Pair, labels_required: bool) -> Dataset:
    group = f"the {pair.group} part" if pair.group else "the set"
    if pair.images is None:
        raise DataNotFoundError(f"{folder}: {group} has labels, but its images are missing")
    if pair.labels is None and labels_required:
        raise DataNotFoundError(f"{folder}: {group} has images, but its labels are missing")
    images = read_idx(pair.images)
    labels = None if pair.labels is None else read_idx(pair.labels)
    check_images(images)
    if labels is not None:
        check_labels(labels, images)
    name = folder.resolve().name
    return make_dataset(name, part, images, labels, source=f"IDX files in the folder {folder}")


def _row_shape(dataset: Dataset) -> str:
    return " × ".join(map(str, dataset.image_shape or dataset.X.shape[1:]))


def check_images(images: IdxFile) -> None:
    """Refuse an array that is not a table of rows, and one without any element.

    Raises
    ------
    InvalidDataError
    """
    shape = images.array.shape
    if len(shape) < 2:
        raise InvalidDataError(
            f"{images.path}: has one dimension of {shape[0]:,}; images have at least two, rows first"
        )
    if 0 in shape:
        raise InvalidDataError(f"{images.path}: an empty set: its shape is {' × '.join(map(str, shape))}")


def check_labels(labels: IdxFile, images: IdxFile) -> None:
    """Refuse labels that do not go with the images, and NaN or infinity among them.

    Raises
    ------
    InvalidDataError
    """
    values = labels.array
    if values.ndim != 1:
        raise InvalidDataError(
            f"{labels.path}: labels have one dimension, this file has {values.ndim}: {values.shape}"
        )
    if len(values) != len(images.array):
        raise InvalidDataError(
            f"{len(values):,} labels in {labels.path}, but {len(images.array):,} images in {images.path}"
        )
    if values.dtype.kind == "f":
        not_finite = np.flatnonzero(~np.isfinite(values))
        if not_finite.size:
            row = not_finite[0]
            raise InvalidDataError(
                f"{labels.path}: the label of row {row} (counted from 0) is {values[row]}, and "
                f"{not_finite.size - 1:,} more are not finite; correct or remove those rows"
            )


def make_dataset(
    name: str,
    part: str,
    images: IdxFile,
    labels: IdxFile | None,
    *,
    source: str,
    classes: ClassNames | None = None,
    subset: bool = False,
) -> Dataset:
    """Return the data set that an images file and its labels make: a row per image, nothing copied."""
    n_rows, *row_shape = images.array.shape
    return Dataset(
        name=name,
        part=part,
        X=images.array.reshape(n_rows, -1),
        y=None if labels is None else labels.array,
        classes=classes,
        image_shape=tuple(row_shape) if len(row_shape) > 1 else None,
        source=source,
        fingerprint=fingerprint(images.sha256, *([] if labels is None else [labels.sha256])),
        subset=subset,
    )
