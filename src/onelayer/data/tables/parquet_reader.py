"""Parquet, read lazily and in slices, so that memory does not grow with the file or its row groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from onelayer.data.dataset import fingerprint
from onelayer.data.payload import open_payload
from onelayer.data.tables.check_sums import CheckSums
from onelayer.data.tables.footer import Chunk, Footer, Group
from onelayer.data.tables.frame_reader import typed_batches
from onelayer.data.tables.kinds import Kind, kind_of
from onelayer.data.tables.pages import check_pages
from onelayer.data.tables.read_ahead import read_ahead
from onelayer.data.tables.reader import Reader
from onelayer.data.tables.suffixes import PARQUET_MAGIC
from onelayer.errors import DataFileError, OnelayerError, optional_dependency
from onelayer.native_messages import native_messages_held_back

SLICE = 48 << 20
"""Bytes of values that are decoded at once, of row groups that are whole; a value of text counts as 64."""

_LARGE = 2  # times as many of a larger row group, since polars decodes all of it for each part

GROUP = 20 << 20
"""Bytes of a row group that are read at once; of a larger one, some columns at a time, in ``_PARTS`` parts at most."""

_PARTS = 4
_TEXT_BYTES = 64


class ParquetReader(Reader):
    """Reads a Parquet file.

    Parameters
    ----------
    path : str or Path
        The file.
    categories : sequence of str
        Columns that are text, whatever their type.
    """

    def __init__(self, path: str | Path, *, categories: Sequence[str]) -> None:
        pl = optional_dependency("polars", "app")
        self._path = str(path)
        self._categories = frozenset(categories)
        with self._understood():
            self._end, self._groups = _end_and_groups(path)
            self._scan = pl.scan_parquet(self._path, glob=False, hive_partitioning=False)
            self._types = dict(self._scan.collect_schema())
            self._n_rows = int(self._scan.select(pl.len()).collect().item())
        self._checked: set[Chunk] = set()
        self._check_sums: CheckSums | None = None
        if not self._types:
            raise DataFileError(f"{self._path}: the file has no columns")
        if not self._n_rows:
            raise DataFileError(f"{self._path}: the file has columns but no rows")

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(self._types)

    @property
    def n_rows(self) -> int:
        """How many rows the footer declares."""
        return self._n_rows

    @property
    def fingerprint(self) -> str:
        """What the check sums of the file identify; reads all of it."""
        self.begin_fingerprint()
        assert self._check_sums is not None
        return fingerprint(self._check_sums.digest())

    def begin_fingerprint(self) -> None:
        """Read the file meanwhile."""
        if self._check_sums is None:
            self._check_sums = CheckSums(self._path)

    def kind(self, column: str) -> Kind:
        """Return what a column holds, by its type."""
        kind = kind_of(self._types[column], f"{self._path}, column {column!r}")
        return "text" if column in self._categories else kind

    def batches(self, columns: Sequence[str], *, checked: bool = True) -> Iterator[Any]:
        """Return the rows in order, each slice of some 48 MB cut into batches without a copy."""
        for column in columns:
            self.kind(column)
        first = 0
        for frame in read_ahead(self._slices(columns)):
            yield from typed_batches(frame, self._categories, first, self._path, checked)
            first += len(frame)
            del frame

    def _slices(self, columns: Sequence[str]) -> Iterator[Any]:
        """Return the rows in order, as many at a time as are decoded at once."""
        pl = optional_dependency("polars", "app")
        rows = self._slice_rows(columns)
        parts = [self._scan.select(part) for part in self._parts(columns)]
        for start in read_ahead(self._sound(rows, frozenset(columns))):
            with self._understood():
                frames = [part.slice(start, rows).collect(engine="streaming") for part in parts]
            if any(len(frame) != min(rows, self._n_rows - start) for frame in frames):
                raise DataFileError(
                    f"{self._path}: the Parquet file is damaged: it has fewer rows than the {self._n_rows:,} that its "
                    "footer declares; get the file again"
                )
            yield pl.concat(frames, how="horizontal")
            del frames

    def _sound(self, rows: int, columns: frozenset[str]) -> Iterator[int]:
        """Return where slices of so many rows begin, each as soon as its pages have been looked at."""
        for start in range(0, self._n_rows, rows):
            with self._understood():
                self._check_pages(start, start + rows, columns)
            yield start

    def _slice_rows(self, columns: Sequence[str]) -> int:
        """Return how many rows to decode at once: whole row groups, where they are small and of one size."""
        rows = max(1, SLICE // max(1, sum(_width(self._types[column]) for column in columns)))
        group = -(-self._n_rows // len(self._groups))
        return rows - rows % group if rows > group else -(-group // -(-group // (_LARGE * rows)))

    def _parts(self, columns: Sequence[str]) -> list[list[str]]:
        """Cut the columns into runs of which polars, which reads whole row groups, takes little enough memory."""
        whole, group = sum(_width(dtype) for dtype in self._types.values()), self._end / len(self._groups)
        most = max(GROUP, group / _PARTS)
        parts: list[list[str]] = [[]]
        filled = 0.0
        for column in columns:
            share = group * _width(self._types[column]) / whole
            if parts[-1] and filled + share > most:
                parts.append([])
                filled = 0.0
            parts[-1].append(column)
            filled += share
        return parts

    def _check_pages(self, first: int, last: int, columns: frozenset[str]) -> None:
        """Refuse pages that cannot be true, before they are read: those of columns of row groups with these rows."""
        before = 0
        with open(self._path, "rb", buffering=0) as file:
            for group in self._groups:
                if before < last and first < before + group.n_rows:
                    chunks = {chunk for chunk in group.chunks if chunk.column in columns} - self._checked
                    check_pages(file, self._end, chunks)
                    self._checked |= chunks
                before += group.n_rows

    def place(self, row: int, column: str) -> str:
        """Return where a cell is."""
        return f"{self._path}, row {row:,}, column {column!r}"

    @contextmanager
    def _understood(self) -> Iterator[None]:
        """Turn whatever polars raises over the file into one line."""
        pl = optional_dependency("polars", "app")
        try:
            with native_messages_held_back():
                yield
        except OnelayerError:
            raise
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError) as error:
            reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
            raise DataFileError(
                f"{self._path}: the Parquet file cannot be read, and may be damaged ({reason}); get the file again"
            ) from None


def _end_and_groups(path: str | Path) -> tuple[int, tuple[Group, ...]]:
    """Return where the values of a file end, and its row groups; refuse what does not begin and end as Parquet does."""
    magic = len(PARQUET_MAGIC)
    with open_payload(path) as payload:
        beginning, size = payload.read(magic), payload.packed
    if beginning != PARQUET_MAGIC:
        raise DataFileError(f"{path}: not a Parquet file: it does not begin with PAR1")
    with open(path, "rb", buffering=0) as file:
        file.seek(max(0, size - 2 * magic))
        length, end = int.from_bytes(file.read(magic), "little"), file.read(magic)
        if end != PARQUET_MAGIC or length + 3 * magic > size:
            raise DataFileError(
                f"{path}: the Parquet file is cut short or damaged: after {size:,} bytes it does not end with a "
                "footer and PAR1; get the file again"
            )
        start = size - 2 * magic - length
        file.seek(start)
        return start, Footer.of(file.read(length)).groups


def _width(dtype: Any) -> int:
    """Return about how many bytes a value takes in memory."""
    pl = optional_dependency("polars", "app")
    fixed = dtype.is_numeric() or dtype.is_temporal() or dtype == pl.Boolean
    return max(1, pl.Series([None] * 8, dtype=dtype).estimated_size() // 8) if fixed else _TEXT_BYTES
