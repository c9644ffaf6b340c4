"""Softmax regression to the optimum: a quasi-Newton method in the metric of the Hessian."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning

from onelayer.kernels import blas
from onelayer.objective import Objective
from onelayer.solvers.events import Callback
from onelayer.solvers.iterations import Monitor, iterate
from onelayer.solvers.lbfgs.descent import Descent
from onelayer.solvers.solution import Solution, Stopped
from onelayer.validation import check_integer, check_real


@dataclass(frozen=True)
class LBFGS:
    """Minimise F(W, b) for cross-entropy.

    Attributes
    ----------
    max_iter : int
    tol : float
        It is solved when ½·gᵀB⁻¹g, with the gradient g and the approximate Hessian B, is at most ``tol``·F: so far is F
        above its least value, as near as B is to the Hessian. Where B is rough, what the last steps have gained must
        not promise more than that either.

    Raises
    ------
    InvalidParameterError
    """

    max_iter: int = 1000
    tol: float = 1e-10

    def __post_init__(self) -> None:
        check_integer("max_iter", self.max_iter)
        check_real("tol", self.tol, 0)

    def solve(
        self,
        objective: Objective,
        start: tuple[NDArray, NDArray] | None = None,
        monitor: Monitor | None = None,
        callbacks: Sequence[Callback] = (),
        before: Solution | None = None,
        *,
        valued: bool = True,
    ) -> Solution:
        """Minimise the objective.

        Parameters
        ----------
        objective : Objective
            With cross-entropy.
        start : (coef, intercept), optional
            Where to start, in units of X as stored; the solution of a similar problem saves iterations.
        monitor : callable, optional
            Returns (loss, score) of (coef, intercept) on validation data.
        callbacks : sequence of Callback
        before : Solution, optional
            That of the same objective with a larger penalty, from which this one goes on instead of from ``start``.
        valued : bool
            Whether ``objective`` and ``gap`` are asked for. They take a pass in float64 more, where passes begin in
            float32.

        Returns
        -------
        Solution
            ``gap`` is an upper bound of (F − F*)/F; ``objective`` is F; or both are None. ``known`` is large: what the
            same rows with another penalty can go on from.

        Warns
        -----
        ConvergenceWarning
            When ``max_iter`` iterations or the precision of the numbers end before ``tol`` is reached, or there is no
            least value: classes that can be separated, without a penalty.

        Notes
        -----
        Cost: a pass over the rows for each iteration, mostly 8 to 40 of them, and whatever preconditioner saves more.
        """
        with blas.one_thread():
            descent, epochs, stopped = iterate(
                lambda: Descent(
                    objective, start, self.tol, None if before is None else before.known, valued=valued
                ),
                self.max_iter,
                objective.X.shape[0],
                monitor,
                callbacks,
            )
            if valued:
                descent.in_double()
            coef, intercept = descent.parameters()
        converged, gap, value = descent.converged, None, None
        if valued:
            gap, value = descent.gap(), descent.point.value
        if descent.separated:
            stopped = Stopped.SEPARABLE
        if stopped in (Stopped.FINISHED, Stopped.SEPARABLE) and not converged:
            warnings.warn(self._complaint(descent), ConvergenceWarning, stacklevel=2)
        return Solution(coef, intercept, converged, stopped, epochs, gap=gap, objective=value, known=descent)

    def _complaint(self, descent: Descent) -> str:
        if descent.separated:
            return (
                "the classes can be separated, so that without a penalty the loss has no least value and the "
                f"coefficients no end; stopped with every row right, at a mean loss of {descent.point.loss:.1e}. Give "
                "alpha above 0"
            )
        far = f"{descent.distance:.1e} of itself"
        reached = f"F is estimated to be {far} above its least value, and not yet tol={self.tol:g}"
        if descent.done:
            return f"{reached}, and the precision of float64 allows no less; raise tol, or alpha"
        return f"{reached} after max_iter={self.max_iter} iterations; raise max_iter, tol or alpha"
