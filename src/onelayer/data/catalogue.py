"""The data sets that are known by name: what each is, where its files are, and how it is loaded."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from onelayer.data import house_prices, synthetic
from onelayer.data.cache import dataset_folder
from onelayer.data.dataset import Dataset
from onelayer.data.download import Progress
from onelayer.data.registry import REGISTRY, RegisteredSet
from onelayer.data.retrieval import fetch, how_to_get, retrieve
from onelayer.data.verification import find_edition
from onelayer.errors import DataFileError, DataNotFoundError

Parts = tuple[Dataset, Dataset | None]
"""Training part, or all of it when there is only one part, and test part."""


@dataclass(frozen=True)
class Listing:
    """A data set that is known by name, and where it would come from now.

    Attributes
    ----------
    name, title, description, licence : str
        What it is called on the command line and in sentences, what it is, and how it may be used.
    n_train, n_test : int
        Rows of the whole set.
    place : {"cache", "package", "download", "bundled", "computed"}
        Where it would come from now, judged by the names and sizes of files; loading verifies them. A bundled
        set came with onelayer; a computed one has no files.
    path : Path or None
        The folder or the file that holds the whole set; None when it is not on this machine, or computed.
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
    path: Path | None
    has_subset: bool = False


class KnownSet(ABC):
    """A data set that is known by name."""

    @abstractmethod
    def listing(self) -> Listing:
        """Say what it is and where it would come from now."""

    @abstractmethod
    def load(self, progress: Progress | None = None) -> Parts:
        """Load its training part, and its test part if it has one."""

    @abstractmethod
    def fetch(self, progress: Progress | None = None) -> Path:
        """Bring its files to this machine, unless they are there, and return the folder or the file."""

    @abstractmethod
    def path(self) -> Path:
        """Return the folder or the file on this machine that holds it."""


@dataclass(frozen=True)
class Downloadable(KnownSet):
    """A registered data set: in the cache, in a package's folder, or at mirrors."""

    registered: RegisteredSet

    def listing(self) -> Listing:
        """Say what it is, and whether it is in the cache, in a package, or to be downloaded."""
        registered, folder = self.registered, self._folder()
        if folder is None:
            place = "download"
        else:
            place = "cache" if folder == dataset_folder(registered.name) else "package"
        return Listing(
            registered.name,
            registered.title,
            registered.description,
            registered.licence,
            n_train=registered.full.n_train,
            n_test=registered.full.n_test,
            place=place,
            path=folder,
            has_subset=registered.subset is not None,
        )

    def load(self, progress: Progress | None = None) -> Parts:
        """Load it from the first place that has it."""
        return retrieve(self.registered, progress=progress)

    def fetch(self, progress: Progress | None = None) -> Path:
        """Bring it into the cache."""
        return fetch(self.registered, progress)

    def path(self) -> Path:
        """Return its folder, or say how to get it."""
        folder = self._folder()
        if folder is None:
            raise DataNotFoundError(
                f"{self.registered.title} is not on this machine; to get it, {how_to_get(self.registered)}"
            )
        return folder

    def _folder(self) -> Path | None:
        """Return the first folder with the four files, judged by their names and the sizes of plain ones."""
        registered = self.registered
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


@dataclass(frozen=True)
class Included(KnownSet):
    """A data set that needs nothing from outside: a file that came with onelayer, or rows that it computes."""

    record: Listing
    parts: Callable[[], Parts]

    def listing(self) -> Listing:
        """Say what it is."""
        return self.record

    def load(self, progress: Progress | None = None) -> Parts:
        """Read or compute it."""
        return self.parts()

    def fetch(self, progress: Progress | None = None) -> Path:
        """Return its file, which is there."""
        return self.path()

    def path(self) -> Path:
        """Return its file, or say that it has none."""
        if self.record.path is None:
            raise DataNotFoundError(
                f"{self.record.title} has no files: its rows are computed when it is loaded"
            )
        return self.record.path


def _houses() -> Parts:
    return house_prices.house_prices(), None


def _synthetic() -> Parts:
    """Return 1,000 rows to train on, and 1,000 further rows of the same weights."""
    further = synthetic.synthetic_regression(random_state=1)
    return synthetic.synthetic_regression(random_state=0), dataclasses.replace(further, part="test")


INCLUDED = (
    Included(
        Listing(
            house_prices.NAME,
            "King County house sales",
            "What houses around Seattle sold for in 2014 and 2015, with 19 features each",
            "Public domain (CC0)",
            n_train=house_prices.N_ROWS,
            n_test=0,
            place="bundled",
            path=house_prices.FILE,
        ),
        _houses,
    ),
    Included(
        Listing(
            synthetic.NAME,
            "Synthetic regression",
            "Rows of y = 2·x₀ − 3.4·x₁ + 4.2 with a little Gaussian noise (Zhang, Lipton, Li and Smola)",
            "No licence needed",
            n_train=1000,
            n_test=1000,
            place="computed",
            path=None,
        ),
        _synthetic,
    ),
)


def known_sets() -> dict[str, KnownSet]:
    """Return the data sets that are known by name, those to download first.

    Examples
    --------
    >>> list(known_sets())
    ['fashion-mnist', 'mnist', 'house-prices', 'synthetic-regression']
    """
    downloadable = {name: Downloadable(registered) for name, registered in REGISTRY.items()}
    return downloadable | {included.record.name: included for included in INCLUDED}


def find(name: str) -> KnownSet:
    """Return the data set of this name.

    Raises
    ------
    DataNotFoundError
        There is none.

    Examples
    --------
    >>> find("cifar")
    Traceback (most recent call last):
    ...
    onelayer.errors.DataNotFoundError: there is no data set 'cifar'; known are fashion-mnist, house-prices, mnist
    and synthetic-regression
    """
    sets = known_sets()
    if name not in sets:
        *names, last = sorted(sets)
        raise DataNotFoundError(f"there is no data set {name!r}; known are {', '.join(names)} and {last}")
    return sets[name]
