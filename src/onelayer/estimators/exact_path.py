"""Exact fits of the same rows with one penalty after the other, each from what is known of those before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sklearn.utils import check_random_state

from onelayer.estimators.single_layer import SingleLayer, Task
from onelayer.solvers.events import Callback
from onelayer.solvers.labelled import Labelled
from onelayer.solvers.solution import Solution


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
    """

    def __init__(
        self, method: str, train: Labelled, held_out: Labelled | None, n_threads: int | None = None
    ) -> None:
        self._method, self._train, self._held_out, self._n_threads = method, train, held_out, n_threads
        self._before: Solution | None = None

    def fit(self, model: SingleLayer, callbacks: Sequence[Callback] = ()) -> Solution:
        """Fit a model, and return its solution less what the next one goes on from."""
        sgd, before = model._check_parameters(), self._before
        if self._n_threads is not None:
            sgd = replace(sgd, n_threads=self._n_threads)
        task = Task(
            model._objective(self._train, sgd),
            check_random_state(model.random_state),
            None if before is None else (before.coef, before.intercept),
            self._held_out,
            callbacks,
            None,
            before=before,
            judged_each=False,
        )
        self._before = model._run(sgd, self._method, task, len(self._train))
        return replace(self._before, known=None)
