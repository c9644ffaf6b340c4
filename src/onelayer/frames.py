"""Frames as inputs: any that narwhals knows, such as those of polars, pandas and pyarrow."""

from __future__ import annotations

from typing import Any

import narwhals as nw
import numpy as np
from narwhals.exceptions import DuplicateError

from onelayer.errors import InvalidDataError


def check_numeric(X: Any, name: str) -> None:
    """Refuse a frame with columns that hold no numbers, and say what takes such frames; let all else pass.

    Columns of Python objects pass too, since these may be numbers.

    Examples
    --------
    >>> import pandas as pd
    >>> check_numeric(pd.DataFrame({"area": [50.0, 80.0], "town": ["Ulm", "Bonn"]}), "X")
    Traceback (most recent call last):
    ...
    onelayer.errors.InvalidDataError: X has the column 'town' of String, not of numbers; TableModel takes tables with
    text, dates and missing values
    """
    if isinstance(X, np.ndarray):
        return
    try:
        frame = nw.from_native(X, pass_through=True)
        schema = frame.collect_schema() if isinstance(frame, nw.DataFrame) else {}
    except DuplicateError as error:
        what = " ".join(str(error).split())
        raise InvalidDataError(f"{name} has columns of the same name; rename them ({what})") from None
    if isinstance(frame, nw.LazyFrame):
        raise InvalidDataError(f"{name} is a lazy frame, whose rows are not there yet; give {name}.collect()")
    for column, dtype in schema.items():
        if not (dtype.is_numeric() or dtype in (nw.Boolean, nw.Object, nw.Unknown)):
            raise InvalidDataError(
                f"{name} has the column {str(column)!r} of {dtype}, not of numbers; TableModel takes tables with text, "
                "dates and missing values"
            )
