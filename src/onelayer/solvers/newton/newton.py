"""Absolute, quantile and Huber regression to the optimum: Newton's method on a smoothed loss, with a certified gap.

All three losses have bounded slopes, h(r) = max over d in [low, high] of d·r − κd²/2. Huber's loss is quadratic near 0,
and Newton's method with an exact line search ends after finitely many steps. The absolute and the quantile loss are
smoothed by a κ that falls from stage to stage; the solution moves along straight pieces, the last of which leads to
the exact optimum (Madsen and Nielsen, "A finite smoothing algorithm for linear ℓ1 estimation", *SIAM Journal on
Optimization* 3, 1993; Chen, "A finite smoothing algorithm for quantile regression", *Journal of Computational and
Graphical Statistics* 16, 2007).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning

from onelayer.losses import Loss, Quantile
from onelayer.objective import Objective
from onelayer.solvers.events import Callback
from onelayer.solvers.iterations import Monitor, iterate
from onelayer.solvers.newton.bounded import BoundedLoss, Scale
from onelayer.solvers.newton.problem import Problem
from onelayer.solvers.solution import Solution, Stopped
from onelayer.validation import check_integer, check_real


@dataclass(frozen=True)
class Newton:
    """Minimise F(W, b) for an absolute, a quantile or a Huber loss.

    Each output is a problem of its own. It is solved when its relative gap (F − D)/F is at most ``tol``, where D is the
    value of a dual point that is feasible, and so no larger than the least F; see ``certificate``. Where a few
    residuals far out are most of F, the gap is relative to what F would be if they were ten times the usual one; see
    ``yardstick``.

    With ``scale="auto"`` the δ of a Huber loss is in units of a scale σ that is found with the parameters: minimised is

        J(W, b, σ) = ½σ + σ·Σᵢ wᵢ·ℓ(rᵢ/σ) / Σᵢ wᵢ + α/2·‖W‖²,

    jointly convex. At the optimum σ² = Σᵢ wᵢ·min(rᵢ², δ²σ²) / Σᵢ wᵢ. scikit-learn's ``HuberRegressor`` minimises
    2·Σᵢ wᵢ times this, with its ``epsilon`` = δ and its ``alpha`` = α·Σᵢ wᵢ. As σ → 0, J tends to δ times the mean
    absolute error, and the penalty. Where so many rows can be fitted perfectly that this is the least (a share of
    1 − 1/δ² of their weight suffices), σ is 0 and the solution minimises that.

    Attributes
    ----------
    max_iter : int
        Newton steps at most, for each output.
    tol : float
        Relative gap at which a solution is taken.
    n_threads : int or None
        None for as many as there are cores; the result is the same to the bit.
    scale : float or "auto"
        What δ is multiplied by, or "auto"; without meaning for the other losses.

    Raises
    ------
    InvalidParameterError

    References
    ----------
    Huber and Ronchetti, *Robust Statistics*, 2nd ed., 7.7 and 7.8. Owen, "A robust hybrid of lasso and ridge
    regression", *Contemporary Mathematics* 443 (2007).

    Examples
    --------
    >>> import numpy as np
    >>> from onelayer.losses import Absolute
    >>> from onelayer.matrices import Dense
    >>> X = np.array([[0.0], [1.0], [2.0], [3.0], [4.0]])
    >>> y = np.array([[1.0], [3.0], [50.0], [7.0], [9.0]])
    >>> solution = Newton().solve(Objective(Dense(X), y, Absolute(), 1, 0.0, None, True))
    >>> solution.coef.round(9).tolist(), solution.intercept.round(9).tolist(), solution.converged
    ([[2.0]], [1.0], True)
    """

    max_iter: int = 200
    tol: float = 1e-8
    n_threads: int | None = None
    scale: Scale = 1.0

    def __post_init__(self) -> None:
        check_integer("max_iter", self.max_iter)
        check_real("tol", self.tol, 0)
        check_real("scale", self.scale, 0, word="auto")

    def solve(
        self,
        objective: Objective,
        start: tuple[NDArray, NDArray] | None = None,
        monitor: Monitor | None = None,
        callbacks: Sequence[Callback] = (),
    ) -> Solution:
        """Minimise the objective.

        Parameters
        ----------
        objective : Objective
            With an absolute, a quantile or a Huber loss.
        start : (coef, intercept), optional
            Where to start, in units of X as stored; the solution of a similar problem saves steps.
        monitor : callable, optional
            Returns (loss, score) of (coef, intercept) on validation data.
        callbacks : sequence of Callback

        Returns
        -------
        Solution
            ``gap`` is the relative gap of the returned coefficients, over all outputs; ``scale`` is σ where it was
            sought: a number, or of several outputs an array (n_outputs,); ``rank`` that of the columns. Where it is
            less than their number, the coefficients of least norm are returned.

        Raises
        ------
        InvalidParameterError
            Another loss; or scale="auto" with a δ that is not above 1.

        Warns
        -----
        ConvergenceWarning
            When ``max_iter`` steps, or the precision of the numbers, end before the gap is at most ``tol``.

        Notes
        -----
        Cost: a pass over the rows for each step, mostly 5 to 40 of them, and n·p² multiplications once or twice.
        Memory: about 45 bytes for each row and output, beside X.
        """
        form = BoundedLoss.of(objective.loss, self.scale)
        problem, epochs, stopped = iterate(
            lambda: Problem(objective, form, start, self.tol, self.n_threads),
            self.max_iter,
            objective.X.shape[0],
            monitor,
            callbacks,
        )
        coef, intercept = problem.parameters()
        gap = problem.gap(coef, intercept)
        if stopped is Stopped.FINISHED and not gap <= self.tol:
            warnings.warn(
                self._complaint(objective.loss, problem.done, gap), ConvergenceWarning, stacklevel=2
            )
        scale = problem.scale() if self.scale == "auto" and form.tau is not None else None
        converged, rank = gap <= self.tol, problem.rank()
        return Solution(coef, intercept, converged, stopped, epochs, gap=gap, scale=scale, rank=rank)

    def _complaint(self, loss: Loss, done: bool, gap: float) -> str:
        which = f"quantile {loss.q:g}: " if isinstance(loss, Quantile) else ""  # there may be others
        reached = f"{which}the relative gap is {gap:.1e} and not yet tol={self.tol:g}"
        if done:
            return f"{reached}, and the precision of float64 allows no less; scale the columns, or raise tol"
        return f"{reached} after max_iter={self.max_iter} steps; raise max_iter or tol"
