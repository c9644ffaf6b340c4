"""The optimum for each of many weights of the penalty, from the largest to the smallest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone

from onelayer import validation
from onelayer.errors import InvalidParameterError
from onelayer.estimators.exact_path import ExactPath, axes_for, turned
from onelayer.estimators.single_layer import SingleLayer

_WIDEST_C = 1e4


@dataclass(frozen=True)
class RegularizationPath:
    """The optima along a path of penalties.

    Attributes
    ----------
    alphas : (n_alphas,) array
        Weights of the penalty, falling.
    coefs : (n_alphas, n_outputs, n_features) array
        ``coef_`` for each, in units of X as given; of a classifier of two classes n_outputs is 1.
    intercepts : (n_alphas, n_outputs) array
    objectives : (n_alphas,) array
        F at each optimum.
    gaps : (n_alphas,) array
        An upper bound of how far F is above its least value, relative to it (``optimality_gap_``, ``gap_``).
    n_iters : (n_alphas,) int array
        Iterations, each from the solution before.
    val_losses, val_scores : (n_alphas,) array or None
        Mean loss, and accuracy or R², on the validation data, where there are any.
    names : tuple of str
        Of the features.
    """

    alphas: NDArray[np.float64]
    coefs: NDArray[np.float64]
    intercepts: NDArray[np.float64]
    objectives: NDArray[np.float64]
    gaps: NDArray[np.float64]
    n_iters: NDArray[np.int64]
    val_losses: NDArray[np.float64] | None
    val_scores: NDArray[np.float64] | None
    names: tuple[str, ...]

    @property
    def best(self) -> int:
        """The place of the least validation loss, the largest penalty where several are equal.

        Raises
        ------
        InvalidParameterError
            There were no validation data.
        """
        if self.val_losses is None:
            raise InvalidParameterError(
                "which penalty is best shows on validation data: give X_val and y_val"
            )
        return int(np.argmin(self.val_losses))


def regularization_path(
    estimator: SingleLayer,
    X: ArrayLike,
    y: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    alphas: int | Sequence[float] = 10,
    X_val: ArrayLike | None = None,
    y_val: ArrayLike | None = None,
    sample_weight_val: ArrayLike | None = None,
) -> RegularizationPath:
    """Minimise F(W, b) = Σᵢ wᵢ·ℓ(Sᵢ, yᵢ) / Σᵢ wᵢ + α/2·‖W‖² for each α of a falling sequence.

    Each fit goes on from those before (continuation): of a large α the optimum is near zero, and the next is near where
    the line through the last two leads over log α. What is known of the rows and of the curvature goes along.

    Parameters
    ----------
    estimator : SoftmaxRegression or LinearRegression
        With an exact solver; it is cloned, not changed, and its ``alpha`` does not matter.
    X, y, sample_weight
        As for its ``fit``.
    alphas : int or sequence of float, default 10
        Weights of the penalty, in any order; or how many, evenly spread on a logarithmic scale from 10⁴/Σw to 10⁻⁴/Σw:
        scikit-learn's C from 10⁻⁴ to 10⁴.
    X_val, y_val, sample_weight_val : arrays, optional
        Validation data, on which each solution is judged.

    Returns
    -------
    RegularizationPath

    Raises
    ------
    InvalidParameterError
        An estimator that is fitted by minibatch SGD, whose solutions are no optima; alphas that are no numbers of at
        least 0, or twice the same.
    InvalidDataError
        What ``fit`` would refuse.

    Notes
    -----
    Cost: a few to some tens of passes over the rows for each α. Least squares by the closed form sum up the rows once.

    References
    ----------
    Friedman, Hastie and Tibshirani, "Regularization paths for generalized linear models via coordinate descent",
    Journal of Statistical Software 33 (2010), section 2.5.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from onelayer import SoftmaxRegression
    >>> X, y = load_iris(return_X_y=True)
    >>> path = regularization_path(SoftmaxRegression(), X[::2], y[::2], alphas=5, X_val=X[1::2], y_val=y[1::2])
    >>> path.coefs.shape, bool((np.diff(np.linalg.norm(path.coefs, axis=(1, 2))) > 0).all())
    ((5, 3, 4), True)
    """
    model = clone(estimator).set_params(alpha=0.0)
    method = model._solver_for(X, model._method())
    if method == "sgd":
        raise InvalidParameterError(
            "a path has the optimum for each alpha, which minibatch SGD does not reach; leave solver and its "
            "parameters at their defaults"
        )
    falling, exact = _falling(alphas, y, sample_weight), method == "closed_form"
    train = model._labelled(X, y, sample_weight, reset=True, targets_known=False, exact=exact)
    held_out = model._held_out((X_val, y_val, sample_weight_val), model._n_outputs(train.targets), exact)
    axes = axes_for(method, model, train, len(falling))
    n_threads = model._check_parameters().n_threads
    judges = None if held_out is None else turned(held_out, axes, n_threads)
    path, points = ExactPath(method, turned(train, axes, n_threads), judges, axes=axes), []
    for alpha in falling:
        model.set_params(alpha=float(alpha))
        model._conclude(path.fit(model))
        points.append(_point(model, train.X.unit))
    coefs, intercepts, objectives, gaps, n_iters, losses, scores = map(np.array, zip(*points, strict=True))
    if X_val is None:
        losses, scores = None, None  # type: ignore[assignment]
    names = tuple(model.coefficient_names)
    return RegularizationPath(falling, coefs, intercepts, objectives, gaps, n_iters, losses, scores, names)


def _point(model: Any, unit: float) -> tuple[Any, ...]:
    """Return what a path has of a fit; the penalty is that of the weights of the objective's inputs."""
    coef, last = np.atleast_2d(model.coef_), model.history_[-1]
    objective = last["train_loss"] + 0.5 * model.alpha * float(np.square(coef / unit).sum())
    intercept = np.atleast_1d(model.intercept_)
    known = coef, intercept, objective, model.optimality_gap_, model.n_iter_
    return *known, last["val_loss"], last["val_score"]


def _falling(alphas: int | Sequence[float], y: ArrayLike, sample_weight: Any) -> NDArray[np.float64]:
    """Return the weights of the penalty in falling order."""
    if np.ndim(alphas) > 0:
        values = [validation.check_real("alphas", alpha, 0, low_included=True) for alpha in alphas]  # type: ignore[union-attr]
        if not values or len(set(values)) < len(values):
            raise InvalidParameterError(
                f"alphas={alphas!r}: expected different finite numbers of at least 0, or how many"
            )
        return np.sort(values)[::-1].copy()
    number, n_rows = validation.check_integer("alphas", alphas), np.shape(y)[0]
    weights = validation.check_weights(sample_weight, n_rows)
    total = n_rows if weights is None else float(weights.sum())
    return np.geomspace(_WIDEST_C, 1 / _WIDEST_C, number) / total
