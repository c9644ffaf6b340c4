"""Why a linear classifier decides as it does: what each feature of a row adds to the score of each class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onelayer.errors import InvalidDataError, InvalidParameterError
from onelayer.matrices import Matrix
from onelayer.validation import as_numbers, check_finite, check_integer

_MOST_VALUES = 1 << 27
_NAMED = 10


@dataclass(frozen=True)
class Contribution:
    """What one feature of a row does: its name, its value, and what it adds to a score."""

    name: str
    value: float
    amount: float


@dataclass(frozen=True, repr=False)
class RowExplanation:
    """What the features of one row add to the score of one class over that of another.

    margin = baseline + Σⱼ contributions[j].

    Attributes
    ----------
    label, over : class labels
        The class that positive contributions speak for, and the one that negative ones speak for.
    margin : float
        Score of ``label`` less that of ``over``.
    baseline : float
        The same of the reference row.
    values, contributions : (n_features,) float64
    feature_names : sequence of str
    """

    label: Any
    over: Any
    margin: float
    baseline: float
    values: NDArray[np.float64]
    contributions: NDArray[np.float64]
    feature_names: Sequence[str]

    def largest(self, n_features: int = 10) -> list[Contribution]:
        """Return the features that do the most, either way, the strongest first; those that do nothing are left out."""
        order = np.argsort(-np.abs(self.contributions), kind="stable")[
            : check_integer("n_features", n_features)
        ]
        return [
            Contribution(str(self.feature_names[j]), float(self.values[j]), float(self.contributions[j]))
            for j in order
            if self.contributions[j]
        ]

    def rest(self, n_features: int = 10) -> float:
        """Return what all features but the ``largest`` add together."""
        order = np.argsort(-np.abs(self.contributions), kind="stable")
        return float(self.contributions[order[check_integer("n_features", n_features) :]].sum())


@dataclass(frozen=True, repr=False)
class Explanation:
    """Scores of rows as sums over their features; see ``SoftmaxRegression.explain``.

    A softmax does not change when one number is added to the scores of all classes, so a contribution has a meaning
    only beside those to other classes. Here scores and contributions are centred: they sum to zero over the classes.
    With V the weights less their mean over the classes, x a row and r the reference,

        scores[k] = baseline[k] + Σⱼ contributions[k, j],   contributions[k, j] = V[k, j]·(x[j] − r[j]),

    and scores[k] is the decision function of class k less its mean over the classes. Differences between classes are
    those of the decision function; of two classes, scores[1] − scores[0] is the decision function. All is in float64
    and in units of the scores, before ``temperature_`` divides them: the margin of two classes is the temperature times
    the logarithm of the ratio of their probabilities.

    Attributes
    ----------
    X : Matrix
        The rows, which are not copied.
    coef : (n_classes, n_features) float64
        V, in units of X as given.
    reference : (n_features,) float64
    baseline : (n_classes,) float64
        Centred scores of the reference.
    scores : (n_rows, n_classes) float64
        Centred scores of the rows.
    classes : (n_classes,) labels
    feature_names : sequence of str

    Examples
    --------
    >>> from onelayer.matrices import matrix_of
    >>> coef = [[2.0, 0.0], [0.0, 1.0], [1.0, 2.0]]
    >>> found = Explanation.of(matrix_of(np.eye(2)), coef, [0.0, 0.0, 0.0], ["a", "b", "c"], ["x", "y"])
    >>> found.predicted.tolist(), found.competitor.tolist(), found.margin.tolist()
    (['a', 'c'], ['c', 'b'], [1.0, 1.0])
    >>> found.contributions[1].tolist()
    [[0.0, -1.0], [-0.0, 0.0], [0.0, 1.0]]
    >>> found.row(1).largest()
    [Contribution(name='y', value=1.0, amount=1.0)]
    """

    X: Matrix
    coef: NDArray[np.float64]
    reference: NDArray[np.float64]
    baseline: NDArray[np.float64]
    scores: NDArray[np.float64]
    classes: NDArray
    feature_names: Sequence[str]

    @classmethod
    def of(
        cls,
        X: Matrix,
        coef: ArrayLike,
        intercept: ArrayLike,
        classes: ArrayLike,
        feature_names: Sequence[str],
        reference: ArrayLike | None = None,
        n_threads: int | None = None,
    ) -> Explanation:
        """Explain the scores X·coefᵀ + intercept of rows.

        Parameters
        ----------
        X : Matrix
        coef : (n_classes, n_features) float
        intercept : (n_classes,) float
        classes : (n_classes,) labels
        feature_names : sequence of str
        reference : (n_features,) float, optional
            Zeros by default.
        n_threads : int or None

        Raises
        ------
        InvalidDataError
            A reference that is no row, or a single class, which has no competitor.
        """
        weights, shift = np.asarray(coef, dtype=np.float64), np.asarray(intercept, dtype=np.float64)
        n_classes, n_features = weights.shape
        if n_classes < 2:
            raise InvalidDataError(
                "the model knows one class only, which has no competitor; train it on others"
            )
        row = np.zeros(n_features) if reference is None else _checked(reference, n_features)
        weights, shift = weights - weights.mean(axis=0), shift - shift.mean()
        scores = X.scores(weights, shift, n_threads)
        return cls(X, weights, row, weights @ row + shift, scores, np.asarray(classes), feature_names)

    @property
    def predicted(self) -> NDArray:
        """(n_rows,) labels: the class with the highest score."""
        return self.classes[self.ranks[0]]

    @property
    def competitor(self) -> NDArray:
        """(n_rows,) labels: the class with the second highest score."""
        return self.classes[self.ranks[1]]

    @cached_property
    def margin(self) -> NDArray[np.float64]:
        """(n_rows,) float64: score of the predicted class less that of its competitor, at least 0."""
        return self._difference(self.scores, *self.ranks)

    @cached_property
    def ranks(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Indices of the classes with the highest and the second highest score of each row; of equals the first."""
        first = self.scores.argmax(axis=1)
        return first, self._best_but(first)

    @property
    def contributions(self) -> NDArray[np.float64]:
        """(n_rows, n_classes, n_features) float64, made when asked for.

        Raises
        ------
        InvalidDataError
            More than 2²⁷ numbers (1 GiB). ``toward`` needs them for one class in place of all.
        """
        self._check_size(self.scores.size, f"to {len(self.classes):,} classes ")
        return (self._rows() - self.reference)[:, None, :] * self.coef

    def toward(self, label: Any = None, over: Any = None) -> NDArray[np.float64]:
        """Return what each feature adds to the score of one class over that of another, shape (n_rows, n_features).

        With the difference of the two in ``baseline`` they sum to the difference of the scores.

        Parameters
        ----------
        label : class label, optional
            The predicted class of each row by default.
        over : class label, optional
            The highest of the other classes, row by row, by default: for the predicted class its competitor.

        Raises
        ------
        InvalidParameterError
            What is no class, or one class over itself.
        InvalidDataError
            More than 2²⁷ numbers (1 GiB).
        """
        self._check_size(len(self.scores), "")
        first, second = self._pair(label, over)
        return (self.coef[first] - self.coef[second]) * (self._rows() - self.reference)

    def row(self, row: int, label: Any = None, over: Any = None) -> RowExplanation:
        """Return what the features of one row add to the score of one class over that of another.

        Parameters
        ----------
        row : int
            Counted from 0.
        label, over : class labels, optional
            As for :meth:`toward`.

        Raises
        ------
        InvalidParameterError
        """
        if check_integer("row", row, 0) >= len(self.scores):
            raise InvalidParameterError(f"row={row}: there are {len(self.scores):,} rows, counted from 0")
        one = replace(self, X=self.X.part(np.array([row])), scores=self.scores[row : row + 1])
        first, second = one._pair(label, over)
        names = self.classes[[first[0], second[0]]].tolist()
        return RowExplanation(
            label=names[0],
            over=names[1],
            margin=float(self._difference(one.scores, first, second)[0]),
            baseline=float(self.baseline[first[0]] - self.baseline[second[0]]),
            values=one._rows()[0],
            contributions=one.toward(label, over)[0],
            feature_names=self.feature_names,
        )

    def _pair(self, label: Any, over: Any) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return the indices of two classes in each row."""
        first = self.ranks[0] if label is None else np.full(len(self.scores), self._place("label", label))
        if over is None:
            return first, self._best_but(first)
        second = np.full(len(self.scores), self._place("over", over))
        if (first == second).any():
            raise InvalidParameterError(
                f"over={over!r}: row {int((first == second).argmax())} would be explained for this class over itself; "
                "give another, or none for the nearest"
            )
        return first, second

    def _place(self, name: str, label: Any) -> int:
        places = np.flatnonzero(self.classes == label)
        if len(places) != 1:
            names = ", ".join(map(repr, self.classes[:_NAMED].tolist())) + ", …" * (
                len(self.classes) > _NAMED
            )
            raise InvalidParameterError(f"{name}={label!r}: expected one of the classes {names}")
        return int(places[0])

    def _best_but(self, places: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the class with the highest score but one, in each row."""
        others = self.scores.copy()
        np.put_along_axis(others, places[:, None], -np.inf, axis=1)
        return others.argmax(axis=1)

    @staticmethod
    def _difference(
        scores: NDArray[np.float64], first: NDArray[np.intp], second: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        every = np.arange(len(scores))
        return scores[every, first] - scores[every, second]

    def _rows(self) -> NDArray[np.float64]:
        return self.X.sample(np.arange(len(self.scores))).astype(np.float64, copy=False)

    def _check_size(self, n_vectors: int, each: str) -> None:
        n_values = n_vectors * len(self.reference)
        if n_values > _MOST_VALUES:
            raise InvalidDataError(
                f"the contributions of {len(self.reference):,} features {each}in {len(self.scores):,} rows are "
                f"{n_values:,} numbers, and at most {_MOST_VALUES:,} are made at once; explain fewer rows"
                + (", or ask for toward(label)" if each else "")
            )


def _checked(reference: ArrayLike, n_features: int) -> NDArray[np.float64]:
    """Return the reference as a row of finite numbers."""
    row = as_numbers("reference", reference).astype(np.float64)
    if row.shape != (n_features,):
        raise InvalidDataError(
            f"reference has shape {row.shape}; expected a row of {n_features} features, or several, whose mean is taken"
        )
    check_finite(row, "reference")
    return row
