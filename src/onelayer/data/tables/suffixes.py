"""Which files are tables, by their names, and by their content where the name does not say."""

from __future__ import annotations

from pathlib import Path

from onelayer.data.payload import open_payload
from onelayer.errors import OnelayerError

TEXT_SUFFIXES = (".csv", ".tsv", ".tab", ".txt")
PARQUET_SUFFIXES = (".parquet", ".pq", ".parq")
PACKED_SUFFIXES = (".gz", ".zst", ".zstd")

PARQUET_MAGIC = b"PAR1"


def bare_name(path: str | Path) -> str:
    """Return the name of a file without the suffixes of tables and packing.

    Examples
    --------
    >>> bare_name("data/house.prices.csv.gz")
    'house.prices'
    """
    name = Path(path).name
    for suffixes in (PACKED_SUFFIXES, TEXT_SUFFIXES + PARQUET_SUFFIXES):
        for suffix in suffixes:
            if name.lower().endswith(suffix) and len(name) > len(suffix):
                name = name[: -len(suffix)]
                break
    return name


def table_suffix(path: str | Path) -> str:
    """Return the suffix by which a file is a table, or nothing.

    Examples
    --------
    >>> table_suffix("houses.CSV.gz"), table_suffix("houses.gz"), table_suffix("houses.pq")
    ('.csv', '', '.pq')
    """
    inner = Path(path)
    if inner.suffix.lower() in PACKED_SUFFIXES:
        inner = inner.with_suffix("")
    suffix = inner.suffix.lower()
    return suffix if suffix in TEXT_SUFFIXES + PARQUET_SUFFIXES else ""


def is_table(path: str | Path) -> bool:
    """Return whether a file is a table: by its suffix, or Parquet by its first bytes.

    Parameters
    ----------
    path : str or Path
        ``.csv``, ``.tsv``, ``.tab`` and ``.txt``, also packed as ``.gz`` or ``.zst``, ``.parquet``, ``.parq`` and
        ``.pq`` are tables whether the file is there or not. A file of another name is a table if it is Parquet.

    Examples
    --------
    >>> is_table("houses.csv.zst"), is_table("fashion-mnist")
    (True, False)
    """
    return bool(table_suffix(path)) or is_parquet(path)


def is_parquet(path: str | Path) -> bool:
    """Return whether a file begins as Parquet does."""
    try:
        with open_payload(path) as payload:
            return payload.read(len(PARQUET_MAGIC)) == PARQUET_MAGIC
    except OnelayerError:
        return False
