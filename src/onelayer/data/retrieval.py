"""Getting a registered data set from the first place that has it.

The order: a folder that the caller names; the user's cache; the folder of an operating system's package; the
mirrors; and last the bundled subset. What came from a package or a mirror is kept unpacked in the cache, from
where the next load is as quick as reading and hashing the bytes.
"""

from __future__ import annotations

import tempfile
import warnings
from contextlib import suppress
from pathlib import Path

from onelayer.data.cache import dataset_folder, locked
from onelayer.data.dataset import Dataset
from onelayer.data.download import Network, Progress, download
from onelayer.data.idx_folder import make_dataset
from onelayer.data.registry import RegisteredSet
from onelayer.data.verification import Files, keep_edition, read_edition
from onelayer.errors import (
    DataFileError,
    DataNotFoundError,
    InvalidParameterError,
    OutputError,
    SubsetWarning,
)

Parts = tuple[Dataset, Dataset]
"""Training part and test part."""


def retrieve(
    registered: RegisteredSet,
    folder: str | Path | None = None,
    *,
    subset: bool = False,
    mirrors: bool = True,
    progress: Progress | None = None,
    network: Network | None = None,
) -> Parts:
    """Load a registered data set from the first place that has it.

    Parameters
    ----------
    registered : RegisteredSet
        Which one.
    folder : str, Path or None
        The only place to look in, if given.
    subset : bool
        Whether to load the bundled subset instead, without a warning.
    mirrors : bool
        Whether to download what is nowhere on this machine.
    progress : callable or None
        Told what arrives: the name of a file, the bytes so far, the bytes in all or None.
    network : Network or None
        Timeouts and retries; None for the usual ones.

    Returns
    -------
    train, test : Dataset

    Raises
    ------
    DataNotFoundError
        It is nowhere, and has no bundled subset; the message lists where it was looked for.
    DataFileError
        The caller's folder holds something else.
    InvalidParameterError
        Both a folder and the subset were asked for.

    Warns
    -----
    SubsetWarning
        The bundled subset stands in for the whole set.
    """
    if subset and folder is not None:
        raise InvalidParameterError("subset=True loads the bundled subset; leave out either subset or folder")
    if subset:
        return _load_subset(registered)
    if folder is not None:
        files = read_edition(registered, registered.full, Path(folder))
        return _make_parts(registered, files, source=f"{registered.title} from {folder}")

    cached = dataset_folder(registered.name)
    misses: list[Exception] = []
    for place in (cached, *registered.system_folders):
        try:
            files = read_edition(registered, registered.full, place)
        except (DataNotFoundError, DataFileError) as miss:
            misses.append(miss)
            continue
        if place != cached:
            with suppress(OutputError):
                keep_edition(registered.full, files, cached)
        return _make_parts(registered, files, source=f"{registered.title} from {place}")
    if mirrors:
        try:
            files = _download(registered, cached, progress, network or Network())
            return _make_parts(registered, files, source=f"{registered.title}, downloaded")
        except OSError as miss:
            misses.append(miss)
    how = how_to_get(registered, download=not mirrors)
    if registered.subset is None:
        raise DataNotFoundError(
            f"{registered.title} was not found: {'; '.join(map(str, misses))}. To get it, {how}"
        )
    damaged = [str(miss) for miss in misses if isinstance(miss, DataFileError)]
    state = f"damaged on this machine ({damaged[0]})" if damaged else "not on this machine"
    warnings.warn(
        f"{registered.title}: this is the bundled subset of {registered.subset.n_train:,} training and "
        f"{registered.subset.n_test:,} test images; the whole set is {state}"
        f"{' and could not be downloaded' if mirrors else ''}; to get it, {how}",
        SubsetWarning,
        stacklevel=3,
    )
    return _load_subset(registered)


def fetch(
    registered: RegisteredSet, progress: Progress | None = None, network: Network | None = None
) -> Path:
    """Bring a registered data set into the cache, from a package's folder or a mirror, unless it is there.

    Parameters
    ----------
    registered : RegisteredSet
        Which one.
    progress : callable or None
        Told what arrives.
    network : Network or None
        Timeouts and retries; None for the usual ones.

    Returns
    -------
    Path
        The folder in the cache, with the four files unpacked and verified.

    Raises
    ------
    DownloadError
        No mirror delivered; the message says why, for each.
    OutputError
        The cache cannot be written to.
    """
    cached = dataset_folder(registered.name)
    for place in (cached, *registered.system_folders):
        try:
            files = read_edition(registered, registered.full, place)
        except (DataNotFoundError, DataFileError):
            continue
        if place != cached:
            keep_edition(registered.full, files, cached)
        return cached
    with locked(cached):
        download(registered.full.files, registered.mirrors, cached, progress, network or Network())
    return cached


def how_to_get(registered: RegisteredSet, *, download: bool = True) -> str:
    """Return the ways to get the whole of a registered data set, as the end of a sentence.

    Parameters
    ----------
    registered : RegisteredSet
    download : bool
        Whether a download is one of them: not after one has failed.

    Examples
    --------
    >>> from onelayer.data.registry import MNIST
    >>> how_to_get(MNIST)
    "run 'onelayer datasets fetch mnist', or give the folder of its four files"
    """
    commands = [*registered.packages, *([f"onelayer datasets fetch {registered.name}"] if download else [])]
    run = f"run {' or '.join(map(repr, commands))}, or " if commands else ""
    return f"{run}give the folder of its four files"


def _download(registered: RegisteredSet, cached: Path, progress: Progress | None, network: Network) -> Files:
    """Download into the cache, or into a temporary folder when the cache cannot be written to."""
    files = registered.full.files
    try:
        with locked(cached):
            download(files, registered.mirrors, cached, progress, network)
        return read_edition(registered, registered.full, cached)
    except OutputError:
        with tempfile.TemporaryDirectory() as temporary:
            download(files, registered.mirrors, Path(temporary), progress, network)
            return read_edition(registered, registered.full, Path(temporary))


def _load_subset(registered: RegisteredSet) -> Parts:
    if registered.subset is None:
        raise InvalidParameterError(f"{registered.title} has no bundled subset; leave out subset=True")
    few, all_ = registered.subset, registered.full
    files = read_edition(registered, few, registered.subset_folder)
    source = (
        f"{registered.title}, bundled subset: {few.n_train:,} of {all_.n_train:,} training and "
        f"{few.n_test:,} of {all_.n_test:,} test images"
    )
    return _make_parts(registered, files, source, subset=True)


def _make_parts(registered: RegisteredSet, files: Files, source: str, subset: bool = False) -> Parts:
    images, labels, test_images, test_labels = files
    name, classes = registered.name, registered.classes
    return (
        make_dataset(name, "train", images, labels, source=source, classes=classes, subset=subset),
        make_dataset(name, "test", test_images, test_labels, source=source, classes=classes, subset=subset),
    )
