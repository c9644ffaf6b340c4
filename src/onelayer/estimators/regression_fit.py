"""What a fit of a linear regression found out beside its coefficients, and how a model file remembers it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from numpy.typing import NDArray

from onelayer.errors import ConditionWarning, RankWarning, warn
from onelayer.losses import Absolute, Huber, Squared
from onelayer.losses.regression import RegressionLoss
from onelayer.solvers.closed_form import (
    ExactSolution,
    LeastSquares,
    Statistics,
    condition_message,
    rank_message,
    solve,
)


@dataclass(frozen=True)
class RegressionFit:
    """What is known of a fit.

    Attributes
    ----------
    losses : (n_outputs,) tuple of RegressionLoss
        That of each output, in units of the targets.
    alpha : float
        Weight of the penalty.
    scale : float, list of float, or None
        σ of Huber's loss, of each output where several have their own.
    gap : float or None
        How far the objective is above its least value at most, relative to it; None where that is not known.
    rank : int or None
        Of the columns, where the solver knows it.
    condition : float or None
        Of an exact least-squares fit.
    statistics : Statistics or None
        From which such a fit was made, and more rows can be added.
    least_squares : LeastSquares or None
        All that is known of such a fit.
    """

    losses: tuple[RegressionLoss, ...]
    alpha: float
    scale: float | list[float] | None = None
    gap: float | None = None
    rank: int | None = None
    condition: float | None = None
    statistics: Statistics | None = None
    least_squares: LeastSquares | None = None

    @classmethod
    def exact(cls, solution: ExactSolution) -> Self:
        """Return what is known of an exact least-squares fit."""
        fit = solution.least_squares
        losses = (Squared(),) * len(fit.coef)
        return cls(losses, fit.alpha, None, 0.0, fit.rank, fit.condition, solution.statistics, fit)

    def facts(self) -> tuple[dict[str, Any], dict[str, NDArray]]:
        """Return what a model file keeps of it: JSON-able values, and the statistics as arrays."""
        facts = {
            "scale": self.scale,
            "alpha": self.alpha,
            "gap": _written(self.gap),
            "rank": self.rank,
            "condition": _written(self.condition),
        }
        return facts, {} if self.statistics is None else self.statistics.tensors()

    @classmethod
    def recalled(
        cls,
        facts: Mapping[str, Any],
        arrays: Mapping[str, NDArray],
        coef: NDArray,
        losses: Sequence[RegressionLoss],
        alpha: float,
        fit_intercept: bool,
    ) -> Self:
        """Return the fit of ``facts()``; of less where a file of an earlier version has none.

        Parameters
        ----------
        facts, arrays : dict
        coef : (n_outputs, n_features) array
        losses : sequence of RegressionLoss
            As the parameters have them, with δ in units of the scale.
        alpha : float
            The parameter, in case that the file does not say which was used.
        fit_intercept : bool

        Raises
        ------
        TypeError, ValueError
            Values that no fit of this shape and loss has.
        """
        n_outputs, n_features = coef.shape
        alpha = alpha if facts.get("alpha") is None else _number("alpha", facts["alpha"])
        gap, rank, condition = (
            None if facts.get(name) is None else _number(name, facts[name], endless=name != "rank")
            for name in ("gap", "rank", "condition")
        )
        if rank is not None and (rank != int(rank) or rank > n_features):
            raise ValueError(f"a rank of {rank:g} in {n_features} columns")
        scale = _scale(facts.get("scale"), losses, n_outputs)
        in_units_of_targets = scaled(losses, scale, n_outputs)
        statistics = least_squares = None
        if arrays:
            statistics = Statistics.from_tensors(arrays)
            if losses[0].name != "squared" or (statistics.n_outputs, statistics.n_features) != coef.shape:
                raise ValueError("statistics of other rows than those of the model")
            least_squares = solve(statistics, alpha, fit_intercept)
        known = None if rank is None else int(rank)
        return cls(in_units_of_targets, alpha, scale, gap, known, condition, statistics, least_squares)

    def warn(self, names: Sequence[str]) -> None:
        """Warn where columns depend on others, exactly or but for the rounding of their values."""
        fit = self.least_squares
        if fit is None or fit.alpha > 0:
            return
        if fit.rank < len(names):
            message = rank_message(fit.dependencies, names, fit.rank, fit.n_rows, fit.fit_intercept)
            warn(message, RankWarning)
        elif fit.ill_conditioned:
            message = condition_message(fit.condition, fit.weakest, names, fit.resolution)
            warn(message, ConditionWarning)


def scaled(
    losses: Sequence[RegressionLoss], scale: float | list[float] | None, n_outputs: int
) -> tuple[RegressionLoss, ...]:
    """Return the loss of each output in units of the targets, from losses in units of the scale.

    Raises
    ------
    ValueError
        Several losses, but not one for each output.

    Examples
    --------
    >>> scaled([Huber(1.5)], [2.0, 0.0], 2)
    (Huber(delta=3.0), Absolute())
    """
    each = tuple(losses) * n_outputs if len(losses) == 1 else tuple(losses)
    if len(each) != n_outputs:
        raise ValueError(f"{len(each)} losses of {n_outputs} outputs")
    if scale is None:
        return each
    scales = scale if isinstance(scale, list) else [scale] * n_outputs
    return tuple(
        Huber(loss.delta * size) if size > 0 else Absolute()
        for loss, size in zip(each, scales, strict=True)
        if isinstance(loss, Huber)
    )


def _scale(stored: Any, losses: Sequence[RegressionLoss], n_outputs: int) -> float | list[float] | None:
    """Return the scale of a file, which only Huber's loss has."""
    if stored is None:
        return None
    if losses[0].name != "huber":
        raise ValueError(f"a scale of the loss {losses[0].name!r}")
    if not isinstance(stored, list):
        return _number("scale", stored)
    if len(stored) != n_outputs:
        raise ValueError(f"{len(stored)} scales of {n_outputs} outputs")
    return [_number("scale", each) for each in stored]


def _number(name: str, stored: Any, *, endless: bool = False) -> float:
    """Return a number of a file, at least 0."""
    if endless and stored == "inf":
        return math.inf
    if isinstance(stored, bool) or not isinstance(stored, int | float) or not 0 <= stored < math.inf:
        raise ValueError(f"{name} is {stored!r}")
    return float(stored)


def _written(number: float | None) -> float | str | None:
    """Return a number as JSON has it, which knows no infinity."""
    return "inf" if number == math.inf else number
