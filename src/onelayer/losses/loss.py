"""What every loss can do: value, gradient and curvature in the scores, the best constant, and its noise."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onelayer.errors import InvalidDataError
from onelayer.validation import as_numbers, check_weights

if TYPE_CHECKING:
    from onelayer.losses.categorical import Categorical
    from onelayer.losses.noise import ScaleFamily

Array = NDArray[np.floating]
_CHUNK = 8192


class Loss(ABC):
    """A loss ℓ(s, y) of the scores s of one row and its target y.

    A loss is an immutable value, equal to another of its class with the same parameters. The public methods look at
    their arguments, and pass them on to ``_rows``, ``_gradient`` and ``_curvature``, where the formulas stand. Results
    have the type of the scores (of a regression, the wider of the types of scores and targets), but float32 in place of
    float16, in which a difference of two scores could overflow; integers become the float that holds them beside a
    float32, mostly float64. NaN in a row makes NaN of what is computed of that row, and what is too large is inf, both
    without a warning.

    Attributes
    ----------
    name : str
        The name that the ``loss`` parameter takes.
    code : int
        The number by which the compiled loop knows it.
    bounded : bool
        Whether the slope is bounded, so that ``relative_curvature`` depends on the size of the errors.
    """

    name: ClassVar[str]
    code: ClassVar[int]
    bounded: ClassVar[bool] = False

    @property
    @abstractmethod
    def noise(self) -> ScaleFamily | Categorical:
        """The noise model of which this loss is the negative log-likelihood, up to a constant."""

    def rows(self, scores: ArrayLike, targets: ArrayLike) -> Array:
        """Return the loss of each row, shape (n_rows,).

        Raises
        ------
        InvalidDataError
            Targets that do not fit the scores; so it is with every method that takes both.
        """
        return self._rows(*self._checked(scores, targets))

    def value(self, scores: ArrayLike, targets: ArrayLike, weights: ArrayLike | None = None) -> float:
        """Return the mean loss, Σᵢ wᵢ·ℓᵢ / Σᵢ wᵢ, summed in float64; rows of weight 0 do not count."""
        scores, targets = self._checked(scores, targets)
        weights = row_weights(weights, len(scores))
        each = np.empty(len(scores))
        for start in range(0, len(scores), _CHUNK):
            rows = slice(start, start + _CHUNK)
            each[rows] = self._rows(scores[rows], targets[rows])
        each[weights == 0] = 0  # not 0·inf
        with np.errstate(over="ignore"):
            return float(np.average(each, weights=weights))

    def gradient(self, scores: ArrayLike, targets: ArrayLike) -> Array:
        """Return the gradient of each row's loss in its scores, shape (n_rows, n_outputs)."""
        return self._gradient(*self._checked(scores, targets))

    def curvature(self, scores: ArrayLike, targets: ArrayLike) -> Array:
        """Return the Hessian of each row's loss in its scores, shape (n_rows, n_outputs, n_outputs)."""
        return self._curvature(*self._checked(scores, targets))

    @abstractmethod
    def step_curvature(self, n_outputs: int) -> float:
        """Return the curvature in the scores from which a learning rate is set: the largest one at the start."""

    def relative_curvature(self, size: float) -> float:
        """Return how many times ``step_curvature`` the curvature is to a step that suits errors of this size."""
        return 1.0

    def parameter(self, number: np.dtype) -> np.floating:
        """Return what the compiled loop is told beside the code, in its type: δ or q, 0 for a loss without either."""
        return number.type(0)

    @abstractmethod
    def constant(self, targets: NDArray, weights: NDArray | None, n_outputs: int) -> Array:
        """Return the scores of a model without inputs from which training starts, shape (n_outputs,)."""

    def constant_value(self, scores: NDArray, targets: NDArray, weights: NDArray | None) -> float:
        """Return the mean loss when every row has the same scores, shape (n_outputs,)."""
        return self.value(np.broadcast_to(scores, (len(targets), len(scores))), targets, weights)

    @abstractmethod
    def _checked(self, scores: ArrayLike, targets: ArrayLike) -> tuple[Array, NDArray]:
        """Return scores and targets as the formulas take them, refusing what does not fit."""

    @abstractmethod
    def _rows(self, scores: Array, targets: NDArray) -> Array:
        """Return the loss of each row."""

    @abstractmethod
    def _gradient(self, scores: Array, targets: NDArray) -> Array:
        """Return the gradient of each row's loss in its scores."""

    @abstractmethod
    def _curvature(self, scores: Array, targets: NDArray) -> Array:
        """Return the Hessian of each row's loss in its scores."""


def as_scores(scores: ArrayLike) -> NDArray:
    """Return scores as an array of shape (n_rows, n_outputs)."""
    array = as_numbers("scores", scores)
    if array.ndim != 2:
        raise InvalidDataError(f"scores have shape {array.shape}; expected (n_rows, n_outputs)")
    if array.shape[1] == 0:
        raise InvalidDataError(f"scores have shape {array.shape}; expected at least one output")
    return array


def row_weights(weights: ArrayLike | None, n_rows: int) -> NDArray[np.float64]:
    """Return the weight of each row, ones by default."""
    if n_rows == 0:
        raise InvalidDataError("there are no rows; a mean over the rows needs at least one")
    checked = check_weights(weights, n_rows, "weights")
    return np.ones(n_rows) if checked is None else checked
