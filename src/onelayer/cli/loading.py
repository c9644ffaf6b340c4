"""Loading what a SOURCE argument names, with the progress of a download on standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from onelayer.errors import InvalidDataError

if TYPE_CHECKING:
    from onelayer.data.dataset import Dataset
    from onelayer.data.download import Progress
    from onelayer.data.sources import Source


def load_source(name: str, *, labels_required: bool = True) -> Source:
    """Load a data set by its name, or a folder."""
    from onelayer.data.sources import load

    with download_progress() as progress:
        return load(name, labels_required=labels_required, progress=progress)


def name_of(source: str) -> str:
    """Return what the files that are made of a source are called after: its name without folder and suffixes.

    Examples
    --------
    >>> name_of("data/houses.csv.gz"), name_of("path/to/digits"), name_of("mnist")
    ('houses', 'digits', 'mnist')
    """
    from onelayer.data.catalogue import known_sets
    from onelayer.data.tables import is_table
    from onelayer.data.tables.suffixes import bare_name

    if is_table(source):
        return bare_name(source)
    return source if source in known_sets() else Path(source).resolve().name


def files_of(source: str) -> list[Path]:
    """Return the files that a source is read from, as far as they are on this machine.

    Examples
    --------
    >>> files_of("houses.csv"), files_of("synthetic-regression")
    ([PosixPath('houses.csv')], [])
    """
    from onelayer.data.catalogue import known_sets
    from onelayer.data.idx_folder import idx_files
    from onelayer.data.tables import is_table

    known = None if is_table(source) else known_sets().get(source)
    place = Path(source) if known is None else known.listing().path
    if place is None:
        return []
    return idx_files(place) if place.is_dir() else [place]


def unseen_part(source: Source) -> Dataset:
    """Return the test part, or all there is when a source has one part only."""
    return source.train if source.test is None else source.test


@contextmanager
def about(name: str) -> Iterator[None]:
    """Say of which data an error speaks, unless it does so itself."""
    try:
        yield
    except InvalidDataError as error:
        if str(error).startswith(name):
            raise
        raise InvalidDataError(f"{name}: {error}") from error


def check_width(data: Dataset, n_features: int, other: str) -> None:
    """Refuse data with another number of features than what they are to go with.

    Raises
    ------
    InvalidDataError
    """
    width = data.X.shape[1]
    if width != n_features:
        raise InvalidDataError(f"{data.source}: rows of {width:,} features, but {other} has {n_features:,}")


@contextmanager
def download_progress() -> Iterator[Progress]:
    """Give a function that says what arrives: a line drawn anew on a terminal, a line per file elsewhere."""
    screen = sys.stderr.isatty()
    shown = ""

    def show(name: str, received: int, total: int | None) -> None:
        nonlocal shown
        size = "" if total is None else f" of {total / 1e6:.1f}"
        line = f"downloading {name}" + (f": {received / 1e6:.1f}{size} MB" if screen else "")
        if line != shown:
            click.echo(f"\r{line}\x1b[K" if screen else line, err=True, nl=not screen)
            shown = line

    try:
        yield show
    finally:
        if screen and shown:
            click.echo(err=True)
