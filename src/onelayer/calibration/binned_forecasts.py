"""Probabilities in bins of equal width: the sums over the rows that all figures of calibration follow from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

import numpy as np

from onelayer import validation
from onelayer.calibration.class_columns import columns_of
from onelayer.errors import InvalidDataError, InvalidParameterError

_VALUES_AT_ONCE = 1 << 20


@dataclass(frozen=True)
class BinnedForecasts:
    """Sums over rows, for each column of probabilities and each of its bins; those of two sets of rows add up.

    With p the probability that a row was given, y whether it came true (1 or 0), and w the weight of the row:

    Attributes
    ----------
    counts : (n_columns, n_bins) int64
        Rows in each bin. Bin m holds the probabilities in (m/n_bins, (m + 1)/n_bins]; the first bin holds 0 too.
    weight, probability, outcome : (n_columns, n_bins) float64
        Σ w, Σ w·p and Σ w·y.
    square, product : (n_columns, n_bins) float64
        Σ w·p² and Σ w·p·y.

    Examples
    --------
    >>> some = BinnedForecasts.of([[True], [False]], [[0.75], [0.25]], n_bins=2)
    >>> (some + some).counts.tolist(), some.probability.tolist()
    ([[2, 2]], [[0.25, 0.75]])
    """

    counts: np.ndarray
    weight: np.ndarray
    probability: np.ndarray
    outcome: np.ndarray
    square: np.ndarray
    product: np.ndarray

    @classmethod
    def of(
        cls, outcomes: Any, probabilities: Any, sample_weight: Any = None, *, n_bins: int = 15
    ) -> BinnedForecasts:
        """Sum over rows.

        Cost: O(n_rows · n_columns · log n_bins), and a few times the memory of the probabilities.

        Parameters
        ----------
        outcomes : (n_rows, n_columns) bool
        probabilities : (n_rows, n_columns) float
        sample_weight : (n_rows,) float, optional
        n_bins : int

        Raises
        ------
        InvalidDataError
            A probability outside [0, 1] or NaN, an outcome other than 0 or 1, weights that are none.
        InvalidParameterError
            ``n_bins`` below 1.
        """
        if not isinstance(n_bins, int | np.integer) or n_bins < 1:
            raise InvalidParameterError(f"n_bins must be a whole number of at least 1, not {n_bins!r}")
        p, y = np.asarray(probabilities, dtype=np.float64), np.asarray(outcomes, dtype=np.float64)
        _refuse(~((p >= 0) & (p <= 1)), p, "probability", "between 0 and 1")
        _refuse((y != 0) & (y != 1), y, "outcome", "0 or 1")
        weights = validation.check_weights(sample_weight, len(p), some=False)
        w = np.ones((len(p), 1)) if weights is None else weights[:, None]
        n_columns = p.shape[1]
        inner = np.arange(1, n_bins) / n_bins
        bins = (np.searchsorted(inner, p, side="left") + n_bins * np.arange(n_columns)).ravel()

        def total(values: np.ndarray | None = None) -> np.ndarray:
            flat = None if values is None else np.broadcast_to(values, p.shape).ravel()
            return np.bincount(bins, flat, n_bins * n_columns).reshape(n_columns, n_bins)

        return cls(total(), total(w), total(w * p), total(w * y), total(w * p**2), total(w * p * y))

    @classmethod
    def of_classes(
        cls,
        y: Any,
        proba: Any,
        *,
        classes: Any = None,
        sample_weight: Any = None,
        n_bins: int = 15,
    ) -> BinnedForecasts:
        """Sum over rows whose labels are given: column k is the probability of class k, and comes true in its rows.

        Parameters
        ----------
        y : (n_rows,) labels
        proba : (n_rows, n_classes) float
            As from ``predict_proba``.
        classes : (n_classes,) labels, optional
            Labels of the columns; 0, 1, 2, … by default.
        sample_weight : (n_rows,) float, optional
        n_bins : int

        Raises
        ------
        InvalidDataError
            No rows, labels that do not fit the probabilities, or as :meth:`of`.
        InvalidParameterError

        Examples
        --------
        >>> BinnedForecasts.of_classes([0, 1], [[0.75, 0.25], [0.25, 0.75]], n_bins=2).outcome.tolist()
        [[0.0, 1.0], [0.0, 1.0]]
        """
        places, proba = columns_of(y, proba, classes)
        if not len(places):
            raise InvalidDataError("there are no rows; calibration is measured on at least one")
        weights = validation.check_weights(sample_weight, len(places))
        _refuse(~((proba >= 0) & (proba <= 1)), proba, "probability", "between 0 and 1")
        every, block = np.arange(proba.shape[1]), max(1, _VALUES_AT_ONCE // proba.shape[1])
        parts = (
            cls.of(
                places[start : start + block, None] == every,
                proba[start : start + block],
                None if weights is None else weights[start : start + block],
                n_bins=n_bins,
            )
            for start in range(0, len(places), block)
        )
        return reduce(add, parts)

    @classmethod
    def from_estimator(cls, model: Any, X: Any, y: Any, *, n_bins: int = 15) -> BinnedForecasts:
        """Sum over the rows X with labels y, as many at a time as need a few MB of probabilities.

        Parameters
        ----------
        model : classifier, fitted
        X : (n_rows, n_features)
        y : (n_rows,) labels
        n_bins : int

        Raises
        ------
        InvalidDataError
            No rows, another number of labels than of rows, a label that the model has not seen.

        Examples
        --------
        >>> from sklearn.linear_model import LogisticRegression
        >>> model = LogisticRegression().fit([[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1])
        >>> BinnedForecasts.from_estimator(model, [[0.0], [3.0]], [0, 1], n_bins=2).outcome.tolist()
        [[0.0, 1.0], [0.0, 1.0]]
        """
        y, n_rows = np.asarray(y), np.shape(X)[0]
        if y.shape != (n_rows,) or not n_rows:
            raise InvalidDataError(
                f"X has {n_rows} rows, and y has shape {y.shape}; give at least one row, and a label for each"
            )
        block = max(1, _VALUES_AT_ONCE // len(model.classes_))
        parts = (
            cls.of_classes(
                y[start : start + block],
                model.predict_proba(X[start : start + block]),
                classes=model.classes_,
                n_bins=n_bins,
            )
            for start in range(0, n_rows, block)
        )
        return reduce(add, parts)

    def __add__(self, other: BinnedForecasts) -> BinnedForecasts:
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return BinnedForecasts(*(mine + others for mine, others in pairs))


def _refuse(bad: np.ndarray, values: np.ndarray, noun: str, demand: str) -> None:
    """Raise for the first row that is marked as bad, naming the column where there are several."""
    if bad.any():
        row, column = (int(place) for place in np.argwhere(bad)[0])
        where = f"row {row}" + (f", column {column}," if values.shape[1] > 1 else "")
        raise InvalidDataError(
            f"the {noun} in {where} is {float(values[row, column])!r}; it must be {demand}"
        )
