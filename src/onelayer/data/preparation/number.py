"""A number as a column of the matrix, with its mean where it is missing."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from onelayer.data.preparation.feature import Feature
from onelayer.data.preparation.field import Field

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Number(Feature):
    """A number, a truth value as 0 or 1, or a date as days since 1970-01-01.

    Attributes
    ----------
    field : Field
    mean : float
        Mean of the values in the table of the fit, which stands in the place of a missing value.
    indicator : bool
        Whether a column is 1 where the value is missing, and else 0; its name is scikit-learn's.
    constant : bool
        Whether there was one value only in the table of the fit: then the indicator is the only column.

    Examples
    --------
    >>> import numpy as np, polars as pl
    >>> age = Number(Field("age", "number"), mean=40.0, indicator=True)
    >>> out = np.zeros((2, 2))
    >>> _ = age.write(pl.Series([30.0, None]), out)
    >>> age.names, out.tolist()
    (('age', 'missingindicator_age'), [[30.0, 0.0], [40.0, 1.0]])
    """

    field: Field
    mean: float
    indicator: bool = False
    constant: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The field, and its indicator."""
        name = self.field.name
        values = () if self.constant else (name,)
        return (*values, f"missingindicator_{name}") if self.indicator else values

    @property
    def is_plain(self) -> bool:
        """Whether it is a number without a logarithm and without an indicator."""
        return self.field.kind == "number" and not self.field.log and not self.indicator

    def write(self, values: pl.Series, out: NDArray) -> Counter[str]:
        """Write the numbers; no level is unknown."""
        if self.indicator and values.null_count():
            out[:, -1] = values.is_null().to_numpy()
        if not self.constant:
            out[:, 0] = values.fill_null(self.mean).to_numpy()
        return Counter()

    def to_json(self) -> dict[str, Any]:
        """Return the feature as values that JSON has."""
        return asdict(self)
