"""A feature: one field of a table as one or more columns of the matrix."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from onelayer.data.preparation.field import Field

if TYPE_CHECKING:
    import polars as pl


class Feature(ABC):
    """One field of a table, and how its values enter the matrix.

    Attributes
    ----------
    field : Field
        What is read.
    names : tuple of str
        Names of the columns of the matrix.
    reference : str or None
        The level of a category that has no column.
    """

    field: Field

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """Names of the columns of the matrix."""

    @property
    def reference(self) -> str | None:
        """The level of a category that has no column."""
        return None

    @property
    def is_plain(self) -> bool:
        """Whether the only column of the matrix is the column of the table as it is, where no value is missing."""
        return False

    @property
    def fallback(self) -> str:
        """What a level that is not known counts as, in words."""
        return ""

    @abstractmethod
    def write(self, values: pl.Series, out: NDArray) -> Counter[str]:
        """Write the columns.

        Parameters
        ----------
        values : Series
            What :meth:`Field.read` returns.
        out : (n_rows, len(names)) array
            A part of the matrix, zero in every place.

        Returns
        -------
        Counter of str
            The levels among the values that are not known, and how often each is there.
        """

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """Return the feature as values that JSON has."""
