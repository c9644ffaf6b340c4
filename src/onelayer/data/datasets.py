"""The registered data sets: real data by name, found on this machine or downloaded, and always verified."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from onelayer.data.cache import dataset_folder
from onelayer.data.dataset import Dataset
from onelayer.data.download import Progress
from onelayer.data.registry import FASHION_MNIST, MNIST, REGISTRY, RegisteredSet
from onelayer.data.retrieval import fetch as fetch_registered
from onelayer.data.retrieval import how_to_get, retrieve
from onelayer.data.verification import find_edition
from onelayer.errors import DataFileError, DataNotFoundError

__all__ = ["Listing", "fashion_mnist", "fetch", "known", "mnist", "path"]


def fashion_mnist(
    folder: str | Path | None = None,
    *,
    subset: bool = False,
    download: bool = True,
    progress: Progress | None = None,
) -> tuple[Dataset, Dataset]:
    """Load Fashion-MNIST: 60,000 training and 10,000 test images of clothing, 28 × 28 grey pixels, 10
    classes.

    It is looked for in the user's cache, in Debian's package ``dataset-fashion-mnist``, and at mirrors over
    HTTPS; if it is nowhere, the bundled subset of 6,000 and 1,000 real images stands in, with a warning.
    Every file is verified by the SHA-256 of what it unpacks to.

    Parameters
    ----------
    folder : str, Path or None
        Folder of the four files, plain or gzip, to look in and nowhere else.
    subset : bool
        Load the bundled subset, without a warning.
    download : bool
        Whether to ask the mirrors when it is nowhere on this machine.
    progress : callable or None
        Called as a file arrives: ``progress(name, bytes_received, bytes_in_all_or_None)``.

    Returns
    -------
    train, test : Dataset
        X is uint8 from 0 to 255, (60000, 784) and (10000, 784); y is uint8 from 0 to 9.

    Raises
    ------
    DataNotFoundError
        ``folder`` or one of its files is not there.
    DataFileError
        A file in ``folder`` is damaged, or something else: MNIST has files of the same names.
    InvalidParameterError
        Both ``folder`` and ``subset`` were given.

    Warns
    -----
    SubsetWarning
        The bundled subset stands in for the whole set.

    Notes
    -----
    Cost: reading and hashing 55 MB from the cache, about 0.1 s; a download is 31 MB.
    Licence: MIT, © 2017 Zalando SE. Source: H. Xiao, K. Rasul, R. Vollgraf, arXiv:1708.07747.

    Examples
    --------
    >>> train, test = fashion_mnist(subset=True)
    >>> train.X.shape, test.X.shape, train.classes[3]
    ((6000, 784), (1000, 784), 'Dress')
    """
    return retrieve(FASHION_MNIST, folder, subset=subset, mirrors=download, progress=progress)


def mnist(
    folder: str | Path | None = None, *, download: bool = True, progress: Progress | None = None
) -> tuple[Dataset, Dataset]:
    """Load MNIST: 60,000 training and 10,000 test images of handwritten digits, 28 × 28 grey pixels, 10
    classes.

    It is looked for in the user's cache and at mirrors over HTTPS. Every file is verified by the SHA-256 of
    what it unpacks to.

    Parameters
    ----------
    folder : str, Path or None
        Folder of the four files, plain or gzip, to look in and nowhere else.
    download : bool
        Whether to ask the mirrors when it is nowhere on this machine.
    progress : callable or None
        Called as a file arrives: ``progress(name, bytes_received, bytes_in_all_or_None)``.

    Returns
    -------
    train, test : Dataset
        X is uint8 from 0 to 255, (60000, 784) and (10000, 784); y is uint8 from 0 to 9.

    Raises
    ------
    DataNotFoundError
        It is nowhere; the message lists where it was looked for and how to get it.
    DataFileError
        A file in ``folder`` is damaged, or something else: Fashion-MNIST has files of the same names.

    Notes
    -----
    Cost: reading and hashing 55 MB from the cache, about 0.1 s; a download is 12 MB.
    Licence: CC BY-SA 3.0, © Yann LeCun and Corinna Cortes. Source: LeCun, Bottou, Bengio and Haffner, Proc.
    IEEE 86 (1998) 2278.

    Examples
    --------
    >>> mnist("/nonexistent")
    Traceback (most recent call last):
    ...
    onelayer.errors.DataNotFoundError: /nonexistent: there is no such folder
    """
    return retrieve(MNIST, folder, mirrors=download, progress=progress)


@dataclass(frozen=True)
class Listing:
    """A registered data set, and where it would come from now.

    Attributes
    ----------
    name, title, description, licence : str
        What it is called on the command line and in sentences, what it is, and how it may be used.
    n_train, n_test : int
        Rows of the whole set.
    place : {"cache", "package", "download"}
        Where it would come from now, judged by the names and sizes of files; loading verifies them.
    folder : Path or None
        The folder that holds the whole set; None when it is not on this machine.
    has_subset : bool
        Whether a bundled subset stands in when it cannot be downloaded.
    """

    name: str
    title: str
    description: str
    licence: str
    n_train: int
    n_test: int
    place: str
    folder: Path | None
    has_subset: bool


def known() -> list[Listing]:
    """List the registered data sets.

    Examples
    --------
    >>> [(listing.name, listing.n_train, listing.n_test) for listing in known()]
    [('fashion-mnist', 60000, 10000), ('mnist', 60000, 10000)]
    """
    listings = []
    for registered in REGISTRY.values():
        folder = _find_folder(registered)
        if folder is None:
            place = "download"
        else:
            place = "cache" if folder == dataset_folder(registered.name) else "package"
        listings.append(
            Listing(
                registered.name,
                registered.title,
                registered.description,
                registered.licence,
                n_train=registered.full.n_train,
                n_test=registered.full.n_test,
                place=place,
                folder=folder,
                has_subset=registered.subset is not None,
            )
        )
    return listings


def fetch(name: str, progress: Progress | None = None) -> Path:
    """Bring a registered data set into the user's cache, unless it is there already.

    Parameters
    ----------
    name : str
        Its name, such as ``"fashion-mnist"``.
    progress : callable or None
        Called as a file arrives: ``progress(name, bytes_received, bytes_in_all_or_None)``.

    Returns
    -------
    Path
        The folder of its four files, unpacked and verified.

    Raises
    ------
    DataNotFoundError
        There is no data set of this name.
    DownloadError
        No mirror delivered it; the message says why, for each.
    OutputError
        The cache cannot be written to.

    Examples
    --------
    >>> fetch("cifar")
    Traceback (most recent call last):
    ...
    onelayer.errors.DataNotFoundError: there is no data set 'cifar'; known are fashion-mnist and mnist
    """
    return fetch_registered(find_registered(name), progress)


def path(name: str) -> Path:
    """Return the folder on this machine that holds the whole of a registered data set.

    Parameters
    ----------
    name : str
        Its name, such as ``"fashion-mnist"``.

    Returns
    -------
    Path
        The folder of its four files, plain or gzip; loading verifies them.

    Raises
    ------
    DataNotFoundError
        There is no data set of this name, or it is not on this machine.

    Examples
    --------
    >>> path("cifar")
    Traceback (most recent call last):
    ...
    onelayer.errors.DataNotFoundError: there is no data set 'cifar'; known are fashion-mnist and mnist
    """
    registered = find_registered(name)
    folder = _find_folder(registered)
    if folder is None:
        raise DataNotFoundError(
            f"{registered.title} is not on this machine; to get it, {how_to_get(registered)}"
        )
    return folder


def find_registered(name: str) -> RegisteredSet:
    """Return the registered data set of this name.

    Raises
    ------
    DataNotFoundError
        There is none.

    Examples
    --------
    >>> find_registered("cifar")
    Traceback (most recent call last):
    ...
    onelayer.errors.DataNotFoundError: there is no data set 'cifar'; known are fashion-mnist and mnist
    """
    registered = REGISTRY.get(name)
    if registered is None:
        raise DataNotFoundError(f"there is no data set {name!r}; known are {' and '.join(sorted(REGISTRY))}")
    return registered


def _find_folder(registered: RegisteredSet) -> Path | None:
    """Return the first folder with the four files, judged by their names and the sizes of plain ones."""
    for folder in (dataset_folder(registered.name), *registered.system_folders):
        try:
            paths = find_edition(registered, registered.full, folder)
        except (DataNotFoundError, DataFileError):
            continue
        if all(
            path.suffix == ".gz" or path.stat().st_size == file.size
            for path, file in zip(paths, registered.full.files, strict=True)
        ):
            return folder
    return None
