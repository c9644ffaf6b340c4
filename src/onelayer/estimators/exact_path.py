"""Exact fits of the same rows with one penalty after the other, each from what is known of those before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from numpy.typing import NDArray
from sklearn.utils import check_random_state

from onelayer.estimators.single_layer import SingleLayer, Task
from onelayer.matrices import PrincipalAxes
from onelayer.solvers.events import Callback
from onelayer.solvers.labelled import Labelled
from onelayer.solvers.solution import Solution

_PASSES = 10.0  # of each fit that principal axes are thought to save


class ExactPath:
    """Fits models that differ in ``alpha`` alone; from the largest alpha to the smallest they have the least to do.

    Least squares sum up the rows once for all. Another solver goes on from the optimum before and what it knows of the
    rows (continuation).

    Parameters
    ----------
    method : str
        The solver.
    train : Labelled
    held_out : Labelled or None
        On which each optimum is judged.
    n_threads : int, optional
        In place of the models' own.
    axes : PrincipalAxes, optional
        In which the rows are given; see :func:`axes_for`.
    valued : bool
        Whether the value of each objective is asked for; without it a fit may take a pass less.
    """

    def __init__(
        self,
        method: str,
        train: Labelled,
        held_out: Labelled | None,
        n_threads: int | None = None,
        axes: PrincipalAxes | None = None,
        *,
        valued: bool = True,
    ) -> None:
        self._method, self._n_threads, self._axes, self._valued = method, n_threads, axes, valued
        self._train, self._held_out = train, held_out
        self._before: Solution | None = None

    def fit(
        self,
        model: SingleLayer,
        callbacks: Sequence[Callback] = (),
        start: tuple[NDArray, NDArray] | None = None,
    ) -> Solution:
        """Fit a model, the first one from a start if there is one; return its solution less what the next goes on from.

        ``start`` is (coef, intercept) of the rows as they were before they were turned.
        """
        sgd, before = model._check_parameters(), self._before
        if self._n_threads is not None:
            sgd = replace(sgd, n_threads=self._n_threads)
        if start is not None and self._axes is not None:
            start = self._axes.into(*start)
        task = Task(
            model._objective(self._train, sgd),
            check_random_state(model.random_state),
            start if before is None else (before.coef, before.intercept),
            self._held_out,
            callbacks,
            None,
            before=before,
            judged_each=False,
            valued=self._valued,
        )
        self._before = model._run(sgd, self._method, task, len(self._train))
        solution = replace(self._before, known=None)
        if self._axes is not None:
            coef, intercept = self._axes.back(solution.coef, solution.intercept)
            solution = replace(solution, coef=coef, intercept=intercept)
            model._set_coef(coef, intercept)
        return solution


def axes_for(method: str, model: SingleLayer, train: Labelled, n_fits: int) -> PrincipalAxes | None:
    """Return the principal axes of the rows, if they are worth while for so many fits to these or similar ones."""
    if method != "lbfgs" or not PrincipalAxes.suit(train.X):
        return None
    n_rows, n_features = train.X.shape
    saved = _PASSES * 2 * n_rows * n_features * model._n_outputs(train.targets)
    if PrincipalAxes.cost(train.X) > n_fits * saved:
        return None
    return PrincipalAxes.of(train.X, centred=bool(model.fit_intercept))


def turned(rows: Labelled, axes: PrincipalAxes | None, n_threads: int | None) -> Labelled:
    """Return rows in the axes, if there are any."""
    return rows if axes is None else replace(rows, X=axes.turned(rows.X, n_threads))
