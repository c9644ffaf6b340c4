"""Frames as inputs: any that narwhals knows, such as those of polars, pandas and pyarrow."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from onelayer.errors import InvalidDataError


def check_numeric(X: Any, name: str) -> None:
    """Refuse a frame with columns that hold no numbers, and say what takes such frames; let all else pass.

    Examples
    --------
    >>> import pandas as pd
    >>> check_numeric(pd.DataFrame({"area": [50.0, 80.0], "town": ["Ulm", "Bonn"]}), "X")
    Traceback (most recent call last):
    ...
    onelayer.errors.InvalidDataError: X has the column 'town' of String, not of numbers; TableModel takes tables with
    text, dates and missing values
    """
    frame = nw.from_native(X, eager_only=True, pass_through=True)
    if not isinstance(frame, nw.DataFrame):
        return
    for column, dtype in frame.collect_schema().items():
        if not (dtype.is_numeric() or dtype == nw.Boolean):
            raise InvalidDataError(
                f"{name} has the column {str(column)!r} of {dtype}, not of numbers; TableModel takes tables with text, "
                "dates and missing values"
            )
