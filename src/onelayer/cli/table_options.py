"""The options that say how the columns of a table become the inputs of a model."""

from __future__ import annotations

import csv
from typing import Any

import click


class Names(click.ParamType):
    """Several names, separated by commas; one that has a comma in it stands in double quotes.

    Parameters
    ----------
    name : str
        How help writes them.
    """

    def __init__(self, name: str = "column,…") -> None:
        self.name = name

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """Return the names."""
        if isinstance(value, tuple):
            return value
        names = tuple(name.strip() for row in csv.reader([value], skipinitialspace=True) for name in row)
        if not names or "" in names:
            self.fail(f"{value!r} are not names separated by commas", param, ctx)
        return names


READING: dict[str, dict[str, Any]] = {
    "header": {
        "flags": ("--header/--no-header",),
        "default": True,
        "help": "Whether the first row of a CSV file holds the names of the columns; without names they are "
        "column_1, column_2, …  [default: --header]",
    },
    "delimiter": {
        "flags": ("--delimiter",),
        "metavar": "CHARACTER",
        "help": "What separates the fields of a CSV file; tab for a tab.  [default: comma, semicolon or tab, as found]",
    },
    "missing_values": {
        "flags": ("--missing-values",),
        "type": Names("word,…"),
        "default": (),
        "help": "Words that stand for a missing value in a CSV file, beside an empty field, NA, N/A, NaN, nan, null, "
        "NULL and None.",
    },
}

PREPARATION: dict[str, dict[str, Any]] = {
    "target": {
        "flags": ("--target",),
        "metavar": "COLUMN",
        "help": "The column that is to be predicted; a table needs it.",
    },
    "weights": {
        "flags": ("--weights",),
        "metavar": "COLUMN",
        "help": "A column of numbers that say how much each row counts in the fit. The figures and pictures of the "
        "result count every row once.",
    },
    "features": {
        "flags": ("--features",),
        "type": Names(),
        "help": "The columns to predict from.  [default: all but the target]",
    },
    "drop": {"flags": ("--drop",), "type": Names(), "help": "Columns to leave out."},
    "categories": {
        "flags": ("--category", "categories"),
        "type": Names(),
        "help": "Columns whose numbers are names, such as postal codes: one input for each of them.",
    },
    "date_parts": {
        "flags": ("--date-parts",),
        "type": Names(),
        "help": "Dates of which year, month, weekday and the like are inputs beside the number of the day.",
    },
    "log": {
        "flags": ("--log",),
        "type": Names(),
        "help": "Columns to take the logarithm of, the target too; predictions are in the units of the column.",
    },
    "poly": {
        "flags": ("--poly",),
        "type": click.IntRange(min=1),
        "metavar": "DEGREE",
        "default": 1,
        "show_default": True,
        "help": "Powers and products of the columns of numbers, up to this degree.",
    },
    "missing": {
        "flags": ("--missing",),
        "type": click.Choice(["refuse", "drop", "mean", "indicator"]),
        "default": "refuse",
        "show_default": True,
        "help": "Missing values: an error; their rows left out; the mean of the column in their place; or that, and an "
        "input which says where they were.",
    },
    "rare": {
        "flags": ("--rare",),
        "type": click.IntRange(min=1),
        "metavar": "ROWS",
        "help": 'Levels of a category with fewer rows than this count as one, "other".',
    },
}
