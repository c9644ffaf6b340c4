"""Powers and products of columns of the matrix: polynomial and interaction terms."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onelayer.errors import InvalidParameterError

MOST_TERMS = 10_000


@dataclass(frozen=True)
class Products:
    """Terms of degree two and more, in scikit-learn's order: a², ab, b², a³, ….

    Each factor is the distance of a value from a centre c near the mean of its column: the term "a b" is
    (a − c_a)(b − c_b). With the columns themselves and an intercept these terms span the same functions as the plain
    products, and so make the same least-squares predictions. But they depend on each other far less: for a year y, y
    and y² are nearly proportional, y and (y − 2000)² are not. And the coefficient of a column is its slope at the
    centre of the others, not at a house of no size in the year 0.

    Attributes
    ----------
    columns : tuple of int
        The columns of the matrix that are multiplied.
    centres : tuple of float
        The centre of each.
    terms : tuple of tuple of int
        For each term its factors, as positions in ``columns``.

    References
    ----------
    Aiken and West, *Multiple Regression: Testing and Interpreting Interactions* (1991), chapter 3.

    Examples
    --------
    >>> products = Products(columns=(0, 2), centres=(2000.0, 0.0), terms=((0, 0), (0, 1)))
    >>> X = np.array([[2010.0, 1.0, 3.0]])
    >>> products.names(["year", "sold", "size"]), products.of(X).tolist()
    (('year^2', 'year size'), [[100.0, 30.0]])
    """

    columns: tuple[int, ...] = ()
    centres: tuple[float, ...] = ()
    terms: tuple[tuple[int, ...], ...] = ()

    @classmethod
    def up_to(
        cls,
        degree: int,
        columns: Sequence[int],
        centres: Sequence[float],
        n_values: Sequence[float],
    ) -> Products:
        """Return all terms of two factors up to ``degree``.

        A column of k different values has k − 1 powers at most; a higher one is a sum of those. So a column of zeros
        and ones is not squared.

        Parameters
        ----------
        degree : int
        columns : sequence of int
        centres : sequence of float
        n_values : sequence of float
            How many different values each column has; infinite for many.

        Raises
        ------
        InvalidParameterError
            The degree asks for more than 10,000 terms.

        Examples
        --------
        >>> Products.up_to(2, [0, 1], [0.0, 0.5], [math.inf, 2]).terms
        ((0, 0), (0, 1))
        """
        if math.comb(len(columns) + degree, degree) > MOST_TERMS:
            raise InvalidParameterError(
                f"poly={degree}: {len(columns)} columns of numbers have more than {MOST_TERMS:,} such terms; choose a "
                "lower degree, or fewer columns with features"
            )
        terms = (
            term
            for order in range(2, degree + 1)
            for term in combinations_with_replacement(range(len(columns)), order)
        )
        sound = (
            term for term in terms if all(power < n_values[place] for place, power in Counter(term).items())
        )
        return cls(tuple(columns), tuple(centres), tuple(sound))

    def names(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return the names of the terms, as scikit-learn writes them, from those of the columns of the matrix."""
        factors = [names[column] for column in self.columns]
        return tuple(
            " ".join(
                factors[place] + (f"^{power}" if power > 1 else "") for place, power in Counter(term).items()
            )
            for term in self.terms
        )

    def of(self, X: NDArray) -> NDArray:
        """Return the terms of some rows, shape (n_rows, n_terms)."""
        if not self.terms:
            return X[:, :0]
        distances = X[:, self.columns] - np.array(self.centres)
        out = np.empty((len(X), len(self.terms)))
        for place, term in enumerate(self.terms):
            np.multiply.reduce(distances[:, term], axis=1, out=out[:, place])
        return out

    def to_json(self) -> dict[str, Any]:
        """Return the terms as values that JSON has."""
        return asdict(self)


def round_centre(mean: float, low: float, high: float) -> float:
    """Return the mean, rounded to a hundredth of the range or finer, so that it can be written out.

    Examples
    --------
    >>> round_centre(1971.0051, 1900.0, 2015.0), round_centre(47.5600525, 47.1559, 47.7776)
    (1971.0, 47.56)
    """
    if not high > low:
        return mean
    return round(mean, 2 - math.floor(math.log10(high - low)))
