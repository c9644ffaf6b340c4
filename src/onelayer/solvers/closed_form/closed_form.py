"""The exact solver: a pass that looks at the rows, a pass that sums them up, and equations of the columns' number."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from onelayer.errors import InvalidDataError, InvalidParameterError
from onelayer.objective import Objective
from onelayer.solvers.closed_form import precision, wide
from onelayer.solvers.closed_form.least_squares import LeastSquares, solve
from onelayer.solvers.closed_form.precision import summed
from onelayer.solvers.closed_form.rows import Block, Blocks
from onelayer.solvers.closed_form.spectrum import Spectrum
from onelayer.solvers.closed_form.statistics import Statistics
from onelayer.solvers.events import Callback, Epoch
from onelayer.solvers.run import Monitor
from onelayer.solvers.solution import Solution, Stopped
from onelayer.validation import check_finite


@dataclass
class ExactSolution(Solution):
    """The outcome of an exact solver.

    Attributes
    ----------
    least_squares : LeastSquares
        All that is known of the fit.
    statistics : Statistics or None
        From which it was solved, to which further rows can be added; None where the columns are so many more than the
        rows that they were not made.
    losses : (n_alphas,) float64, or empty
        For each of several alphas, in the order given, the mean loss by which one was chosen: that of the validation
        data where there is a monitor, else of each row left out.
    """

    least_squares: LeastSquares = field(kw_only=True)
    statistics: Statistics | None = field(kw_only=True)
    losses: NDArray = field(kw_only=True)

    @property
    def alpha(self) -> float:
        """The weight of the penalty, chosen if there were several."""
        return self.least_squares.alpha


@dataclass(frozen=True)
class ClosedForm:
    """Least squares and ridge regression, exactly.

    Attributes
    ----------
    alphas : tuple of float
        Weights of the penalty to choose from; empty for the objective's own.
    fit_intercept : bool
        For ``solve_blocks``; an objective has its own.
    n_threads : int or None
        Likewise. None for as many as there are cores; the result is the same.

    Examples
    --------
    >>> X = np.array([[2001.0], [2002.0], [2003.0], [2005.0]])
    >>> y = np.array([[1.0], [2.0], [3.0], [5.0]])
    >>> ClosedForm().solve_blocks([(X[:2], y[:2], None), (X[2:], y[2:], None)]).intercept
    array([-2000.])
    """

    alphas: tuple[float, ...] = ()
    fit_intercept: bool = True
    n_threads: int | None = None

    def solve(
        self,
        objective: Objective,
        monitor: Monitor | None = None,
        callbacks: Sequence[Callback] = (),
        columns: Sequence[str] | None = None,
    ) -> ExactSolution:
        """Minimise the objective, whose loss must be the squared one.

        Parameters
        ----------
        objective : Objective
        monitor : callable, optional
            Returns (loss, score) of (coef, intercept) on validation data; with several alphas, its loss chooses.
        callbacks : sequence of Callback
            They hear of one epoch.
        columns : sequence of str, optional
            Names of the columns of X, for messages.

        Raises
        ------
        InvalidDataError
            NaN or infinity in X or the targets.
        InvalidParameterError
            Another loss; several alphas, none of which leaves a row undetermined by itself.
        """
        if objective.loss.name != "squared":
            raise InvalidParameterError(
                f"loss={objective.loss.name!r}: the closed form is that of the squared loss; use another solver"
            )
        X, fit_intercept, weights = objective.X, objective.fit_intercept, objective.sample_weight
        blocks = Blocks(X, objective.targets, weights)
        n_rows, n_features = X.shape
        counted = n_rows if weights is None else int(np.count_nonzero(weights))
        n_threads = objective.n_threads if self.n_threads is None else self.n_threads
        own = replace(self, fit_intercept=fit_intercept, n_threads=n_threads)

        def fit() -> _Fit:
            if not wide.is_wide(counted, n_features, fit_intercept):
                statistics = own._sums_of_rows(blocks, n_rows, columns)
                return self._from_statistics(statistics, blocks, objective.alpha, fit_intercept, monitor)
            rows = next(iter(blocks))[0] if len(blocks) == 1 else X.array
            block = np.ascontiguousarray(rows), objective.targets, weights
            check_finite(block[0], "X", columns)
            check_finite(objective.targets, "y")
            spectrum = Spectrum.of_rows(*block, fit_intercept)
            alpha, losses = objective.alpha, _NONE
            if self.alphas:
                alpha, losses = self._choose(spectrum, counted, [block], monitor)
            return wide.solve(*block, spectrum, alpha), None, losses

        return _run(n_rows, fit, monitor, callbacks)

    def solve_blocks(
        self,
        blocks: Iterable[Block],
        alpha: float = 0.0,
        monitor: Monitor | None = None,
        callbacks: Sequence[Callback] = (),
        columns: Sequence[str] | None = None,
        n_rows: int = 0,
        again: bool = False,
    ) -> ExactSolution:
        """Return the same fit of rows that come in blocks (X, targets, weights), two of which are in memory at a time.

        The next block is read while one is summed up. With several alphas and no monitor the blocks are read twice:
        then ``blocks`` is an iterable that begins anew each time. ``n_rows`` is what callbacks hear, where it is known.
        Where ``again`` says that the blocks begin anew each time, their sums are made in float64 if that seems to be as
        good as doubled precision, and once more should it turn out not to be.

        Raises
        ------
        InvalidDataError
            NaN or infinity; blocks that do not fit each other; no row that counts.
        """

        def fit() -> _Fit:
            statistics = self._sums(blocks, columns, n_rows if again else 0, callbacks)
            return self._from_statistics(statistics, blocks, alpha, self.fit_intercept, monitor)

        return _run(n_rows, fit, monitor, callbacks)

    def solve_statistics(
        self,
        statistics: Statistics,
        alpha: float = 0.0,
        monitor: Monitor | None = None,
        callbacks: Sequence[Callback] = (),
    ) -> ExactSolution:
        """Return the same fit of rows of which only the statistics are left; several alphas need a monitor then."""

        def fit() -> _Fit:
            if self.alphas and monitor is None:
                raise InvalidParameterError(
                    "alpha: several values can be compared on all rows or on validation data, and both are missing; "
                    "give one value, or validation data"
                )
            return self._from_statistics(statistics, [], alpha, self.fit_intercept, monitor)

        return _run(statistics.n_rows, fit, monitor, callbacks)

    def _sums_of_rows(self, blocks: Blocks, n_rows: int, columns: Sequence[str] | None) -> Statistics:
        """Return the statistics of rows in memory, in one block or many."""
        if len(blocks) > 1:
            return self._sums(blocks, columns, n_rows, ())
        block = next(iter(blocks))
        return summed(*block, self.fit_intercept, n_threads=self.n_threads, columns=columns)

    def _sums(
        self,
        blocks: Iterable[Block],
        columns: Sequence[str] | None,
        n_rows: int,
        callbacks: Sequence[Callback],
    ) -> Statistics:
        """Return the statistics of all blocks, which are read twice where that turns out to be needed."""
        statistics = self._read(blocks, columns, n_rows, callbacks) if n_rows else None
        if statistics is None:
            statistics = self._read(blocks, columns, 0, callbacks)
        assert statistics is not None
        return statistics

    def _read(
        self,
        blocks: Iterable[Block],
        columns: Sequence[str] | None,
        n_rows: int,
        callbacks: Sequence[Callback],
    ) -> Statistics | None:
        """Return the statistics of all blocks, merged in their order; None where sums in float64 were not good enough.

        They are tried where ``n_rows``, about how many there are, is many.
        """
        statistics: Statistics | None = None
        pending: Future[Statistics] | None = None
        n_blocks = n_read = 0
        like: Statistics | None = None
        with ThreadPoolExecutor(1) as summing:
            for block in blocks:
                if n_blocks == 0:
                    like = precision.sample_that_suffices(*block, self.fit_intercept, n_rows)
                if pending is not None:
                    part = pending.result()
                    statistics = part if statistics is None else statistics.merge(part)
                pending = summing.submit(
                    partial(
                        Statistics.of,
                        *block,
                        precise=like is None,
                        like=like,
                        n_threads=self.n_threads,
                        columns=columns,
                    )
                )
                n_blocks += 1
                n_read += len(block[1])
                for callback in callbacks:
                    callback.on_rows(n_read)
                del block  # so that it is not held while the next one is read
        if pending is None:
            raise InvalidDataError("there are no rows; a fit needs at least one")
        last = pending.result()
        statistics = last if statistics is None else statistics.merge(last)
        good = like is None or precision.suffices(statistics, self.fit_intercept, n_blocks)
        return statistics if good else None

    def _from_statistics(
        self,
        statistics: Statistics,
        blocks: Iterable[Block],
        alpha: float,
        fit_intercept: bool,
        monitor: Monitor | None,
    ) -> _Fit:
        if not statistics.n_rows:
            raise InvalidDataError(
                "there are no rows that count; a fit needs at least one of positive weight"
            )
        losses = _NONE
        if self.alphas:
            spectrum = Spectrum.of(statistics, fit_intercept)
            alpha, losses = self._choose(spectrum, statistics.n_rows, blocks, monitor)
        return solve(statistics, alpha, fit_intercept), statistics, losses

    def _choose(
        self, spectrum: Spectrum, n_rows: int, blocks: Iterable[Block], monitor: Monitor | None
    ) -> tuple[float, NDArray]:
        """Return the α of least loss, the largest of several such, and the loss of each."""
        if monitor is None and n_rows < 2:
            raise InvalidDataError(
                f"alpha={list(self.alphas)}: one is chosen by leaving out one row at a time, and there is only one "
                f"sample (row) that counts; give at least two, or validation data"
            )
        if monitor is None:
            losses = spectrum.left_out(blocks, self.alphas)
        else:
            losses = np.array([monitor(*spectrum.coefficients(alpha))[0] for alpha in self.alphas])
        if not np.isfinite(losses).any():
            raise InvalidParameterError(
                f"alpha={list(self.alphas)}: with each of these some row determines its own fit, so that leaving it "
                f"out says nothing; give larger values, or validation data"
            )
        return max(
            alpha for alpha, loss in zip(self.alphas, losses, strict=True) if loss == losses.min()
        ), losses


_NONE = np.empty(0)
_Fit = tuple[LeastSquares, Statistics | None, NDArray]


def _run(
    n_rows: int, fit: Callable[[], _Fit], monitor: Monitor | None, callbacks: Sequence[Callback]
) -> ExactSolution:
    """Fit, look at the validation data, and tell the callbacks of it as of one epoch."""
    with ExitStack() as endings:
        for callback in callbacks:
            endings.callback(callback.on_end)
            callback.on_start(1, n_rows)
        began = time.perf_counter()
        found, statistics, losses = fit()
        seconds = time.perf_counter() - began
        loss, score = (None, None) if monitor is None else monitor(found.coef, found.intercept)
        record = Epoch(1, 1, seconds, found.mean_loss, loss, score, None, found.n_rows / seconds)
        wishes = [callback.on_epoch(record) for callback in callbacks]
    stopped = Stopped.CALLBACK if any(wish is True for wish in wishes) else Stopped.FINISHED
    return ExactSolution(
        found.coef,
        found.intercept,
        True,
        stopped,
        [record],
        gap=0.0,
        known=statistics,
        least_squares=found,
        statistics=statistics,
        losses=losses,
    )
