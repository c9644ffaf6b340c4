"""Least squares of rows that come in parts: beside those before, in batches, or by way of another model."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import issparse
from sklearn.utils.validation import check_is_fitted

from onelayer.errors import InvalidDataError, InvalidParameterError
from onelayer.estimators.regression_fit import RegressionFit
from onelayer.estimators.regression_parameters import alphas_of, several, solver_of_sparse
from onelayer.solvers.closed_form import Block, Blocks, ClosedForm, ExactSolution, Statistics
from onelayer.solvers.events import Callback
from onelayer.solvers.fused import FusedLoop

if TYPE_CHECKING:
    from onelayer.estimators.linear_regression import LinearRegression

_NAMES_SHOWN = 5


def add_rows(
    model: LinearRegression,
    X: ArrayLike,
    y: ArrayLike,
    sample_weight: ArrayLike | None,
    callbacks: Sequence[Callback],
) -> None:
    """Make the model the exact fit to these rows and those before, if there are any."""
    solver, alpha = _solver(model), _one_alpha(model)
    known = model.__sklearn_is_fitted__()
    earlier = _statistics(model, "partial_fit") if known else None
    part = model._labelled(
        X, y, sample_weight, reset=not known, targets_known=known, exact=True, surveyed=True, streamed=True
    )
    began = time.perf_counter()
    whole = earlier
    for block in Blocks(part.X, part.targets, part.weights):
        statistics = Statistics.of(*block, n_threads=model.n_threads, columns=model._column_names)
        whole = statistics if whole is None else whole.merge(statistics)
    assert whole is not None
    solution = solver.solve_statistics(whole, alpha, callbacks=callbacks)
    _become(model, solution, part.X.shape[0], began, [model.training_] if known else [], growing=True)


def fit_batches(
    model: LinearRegression, batches: Iterable[Sequence[Any]], callbacks: Sequence[Callback], n_rows: int
) -> None:
    """Make the model the exact fit to the rows of all batches, about ``n_rows`` if that is known and not 0."""
    solver, alpha = _solver(model), _one_alpha(model)
    began = time.perf_counter()
    blocks = _Checked(model, batches)
    solution = solver.solve_blocks(
        blocks,
        alpha,
        callbacks=callbacks,
        columns=model._column_names,
        n_rows=n_rows,
        again=iter(batches) is not batches,
    )
    _become(model, solution, blocks.n_rows, began, [], growing=False)


def merge(model: LinearRegression, other: LinearRegression) -> None:
    """Make the model the exact fit to its rows and those of another."""
    solver, alpha = _solver(model), _one_alpha(model)
    mine, others = _statistics(model, "merge"), _statistics(other, "merge")
    if model.coefficient_names != other.coefficient_names:
        raise InvalidDataError(
            f"the two models were fitted to different columns, {_shown(model.coefficient_names)} and "
            f"{_shown(other.coefficient_names)}"
        )
    if (np.ndim(model.intercept_) == 0) != (np.ndim(other.intercept_) == 0):
        raise InvalidDataError("one model was fitted to targets of one dimension, the other of two")
    began = time.perf_counter()
    solution = solver.solve_statistics(mine.merge(others), alpha)
    _become(model, solution, 0, began, [model.training_, other.training_], growing=True)


class _Checked:
    """Batches that are checked as they come; the first says what columns and targets there are."""

    def __init__(self, model: LinearRegression, batches: Iterable[Sequence[Any]]) -> None:
        self.model, self.batches, self.n_rows = model, batches, 0

    def __iter__(self) -> Iterator[Block]:
        model, flat, self.n_rows = self.model, True, 0
        for number, batch in enumerate(self.batches):
            X, y, *weights = batch
            if issparse(X):
                solver_of_sparse("closed_form", "closed_form", X.shape[1])
            part = model._labelled(
                X,
                y,
                *weights,
                reset=not number,
                targets_known=False,
                exact=True,
                surveyed=True,
                streamed=True,
            )
            flat = flat if number else model._one_dimensional
            model._one_dimensional = flat
            self.n_rows += part.X.shape[0]
            blocks = iter(Blocks(part.X, part.targets, part.weights))
            del batch, part, X, y, weights  # so that they are not held while the next rows are read
            yield from blocks
            del blocks


def _become(
    model: LinearRegression,
    solution: ExactSolution,
    n_rows: int,
    began: float,
    before: Sequence[dict[str, Any]],
    *,
    growing: bool,
) -> None:
    """Make the model an exact fit to so many rows and those of the trainings before; ``growing`` if more may come."""
    found = RegressionFit.exact(solution)
    model._know(found)
    fit = solution.least_squares
    if not growing or fit.n_rows - fit.fit_intercept >= model.n_features_in_:
        found.warn(model.coefficient_names)
    model._set_coef(solution.coef, solution.intercept)
    model._stream = None
    seconds, threads = time.perf_counter() - began, FusedLoop.threads(model.n_threads)
    model.training_ = model._record(n_rows, seconds, "closed_form", str(solution.stopped), threads)
    for training in before:
        model._remember(training)
    done, history = (model.n_iter_, model.history_) if before else (0, [])
    model.n_iter_ = done + 1
    model.converged_ = True
    model.history_ = [*history, {**solution.epochs[0].record(), "epoch": done + 1}]


def _solver(model: LinearRegression) -> ClosedForm:
    return ClosedForm((), bool(model.fit_intercept), model.n_threads)


def _one_alpha(model: LinearRegression) -> float:
    """Return the weight of the penalty, refusing a choice of several."""
    if several(model.alpha):
        raise InvalidParameterError(
            f"alpha={model.alpha!r}: rows that come in parts are fitted with one weight of the penalty, not with the "
            f"best of several"
        )
    return alphas_of(model.alpha)[0]


def _statistics(model: LinearRegression, what: str) -> Statistics:
    """Return the statistics of the rows that a model has seen, which ``what`` needs."""
    check_is_fitted(model)
    if model.statistics_ is None:
        raise InvalidParameterError(
            f"{what} needs the statistics of the rows before, which a fit by solver='closed_form' to fewer columns "
            f"than rows keeps; this one was fitted by {model.training_.get('solver', 'sgd')!r}"
        )
    return model.statistics_


def _shown(names: Sequence[str]) -> str:
    """Return how many columns there are, and the first names."""
    more = ["…"] if len(names) > _NAMES_SHOWN else []
    return f"{len(names):,} ({', '.join([*names[:_NAMES_SHOWN], *more])})"
