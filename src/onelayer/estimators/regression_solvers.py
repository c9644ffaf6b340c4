"""How a linear regression is fitted: by its closed form, by Newton's method, or by minibatch SGD."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from onelayer.errors import InvalidDataError, InvalidParameterError
from onelayer.estimators.regression_fit import RegressionFit, scaled
from onelayer.estimators.regression_parameters import MOST_COLUMNS
from onelayer.estimators.single_layer import Task
from onelayer.losses import Absolute, Huber, Squared
from onelayer.losses.regression import RegressionLoss
from onelayer.matrices import Dense, spread
from onelayer.objective import Objective
from onelayer.solvers.closed_form import ClosedForm
from onelayer.solvers.events import Callback, Epoch
from onelayer.solvers.newton import Newton
from onelayer.solvers.run import Monitor
from onelayer.solvers.solution import Part, Solution, Stopped

_SCALE_ROWS, _SCALE_ELEMENTS = 20_000, 1 << 23

Fitted = tuple[Solution, RegressionFit]
Fit = Callable[[Task, RegressionLoss], Fitted]


def closed_form(
    alphas: tuple[float, ...], task: Task, monitor: Monitor | None, columns: Sequence[str] | None
) -> Fitted:
    """Fit the squared loss exactly, with the best of several alphas; none of them for the objective's own."""
    objective, before = task.objective, task.before
    if before is None or before.known is None:
        solution = ClosedForm(alphas).solve(objective, monitor, task.callbacks, columns)
    else:
        again = ClosedForm(fit_intercept=objective.fit_intercept, n_threads=objective.n_threads)
        solution = again.solve_statistics(before.known, objective.alpha, monitor)
    return solution, RegressionFit.exact(solution)


def newton(solver: Newton, task: Task, loss: RegressionLoss) -> Fitted:
    """Fit to the optimum; the δ of a Huber loss is in units of the solver's scale."""
    objective = replace(task.objective, loss=loss)
    solution = solver.solve(objective, task.start, callbacks=task.callbacks)
    scale: float | list[float] | None = None
    if loss.name == "huber":
        scales = np.atleast_1d(solver.scale if solution.scale is None else solution.scale)
        scale = scales.tolist() if len(scales) > 1 else float(scales[0])
    losses = _in_units_of_y((loss,), scale, objective.n_outputs)
    return solution, RegressionFit(losses, objective.alpha, scale, solution.gap, solution.rank)


def warn_of_rank(solution: Solution, task: Task, names: Sequence[str]) -> None:
    """Warn where Newton's method found that columns depend on others, as an exact fit does, which names them."""
    if solution.rank is None or solution.rank == len(names):
        return
    objective = replace(task.objective, loss=Squared(), n_outputs=task.objective.targets.shape[1])
    RegressionFit.exact(ClosedForm().solve(objective)).warn(names)


def _in_units_of_y(
    losses: tuple[RegressionLoss, ...], scale: float | list[float] | None, n_outputs: int
) -> tuple[RegressionLoss, ...]:
    """Return what ``scaled`` does; should δ·σ be no number that a Huber loss can have, that is for y to mend."""
    try:
        return scaled(losses, scale, n_outputs)
    except InvalidParameterError as error:
        sizes = ", ".join(f"{size:.3g}" for size in np.atleast_1d(np.asarray(scale, dtype=float)))
        raise InvalidDataError(
            f"y has errors of scale {sizes}, beyond what Huber's loss can square in float64; give y in other units, so "
            f"that they are between 1e-140 and 1e140"
        ) from error


def sgd_objective(scale: Any, task: Task, loss: RegressionLoss) -> tuple[Objective, RegressionFit]:
    """Return what minibatch SGD minimises; Huber's scale is a number, or "auto" for an estimate from some rows."""
    objective = task.objective
    sizes = None
    if isinstance(loss, Huber):
        sizes = noise_scale(objective, loss.delta) if scale == "auto" else float(scale)
    losses = _in_units_of_y((loss,), sizes, objective.n_outputs)
    return replace(objective, loss=losses[0]), RegressionFit(losses, objective.alpha, sizes)


def sgd(run: Callable[[Task], Solution], scale: Any, task: Task, loss: RegressionLoss) -> Fitted:
    """Run minibatch SGD."""
    objective, found = sgd_objective(scale, task, loss)
    return run(replace(task, objective=objective)), found


def fit_each(fit: Fit, task: Task, losses: Sequence[RegressionLoss], *, go_on: bool) -> Fitted:
    """Fit by one loss; or by each of several to the same target, as outputs of one model.

    Parameters
    ----------
    fit : callable
        Fits by one loss.
    task : Task
    losses : sequence of RegressionLoss
    go_on : bool
        Whether each fit is to start where the one before has ended.

    Notes
    -----
    Of several, every record has the mean loss of all: of those fitted before as they are, of those to come at their
    start.
    """
    if len(losses) == 1:
        return fit(task, losses[0])
    solutions: list[Solution] = []
    parts: list[Part] = []
    others = _losses_at_start(task, losses)
    for k, loss in enumerate(losses):
        start = None if task.start is None else (task.start[0][[k]], task.start[1][[k]])
        if start is None and solutions and go_on:
            start = solutions[-1].coef, solutions[-1].intercept
        others[k] = (0.0, 0.0)
        beside = _Beside(*(math.fsum(each) for each in zip(*others, strict=True)))
        callbacks = [_Passed(callback, beside) for callback in task.callbacks]
        part = replace(task, start=start, callbacks=callbacks, objective=replace(task.objective, n_outputs=1))
        solution = fit(part, loss)[0]
        last = solution.epochs[-1]
        others[k] = last.train_loss, last.val_loss or 0.0
        solutions.append(replace(solution, epochs=[beside.added(epoch) for epoch in solution.epochs]))
        parts.append(
            Part(
                len(solution.epochs),
                bool(solution.converged),
                solution.gap,
                beside.train_loss,
                beside.val_loss,
            )
        )
    epochs = [epoch for solution in solutions for epoch in solution.epochs]
    gaps = [solution.gap for solution in solutions if solution.gap is not None]
    ends = [solution.stopped for solution in solutions if solution.stopped is not Stopped.FINISHED]
    gap = max(gaps) if len(gaps) == len(solutions) else None
    joined = replace(
        solutions[-1],
        coef=np.vstack([solution.coef for solution in solutions]),
        intercept=np.concatenate([solution.intercept for solution in solutions]),
        converged=all(solution.converged for solution in solutions),
        stopped=ends[0] if ends else Stopped.FINISHED,
        epochs=[replace(epoch, epoch=k, epochs=len(epochs)) for k, epoch in enumerate(epochs, 1)],
        gap=gap,
        parts=parts,
    )
    return joined, RegressionFit(tuple(losses), task.objective.alpha, None, gap, joined.rank)


@dataclass(frozen=True)
class _Beside:
    """The mean losses of the outputs that a fit does not touch, on training and on validation data."""

    train_loss: float
    val_loss: float

    def added(self, epoch: Epoch) -> Epoch:
        """Return a record of one output as one of all."""
        val_loss = None if epoch.val_loss is None else epoch.val_loss + self.val_loss
        return replace(epoch, train_loss=epoch.train_loss + self.train_loss, val_loss=val_loss)


class _Passed(Callback):
    """What passes on to a callback the records of one output as those of all."""

    def __init__(self, callback: Callback, beside: _Beside) -> None:
        self._callback, self._beside = callback, beside

    def on_start(self, epochs: int, rows: int) -> None:
        """Pass it on."""
        self._callback.on_start(epochs, rows)

    def on_epoch(self, epoch: Epoch) -> bool | None:
        """Pass it on, with what the other outputs add."""
        return self._callback.on_epoch(self._beside.added(epoch))

    def on_end(self) -> None:
        """Pass it on."""
        self._callback.on_end()


def _losses_at_start(task: Task, losses: Sequence[RegressionLoss]) -> list[tuple[float, float]]:
    """Return the mean loss of each output before anything is fitted, on training and on validation data."""
    F, start = task.objective, task.start
    parts = [(F.X, F.targets, F.sample_weight)]
    if task.held_out is not None:
        parts.append((task.held_out.X, task.held_out.targets, task.held_out.weights))
    found = []
    for k, loss in enumerate(losses):
        if start is None:
            constant = loss.constant(F.targets, F.sample_weight, 1)
            each = [loss.constant_value(constant, y, weights) for _, y, weights in parts]
        else:
            known = start[0][[k]], start[1][[k]]
            each = [loss.value(X.scores(*known, F.n_threads), y, weights) for X, y, weights in parts]
        found.append((each[0], each[-1]))
    return found


def noise_scale(objective: Objective, delta: float) -> float:
    """Return the scale of the noise by a quick Huber fit to at most 20,000 of the rows; never 0."""
    X = objective.X
    if not X.centring and X.shape[1] > MOST_COLUMNS:
        raise InvalidParameterError(
            f"scale='auto' is estimated by a fit to some rows with every value of them, and X is sparse with "
            f"{X.shape[1]:,} columns; give scale as a number in units of y"
        )
    rows = spread(X.shape[0], _SCALE_ROWS if X.centring else _SCALE_ELEMENTS // X.shape[1])
    weights = None if objective.sample_weight is None else objective.sample_weight[rows]
    some = replace(
        objective,
        X=X.part(rows) if X.centring else Dense(X.sample(rows)),
        targets=objective.targets[rows],
        sample_weight=weights if weights is not None and weights.any() else None,
        loss=Huber(delta),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = Newton(n_threads=objective.n_threads, scale="auto").solve(some).scale
    median = Absolute().constant(some.targets, some.sample_weight, some.n_outputs)
    size = Absolute().constant_value(median, some.targets, some.sample_weight) / some.n_outputs
    return float(np.mean(0.0 if found is None else found)) or size or 1.0


def validated(solution: Solution, found: RegressionFit, task: Task, score: Callable[..., Any]) -> Solution:
    """Return the solution with the validation loss and score in its last record."""
    if task.held_out is None or not solution.epochs:
        return solution
    data = task.held_out
    scores = data.X.scores(solution.coef, solution.intercept, task.objective.n_threads)
    targets = np.broadcast_to(data.targets, scores.shape)
    outputs = zip(found.losses, scores.T, targets.T, strict=True)
    loss = sum(each.value(s[:, None], y, data.weights) for each, s, y in outputs)
    last = replace(solution.epochs[-1], val_loss=loss, val_score=score(scores, data.targets, data.weights))
    return replace(solution, epochs=[*solution.epochs[:-1], last])
