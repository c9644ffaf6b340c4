"""Whether rows are those that a least-squares fit was made of, by what the fit knows of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from onelayer.errors import InvalidDataError
from onelayer.inference.design_rows import design_rows
from onelayer.solvers.closed_form.statistics import DOUBLED_ERROR, resolution

if TYPE_CHECKING:
    from onelayer.solvers.closed_form import LeastSquares

_EPS = 2.0**-52
_FLOAT32 = 2.0**-24
_TINY = float(np.finfo(np.float64).tiny)


def check_fitted_rows(
    least_squares: LeastSquares,
    X: NDArray,
    targets: NDArray,
    weights: NDArray | None = None,
    features: Sequence[str] | None = None,
) -> None:
    """Refuse rows that a fit was not made of: another number or weight of them, other means, other residuals.

    What is compared is the number of rows, the sum of the weights, the mean of each column, and for each output the
    weighted sum of squared residuals S. Two of these differ where they do by more than rounding can explain. With
    mᵢ = |yᵢ| + |b| + Σⱼ|xᵢⱼwⱼ| a residual is known to within c·mᵢ, where c is a few units of the precision of float64,
    or of float32 if X has that type here and had another at the fit, or the other way round. So S may be off by
    2√S·E + E² with E = c√(Σ wᵢmᵢ²), and by what is lost in adding up. Targets may have been rounded to float32 for the
    fit, so S of such is right too; and if all y are numbers of float32, they may have been others then, and E is larger
    by half a unit of float32 times √(Σ wᵢyᵢ²). The same rows pass in any order, however ill-conditioned a fit is, and
    if it is perfect, so that S is nothing but rounding; rows with targets in another order do not, unless their
    residuals are as small. Sums beyond the range of float64 are not compared.

    Cost: a pass over the rows, O(n_rows · n_features · n_outputs).

    Parameters
    ----------
    least_squares : LeastSquares
    X : (n_rows, n_features) float32, float64 or uint8
    targets : (n_rows, n_outputs) float
    weights : (n_rows,) float64, optional
    features : sequence of str, optional
        Names of the columns, for the message.

    Raises
    ------
    InvalidDataError

    Examples
    --------
    >>> from onelayer.solvers.closed_form import Statistics, solve
    >>> X, y = np.array([[0.0], [1.0], [2.0]]), np.array([[0.0], [1.0], [5.0]])
    >>> fit = solve(Statistics.of(X, y, None))
    >>> check_fitted_rows(fit, X[::-1], y[::-1])
    >>> check_fitted_rows(fit, X, y[::-1])
    Traceback (most recent call last):
    ...
    onelayer.errors.InvalidDataError: these are not the rows that the model was fitted to: the sum of squared residuals
    is 51.5, and that of the fit 1.5; give X and y, and the weights if there were any, as they were then
    """
    n_outputs, n_features = least_squares.coef.shape
    _check_counts(least_squares, X, targets, weights)
    fit = least_squares
    mean = fit.mean if fit.fit_intercept else np.zeros(n_features)
    parameters = np.vstack([fit.intercept + fit.coef @ mean, fit.coef.T])
    sizes, apart = np.abs(parameters), np.abs(fit.intercept) + np.abs(fit.coef) @ np.abs(mean)
    moments, furthest = np.zeros(n_features), np.zeros(n_features)
    squares, narrow_squares = np.zeros(n_outputs), np.zeros(n_outputs)
    terms, lengths, all_narrow, n_sums = np.zeros(n_outputs), np.zeros(n_outputs), True, 64
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        for rows, Z in design_rows(X, mean):
            share = np.ones(len(Z)) if weights is None else weights[rows]
            y = targets[rows].astype(np.float64, copy=False)
            moments += share @ Z[:, 1:]
            scores = Z @ parameters
            squares += share @ np.square(y - scores)
            narrow = y.astype(np.float32).astype(np.float64)
            narrow_squares += share @ np.square(np.where(np.isfinite(narrow), narrow, y) - scores)
            all_narrow &= np.array_equal(narrow, y)
            np.abs(Z, out=Z)
            terms += share @ np.square(np.abs(y) + Z @ sizes + apart)
            lengths += share @ np.square(y)
            np.maximum(furthest, Z[share > 0, 1:].max(axis=0, initial=0.0), out=furthest)
            n_sums = max(n_sums, len(Z)) + 1
        adding = n_sums * _EPS
        exact = _EPS if resolution(X.dtype) == fit.resolution else max(fit.resolution, resolution(X.dtype))
        means = mean + moments / fit.total_weight
        near = (exact + adding + fit.error) * (furthest + np.abs(mean) + _TINY)
        c = exact + (n_features + 8) * _EPS
        residual = np.diag(fit.residual)

        def apart_from_fit(squares: NDArray, error: NDArray) -> NDArray:
            off = 2 * np.sqrt(squares) * error + error**2 + adding * squares
            off += (n_features + 2) * max(fit.error, DOUBLED_ERROR) * terms + len(X) * _TINY
            return np.abs(squares - residual) > off

        error = c * np.sqrt(terms)
        wrong_mean = np.abs(means - fit.mean) > near
        wrong_residual = apart_from_fit(squares, error + all_narrow * _FLOAT32 * np.sqrt(lengths))
        wrong_residual &= apart_from_fit(narrow_squares, error)
    if wrong_mean.any():
        j = int(wrong_mean.argmax())
        name = f"column {j} of X" if features is None else f"the column {features[j]!r}"
        raise _refusal(f"the mean of {name}", means[j], fit.mean[j])
    if wrong_residual.any():
        k = int(wrong_residual.argmax())
        output = "" if n_outputs == 1 else f" of output {k}"
        raise _refusal(f"the sum of squared residuals{output}", squares[k], residual[k])


def _check_counts(least_squares: LeastSquares, X: NDArray, targets: NDArray, weights: NDArray | None) -> None:
    """Refuse shapes that do not belong together, and another number or weight of rows."""
    n_features = len(least_squares.mean)
    if X.ndim != 2 or X.shape[1] != n_features:
        raise InvalidDataError(f"X has shape {X.shape}; the model was fitted to {n_features} columns")
    shape = len(X), len(least_squares.coef)
    if targets.shape != shape:
        raise InvalidDataError(f"targets have shape {targets.shape}; expected {shape}, a row for each of X")
    if weights is not None and weights.shape != shape[:1]:
        raise InvalidDataError(
            f"weights have shape {weights.shape}; expected {shape[:1]}, one for each row of X"
        )
    n_rows = len(X) if weights is None else int(np.count_nonzero(weights))
    if n_rows != least_squares.n_rows:
        counted = "rows" if weights is None else "rows of a weight above 0"
        raise InvalidDataError(
            f"X has {n_rows} {counted}; the model was fitted to {least_squares.n_rows}, and needs the same rows again"
        )
    total = float(n_rows) if weights is None else float(weights.sum())
    if abs(total - least_squares.total_weight) > 1e-9 * total:
        raise _refusal("the sum of the weights", total, least_squares.total_weight)


def _refusal(what: str, here: float, there: float) -> InvalidDataError:
    digits = next((digits for digits in (4, 8) if f"{here:.{digits}g}" != f"{there:.{digits}g}"), 17)
    return InvalidDataError(
        f"these are not the rows that the model was fitted to: {what} is {here:.{digits}g}, and that of the fit "
        f"{there:.{digits}g}; give X and y, and the weights if there were any, as they were then"
    )
