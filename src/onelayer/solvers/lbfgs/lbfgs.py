"""Softmax regression to the optimum: a quasi-Newton method in the metric of the Hessian."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning

from onelayer.objective import Objective
from onelayer.solvers.events import Callback, Epoch
from onelayer.solvers.lbfgs.descent import Descent
from onelayer.solvers.solution import Solution, Stopped
from onelayer.validation import check_integer, check_real

Monitor = Callable[[NDArray, NDArray], tuple[float, float | None]]


@dataclass(frozen=True)
class LBFGS:
    """Minimise F(W, b) for cross-entropy.

    Attributes
    ----------
    max_iter : int
    tol : float
        It is solved when ½·gᵀB⁻¹g, with the gradient g and the approximate Hessian B, is at most ``tol``·F: so far is F
        above its least value, as near as B is to the Hessian.

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

        Returns
        -------
        Solution
            ``gap`` is an upper bound of (F − F*)/F; ``objective`` is F.

        Warns
        -----
        ConvergenceWarning
            When ``max_iter`` iterations or the precision of the numbers end before ``tol`` is reached, or there is no
            least value: classes that can be separated, without a penalty.

        Notes
        -----
        Cost: a pass over the rows for each iteration, mostly 8 to 40 of them, and whatever preconditioner saves more.
        """
        epochs: list[Epoch] = []
        stopped, n_rows = Stopped.FINISHED, objective.X.shape[0]
        with ExitStack() as endings:
            for callback in callbacks:
                endings.callback(callback.on_end)
                callback.on_start(self.max_iter, n_rows)
            descent = Descent(objective, start, self.tol)
            try:
                for number in range(1, self.max_iter + 1):
                    began = time.perf_counter()
                    descent.step()
                    seconds = time.perf_counter() - began
                    loss, score = (None, None) if monitor is None else monitor(*descent.parameters())
                    rate = n_rows / max(seconds, 1e-9)
                    epochs.append(
                        Epoch(number, self.max_iter, seconds, descent.point.loss, loss, score, None, rate)
                    )
                    wishes = [callback.on_epoch(epochs[-1]) for callback in callbacks]
                    if descent.done:
                        break
                    if any(wish is True for wish in wishes):
                        stopped = Stopped.CALLBACK
                        break
            except KeyboardInterrupt:
                if not epochs:
                    raise
                stopped = Stopped.INTERRUPTED
        coef, intercept = descent.parameters()
        gap, converged = descent.gap(), descent.converged
        if descent.separated:
            warnings.warn(self._complaint(descent), ConvergenceWarning, stacklevel=2)
            stopped = Stopped.SEPARABLE
        if stopped is Stopped.FINISHED and not converged:
            warnings.warn(self._complaint(descent), ConvergenceWarning, stacklevel=2)
        return Solution(coef, intercept, converged, stopped, epochs, gap=gap, objective=descent.point.value)

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
