"""The preparation: from the columns of a table to the matrix of a model, the same for every table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from onelayer.columnar import Columnar
from onelayer.data.preparation import stored
from onelayer.data.preparation.blocks import Blocks
from onelayer.data.preparation.feature import Feature
from onelayer.data.preparation.learning import complete, learn, like_an_identifier
from onelayer.data.preparation.number import Number
from onelayer.data.preparation.options import Options
from onelayer.data.preparation.place import Place, called, likely, listed, rows
from onelayer.data.preparation.products import Products
from onelayer.data.preparation.roles import Roles
from onelayer.data.preparation.target import Target
from onelayer.data.preparation.weight import Weight
from onelayer.data.tables.parts import even_parts
from onelayer.data.tables.table import Table
from onelayer.errors import InvalidDataError, TableWarning, optional_dependency, warn

if TYPE_CHECKING:
    import polars as pl


BLOCK = 32 << 20
"""Bytes of a matrix that are made at once."""


@dataclass(frozen=True)
class Prepared:
    """Rows of a table as a matrix.

    Attributes
    ----------
    X : (n_rows, n_features) array or Columnar
        float64, or float32 where all numbers are.
    kept : (n_rows of the table,) array of bool, or None
        Which rows of the table X has; None for all of them.
    unseen : Counter of (str, str)
        The column and the level, for levels that the table of the fit did not have, and how often they are there.
    """

    X: Any
    kept: NDArray[np.bool_] | None
    unseen: Counter[tuple[str, str]]


@dataclass(frozen=True)
class Group:
    """The columns of the matrix that come from one column of the table; or all polynomial terms.

    Attributes
    ----------
    column : str
        Name of the column of the table; "" for the polynomial terms.
    kind : str
        "number", "boolean", "date", "datetime", "zoned", "text", "category", or "products".
    positions : range
        Where in the matrix its columns are.
    reference : str or None
        The level of a category that has no column, which the coefficients of the others are differences to.
    """

    column: str
    kind: str
    positions: range
    reference: str | None = None


@dataclass(frozen=True, eq=False)
class Preparation:
    """From the columns of a table to the matrix of a model.

    Attributes
    ----------
    options : Options
        What was asked for.
    features : tuple of Feature
        What becomes of each column, in the order of the matrix.
    products : Products
        Polynomial and interaction terms, after all others.
    target : Target or None
        The column that is predicted, when it is one of the table.
    ignored : tuple of str
        Columns of the table of the fit that are not read.
    single : bool
        Whether the matrix is float32 where the numbers of a table are.
    n_rows, n_kept : int
        Rows of the table of the fit, and those of them without a missing value where others are dropped.

    Examples
    --------
    >>> import polars as pl
    >>> from onelayer.data.tables import Table
    >>> frame = pl.DataFrame({"size": [50, 80, 120], "garden": [False, True, True], "price": [1.0, 2.0, 4.0]})
    >>> preparation = Preparation.fit(Table.of(frame), "price")
    >>> preparation.names
    ('size', 'garden')
    >>> preparation.transform(Table.of(frame)).X.tolist()
    [[50.0, 0.0], [80.0, 1.0], [120.0, 1.0]]
    """

    options: Options
    features: tuple[Feature, ...]
    products: Products
    target: Target | None
    ignored: tuple[str, ...]
    single: bool
    n_rows: int
    n_kept: int

    @classmethod
    def fit(
        cls, table: Table, target: str | None = None, options: Options | None = None, *, labels: bool = False
    ) -> Self:
        """Learn from one pass over a table how to make a matrix of it.

        Parameters
        ----------
        table : Table
            Its rows are read in batches.
        target : str or None
            The column to predict; None when it is not one of the table.
        options : Options or None
            None for the defaults.
        labels : bool
            Whether the target holds labels of classes.

        Raises
        ------
        InvalidDataError
            Missing values that no option speaks of; a target that is missing, constant or text; a column of which
            hardly two rows have the same text; columns that an option names and the table does not have.

        Warns
        -----
        TableWarning
            Columns that are constant or duplicates and are left out; levels that are pooled; numbers that look like
            identifiers.

        Notes
        -----
        Cost: one pass over the columns. Memory: a batch of rows, and the levels of the categories.
        """
        options = Options() if options is None else options
        roles = Roles.of(table, target, options, labels)
        learned = learn(table, roles, options)
        read = {feature.field.column for feature in learned.features}
        ignored = tuple(column for column in table.columns if column not in read and column != target)
        preparation = cls(
            options,
            learned.features,
            learned.products,
            roles.target,
            ignored,
            learned.single,
            learned.n_rows,
            learned.n_kept,
        )
        twice = [name for name, count in Counter(preparation.names).items() if count > 1]
        if twice:
            raise InvalidDataError(
                f"{called(table)}: two columns of the matrix would be called {listed(twice)}; rename a column"
            )
        return preparation

    @classmethod
    def of_numbers(cls, table: Table, target: str, options: Options | None = None) -> Self | None:
        """Return the preparation of a table of nothing but numbers without reading it; None where that cannot be.

        It is that of :meth:`fit` where no value is missing, and no column is constant or a duplicate. Whether that is
        so shows when the rows are read: a missing value is refused then, such columns turn out to depend on others.
        """
        options = Options() if options is None else options
        if replace(options, features=None, drop=()) != Options():
            return None
        roles = Roles.of(table, target, options, False)
        fields = [*roles.fields, *([roles.target.field] if roles.target else [])]
        if any(field.kind != "number" or like_an_identifier(field.column) for field in fields):
            return None
        features = tuple(Number(field, 0.0) for field in roles.fields)
        ignored = tuple(set(table.columns) - set(roles.columns))
        return cls(options, features, Products(), roles.target, ignored, True, table.n_rows, table.n_rows)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the columns of the matrix."""
        names = tuple(name for feature in self.features for name in feature.names)
        return names + self.products.names(names)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns of a table that the matrix is made of."""
        return tuple(dict.fromkeys(feature.field.column for feature in self.features))

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The columns of the matrix by the columns of the table that they come from."""
        groups, start = [], 0
        for feature in self.features:
            stop = start + len(feature.names)
            field = feature.field
            groups.append(Group(field.name, field.kind, range(start, stop), feature.reference))
            start = stop
        if self.products.terms:
            groups.append(Group("", "products", range(start, len(self.names))))
        return tuple(groups)

    def transform(self, table: Table) -> Prepared:
        """Return all rows of a table as a matrix.

        Parameters
        ----------
        table : Table
            Its columns go by their names, in any order.

        Raises
        ------
        InvalidDataError
            A column that is not there or of another type, and with ``missing="refuse"`` a missing value.

        Warns
        -----
        TableWarning
            Columns that the table of the fit did not have, and levels that it did not have.

        Notes
        -----
        A missing value takes the mean, or the most frequent level, with "mean" and "indicator", even in a column which
        had none in the table of the fit; with "drop" its row is left out.
        """
        parts = list(self.matrices(table))
        lacking = any(part.kept is not None for part in parts)
        kept = [np.ones(len(part.X), bool) if part.kept is None else part.kept for part in parts]
        unseen = Counter[tuple[str, str]]()
        for part in parts:
            unseen.update(part.unseen)
        return Prepared(
            np.concatenate([part.X for part in parts]), np.concatenate(kept) if lacking else None, unseen
        )

    def matrices(self, table: Table, *, filled: bool = False) -> Iterator[Prepared]:
        """Return the rows of a table as matrices, batch by batch, checked as :meth:`transform` does.

        With ``filled`` no row is left out: where one would be, each missing value takes the mean of its column.
        """
        self.check_columns(table)
        unseen = Counter[tuple[str, str]]()
        for frame, place in self.frames(table, self.columns):
            prepared = self.matrix(frame, place, filled=filled)
            unseen.update(prepared.unseen)
            yield prepared
        self.tell_unseen(unseen, called(table))

    def frames(
        self, table: Table, columns: Sequence[str], *, checked: bool = True
    ) -> Iterator[tuple[pl.DataFrame, Place]]:
        """Return some columns of a table in frames whose matrix has 32 MiB at most, each with its place.

        Unless ``checked``, NaN and infinity may stay as they are.
        """
        first_row, most = 0, max(1, BLOCK // ((4 if self.single else 8) * len(self.names)))
        fields = [feature.field for feature in self.features] + ([self.target.field] if self.target else [])
        for field in fields:
            if field.column in columns and field.kind != "category":
                table.require(field.column, field.kind)
        for batch in table.batches(columns, checked=checked):
            for start, stop in even_parts(len(batch), most):
                yield batch.slice(start, stop - start), Place(table, first_row + start)
            first_row += len(batch)
            del batch  # so that its part of the file is not held while the next is read

    def check_columns(self, table: Table) -> None:
        """Refuse a table in which a column is missing; warn of columns that are new and not read."""
        columns, name = table.columns, called(table)
        lacking = [column for column in self.columns if column not in columns]
        if lacking:
            raise InvalidDataError(
                f"{name}: there {'is no column' if len(lacking) == 1 else 'are no columns'} {listed(lacking)}, which "
                f"the model needs; {likely(lacking[0], columns, taken=self.columns)}"
            )
        known = {*self.columns, *self.ignored} | ({self.target.name} if self.target else set())
        extra = [column for column in columns if column not in known]
        if extra:
            _warn(f"{name}: not in the table that the model was fitted to, and not read: {listed(extra)}")

    def matrix(
        self,
        frame: pl.DataFrame,
        place: Place,
        among: pl.Series | None = None,
        *,
        filled: bool = False,
        apart: bool = False,
    ) -> Prepared:
        """Return rows as a matrix, as :meth:`transform` does, without a look at other columns and without a warning.

        Parameters
        ----------
        frame : polars.DataFrame
            A batch of a table.
        place : Place
            Where it stands.
        among : Series of bool or None
            The rows that may be kept; None for all.
        filled : bool
            Whether X has the rows that lack a value as well, with the mean in its place.
        apart : bool
            Whether X may be the columns of the frame where they are.
        """
        if among is None and self._is_plain(frame):
            columns = Columnar([frame.get_column(column).to_numpy() for column in self.columns])
            return Prepared(columns if apart else np.asarray(columns), None, Counter())
        values = [feature.field.read(frame, place) for feature in self.features]
        kept = self._kept(values, place)
        kept = kept if among is None else among if kept is None else kept & among
        if kept is not None and not filled:
            values = [column.filter(kept) for column in values]
        X = np.zeros((len(values[0]), len(self.names)), self._dtype(values))
        unseen, start = Counter[tuple[str, str]](), 0
        for feature, column in zip(self.features, values, strict=True):
            stop = start + len(feature.names)
            for level, count in feature.write(column, X[:, start:stop]).items():
                unseen[feature.field.column, level] = count
            start = stop
        X[:, start:] = self.products.of(X)
        self._refuse_unseen(unseen, place)
        return Prepared(X, None if kept is None else kept.to_numpy(), unseen)

    def _is_plain(self, frame: pl.DataFrame) -> bool:
        """Return whether the matrix is nothing but columns of the frame, of one type of float and without a gap."""
        if not self._copies_columns:
            return False
        columns = [frame.get_column(column) for column in self.columns]
        dtypes = {column.dtype for column in columns}
        if len(dtypes) > 1 or not all(dtype.is_float() for dtype in dtypes):
            return False
        return not any(column.null_count() for column in columns)

    @cached_property
    def _copies_columns(self) -> bool:
        """Whether each column of the matrix is a column of numbers of the table."""
        plain = all(feature.is_plain and feature.field.kind == "number" for feature in self.features)
        return plain and len(self.columns) == len(self.names)

    @cached_property
    def takes_numbers_only(self) -> bool:
        """Whether matrix and target are columns of numbers as they are, none of which may be missing."""
        target = self.target is None or (self.target.field.kind == "number" and not self.target.log)
        return self._copies_columns and target and self.options.missing == "refuse"

    def _kept(self, values: Sequence[pl.Series], place: Place) -> pl.Series | None:
        """Return in which rows no value is missing, None if rows that lack one stay or there are none."""
        lacking = [
            (feature.field.column, column)
            for feature, column in zip(self.features, values, strict=True)
            if column.null_count()
        ]
        if lacking and self.options.missing == "refuse":
            column, series = lacking[0]
            raise InvalidDataError(
                f"{place.of(series.is_null().arg_max() or 0, column)}: the value is missing; fill it in, or fit the "
                "model with missing='mean'"
            )
        return complete(values) if lacking and self.options.missing == "drop" else None

    def _dtype(self, values: Sequence[pl.Series]) -> Any:
        """Return float32 if nothing is lost by it."""
        polars = optional_dependency("polars", "app")
        numbers = [
            column.dtype
            for feature, column in zip(self.features, values, strict=True)
            if feature.field.kind == "number"
        ]
        return np.float32 if self.single and all(d == polars.Float32 for d in numbers) else np.float64

    def _refuse_unseen(self, unseen: Counter[tuple[str, str]], place: Place) -> None:
        if unseen and self.options.unseen == "error":
            column, level = next(iter(unseen))
            raise InvalidDataError(
                f"{place.name}, column {column!r}: {level!r} is not among the levels that the model was fitted to"
            )

    def tell_unseen(self, unseen: Counter[tuple[str, str]], name: str) -> None:
        """Warn of levels that the table of the fit did not have."""
        fallbacks = {feature.field.column: feature.fallback for feature in self.features}
        for column in dict.fromkeys(column for column, _ in unseen):
            counts = {level: count for (other, level), count in unseen.items() if other == column}
            levels = sorted(counts, key=lambda level: (-counts[level], level))
            notes = [rows(counts[level]) for level in levels]
            _warn(
                f"{name}, column {column!r}: not among the levels that the model was fitted to: "
                f"{listed(levels, notes=notes)}; such rows count as {fallbacks[column]}"
            )

    def labelled(self, frame: pl.DataFrame, place: Place, *, apart: bool = False) -> tuple[Prepared, NDArray]:
        """Return rows as a matrix, and what a model of the target is fitted to in the rows that are kept.

        Raises
        ------
        InvalidDataError
            As :meth:`transform`; and a target that is missing where no rows are dropped.
        """
        target = self.target
        assert target is not None
        present = target.values(frame, place).is_not_null()
        among = present if self.options.missing == "drop" and not present.all() else None
        prepared = self.matrix(frame, place, among, apart=apart)
        rows_kept = frame if prepared.kept is None else frame.filter(prepared.kept)
        return prepared, target.read(rows_kept, place)

    def blocks(
        self, table: Table, weights: NDArray | Weight | None = None, targets: NDArray | None = None
    ) -> Blocks:
        """Return the rows of a table as blocks that a streamed fit can go over again and again."""
        return Blocks(self, table, weights, targets)

    def to_json(self) -> dict[str, Any]:
        """Return the preparation as values that JSON has."""
        return stored.document(self)

    @classmethod
    def from_json(cls, document: object) -> Self:
        """Return the preparation that :meth:`to_json` wrote.

        Raises
        ------
        ModelFileError
            It is something else.
        """
        return cls(**stored.parts(document))


def _warn(message: str) -> None:
    warn(message, TableWarning)
