"""Ridge regression for many penalties from one singular value decomposition."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onelayer.matrices import Dense
from onelayer.solvers.closed_form.factorization import Factorization
from onelayer.solvers.closed_form.normal_equations import NormalEquations
from onelayer.solvers.closed_form.rows import Block
from onelayer.solvers.closed_form.statistics import Statistics

_CHUNK_ELEMENTS = 1 << 20
_DETERMINED = 1e-10  # a row that has less left to itself is fitted whatever its target


@dataclass(frozen=True, eq=False)
class Spectrum:
    """W½X̃ = U·diag(s)·Vᵀ of columns about their means (if there is an intercept), and what it says of the targets.

    The ridge solution for any α is V·diag(s/(s² + λ))·UᵀW½Ỹ with λ = α·Σw/unit².

    Attributes
    ----------
    V : (n_features, r) float64
    values : (r,) float64
        s, in units of 2^exponent.
    targets : (r, n_outputs) float64
        UᵀW½Ỹ.
    mean, mean_target : (n_features,), (n_outputs,) float64
        Zeros without an intercept.
    exponent : int
    total_weight, unit : float
    fit_intercept : bool
    saturated : bool
        Whether there are as many parameters as rows, so that without a penalty every row would be fitted exactly.

    References
    ----------
    Hastie, Tibshirani and Friedman, *The Elements of Statistical Learning* (2009), 3.4.1.
    """

    V: NDArray
    values: NDArray
    targets: NDArray
    mean: NDArray
    mean_target: NDArray
    exponent: int
    total_weight: float
    unit: float
    fit_intercept: bool
    saturated: bool

    @classmethod
    def of(cls, statistics: Statistics, fit_intercept: bool) -> Spectrum:
        """Return the spectrum from the statistics of rows, by way of their triangular factor.

        The factor comes from doubled precision, so small singular values are as good as those of the rows themselves.
        """
        equations = NormalEquations.of(statistics, fit_intercept)
        factorization = Factorization.of(equations.A, equations.whole, equations.rounding)
        p, chosen = equations.n_features, factorization.independent
        R = np.zeros((factorization.rank, p))
        R[:, chosen] = factorization.R.high
        R[:, factorization.dependent] = (factorization.R @ factorization.factors).high
        exponent = int(equations.exponent[:p].max(initial=0))
        U, values, Vt = np.linalg.svd(
            np.ldexp(R, (equations.exponent[:p] - exponent).astype(np.intc)), full_matrices=False
        )
        y, root = equations.exponent[p:].astype(np.intc), 2.0 ** (equations.weight_exponent / 2)
        center = np.ldexp(equations.center.high, equations.exponent.astype(np.intc))
        return cls(
            Vt.T,
            values * root,
            np.ldexp(U.T @ factorization.half(equations.C[chosen]).high, y) * root,
            center[:p],
            center[p:],
            exponent,
            statistics.total_weight,
            statistics.unit,
            fit_intercept,
            len(values) + fit_intercept >= statistics.n_rows,
        )

    @classmethod
    def of_rows(cls, X: NDArray, targets: NDArray, weights: NDArray | None, fit_intercept: bool) -> Spectrum:
        """Return the spectrum of rows that are fewer than their columns.

        Cost: n_rows²·n_features steps; memory: twice X in float64.
        """
        unit = Dense(X).unit
        counted = slice(None) if weights is None else weights > 0
        values, y = X[counted].astype(np.float64), targets[counted]
        share = np.ones(len(values)) if weights is None else weights[counted]
        total = float(share.sum())
        exponent = int(np.frexp(np.abs(values).max(initial=0.0))[1])
        values = np.ldexp(values, -exponent, out=values)
        mean, mean_target = np.zeros(X.shape[1]), np.zeros(y.shape[1])
        if fit_intercept:
            mean, mean_target = (share / total) @ values, (share / total) @ y
            constant = values.min(axis=0) == values.max(axis=0)
            values -= mean
            values[:, constant] = 0.0  # not the rounding of the mean
        root = np.sqrt(share)[:, None]
        values *= root
        V, s, Ut = np.linalg.svd(values.T, full_matrices=False)
        r = int(np.count_nonzero(s > s.max(initial=0.0) * max(X.shape) * np.finfo(np.float64).eps))
        return cls(
            V[:, :r],
            s[:r],
            Ut[:r] @ (root * (y - mean_target)),
            np.ldexp(mean, exponent),
            mean_target,
            exponent,
            total,
            unit,
            fit_intercept,
            r + fit_intercept >= len(values),
        )

    def penalty(self, alpha: float) -> float:
        """Return λ in units of s²."""
        return alpha * self.total_weight / self.unit**2 * 2.0 ** (-2 * self.exponent)

    def coefficients(self, alpha: float) -> tuple[NDArray, NDArray]:
        """Return (coef, intercept) of the ridge solution, in units of X as stored."""
        shrunk = (self.values / (np.square(self.values) + self.penalty(alpha)))[:, None] * self.targets
        coef = np.ldexp(self.V @ shrunk, -self.exponent).T
        return coef, self.mean_target - coef @ self.mean

    def left_out(self, blocks: Iterable[Block], alphas: Sequence[float]) -> NDArray:
        """Return the exact leave-one-out loss for each α, in one pass over the rows: the mean of ½‖y − ŷ₋ᵢ‖².

        ŷ₋ᵢ is the prediction for row i of the fit to all other rows, with the penalty λ = α·Σw of all rows. No such fit
        is made: with the leverage hᵢ = wᵢ(1/Σw + Σₖ tₖ²/(sₖ² + λ)), t = Vᵀ(xᵢ − x̄), the residual of the whole fit has
        only to be divided by 1 − hᵢ. Where a row determines its own fit (hᵢ = 1), the loss is inf.

        References
        ----------
        Golub, Heath and Wahba, *Generalized cross-validation*, Technometrics 21 (1979); Hastie, Tibshirani and
        Friedman, *The Elements of Statistical Learning* (2009), (7.52).
        """
        penalties, values = np.array([self.penalty(alpha) for alpha in alphas]), self.values[:, None]
        least = np.zeros(len(alphas))
        if (
            self.saturated
        ):  # what is left of a row is all due to the penalty, and would be lost in a difference
            kept = penalties / (np.square(values) + penalties) / np.square(values)
            own, sign, outside = 0.0, 1.0, 0.0
        else:
            kept = 1 / (np.square(values) + penalties)
            own, sign, outside, least = (
                float(self.fit_intercept) / self.total_weight,
                -1.0,
                1.0,
                least + _DETERMINED,
            )
        n_outputs = self.targets.shape[1]
        part = (values * kept)[:, None, :] * self.targets[:, :, None]
        part = part.reshape(len(values), n_outputs * len(alphas))
        total = np.zeros(len(alphas))
        for X, targets, weights in blocks:
            size = max(1, _CHUNK_ELEMENTS // max(1, X.shape[1]))
            for start in range(0, len(X), size):
                rows = slice(start, start + size)
                T = np.ldexp(X[rows] - self.mean, -self.exponent) @ self.V
                share = np.ones(len(T)) if weights is None else weights[rows]
                free = outside + sign * share[:, None] * (own + np.square(T) @ kept)
                errors = (T @ part).reshape(len(T), n_outputs, len(alphas))
                errors = outside * (targets[rows] - self.mean_target)[:, :, None] + sign * errors
                with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
                    each = np.square(errors).sum(axis=1) / np.square(free)
                each = np.where(free > least, each, np.inf)
                each[share == 0] = 0  # not 0·inf
                total += share @ each
        return 0.5 * total / self.total_weight
