"""The column that is predicted."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onelayer.data.preparation.field import Field
from onelayer.data.preparation.place import Place
from onelayer.errors import InvalidDataError
from onelayer.validation import as_numbers

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Target:
    """The column that is predicted: numbers or their logarithms, or the labels of classes.

    Attributes
    ----------
    field : Field
        What is read.
    labels : bool
        Whether the values are labels of classes.

    Examples
    --------
    >>> import polars as pl
    >>> from onelayer.data.tables import Table
    >>> table = Table.of(pl.DataFrame({"price": [1.0, 100.0]}))
    >>> price = Target(Field("price", "number", log=True))
    >>> y = price.read(table.read(), Place(table))
    >>> price.inverse(y).round(6)
    array([  1., 100.])
    """

    field: Field
    labels: bool = False

    @property
    def name(self) -> str:
        """Name of the column."""
        return self.field.column

    @property
    def log(self) -> bool:
        """Whether a model is fitted to the logarithm."""
        return self.field.log

    @property
    def survey_field(self) -> Field:
        """What is surveyed: labels as the names of levels."""
        return Field(self.name, "category") if self.labels else self.field

    def values(self, frame: pl.DataFrame, place: Place) -> pl.Series:
        """Return the values that a model is fitted to, with null where one is missing; labels as text."""
        if not self.labels:
            self._refuse_text(frame.get_column(self.name), place)
        return self.survey_field.read(frame, place)

    def read(self, frame: pl.DataFrame, place: Place) -> NDArray:
        """Return the values that a model is fitted to: float64, or labels of the type that the column has.

        Raises
        ------
        InvalidDataError
            A value that is missing, or of another type.
        """
        values = self.values(frame, place)
        if values.null_count():
            row = int(values.is_null().arg_max() or 0)
            raise InvalidDataError(f"{place.of(row, self.name)}: the target is missing")
        if not self.labels:
            return values.to_numpy().astype(np.float64)
        labels = frame.get_column(self.name)
        return np.array(labels.to_list()) if self.field.kind == "text" else labels.to_numpy()

    def forward(self, y: ArrayLike) -> NDArray:
        """Return values in the units of the column as a model is fitted to them.

        Raises
        ------
        InvalidDataError
            A value without a logarithm where one is needed.
        """
        if not self.log:
            return np.asarray(y)
        values = as_numbers("y", y).astype(np.float64)
        if not (values > 0).all():
            row = int(np.argmin(values > 0))
            raise InvalidDataError(f"y has {values[row]:g} in row {row}, which has no logarithm")
        return np.log(values)

    def inverse(self, prediction: ArrayLike) -> NDArray:
        """Return predictions in the units of the column: exp(prediction) where the model is one of the logarithm.

        The exponential of the mean of logarithms is a median if the noise is symmetric, and lies below the mean.
        """
        with np.errstate(over="ignore"):
            return np.exp(prediction) if self.log else np.asarray(prediction)

    def _refuse_text(self, column: pl.Series, place: Place) -> None:
        """Refuse what no regression can predict."""
        if self.field.kind in ("number", "boolean") or column.null_count() == len(column):
            return
        row = int(column.is_not_null().arg_max() or 0)
        raise InvalidDataError(
            f"{place.of(row, self.name)}: {str(column[row])!r} where the target of a regression must be a number; "
            "classes are for the loss cross-entropy (SoftmaxRegression)"
        )

    def to_json(self) -> dict[str, Any]:
        """Return the target as values that JSON has."""
        return asdict(self)
