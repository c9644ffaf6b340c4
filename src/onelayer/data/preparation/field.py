"""A field: what is read from a column of a table, as numbers or as the names of levels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from onelayer.data.preparation.place import Place
from onelayer.data.tables.faults import shown
from onelayer.data.tables.forms import FORMS, MISSING_VALUES, read_form
from onelayer.data.tables.kinds import as_text, kind_of
from onelayer.errors import InvalidDataError, optional_dependency

if TYPE_CHECKING:
    import polars as pl

PARTS = {"year": False, "month": True, "weekday": True, "hour": False}
"""Parts of a date, and whether each is a category."""

# The kinds that a column may have when the model was fitted to one of the kind on the left.
ACCEPTED = {
    "number": ("number",),
    "boolean": ("boolean",),
    "date": ("date", "datetime"),
    "datetime": ("date", "datetime"),
    "zoned": ("zoned",),
    "text": ("text",),
    "category": ("text", "number", "boolean", "date"),
}
# The forms in which text may be written that is read as dates, for a model that was fitted to some.
_WRITTEN = {"date": ("date", "datetime"), "datetime": ("datetime", "date"), "zoned": ("zoned",)}

_CALLED = {
    "number": "numbers",
    "boolean": "true and false",
    "date": "dates",
    "datetime": "times without a zone",
    "zoned": "times with a zone",
    "text": "text",
}
_DAY = 86_400_000_000  # microseconds


@dataclass(frozen=True)
class Field:
    """What is read from a column.

    Numbers are read as they are, booleans as 0 and 1, dates as days since 1970-01-01, with a fraction where they have a
    time; times with a zone, and their parts, in UTC. Text in the place of dates is read as that of a CSV file. A
    category is read as text: 98103 and 98103.0 are both "98103".

    Attributes
    ----------
    column : str
        Name of the column.
    kind : {"number", "boolean", "date", "datetime", "zoned", "text", "category"}
        What the column holds; "category" for names that may be written as numbers.
    part : {"", "year", "month", "weekday", "hour"}
        Which part of a date; months and weekdays (1 for Monday) are categories.
    log : bool
        Whether the logarithm is taken.

    Examples
    --------
    >>> Field("sold", "date", part="month").name, Field("price", "number", log=True).name
    ('month(sold)', 'log(price)')
    """

    column: str
    kind: str
    part: str = ""
    log: bool = False

    @property
    def name(self) -> str:
        """The column, and what is done to it, as a mathematician writes it."""
        around = self.part or ("log" if self.log else "")
        return f"{around}({self.column})" if around else self.column

    @property
    def category(self) -> bool:
        """Whether the values are names of levels."""
        return self.kind in ("text", "category") or PARTS.get(self.part, False)

    def read(self, frame: pl.DataFrame, place: Place) -> pl.Series:
        """Return numbers (float32 stays so, unless computed with) or text, with null where a value is missing.

        Parameters
        ----------
        frame : polars.DataFrame
            A batch of a :class:`onelayer.data.tables.Table`.
        place : Place
            Where the batch stands.

        Raises
        ------
        InvalidDataError
            A column of another type, a logarithm of what is not positive.
        """
        polars = optional_dependency("polars", "app")
        column = frame.get_column(self.column)
        if column.null_count() == len(column):
            number = column.dtype if column.dtype.is_float() else polars.Float64
            return polars.Series(
                self.column, [None] * len(column), polars.String if self.category else number
            )
        kind = kind_of(column.dtype, f"{place.name}, column {self.column!r}")
        if kind == "text" and self.kind in _WRITTEN:
            column = self._dates(column, place)
            kind = kind_of(column.dtype, "")
        if kind not in ACCEPTED[self.kind]:
            raise InvalidDataError(_of_another_type(column, kind, self.kind, place))
        if self.part:
            column = getattr(column.dt, self.part)()
        if self.category:
            return column.to_frame().select(as_text(column.name, column.dtype)).to_series()
        values = _days(column) if kind in ("date", "datetime", "zoned") and not self.part else column
        values = values if values.dtype.is_float() else values.cast(polars.Float64)
        return self._logarithm(values, place) if self.log else values

    def _dates(self, text: pl.Series, place: Place) -> pl.Series:
        """Return dates that are written as text, all in one form, refusing the first value that is none."""
        read = []
        for form in _WRITTEN[self.kind]:
            values, odd = read_form(text, form, MISSING_VALUES)
            if not len(odd):
                return values
            read.append((len(odd), int(odd[0]), form))
        _, row, form = min(read, key=lambda each: each[0])
        raise InvalidDataError(
            f"{place.of(row, self.column)}: {shown(text[row])} is not {FORMS[form].noun}, and the model was fitted to "
            f"{FORMS[self.kind].plural} there; correct it"
        )

    def _logarithm(self, values: pl.Series, place: Place) -> pl.Series:
        polars = optional_dependency("polars", "app")
        wrong = (values <= 0).fill_null(False)
        if wrong.any():
            row = int(wrong.arg_max() or 0)
            raise InvalidDataError(
                f"{place.of(row, self.column)}: {values[row]:g} has no logarithm; take the logarithm only of columns "
                "whose values are above 0"
            )
        return values.cast(polars.Float64).log()


def _days(column: pl.Series) -> Any:
    """Return dates as days since 1970-01-01."""
    polars = optional_dependency("polars", "app")
    if column.dtype == polars.Date:
        return column.to_physical().cast(polars.Float64)
    return column.dt.epoch("us") / _DAY


def _of_another_type(column: pl.Series, kind: str, expected: str, place: Place) -> str:
    """Say which value has no place in a column; of text in the place of numbers, the first that is no number."""
    polars = optional_dependency("polars", "app")
    wrong = column.is_not_null()
    if kind == "text":
        no_number = wrong & column.cast(polars.Float64, strict=False).is_null()
        wrong = no_number if no_number.any() else wrong
    row = int(wrong.arg_max() or 0)
    return (
        f"{place.of(row, column.name)}: the model needs {_CALLED[expected]}, and here is {str(column[row])!r}; the "
        f"column holds {_CALLED[kind]}"
    )
