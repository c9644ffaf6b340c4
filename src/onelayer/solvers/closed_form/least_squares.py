"""The least-squares fit of any rows, from their statistics alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from onelayer.solvers.closed_form.dependencies import Dependency
from onelayer.solvers.closed_form.double_double import DoubleDouble
from onelayer.solvers.closed_form.factorization import Factorization
from onelayer.solvers.closed_form.normal_equations import NormalEquations
from onelayer.solvers.closed_form.statistics import Statistics

_FEW_DIGITS = 1e12  # condition number from which at most a few digits of the coefficients survive rounding
_NO_FACTOR = 1e-9  # a column of a relation that contributes less, relative to the whole, is not part of it


@dataclass(frozen=True, eq=False)
class LeastSquares:
    """The minimum of Σᵢ wᵢ·½‖Xᵢcoefᵀ + intercept − yᵢ‖²/Σw + α/2·‖coef/unit‖²; the one of least norm if there are many.

    Attributes
    ----------
    coef : (n_outputs, n_features) float64
        In units of X as stored.
    intercept : (n_outputs,) float64
    rank : int
        How many columns are independent of each other (and of the intercept).
    condition : float
        Condition number in the 2-norm of the columns, about their means if there is an intercept, each divided by its
        length; inf where rank is lost.
    weakest : int
        The column of which the others leave least, relative to its length; 0 without columns.
    dependencies : tuple of Dependency
        One for each column that depends on others.
    residual, total : (n_outputs, n_outputs) float64
        Weighted cross-products of the residuals, and of the targets about their weighted means (about 0 without an
        intercept).
    mean : (n_features,) float64
        Weighted means of the columns.
    n_rows : int
    total_weight : float
    alpha : float
    unit, resolution, error : float
        As for ``Statistics``.
    fit_intercept : bool
    inverse_root : callable
        Returns M, shape (n_features, rank), with MMᵀ the part of ``inverse`` that belongs to the features.
    """

    coef: NDArray
    intercept: NDArray
    rank: int
    condition: float
    weakest: int
    dependencies: tuple[Dependency, ...]
    residual: NDArray
    total: NDArray
    mean: NDArray
    n_rows: int
    total_weight: float
    alpha: float
    unit: float
    resolution: float
    error: float
    fit_intercept: bool
    inverse_root: Callable[[], NDArray] = field(repr=False)

    @cached_property
    def inverse(self) -> NDArray:
        """(ZᵀWZ)⁻¹ for Z = [1, X], shape (n_features + 1,) × 2, index 0 the intercept (zeros without one).

        With a penalty, ZᵀWZ has λ = α·Σw/unit² on the diagonal of the features. Where rank is lost it is that
        generalised inverse H for which coefficients and intercept are HZᵀWy: times the variance of the noise, their
        covariance.
        Cost: n_features³ steps, when first asked for.
        """
        features = self.inverse_root()
        p = len(features)
        whole = np.zeros((p + 1, p + 1))
        whole[1:, 1:] = features @ features.T
        if self.fit_intercept:
            along = self.mean @ features
            whole[0, 1:] = whole[1:, 0] = -features @ along
            whole[0, 0] = 1 / self.total_weight + along @ along
        return whole

    @property
    def ill_conditioned(self) -> bool:
        """Whether the columns are independent of each other, but so nearly dependent that coefficients mean little.

        The condition number is then above 10¹², or above what the type of X resolves.
        """
        return self.rank == len(self.mean) and self.condition > min(1 / self.resolution, _FEW_DIGITS)

    @property
    def mean_loss(self) -> float:
        """The mean over the rows of half the squared residuals, summed over the outputs."""
        return 0.5 * float(np.trace(self.residual)) / self.total_weight


def solve(statistics: Statistics, alpha: float = 0.0, fit_intercept: bool = True) -> LeastSquares:
    """Return the least-squares fit of the rows that were summed up.

    Without a penalty, columns that depend on others are found first (``Factorization``); among all coefficients that
    fit equally well those of least norm are returned. A penalty so small that it is lost in rounding counts as none.

    Notes
    -----
    Everything up to the rounding of the result is computed with 106 bits. Relative error of the coefficients: about
    10⁻²⁹·condition², which is below that of Householder QR in float64, 10⁻¹⁶·condition, for every condition number
    below 10¹³; by as much do fits of the same rows in other parts differ. From 10¹² on the fit is ``ill_conditioned``.
    Cost: n_features³/3 double-double steps.
    """
    equations = NormalEquations.of(statistics, fit_intercept)
    A, p = equations.A, equations.n_features
    factorization = Factorization.of(A, equations.whole, equations.rounding)
    rank, full = factorization.rank, factorization.rank == p
    length = np.sqrt(np.where(np.diag(A.high) > 0, np.diag(A.high), 1.0))
    condition = factorization.condition(length) if full else np.inf
    weakest = int(factorization.independent[np.argmin(factorization.share)]) if rank else 0
    dependencies = _dependencies(equations, factorization, fit_intercept)

    used, penalty = factorization, DoubleDouble.of(alpha / statistics.unit**2) * equations.total
    if alpha > 0:
        penalised = Factorization.of(equations.penalised(penalty), np.zeros(p), np.zeros(p))
        used = penalised if penalised.rank == p else factorization
    chosen, q = used.independent, equations.D.shape[0]
    basic = used.solve(equations.C[chosen])
    B = DoubleDouble(np.zeros((p, q)), np.zeros((p, q)))
    B.high[chosen], B.low[chosen] = basic.high, basic.low
    residual = equations.D - equations.C.T @ B
    if used is not factorization:
        residual = residual - (B.T @ equations.C - B.T @ (A @ B))
    least_norm = _least_norm(used, equations.exponent[:p])
    x, y = equations.exponent[:p].astype(np.intc), equations.exponent[p:].astype(np.intc)
    if used.rank < p:
        coef = least_norm @ np.ldexp(basic.high, y[None, :] - x[chosen][:, None])
        B = DoubleDouble.of(np.ldexp(coef, x[:, None] - y[None, :]))
    else:
        coef = np.ldexp(B.high, y[None, :] - x[:, None])
    intercept = np.zeros(q)
    if fit_intercept:
        center = equations.center
        intercept = np.ldexp((center[p:] - (B * center[:p, None]).sum(axis=0)).high, y)
    return LeastSquares(
        coef.T.copy(),
        intercept,
        rank,
        condition,
        weakest,
        dependencies,
        _cross_products(residual, y, equations.weight_exponent),
        _cross_products(equations.D, y, equations.weight_exponent),
        statistics.mean,
        statistics.n_rows,
        statistics.total_weight,
        alpha,
        statistics.unit,
        statistics.resolution,
        statistics.error,
        fit_intercept,
        partial(_inverse_root, equations, used, least_norm),
    )


def _cross_products(square: DoubleDouble, exponent: NDArray, weight_exponent: int) -> NDArray:
    """Return a symmetric matrix in units of the targets and weights, its diagonal not below 0."""
    values = np.ldexp(square.high, exponent[:, None] + exponent[None, :] + weight_exponent)
    values = (values + values.T) / 2
    i = np.arange(len(values))
    values[i, i] = np.maximum(values[i, i], 0.0)
    return values


def _least_norm(factorization: Factorization, exponent: NDArray[np.int64]) -> NDArray:
    """Return the matrix that takes coefficients of the independent columns to those of least norm that fit alike.

    With x_dependent = Fᵀx_independent, (c − Ft, t) fits as (c, 0) does; its norm is least for the t that solves
    [F; I]t ≈ [c; 0] by least squares.
    """
    chosen, rest = factorization.independent, factorization.dependent
    p, r = len(exponent), len(chosen)
    result = np.zeros((p, r))
    F = np.ldexp(
        factorization.factors.high, (exponent[rest][None, :] - exponent[chosen][:, None]).astype(np.intc)
    )
    size = np.sqrt(1 + np.square(F).sum(axis=0))
    null = np.vstack([F, np.eye(p - r)]) / size
    t = np.linalg.lstsq(null, np.vstack([np.eye(r), np.zeros((p - r, r))]), rcond=None)[0] / size[:, None]
    result[chosen] = np.eye(r) - F @ t
    result[rest] = t
    return result


def _inverse_root(equations: NormalEquations, factorization: Factorization, least_norm: NDArray) -> NDArray:
    """Return M with MMᵀ the inverse of X̃ᵀWX̃ (and its penalty), in units of X as stored."""
    identity = DoubleDouble.of(np.eye(factorization.rank))
    root = factorization.half(identity).high.T
    exponent = equations.exponent[factorization.independent].astype(np.intc)
    return least_norm @ np.ldexp(root, -exponent[:, None]) * 2.0 ** (-equations.weight_exponent / 2)


def _dependencies(
    equations: NormalEquations, factorization: Factorization, fit_intercept: bool
) -> tuple[Dependency, ...]:
    """Return the relation of each dependent column, in units of X as stored, in the order of the columns."""
    found = []
    chosen, center, exponent = factorization.independent, equations.center, equations.exponent
    length = np.sqrt(equations.whole)
    for k, column in enumerate(factorization.dependent):
        factors = factorization.factors[:, k]
        part = np.abs(factors.high) * length[chosen]
        terms = {
            int(chosen[i]): float(np.ldexp(factors.high[i], int(exponent[column] - exponent[chosen[i]])))
            for i in np.argsort(chosen)
            if part[i] > _NO_FACTOR * max(length[column], part.max())
        }
        constant = 0.0
        if fit_intercept:
            rest = center[column] - (factors * center[chosen]).sum(axis=0)
            size = abs(center.high[column]) + np.abs(factors.high) @ np.abs(center.high[chosen])
            if abs(rest.high) > _NO_FACTOR * size:
                constant = float(np.ldexp(rest.high, int(exponent[column])))
        found.append(Dependency(int(column), terms, constant))
    return tuple(sorted(found, key=lambda dependency: dependency.column))
