"""One pass over a table, and what it teaches: which columns of the matrix there are, and what must be refused."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from onelayer.data.preparation.category import Category
from onelayer.data.preparation.feature import Feature
from onelayer.data.preparation.field import Field
from onelayer.data.preparation.number import Number
from onelayer.data.preparation.options import Options
from onelayer.data.preparation.place import Place, called, given, listed, rows
from onelayer.data.preparation.products import Products, round_centre
from onelayer.data.preparation.roles import Roles
from onelayer.data.preparation.survey import LevelSurvey, NumberSurvey, Survey, first_rounded, regular
from onelayer.data.preparation.written_dates import conversion, form_of_dates
from onelayer.data.tables.forms import FORMS
from onelayer.data.tables.table import Table
from onelayer.errors import InvalidDataError, TableWarning, warn

if TYPE_CHECKING:
    import polars as pl

_LIKE_AN_IDENTIFIER = re.compile(
    r"(?i:(^|[_\W])(id|ids|idx|index|key|uuid|guid|rownum|rowid)$|^unnamed)|[a-z]I[dD]$"
)


@dataclass(frozen=True)
class Learned:
    """What one pass over a table taught.

    Attributes
    ----------
    features : tuple of Feature
    products : Products
    n_rows, n_kept : int
        Rows of the table, and those of them that take part in a fit.
    single : bool
        Whether float32 holds all values of the matrix.
    """

    features: tuple[Feature, ...]
    products: Products
    n_rows: int
    n_kept: int
    single: bool


def learn(table: Table, roles: Roles, options: Options) -> Learned:
    """Read a table once, refuse what cannot be fitted, and choose the columns of the matrix.

    Parameters
    ----------
    table : Table
    roles : Roles
        What is read from it.
    options : Options

    Raises
    ------
    InvalidDataError
        Missing values that no option speaks of, a target without two values, names of rows as a category.

    Warns
    -----
    TableWarning
        Columns that are constant or duplicates, levels that are pooled, numbers that look like identifiers.

    Notes
    -----
    Cost: one pass over the columns, and where columns seem to be the same, one more over those. Memory: a batch of
    rows, and the levels of the categories.
    """
    found = _Pass(table, roles, options)
    found.refuse()
    left_out = set(found.constants())
    left_out.update(found.duplicates(left_out))
    found.tell()
    features = tuple(found.feature(field) for field in roles.fields if field not in left_out)
    if not any(feature.names for feature in features):
        raise InvalidDataError(f"{called(table)}: no column to predict from has two values")
    return Learned(
        features, _products(features, found, options), found.n_rows, found.n_kept, found.single(features)
    )


def like_an_identifier(column: str) -> bool:
    """Return whether a column is named as those that tell rows apart are.

    Examples
    --------
    >>> like_an_identifier("house_id"), like_an_identifier("width")
    (True, False)
    """
    return bool(_LIKE_AN_IDENTIFIER.search(column))


class _Pass:
    """What is found in each column, and what follows from it."""

    def __init__(self, table: Table, roles: Roles, options: Options) -> None:
        self.table, self.roles, self.options, self.name = table, roles, options, called(table)
        self.fields = [*roles.fields, *([roles.target.survey_field] if roles.target else [])]
        self.missing: Counter[str] = Counter()
        self.rounded: dict[str, str] = {}
        self.n_rows = self.n_kept = 0
        most_values = max(2, options.poly)
        self.surveys: dict[Field, Survey] = {
            field: LevelSurvey() if field.category else NumberSurvey(most_values) for field in self.fields
        }
        for columns in self._blocks(self.fields, count=True):
            for field, values in columns.items():
                self.surveys[field].add(values)

    def _blocks(self, fields: Sequence[Field], *, count: bool = False) -> Iterator[dict[Field, pl.Series]]:
        """Return the values of some fields, block by block; under ``missing="drop"`` those of complete rows."""
        names = list(dict.fromkeys(field.column for field in self.fields))
        first_row, target = 0, self.roles.target
        for frame in regular(self.table.batches(names)):
            place = Place(self.table, first_row)
            first_row += len(frame)
            read = {
                field: target.values(frame, place)
                if target and field == target.survey_field
                else field.read(frame, place)
                for field in (self.fields if count or self.options.missing == "drop" else fields)
            }
            kept = None
            if self.options.missing == "drop" and any(values.null_count() for values in read.values()):
                kept = complete(list(read.values()))
            if count:
                self._note_rounded(frame, place)
                self.missing.update(
                    {field.column: values.null_count() for field, values in read.items() if not field.part}
                )
                self.n_rows += len(frame)
                self.n_kept += len(frame) if kept is None else int(kept.sum())
            yield {field: read[field] if kept is None else read[field].filter(kept) for field in fields}

    def _note_rounded(self, frame: pl.DataFrame, place: Place) -> None:
        """Remember where in each column of numbers the first value is that float64 does not hold."""
        for field in self.fields:
            if field.kind == "number" and field.column not in self.rounded:
                row = first_rounded(frame.get_column(field.column))
                if row is not None:
                    value = frame.get_column(field.column)[row]
                    self.rounded[field.column] = f"{place.of(row, field.column)}: {value}"

    def refuse(self) -> None:
        """Refuse what cannot be fitted."""
        name = self.name
        if self.n_rows == 0:
            raise InvalidDataError(f"{name}: the table has no rows")
        self._refuse_target()
        self._refuse_missing()
        identifiers = [
            field
            for field in self.roles.fields
            if field.category and not field.part and self._levels(field).identifies
        ]
        for field in identifiers:
            form = self._form_of_dates(field)
            if form is not None:
                raise InvalidDataError(
                    f"{name}, column {field.column!r}: {FORMS[form].plural} as text, nearly every one in a row of its "
                    f"own; make dates of them with {conversion(field.column, form)}, or leave them out with "
                    f"{given('drop', [field.column])}"
                )
        if identifiers:
            counts = [self._levels(field) for field in identifiers]
            notes = [f"{'more than ' * c.full}{min(len(c.counts), 10**5):,} different values" for c in counts]
            raise InvalidDataError(
                f"{name}: {listed([field.column for field in identifiers], notes=notes)} in {rows(self.n_kept)}: such "
                "values name single rows, from which nothing can be learned for others; leave them out with "
                f"{given('drop', [field.column for field in identifiers])}"
            )

    def _refuse_target(self) -> None:
        target, name = self.roles.target, self.name
        if target is None:
            return
        absent = self.missing[target.name]
        if absent == self.n_rows:
            raise InvalidDataError(f"{name}: the target {target.name!r} is missing in every row")
        if absent and self.options.missing in ("mean", "indicator"):
            raise InvalidDataError(
                f"{name}: the target {target.name!r} is missing in {rows(absent)} of {self.n_rows:,}, and is never "
                "made up; remove these rows, or leave all rows with a missing value out with missing='drop'"
            )
        if self.n_kept and self.surveys[target.survey_field].constant:
            raise InvalidDataError(
                f"{name}: the target {target.name!r} has the same value in every row, so there is nothing to predict"
                if self.n_kept > 1
                else f"{name}: there is one row only, from which nothing can be learned"
            )

    def _refuse_missing(self) -> None:
        name, missing = self.name, self.options.missing
        lacking = [column for column in self.missing if self.missing[column]]
        lacking.sort(key=lambda column: -self.missing[column])
        target = self.roles.target.name if self.roles.target else None
        notes = ["the target, " * (column == target) + rows(self.missing[column]) for column in lacking]
        most = [column for column in lacking if column != target][:1]
        out = f"; or leave such a column out with {given('drop', most)}" if most else ""
        if lacking and missing == "refuse":
            raise InvalidDataError(
                f"{name}: values are missing in {listed(lacking, notes=notes)} of {self.n_rows:,} rows; say what to do "
                "with missing='drop' (leaves the rows out), 'mean' or 'indicator'" + out
            )
        empty = [column for column in lacking if self.missing[column] == self.n_rows]
        if empty:
            raise InvalidDataError(
                f"{name}: there is no value in {listed(empty)}; leave it out with {given('drop', empty)}"
            )
        if missing == "drop" and self.n_kept < self.n_rows / 2:
            text = (
                f"{name}: {rows(self.n_rows - self.n_kept)} of {self.n_rows:,} lack a value and are left out, most for "
                f"{listed(lacking, notes=notes)}"
            )
            if self.n_kept == 0:
                raise InvalidDataError(text + out)
            _warn(text)

    def constants(self) -> list[Field]:
        """Return the fields that have one value only and say nothing by missing, and tell of all with one value."""
        fields = [field for field in self.roles.fields if self.surveys[field].constant]
        kept = [field for field in fields if self._indicated(field)]
        gone = [field for field in fields if field not in kept]
        named = [field.column for field in gone if not field.part]
        if named:
            _warn(f"{self.name}: {listed(named)}: constant, and left out")
        partly = [field.column for field in kept if not field.category]
        if partly:
            _warn(
                f"{self.name}: {listed(partly)}: constant but for missing values; where these are is all that is kept"
            )
        return gone

    def _indicated(self, field: Field) -> bool:
        """Return whether a column of the matrix says where the values of a field are missing."""
        return self.options.missing == "indicator" and self.surveys[field].n_missing > 0 and not field.part

    def duplicates(self, left_out: Collection[Field] = ()) -> list[Field]:
        """Return the fields that have the values of an earlier one in every row, and tell of them."""
        suspects: dict[tuple[object, ...], list[Field]] = {}
        for field in self.roles.fields:
            if not field.part and field not in left_out:
                suspects.setdefault((field.category, *self.surveys[field].mark), []).append(field)
        pairs = {
            (first, later)
            for group in suspects.values()
            for place, first in enumerate(group)
            for later in group[place + 1 :]
        }
        if pairs:
            fields = list({field: None for pair in pairs for field in pair})
            for columns in self._blocks(fields):
                pairs = {(a, b) for a, b in pairs if columns[a].eq_missing(columns[b]).all()}
        same = {later: first for first, later in sorted(pairs, key=lambda pair: -self.fields.index(pair[0]))}
        if same:
            notes = [f"the same as {same[field].name!r}" for field in same]
            _warn(
                f"{self.name}: {listed([field.name for field in same], notes=notes)}: duplicate, and left out"
            )
        return list(same)

    def _form_of_dates(self, field: Field) -> str | None:
        """Return the form of dates that all levels have, of text that nobody has called a category."""
        return form_of_dates(self._levels(field).counts) if field.kind == "text" else None

    def tell(self) -> None:
        """Warn of dates as text, of numbers that look like identifiers, and of those that are rounded."""
        for field in self.roles.fields:
            form = None if self.surveys[field].constant else self._form_of_dates(field)
            if form is not None:
                _warn(
                    f"{self.name}, column {field.column!r}: text, but every value is {FORMS[form].noun}; make dates of "
                    f"them with {conversion(field.column, form)}, or say that they are names with "
                    f"{given('categories', [field.column])}"
                )
        for where in self.rounded.values():
            _warn(
                f"{where} is rounded, as are others like it: float64 holds whole numbers exactly up to 2^53 only; read "
                "names as categories, or subtract what the numbers have in common"
            )
        suspects = [
            field.column
            for field in self.roles.fields
            if field.kind == "number" and not field.category and self._identifier(field)
        ]
        if suspects:
            _warn(
                f"{self.name}: {listed(suspects)}: whole numbers that seem to count or name the rows; if they "
                f"are no quantities, leave them out with {given('drop', suspects)}, or read them as names with "
                f"{given('categories', suspects)}"
            )

    def _identifier(self, field: Field) -> bool:
        survey = self.surveys[field]
        assert isinstance(survey, NumberSurvey)
        named = like_an_identifier(field.column)
        return survey.whole and not field.log and self.n_kept > 20 and (named or survey.counting)

    def _levels(self, field: Field) -> LevelSurvey:
        survey = self.surveys[field]
        assert isinstance(survey, LevelSurvey)
        return survey

    def feature(self, field: Field) -> Feature:
        """Return how the values of a field enter the matrix."""
        survey = self.surveys[field]
        indicated = self._indicated(field)
        if not field.category:
            assert isinstance(survey, NumberSurvey)
            return Number(field, survey.mean, indicated, survey.constant)
        levels, options = self._levels(field), self.options
        least = 0 if field.part else options.least_rows(self.n_kept)
        category = Category.of(field, levels, least, options.max_levels, indicated)
        if category.rare:
            pooled = sum(levels.counts[level] for level in category.rare)
            most = max(levels.counts[level] for level in category.rare)
            why = f"all but the {options.max_levels} most frequent"
            if most < least:
                why = f"each in fewer than {math.ceil(least)} rows"
            _warn(
                f"{self.name}, column {field.column!r}: {len(category.rare):,} of {len(levels.counts):,} levels, "
                f"{why}, count as one, {category.other!r} ({rows(pooled)})"
            )
        return category

    def single(self, features: Sequence[Feature]) -> bool:
        """Return whether float32 holds all values: no computed ones, and numbers that came as float32."""
        numbers = [feature.field for feature in features if not feature.field.category]
        plain = all(field.kind in ("number", "boolean") and not field.log for field in numbers)
        came = [self.surveys[field] for field in numbers if field.kind == "number"]
        whole = all(
            survey.single and not survey.n_missing for survey in came if isinstance(survey, NumberSurvey)
        )
        return plain and whole and bool(came) and self.options.poly == 1


def _products(features: Sequence[Feature], found: _Pass, options: Options) -> Products:
    """Return the products of the columns of numbers; truth values and indicators are multiplied with nothing."""
    if options.poly == 1:
        return Products()
    columns, centres, n_values, start = [], [], [], 0
    for feature in features:
        survey = found.surveys[feature.field]
        if isinstance(survey, NumberSurvey) and not survey.constant and feature.field.kind != "boolean":
            columns.append(start)
            centres.append(round_centre(survey.mean, survey.low, survey.high))
            n_values.append(math.inf if survey.values is None else len(survey.values))
        start += len(feature.names)
    return Products.up_to(options.poly, columns, centres, n_values)


def complete(columns: Sequence[pl.Series]) -> pl.Series:
    """Return in which rows no value is missing.

    Examples
    --------
    >>> import polars as pl
    >>> complete([pl.Series([1, None, 3]), pl.Series(["a", "b", None])]).to_list()
    [True, False, False]
    """
    kept = columns[0].is_not_null()
    for values in columns[1:]:
        if values.null_count():
            kept &= values.is_not_null()
    return kept


def _warn(message: str) -> None:
    warn(message, TableWarning)
