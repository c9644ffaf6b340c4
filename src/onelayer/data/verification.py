"""A registered data set's four files in a folder: found, read, held against their SHA-256, and kept."""

from __future__ import annotations

from pathlib import Path

from onelayer.data.idx import IdxFile, read_idx, write_idx
from onelayer.data.idx_folder import Pair, find_pairs
from onelayer.data.registry import REGISTRY, Edition, RegisteredFile, RegisteredSet
from onelayer.errors import DataFileError, DataNotFoundError, OutputError

Files = tuple[IdxFile, IdxFile, IdxFile, IdxFile]
"""Training images, training labels, test images, test labels."""

Paths = tuple[Path, Path, Path, Path]


def find_edition(registered: RegisteredSet, edition: Edition, folder: Path) -> Paths:
    """Find the four files in a folder, under any of their usual names, without reading them.

    Raises
    ------
    DataNotFoundError
        The folder or one of its files is not there.
    DataFileError
        Two files are there for the same part.
    """
    pairs = find_pairs(folder)
    train = pairs.get("train", Pair("train"))
    test = pairs.get("t10k", Pair("t10k"))
    match (train.images, train.labels, test.images, test.labels):
        case Path() as images, Path() as labels, Path() as test_images, Path() as test_labels:
            return images, labels, test_images, test_labels
        case found:
            missing = [file.name for file, path in zip(edition.files, found, strict=True) if path is None]
            raise DataNotFoundError(
                f"{folder}: the four files of {registered.title} are not all here: no {', no '.join(missing)}"
            )


def read_edition(registered: RegisteredSet, edition: Edition, folder: Path) -> Files:
    """Read the four files from a folder, under any of their usual names, and verify each.

    Raises
    ------
    DataNotFoundError
        The folder or one of its files is not there.
    DataFileError
        One of them is damaged, or is not the file that its name says.
    """
    paths = find_edition(registered, edition, folder)
    images, labels, test_images, test_labels = (
        _read_verified(registered, file, path) for file, path in zip(edition.files, paths, strict=True)
    )
    return images, labels, test_images, test_labels


def keep_edition(edition: Edition, files: Files, folder: Path) -> None:
    """Write the four files into a folder, unpacked and each atomically.

    Raises
    ------
    OutputError
        The folder cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be made: {error.strerror}") from None
    for file, content in zip(edition.files, files, strict=True):
        write_idx(folder / file.name, content.array)


def _read_verified(registered: RegisteredSet, file: RegisteredFile, path: Path) -> IdxFile:
    content = read_idx(path)
    if content.sha256 != file.sha256:
        raise DataFileError(f"{path}: {_recognise(registered, file, content.sha256)}")
    return content


def _recognise(registered: RegisteredSet, expected: RegisteredFile, sha256: str) -> str:
    """Return what a file is that is not the expected one."""
    for other in REGISTRY.values():
        for file in (*other.full.files, *(other.subset.files if other.subset else ())):
            if file.sha256 == sha256:
                if other.name == registered.name:
                    return (
                        f"holds {file.shape[0]:,} rows of {other.title}'s {file.name}, where the "
                        f"{expected.shape[0]:,} of {expected.name} belong"
                    )
                return (
                    f"these are {other.title}'s files, not {registered.title}'s, which have the same names; "
                    f"load them as '{other.name}', or give the folder of {registered.title}"
                )
    return (
        f"not {registered.title}'s {expected.name}: its SHA-256 is {sha256[:16]}… where "
        f"{expected.sha256[:16]}… belongs; get the file again, or load a data set of your own with "
        "onelayer.data.sources.load(folder) or 'onelayer fit FOLDER'"
    )
