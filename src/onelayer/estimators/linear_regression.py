"""Linear regression: the layer without anything after it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils import Tags

from onelayer import validation
from onelayer.errors import InvalidDataError
from onelayer.estimators.single_layer import SingleLayer
from onelayer.losses import LOSSES, Loss
from onelayer.solvers.events import Callback

_LOSSES = ("squared",)


class LinearRegression(RegressorMixin, SingleLayer):
    """A linear layer fitted to targets, of one output or several.

    Scores S = XW + b; objective F(W, b) = Σᵢ wᵢ·½‖Sᵢ − yᵢ‖² / Σᵢ wᵢ + α/2·‖W‖². The intercept is not penalised. For
    uint8 inputs W belongs to X/255.

    Parameters
    ----------
    loss : {"squared"}, default "squared"
        Half the squared error.
    alpha : float, default 0.0
        Weight of the L2 penalty.
    solver, fit_intercept, epochs, batch_size, learning_rate, schedule, momentum, early_stopping, n_iter_no_change, \
validation_fraction, warm_start, random_state, n_threads
        As for ``SoftmaxRegression``.

    Attributes
    ----------
    coef_ : (n_features,) array, (n_outputs, n_features) when y has two dimensions
        Weights in units of X as given.
    intercept_ : float, (n_outputs,) array when y has two dimensions
    n_features_in_, feature_names_in_, n_iter_, converged_, history_, training_
        As for ``SoftmaxRegression``; ``val_score`` is R².

    Notes
    -----
    Cost of an epoch: 4·n_rows·n_features·n_outputs floating-point operations. Memory: X is not copied.

    References
    ----------
    Zhang, Lipton, Li and Smola, *Dive into Deep Learning*, chapter 3.

    Examples
    --------
    >>> X = np.linspace(0, 1, 100)[:, None]
    >>> model = LinearRegression(epochs=100, random_state=0).fit(X, 2 * X[:, 0] + 1)
    >>> model.coef_.round(3), round(float(model.intercept_), 3)
    (array([2.]), 1.0)
    """

    def __init__(
        self,
        *,
        loss: str = "squared",
        alpha: float = 0.0,
        solver: str = "auto",
        fit_intercept: bool = True,
        epochs: int = 10,
        batch_size: int = 256,
        learning_rate: float | Literal["auto"] = "auto",
        schedule: str = "auto",
        momentum: float = 0.0,
        early_stopping: bool = False,
        n_iter_no_change: int = 5,
        validation_fraction: float = 0.1,
        warm_start: bool = False,
        random_state: int | np.random.RandomState | None = None,
        n_threads: int | None = None,
    ) -> None:
        self.loss = loss
        self.alpha = alpha
        self.solver = solver
        self.fit_intercept = fit_intercept
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.momentum = momentum
        self.early_stopping = early_stopping
        self.n_iter_no_change = n_iter_no_change
        self.validation_fraction = validation_fraction
        self.warm_start = warm_start
        self.random_state = random_state
        self.n_threads = n_threads

    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        callbacks: Sequence[Callback] = (),
    ) -> Self:
        """Go on for one epoch over these rows; see ``SoftmaxRegression.partial_fit``."""
        with self._unchanged_on_failure():
            known = self.__sklearn_is_fitted__()
            return self._go_on(X, y, sample_weight, callbacks, targets_known=known)

    def predict(self, X: ArrayLike) -> NDArray:
        """Return X @ coef_.T + intercept_, in the shape of the targets."""
        scores = self._scores(X)
        return scores[:, 0] if np.ndim(self.intercept_) == 0 else scores

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    @property
    def _loss(self) -> Loss:
        return LOSSES[validation.check_choice("loss", self.loss, _LOSSES)]

    def _learn_targets(self, y: NDArray, *, again: bool) -> None:
        self._one_dimensional = np.ndim(self.intercept_) == 0 if again else np.ndim(y) == 1

    def _read_targets(self, y: NDArray, name: str) -> NDArray:
        targets = np.asarray(y, dtype=np.float64)
        validation.check_finite(targets, name)
        return targets[:, None] if targets.ndim == 1 else targets

    def _weights(self, sample_weight: NDArray | None, targets: NDArray) -> NDArray | None:
        return sample_weight

    def _n_outputs(self, targets: NDArray) -> int:
        return targets.shape[1]

    def _objective_alpha(self, total_weight: float) -> float:
        return float(self.alpha)

    def _set_coef(self, coef: NDArray, intercept: NDArray) -> None:
        self.coef_ = coef[0] if self._one_dimensional else coef
        self.intercept_ = intercept[0] if self._one_dimensional else intercept

    def _get_coef(self, n_outputs: int) -> tuple[NDArray, NDArray]:
        coef, intercept = np.atleast_2d(self.coef_), np.atleast_1d(self.intercept_)
        if len(coef) != n_outputs:
            raise InvalidDataError(f"y has {n_outputs} outputs; the model was fitted to {len(coef)}")
        return coef, intercept

    def _score_of(self, scores: NDArray, targets: NDArray, weights: NDArray | None) -> float | None:
        return float(r2_score(targets, scores, sample_weight=weights)) if len(targets) > 1 else None
