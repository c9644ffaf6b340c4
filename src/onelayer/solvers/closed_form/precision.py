"""Which precision the sums over the rows need."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from onelayer.columnar import Columnar
from onelayer.matrices import spread
from onelayer.solvers.closed_form.normal_equations import NormalEquations
from onelayer.solvers.closed_form.statistics import Statistics

_MANY = 1 << 16  # rows from which on the faster sums are worth a look
_SAMPLE = 1 << 12
_LIMIT = 1e-14  # relative error of the coefficients, by a bound some twenty times above what is seen


def summed(
    X: NDArray | Columnar,
    targets: NDArray,
    weights: NDArray | None,
    fit_intercept: bool,
    *,
    n_threads: int | None = None,
    columns: Sequence[str] | None = None,
) -> Statistics:
    """Return the statistics of all rows, in float64 where that is as good as doubled precision.

    It is where columns are nearly orthogonal and rows are many: the errors of sums in float64 are random and average
    out, to some 10⁻¹⁷ over a million rows, and the solution magnifies them by the square of the condition number. A
    sample of the rows says whether to try; the sums themselves say whether it was right, else they are made again.

    The error is one of a part in 10¹⁵ of the sums in every direction, so it stays that small when statistics of further
    rows are added, whatever these are.
    """
    like = sample_that_suffices(X, targets, weights, fit_intercept, len(X))
    if like is not None:
        fast = Statistics.of(
            X, targets, weights, precise=False, like=like, n_threads=n_threads, columns=columns
        )
        if suffices(fast, fit_intercept):
            return fast
    return Statistics.of(X, targets, weights, n_threads=n_threads, columns=columns)


def sample_that_suffices(
    X: NDArray | Columnar, targets: NDArray, weights: NDArray | None, fit_intercept: bool, n_rows: int
) -> Statistics | None:
    """Return the statistics of some rows if they say that sums in float64 over ``n_rows`` rows are good enough."""
    if n_rows < _MANY:
        return None
    rows = spread(len(X), _SAMPLE)
    some = X[rows], targets[rows], None if weights is None else weights[rows]
    if not (np.isfinite(some[0]).all() and np.isfinite(some[1]).all()):
        return None
    sample = Statistics.of(*some, precise=False, n_threads=1)
    enough = sample.n_rows > X.shape[1] + 1
    return sample if enough and suffices(sample, fit_intercept, n_rows / len(rows)) else None


def suffices(statistics: Statistics, fit_intercept: bool, times: float = 1.0) -> bool:
    """Return whether sums in float64, of ``times`` as many rows, have an error that does no harm."""
    magnified = _magnification(statistics, fit_intercept)
    return statistics.error / np.sqrt(times) * magnified <= _LIMIT


def _magnification(statistics: Statistics, fit_intercept: bool) -> float:
    """Return by how much relative errors of the sums grow at most: κ², times what is lost by taking means off."""
    equations, p = NormalEquations.of(statistics, fit_intercept), statistics.n_features
    length = np.diag(equations.A.high)
    if not p or (length <= equations.rounding).any():
        return np.inf
    change = 2 * (statistics.exponent[1 : 1 + p] - equations.exponent[:p])
    about_shift = np.ldexp(np.diag(statistics.gram.high)[1 : 1 + p], change.astype(np.intc))
    root = np.sqrt(length)
    values = np.linalg.eigvalsh(equations.A.high / root[:, None] / root)
    if not values[0] > 1e-8:
        return np.inf
    return float(values[-1] / values[0] * np.max(about_shift / length, initial=1.0))
