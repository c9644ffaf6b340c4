"""Which columns of a table are read, and as what: the options held against the columns that there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from onelayer.data.preparation.field import PARTS, Field
from onelayer.data.preparation.options import Options
from onelayer.data.preparation.place import called, check_known, given
from onelayer.data.preparation.target import Target
from onelayer.data.preparation.written_dates import conversion
from onelayer.data.tables.table import Table
from onelayer.errors import InvalidDataError

_OPTIONS = ("features", "drop", "categories", "date_parts", "log")


@dataclass(frozen=True)
class Roles:
    """What is read from a table.

    Attributes
    ----------
    fields : tuple of Field
        The candidates for features, in the order of the matrix.
    target : Target or None
    """

    fields: tuple[Field, ...]
    target: Target | None

    @property
    def columns(self) -> list[str]:
        """The columns that are read."""
        names = [field.column for field in self.fields] + ([self.target.name] if self.target else [])
        return list(dict.fromkeys(names))

    @classmethod
    def of(cls, table: Table, target: str | None, options: Options, labels: bool) -> Roles:
        """Give each column its role.

        Parameters
        ----------
        table : Table
        target : str or None
            The column that is predicted, if it is one of the table.
        options : Options
        labels : bool
            Whether the target holds labels of classes.

        Raises
        ------
        InvalidDataError
            A column that there is not, or that cannot be what it is asked to be.

        Examples
        --------
        >>> import polars as pl
        >>> table = Table.of(pl.DataFrame({"size": [50.0], "zip": [98103], "price": [1.0]}))
        >>> roles = Roles.of(table, "price", Options(categories="zip", log="price"), False)
        >>> [field.name for field in roles.fields], roles.target.log
        (['size', 'zip'], True)
        """
        name, columns = called(table), table.columns
        for option in _OPTIONS:
            check_known(getattr(options, option) or (), columns, name, partial(_in_option, option))
        if target is not None:
            check_known([target], columns, name, lambda _: "the target")
        used = _used(name, columns, target, options)
        schema = table.select([*used, *([] if target is None else [target])]).schema
        fields = tuple(field for column in used for field in _fields(name, column, schema[column], options))
        if target is None:
            return cls(fields, None)
        if target in options.log and labels:
            raise InvalidDataError(f"{name}: the target {target!r} holds classes, which have no logarithm")
        if target in options.log:
            _check_number(name, target, schema[target])
        log = target in options.log
        return cls(fields, Target(Field(target, "number" if log else schema[target], log=log), labels))


def _in_option(option: str, name: str) -> str:
    return given(option, [name])


def _used(table: str, columns: Sequence[str], target: str | None, options: Options) -> list[str]:
    """Return the columns to predict from."""
    if target in options.drop:
        raise InvalidDataError(f"{table}: the target {target!r} is among the columns to drop")
    if options.features is None:
        used = [column for column in columns if column != target and column not in options.drop]
    else:
        used = list(options.features)
        if target in used:
            raise InvalidDataError(
                f"{table}: the target {target!r} is among the features; leave it out of them"
            )
        both = [name for name in used if name in options.drop]
        if both:
            raise InvalidDataError(
                f"{table}: {given('features', both)} and {given('drop', both)} contradict each other"
            )
    if not used:
        raise InvalidDataError(f"{table}: there is no column to predict from")
    for option in ("categories", "date_parts", "log"):
        idle = [name for name in getattr(options, option) if name not in used and name != target]
        if idle:
            raise InvalidDataError(f"{table}: {given(option, idle)}: nothing is predicted from that column")
    return used


def _fields(table: str, column: str, kind: str, options: Options) -> list[Field]:
    """Return what is read from a column: one field, and of a date its parts."""
    if column in options.date_parts:
        if kind not in ("date", "datetime", "zoned") or column in options.categories:
            advice = f"; if it holds dates as text, make dates of them with {conversion(column)}"
            raise InvalidDataError(
                f"{table}: {given('date_parts', [column])}: the column holds no dates{advice if kind == 'text' else ''}"
            )
        parts = [part for part in PARTS if kind != "date" or part != "hour"]
        return [Field(column, kind), *(Field(column, kind, part) for part in parts)]
    if column in options.categories:
        kind = "category"
    if column in options.log:
        _check_number(table, column, kind)
    return [Field(column, kind, log=column in options.log)]


def _check_number(table: str, column: str, kind: str) -> None:
    if kind != "number":
        raise InvalidDataError(f"{table}: {given('log', [column])}: the column holds no numbers")
