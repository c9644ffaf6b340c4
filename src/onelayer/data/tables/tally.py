"""What a column of a text holds: a count of the forms its values have, and the verdict on them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from onelayer.data.tables.faults import shown
from onelayer.data.tables.forms import FORMS, read_form
from onelayer.data.tables.mixture import misplaced, or_as_text, usual_form
from onelayer.data.tables.records import Records
from onelayer.errors import DataFileError, optional_dependency

_NUMBERS = ("integer", "huge", "decimal")
_WITH_DIGITS = tuple(form for form in FORMS if form not in ("boolean", "text"))
_MAY_BE_A_NUMBER_OR_DATE = r"^[ \t]*[0-9+.,-]"

_FEW = 1000


@dataclass(frozen=True)
class Sighting:
    """The first value of a form: its row and line in the file, from 1, and how it is written."""

    row: int
    line: int
    value: str


@dataclass
class Tally:
    """Counts the values of one column by their form, from the first row to the last.

    Attributes
    ----------
    path, column : str
        The file and the column, for messages.
    missing : tuple of str
        What stands for a missing value.
    counts : Counter
        How many values of each form have been seen.
    first : dict
        The first value of each form.
    """

    path: str
    column: str
    missing: tuple[str, ...]
    counts: Counter[str] = field(default_factory=Counter)
    first: dict[str, Sighting] = field(default_factory=dict)

    def add(self, text: Any, records: Records) -> None:
        """Count the values of some records; ``text`` are the fields of the column, as they are written."""
        pl = optional_dependency("polars", "app")
        places = pl.int_range(len(text), dtype=pl.UInt32, eager=True)
        start = 0 if self.counts else _FEW
        if start:
            self._add(places.head(start), text.head(start), records)
        self._add(places.slice(start), text.slice(start), records)

    def _add(self, places: Any, text: Any, records: Records) -> None:
        """Try each form on what those before it left over, beginning with the most frequent so far.

        So a column of one form is converted once, and only the first few values are tried in every form.
        """
        usual = self.counts.most_common(1)[0][0] if self.counts else "integer"
        forms = (usual, *(form for form in FORMS if form not in (usual, "text")), "text")
        if usual == "text":
            words, _ = read_form(text.unique(), "text", self.missing)
            looks_special = words.str.contains(_MAY_BE_A_NUMBER_OR_DATE)
            special, ordinary = words.filter(looks_special), words.filter(~looks_special)
            self._count("text", text.is_in(ordinary.implode()), places, text, records)
            chosen = text.is_in(special.implode())
            forms, places, text = (*_WITH_DIGITS, "text"), places.filter(chosen), text.filter(chosen)
        for form in forms:
            if not len(text):
                return
            values, odd = read_form(text, form, self.missing)
            self._count(form, values.is_not_null(), places, text, records)
            places, text = places.gather(odd), text.gather(odd)

    def _count(self, form: str, seen: Any, places: Any, text: Any, records: Records) -> None:
        n_seen = seen.sum() or 0
        if n_seen and form not in self.first:
            position = seen.fill_null(False).arg_max()
            row = places[position]
            self.first[form] = Sighting(records.first_row + row + 1, records.line(row), text[position])
        if n_seen:
            self.counts[form] += n_seen

    def verdict(self, needed: str | None = None) -> str:
        """Return the form that the whole column has.

        Parameters
        ----------
        needed : {"number", "boolean", "date", "datetime", "zoned", "text"} or None
            What a model needs that was fitted to another table; None to let most values decide.

        Returns
        -------
        str
            One of the forms; ``"decimal"`` for a column without a value.

        Raises
        ------
        DataFileError
            Some values have another form than most, or one in which nothing can be read without changing it.
        """
        otherwise = or_as_text(self.column, needed)
        if "overflow" in self.counts:
            raise self._refusal("overflow", f"is too large a number for float64; correct it{otherwise}")
        if "commas" in self.counts:
            raise self._refusal(
                "commas",
                "is a number with a comma; write numbers with a point before the decimals and nothing between "
                f"thousands{otherwise}",
            )
        groups = self._groups()
        usual = usual_form(groups, needed)
        others = [form for form in self.first if self._group(form) not in (usual, "")]
        if others:
            form = min(others, key=lambda form: self.first[form].row)
            advice = "correct it"
            if form == "text":
                word = shown(self.first[form].value)
                advice += f", say that it stands for a missing value with missing_values=[{word}]"
            raise self._refusal(form, f"{misplaced(form, usual, groups, needed)}; {advice}{otherwise}")
        if usual != "decimal":
            return usual
        if "decimal" not in self.counts and "huge" in self.counts:
            raise self._refusal(
                "huge",
                "is a whole number that no type of number holds exactly; write a measurement as 1.5e19"
                f"{otherwise}",
            )
        return "integer" if "decimal" not in self.counts and self.counts else "decimal"

    def _group(self, form: str) -> str:
        """Return the form under which a form counts: all numbers are one, and in a text true and false are words."""
        if form in _NUMBERS:
            return "decimal"
        return "text" if form == "boolean" and "text" in self.counts else form

    def _groups(self) -> dict[str, int]:
        groups: Counter[str] = Counter()
        for form in FORMS:
            if form in self.counts:
                groups[self._group(form)] += self.counts[form]
        return groups

    def _refusal(self, form: str, what: str) -> DataFileError:
        first = self.first[form]
        return DataFileError(
            f"{self.path}, row {first.row:,} (line {first.line:,}), column {self.column!r}: {shown(first.value)} {what}"
        )
