"""Parquet, read lazily and in slices, so that memory does not grow with the file or its row groups."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from onelayer.data.dataset import fingerprint
from onelayer.data.payload import open_payload
from onelayer.data.tables.footer import Footer
from onelayer.data.tables.frame_reader import typed_batches
from onelayer.data.tables.kinds import Kind, kind_of
from onelayer.data.tables.native_messages import native_messages_held_back
from onelayer.data.tables.pages import check_pages
from onelayer.data.tables.reader import Reader
from onelayer.data.tables.suffixes import PARQUET_MAGIC
from onelayer.errors import DataFileError, OnelayerError, optional_dependency

SLICE = 96 << 20
"""Bytes of values that are decoded at once; a value of text counts as 64."""

GROUP = 64 << 20
"""Bytes of a row group that are read at once; of a larger one, some columns at a time."""

_TEXT_BYTES = 64
_HASHED = 1 << 20


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
            self._size, self._n_groups = _size_and_groups(path)
            self._scan = pl.scan_parquet(self._path, glob=False, hive_partitioning=False)
            self._types = dict(self._scan.collect_schema())
            self._n_rows = int(self._scan.select(pl.len()).collect().item())
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
        """What the SHA-256 of the file identifies; reads all of it."""
        digest = hashlib.sha256()
        with open(self._path, "rb") as file:
            while piece := file.read(_HASHED):
                digest.update(piece)
        return fingerprint(digest.hexdigest())

    def kind(self, column: str) -> Kind:
        """Return what a column holds, by its type."""
        kind = kind_of(self._types[column], f"{self._path}, column {column!r}")
        return "text" if column in self._categories else kind

    def batches(self, columns: Sequence[str]) -> Iterator[Any]:
        """Return the rows in order, each slice of some 96 MB cut into batches without a copy."""
        pl = optional_dependency("polars", "app")
        for column in columns:
            self.kind(column)
        rows = self._slice_rows(columns)
        parts = [self._scan.select(part) for part in self._parts(columns)]
        for start in range(0, self._n_rows, rows):
            with self._understood():
                frames = [part.slice(start, rows).collect(engine="streaming") for part in parts]
            if any(len(frame) != min(rows, self._n_rows - start) for frame in frames):
                raise DataFileError(
                    f"{self._path}: the Parquet file is damaged: it has fewer rows than the {self._n_rows:,} that its "
                    "footer declares; get the file again"
                )
            frame = pl.concat(frames, how="horizontal")
            del frames
            yield from typed_batches(frame, self._categories, start, self._path)
            del frame

    def _slice_rows(self, columns: Sequence[str]) -> int:
        """Return how many rows to decode at once: whole row groups, where they are small and of one size."""
        rows = max(1, SLICE // max(1, sum(_width(self._types[column]) for column in columns)))
        group = -(-self._n_rows // self._n_groups)
        return rows - rows % group if rows > group else rows

    def _parts(self, columns: Sequence[str]) -> list[list[str]]:
        """Cut the columns into runs of which polars, which reads whole row groups, takes little enough memory."""
        whole = sum(_width(dtype) for dtype in self._types.values())
        parts: list[list[str]] = [[]]
        filled = 0.0
        for column in columns:
            share = self._size / self._n_groups * _width(self._types[column]) / whole
            if parts[-1] and filled + share > GROUP:
                parts.append([])
                filled = 0.0
            parts[-1].append(column)
            filled += share
        return parts

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


def _size_and_groups(path: str | Path) -> tuple[int, int]:
    """Return how many bytes and row groups a file has; refuse one that does not begin and end as Parquet does."""
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
        footer = Footer.of(file.read(length))
        check_pages(file, start, footer)
    return size, max(1, len(footer.groups))


def _width(dtype: Any) -> int:
    """Return about how many bytes a value takes in memory."""
    pl = optional_dependency("polars", "app")
    fixed = dtype.is_numeric() or dtype.is_temporal() or dtype == pl.Boolean
    return max(1, pl.Series([None] * 8, dtype=dtype).estimated_size() // 8) if fixed else _TEXT_BYTES
