"""The data sets that are known by name: real data, always verified, and data made by a formula."""

from __future__ import annotations

from pathlib import Path

from onelayer.data.catalogue import Listing, find, known_sets
from onelayer.data.dataset import Dataset
from onelayer.data.download import Progress
from onelayer.data.house_prices import house_prices
from onelayer.data.registry import FASHION_MNIST, MNIST
from onelayer.data.retrieval import retrieve
from onelayer.data.synthetic import synthetic_regression

__all__ = [
    "Listing",
    "fashion_mnist",
    "fetch",
    "house_prices",
    "known",
    "mnist",
    "path",
    "synthetic_regression",
]


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


def known() -> list[Listing]:
    """List the data sets that are known by name.

    Examples
    --------
    >>> for listing in known():
    ...     print(listing.name, listing.n_train, listing.n_test)
    fashion-mnist 60000 10000
    mnist 60000 10000
    house-prices 21613 0
    synthetic-regression 1000 1000
    """
    return [known_set.listing() for known_set in known_sets().values()]


def fetch(name: str, progress: Progress | None = None) -> Path:
    """Bring a data set to this machine, unless it is there already: a registered one into the user's cache.

    Parameters
    ----------
    name : str
        Its name, such as ``"fashion-mnist"``.
    progress : callable or None
        Called as a file arrives: ``progress(name, bytes_received, bytes_in_all_or_None)``.

    Returns
    -------
    Path
        The folder of its four files, unpacked and verified; the file of one that is bundled, which is there.

    Raises
    ------
    DataNotFoundError
        There is no data set of this name, or it has no files.
    DownloadError
        No mirror delivered it; the message says why, for each.
    OutputError
        The cache cannot be written to.

    Examples
    --------
    >>> fetch("house-prices").name
    'house-prices.csv.gz'
    >>> fetch("cifar")
    Traceback (most recent call last):
    ...
    onelayer.errors.DataNotFoundError: there is no data set 'cifar'; known are fashion-mnist, house-prices, mnist
    and synthetic-regression
    """
    return find(name).fetch(progress)


def path(name: str) -> Path:
    """Return the folder or the file on this machine that holds the whole of a data set.

    Parameters
    ----------
    name : str
        Its name, such as ``"fashion-mnist"``.

    Returns
    -------
    Path
        The folder of its four files, plain or gzip, or its bundled file; loading verifies them.

    Raises
    ------
    DataNotFoundError
        There is no data set of this name, it is not on this machine, or it has no files.

    Examples
    --------
    >>> path("synthetic-regression")
    Traceback (most recent call last):
    ...
    onelayer.errors.DataNotFoundError: Synthetic regression has no files: its rows are computed when it is loaded
    """
    return find(name).path()
