"""Linear regression: the layer without anything after it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, Self, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import issparse
from sklearn.base import RegressorMixin
from sklearn.utils import Tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from onelayer import validation
from onelayer.errors import InvalidDataError, InvalidParameterError
from onelayer.estimators.regression_parameters import (
    SOLVERS,
    alphas_of,
    check_alpha_for,
    losses_of,
    several,
    solver_of,
    solver_of_sparse,
)
from onelayer.estimators.single_layer import SingleLayer, Task, Weighting, as_given
from onelayer.losses.regression import RegressionLoss
from onelayer.objective import Objective
from onelayer.solvers.events import Callback, Epoch, listeners
from onelayer.solvers.fused import FusedLoop
from onelayer.solvers.loop import Loop
from onelayer.solvers.sgd import SGD
from onelayer.solvers.solution import Solution

if TYPE_CHECKING:
    from onelayer.estimators.regression_fit import RegressionFit
    from onelayer.inference.intervals import Interval
    from onelayer.inference.summary import Summary
    from onelayer.solvers.closed_form import LeastSquares, Statistics
    from onelayer.solvers.newton import Newton


def _streams(model: LinearRegression) -> bool:
    """Tell whether rows can be taken in part by part."""
    return model.solver != "newton" and not several(model.alpha)


class LinearRegression(RegressorMixin, SingleLayer):
    """A linear layer fitted to targets, of one output or several.

    Scores S = XW + b; objective F(W, b) = Σᵢ wᵢ·ℓ(Sᵢ, yᵢ) / Σᵢ wᵢ + α/2·‖W‖². The intercept is not penalised. For
    uint8 inputs W belongs to X/255.

    ============= ========================= ================= ==============================================
    loss          ℓ of r = y − s             estimates         solver "auto"
    ============= ========================= ================= ==============================================
    "squared"     ½r²                        the mean          "closed_form": exact, by mergeable statistics
    "absolute"    \\|r\\|                      the median        "newton": to the optimum
    "huber"       ½r² up to δ, then linear   a robust mean     "newton"
    "quantile"    q·r⁺ + (1 − q)·r⁻          the q-quantile    "newton"
    ============= ========================= ================= ==============================================

    Parameters
    ----------
    loss : {"squared", "absolute", "huber", "quantile"}, default "squared"
    delta : float, default 1.35
        Huber's δ, in units of ``scale``.
    scale : float or "auto", default "auto"
        Scale σ of the noise for Huber's loss, whose δ is ``delta``·σ: estimated together with the coefficients, so that
        σ² = Σ wᵢ·min(rᵢ², δ²) / Σ wᵢ; or a number in units of y, 1 for a δ in units of y. "sgd" estimates it once, from
        at most 20,000 of the first rows that it sees. An estimate needs a ``delta`` above 1, and of a sparse X up to
        2,048 columns.
    quantile : float or list of float, default 0.5
        q of the quantile loss, between 0 and 1; a list of them makes a model with an output for each.
    alpha : float or list of float, default 0.0
        Weight of the L2 penalty. Of a list, for the squared loss, the one with the least error is taken: on X_val and
        y_val where these are given, else by leaving out one row at a time.
    solver : {"auto", "closed_form", "newton", "sgd"}, default "auto"
        "closed_form" for the squared loss, "newton" for the others. "auto" is one of these, unless one of the
        parameters that only minibatch SGD has is not at its default: ``epochs``, ``batch_size``,
        ``learning_rate``, ``schedule``, ``momentum`` or ``early_stopping``; then it is "sgd". So it is where X is
        sparse, unless the loss is squared and X has 2,048 columns at most; the exact solvers refuse such an X.
    max_iter, tol : int, float, default 200, 1e-8
        Of "newton": it stops at the latest after so many iterations, and as soon as ``gap_`` is certainly no more than
        ``tol``.
    fit_intercept, epochs, batch_size, learning_rate, schedule, momentum, early_stopping, n_iter_no_change, \
validation_fraction, warm_start, random_state, n_threads
        As for ``SoftmaxRegression``.

    Attributes
    ----------
    coef_ : (n_features,) array, (n_outputs, n_features) when y has two dimensions or there are several quantiles
        Weights in units of X as given; float64 from the exact solvers.
    intercept_ : float, (n_outputs,) array where ``coef_`` has two dimensions
    losses_ : tuple of Loss
        The loss of each output, with δ in units of y.
    scale_ : float, list of float, or None
        σ of Huber's loss, of each output where several are estimated; 0 where most rows are fitted perfectly.
    alpha_ : float
        The penalty's weight that was used.
    gap_ : float or None
        How far F is above its least value at most, relative to it, or, where a few residuals far out are most of it, to
        what it would be if they were ten times the usual one; None after "sgd".
    statistics_ : Statistics or None
        What "closed_form" knows of all rows seen; ``partial_fit`` and ``merge`` add to it. None after another solver,
        and after ``fit`` to more than 512 columns and fewer rows.
    least_squares_ : LeastSquares or None
        All that follows from these, such as the inverse of XᵀX.
    rank_ : int or None
        Of "closed_form": how many columns are independent.
    condition_ : float or None
        Of "closed_form": condition number of the columns, centred and scaled to length one.
    n_features_in_, feature_names_in_, n_iter_, converged_, history_, training_
        As for ``SoftmaxRegression``; ``val_score`` is R². An exact solver has one record for each iteration. Of several
        quantiles ``training_["parts"]`` has iterations, convergence and gap of each, and what others add to its losses.

    Notes
    -----
    Cost of "closed_form": 2·n_rows·n_features² floating-point operations, the same again for several alphas without
    validation data. Of an epoch of "sgd": 4·n_rows·n_features·n_outputs. Memory: X is not copied.

    References
    ----------
    Zhang, Lipton, Li and Smola, *Dive into Deep Learning*, chapter 3; Björck, *Numerical Methods for Least Squares
    Problems*, 1996; Huber, *Robust Statistics*, 1981, 7.7; Koenker, *Quantile Regression*, 2005.

    Examples
    --------
    >>> X = np.linspace(0, 1, 100)[:, None]
    >>> y = 2 * X[:, 0] + 1
    >>> model = LinearRegression().fit(X, y)
    >>> model.coef_.round(12), round(float(model.intercept_), 12)
    (array([2.]), 1.0)
    >>> y[3] = 1000
    >>> LinearRegression(loss="absolute").fit(X, y).coef_.round(6)
    array([2.])
    """

    # set by fit
    losses_: tuple[RegressionLoss, ...]
    scale_: float | list[float] | None
    alpha_: float
    gap_: float | None
    rank_: int | None
    condition_: float | None
    statistics_: Statistics | None
    _found: RegressionFit
    least_squares_: LeastSquares | None

    _solvers = SOLVERS

    def __init__(
        self,
        *,
        loss: str = "squared",
        delta: float = 1.35,
        scale: float | Literal["auto"] = "auto",
        quantile: float | Sequence[float] = 0.5,
        alpha: float | Sequence[float] = 0.0,
        solver: str = "auto",
        fit_intercept: bool = True,
        max_iter: int = 200,
        tol: float = 1e-8,
        epochs: int = 10,
        batch_size: int = 256,
        learning_rate: float | Literal["auto"] = "auto",
        schedule: str = "auto",
        momentum: float = 0.0,
        early_stopping: bool = False,
        n_iter_no_change: int = 5,
        validation_fraction: float = 0.1,
        warm_start: bool = False,
        random_state: int | np.random.RandomState | None = None,
        n_threads: int | None = None,
    ) -> None:
        self.loss = loss
        self.delta = delta
        self.scale = scale
        self.quantile = quantile
        self.alpha = alpha
        self.solver = solver
        self.fit_intercept = fit_intercept
        self.max_iter = max_iter
        self.tol = tol
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.momentum = momentum
        self.early_stopping = early_stopping
        self.n_iter_no_change = n_iter_no_change
        self.validation_fraction = validation_fraction
        self.warm_start = warm_start
        self.random_state = random_state
        self.n_threads = n_threads

    @overload
    def predict(self, X: ArrayLike, *, interval: None = ..., kind: str = ...) -> NDArray: ...

    @overload
    def predict(self, X: ArrayLike, *, interval: float, kind: str = ...) -> Interval: ...

    def predict(
        self, X: ArrayLike, *, interval: float | None = None, kind: str = "prediction"
    ) -> NDArray | Interval:
        """Return X @ coef_.T + intercept_, in the shape of the targets; and bounds around it on request.

        Parameters
        ----------
        X : (n_rows, n_features) array or frame
        interval : float, optional
            A probability, such as 0.95. Then the result is a named tuple (prediction, lower, upper).
        kind : {"prediction", "confidence"}
            Whether a new target lies between the bounds with that probability, or the mean of targets of such rows.

        Raises
        ------
        InvalidParameterError
            A probability outside (0, 1), or a model that is not an exact fit of the squared loss, or has a penalty.
        """
        if interval is None:
            scores = self._scores(X)
            return scores[:, 0] if np.ndim(self.intercept_) == 0 else scores
        from onelayer.inference.intervals import Interval, predict_interval

        bounds = predict_interval(self._exact_fit("interval"), self._inputs(X).stored, interval, kind=kind)
        return Interval(*(each[:, 0] for each in bounds)) if np.ndim(self.intercept_) == 0 else bounds

    def score(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Return R², averaged over the outputs; of several quantiles, the mean share of the pinball loss explained."""
        if not self._several_quantiles:
            return super().score(X, y, sample_weight)
        from sklearn.metrics import d2_pinball_score

        quantiles = zip(self.quantile, self._scores(X).T, strict=True)  # type: ignore[arg-type]
        shares = [d2_pinball_score(y, s, sample_weight=sample_weight, alpha=q) for q, s in quantiles]
        return float(np.mean(shares))

    def summary(
        self,
        X: ArrayLike | None = None,
        y: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        *,
        covariance: str = "classical",
        level: float = 0.95,
        n_resamples: int = 200,
        random_state: int | np.random.RandomState | None = 0,
        outputs: Sequence[str] | None = None,
    ) -> Summary:
        """Return the coefficients with their standard errors and intervals, and the figures of the fit.

        Parameters
        ----------
        X, y, sample_weight : arrays, optional
            The rows that the model was fitted to. They are needed for all but the classical errors of the squared loss,
            and for the log-likelihood of a weighted fit.
        covariance : {"classical", "HC0", "HC1", "HC2", "HC3", "bootstrap"}
            What the errors rest on: the same variance in every row; or any variance; or fits to resampled rows. Losses
            other than the squared have the bootstrap only, and no errors where "classical" is asked for.
        level : float
            Probability of the intervals.
        n_resamples, random_state : int
            Of the bootstrap.
        outputs : sequence of str, optional
            Names of the targets; y, or y0, y1, … by default.

        Raises
        ------
        InvalidParameterError
            Rows that are needed and not given, or a model of the squared loss that is not an exact fit.
        InvalidDataError
            Rows other than those of a fit of the squared loss, by their number, weights, means or residuals.

        Examples
        --------
        >>> random = np.random.RandomState(0)
        >>> X = random.randn(100, 2)
        >>> model = LinearRegression().fit(X, X @ [1.0, 0.0] + random.randn(100))
        >>> model.summary().outputs[0].coefficients.p.round(3)
        array([0.596, 0.   , 0.568])
        """
        from onelayer.estimators.fit_summary import fit_summary

        check_is_fitted(self)
        if (X is None) != (y is None) or (X is None and sample_weight is not None):
            raise InvalidDataError("X and y go together, and sample_weight with them: give all or none")
        rows = None
        if X is not None:
            rows = self._labelled(X, y, sample_weight, exact=True)
            self._get_coef(self._n_outputs(rows.targets))
        names = self.output_names if outputs is None else outputs
        return fit_summary(self, rows, covariance, level, n_resamples, random_state, names)

    @property
    def output_names(self) -> list[str]:
        """A name for each output: y where it is alone, else y0, y1, …; with several quantiles y at q."""
        if self._several_quantiles:
            return [f"y at {q:g}" for q in self.quantile]  # type: ignore[union-attr]
        n_outputs = len(np.atleast_1d(self.intercept_))
        return ["y"] if n_outputs == 1 else [f"y{k}" for k in range(n_outputs)]

    @available_if(_streams)
    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        callbacks: Sequence[Callback] = (),
    ) -> Self:
        """Take in these rows beside those before.

        With solver "closed_form" the result is that of one ``fit`` to all rows, whatever the calls that they came in.
        With "sgd", and with "auto" for the other losses, it is one more epoch over these rows, as of
        ``SoftmaxRegression.partial_fit``. There is none with solver "newton", which needs all rows at once, nor with a
        list for ``alpha``.
        """
        from onelayer.estimators.exact_stream import add_rows

        with self._unchanged_on_failure():
            known = self.__sklearn_is_fitted__()
            if self._solver_for(X, self._method()) != "closed_form":
                return self._go_on(X, y, sample_weight, callbacks, targets_known=known)
            self._check_parameters()
            add_rows(self, X, y, sample_weight, listeners(callbacks))
        return self

    def fit_batches(
        self,
        batches: Iterable[Sequence[Any]] | Callable[[], Iterable[Sequence[Any]]],
        *,
        n_rows: int = 0,
        buffer_size: int | None = None,
        X_val: ArrayLike | None = None,
        y_val: ArrayLike | None = None,
        sample_weight_val: ArrayLike | None = None,
        callbacks: Sequence[Callback | Callable[[Epoch], bool | None]] = (),
    ) -> Self:
        """Fit to rows that come in batches and need not fit into memory.

        The squared loss is fitted exactly, unless a parameter asks for minibatch SGD, with two batches in memory at a
        time; the other losses by minibatch SGD, as ``SoftmaxRegression.fit_batches`` does.

        Parameters
        ----------
        batches : iterable of (X, y) or (X, y, sample_weight), or function that returns one
            For the exact fit gone through once, or twice where ``n_rows`` says so; for minibatch SGD see
            ``onelayer.estimators.stream_fit.fit_stream``.
        n_rows : int, default 0
            About how many rows there are, if that is known. For the exact fit: where they are many, columns nearly
            orthogonal, and the batches of a kind that begins anew each time it is gone through, as a list is, the
            faster of two ways to sum is tried, which may want a second look at the rows.
        buffer_size, X_val, y_val, sample_weight_val
            Of minibatch SGD, as for ``SoftmaxRegression.fit_batches``.
        callbacks : sequence of Callback or functions

        Raises
        ------
        InvalidParameterError
            solver="newton", which needs all rows at once; a list for ``alpha`` or ``quantile``.
        InvalidDataError
            What ``fit`` would refuse; or no rows at all.

        Examples
        --------
        >>> X = np.arange(10.0)[:, None]
        >>> model = LinearRegression().fit_batches((X[i : i + 2], 3 * X[i : i + 2, 0]) for i in range(0, 10, 2))
        >>> model.coef_, model.training_["n_rows"]
        (array([3.]), 10)
        """
        from onelayer.estimators.exact_stream import fit_batches
        from onelayer.estimators.stream_fit import fit_stream

        validation_data = X_val, y_val, sample_weight_val
        with self._unchanged_on_failure():
            self._check_parameters()
            if not self.solves_exactly:
                self._check_streams()
                fit_stream(self, batches, None, n_rows, buffer_size, validation_data, callbacks)
                return self
            if any(each is not None for each in (buffer_size, *validation_data)):
                raise InvalidParameterError(
                    "buffer_size, X_val, y_val and sample_weight_val are for minibatch SGD; give solver='sgd' for that"
                )
            n_rows = validation.check_integer("n_rows", n_rows, 0)
            fit_batches(self, batches() if callable(batches) else batches, listeners(callbacks), n_rows)
        return self

    def _check_streams(self) -> None:
        """Refuse what minibatch SGD does not do with rows that come in batches."""
        if self.solver == "newton":
            raise InvalidParameterError(
                "solver='newton' needs all rows at once; batches are fitted by solver='sgd' or 'auto'"
            )
        if self._has_several:
            raise InvalidParameterError(
                "a list for alpha or quantile: batches are fitted with one penalty and one quantile at a time"
            )

    def merge(self, other: LinearRegression) -> Self:
        """Take in the rows that another model was fitted to, as ``partial_fit`` would; the other stays as it is.

        Raises
        ------
        InvalidDataError
            A model of other columns or outputs.
        InvalidParameterError
            A model without ``statistics_``, or a list for ``alpha``.
        """
        from onelayer.estimators.exact_stream import merge

        with self._unchanged_on_failure():
            merge(self, other)
        return self

    def _know(self, found: RegressionFit) -> None:
        """Set the attributes that a fit has beside its coefficients."""
        self._found = found
        self.losses_, self.scale_, self.alpha_, self.gap_ = found.losses, found.scale, found.alpha, found.gap
        self.rank_, self.condition_ = found.rank, found.condition
        self.statistics_, self.least_squares_ = found.statistics, found.least_squares

    def facts(self) -> tuple[dict[str, Any], dict[str, NDArray]]:
        """Return scale, penalty, gap, rank and condition, and the statistics of all rows seen."""
        return self._found.facts()

    def recall(self, facts: dict[str, Any], arrays: dict[str, NDArray]) -> None:
        """Take back what ``facts`` returned; a file of before there were any has none."""
        from onelayer.estimators.regression_fit import RegressionFit

        self._one_dimensional = np.ndim(self.intercept_) == 0
        alpha = 0.0 if several(self.alpha) else float(self.alpha)
        known = np.atleast_2d(self.coef_), self._losses, alpha, bool(self.fit_intercept)
        self._know(RegressionFit.recalled(facts, arrays, *known))

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = self.solver != "newton"
        tags.target_tags.multi_output = not self._several_quantiles
        median = not several(self.quantile) and self.quantile == 0.5
        tags.regressor_tags.poor_score = self.loss == "quantile" and not median  # by R²
        return tags

    @property
    def optimality_gap_(self) -> float | None:
        """The same as ``gap_``, under the name that it has for a classifier."""
        return self.gap_

    @property
    def solves_exactly(self) -> bool:
        """Whether the parameters ask for the closed form, which needs no more than one batch of rows at a time."""
        return self._method() == "closed_form"

    @property
    def _streams(self) -> bool:
        return super()._streams and not self._has_several and not self.solves_exactly

    @property
    def _has_several(self) -> bool:
        """Whether there are several penalties to choose from, or several quantiles."""
        return several(self.alpha) or self._several_quantiles

    @property
    def _several_quantiles(self) -> bool:
        return self.loss == "quantile" and several(self.quantile)

    @property
    def _separate_outputs(self) -> bool:
        return len(self._losses) > 1

    @property
    def _losses(self) -> tuple[RegressionLoss, ...]:
        """The losses to fit: one, or one for each quantile; δ of Huber's in units of the scale."""
        return losses_of(self.loss, self.delta, self.quantile)

    @property
    def _loss(self) -> RegressionLoss:
        return self._losses[0]

    def _method(self, loop: type[Loop] = FusedLoop) -> str:
        method = solver_of(self.loss, self.solver, vars(self), loop)
        check_alpha_for(method, self.alpha)
        return method

    def _solver_for(self, X: Any, method: str) -> str:
        if not issparse(X):
            return method
        method = solver_of_sparse(self.solver, method, X.shape[1])
        check_alpha_for(method, self.alpha)
        return method

    def _check_alpha(self) -> None:
        alphas_of(self.alpha)
        validation.check_integer("max_iter", self.max_iter)
        validation.check_real("tol", self.tol, 0)
        validation.check_real("scale", self.scale, 0, word="auto")

    def _learn_targets(self, y: NDArray, *, again: bool) -> None:
        if self._several_quantiles and np.ndim(y) > 1 and y.shape[1] > 1:
            raise InvalidDataError(f"y has {y.shape[1]} outputs; several quantiles are fitted to one")
        one = self._one_dimensional if again else np.ndim(y) == 1
        self._one_dimensional = one and not self._several_quantiles

    def _read_targets(self, y: NDArray, name: str) -> NDArray:
        targets = validation.as_targets(name, y)
        validation.check_finite(targets, name)
        return targets[:, None] if targets.ndim == 1 else targets

    def _weighted(self, targets: NDArray, weights: NDArray | None) -> tuple[NDArray, NDArray | None]:
        return as_given(targets, weights)

    def _meet(self, y: Any) -> None:
        self._learn_targets(np.asarray(y), again="_one_dimensional" in vars(self))

    def _tally(self, before: NDArray | None, targets: NDArray, weights: NDArray | None) -> NDArray:
        return np.zeros(0)

    def _weighting(self, tally: NDArray, total: float, *, whole: bool) -> tuple[Weighting, float]:
        return as_given, total

    def _n_outputs(self, targets: NDArray) -> int:
        return max(targets.shape[1], len(self._losses))

    def _objective_alpha(self, total_weight: float) -> float:
        return alphas_of(self.alpha)[0]

    def _set_coef(self, coef: NDArray, intercept: NDArray) -> None:
        self.coef_ = coef[0] if self._one_dimensional else coef
        self.intercept_ = intercept[0] if self._one_dimensional else intercept

    def _get_coef(self, n_outputs: int) -> tuple[NDArray, NDArray]:
        coef, intercept = np.atleast_2d(self.coef_), np.atleast_1d(self.intercept_)
        if len(coef) != n_outputs:
            raise InvalidDataError(f"y has {n_outputs} outputs; the model was fitted to {len(coef)}")
        return coef, intercept

    def _score_of(self, scores: NDArray, targets: NDArray, weights: NDArray | None) -> float | None:
        if len(targets) < 2 or scores.shape != targets.shape:
            return None
        from sklearn.metrics import r2_score

        return float(r2_score(targets, scores, sample_weight=weights))

    def _minimise(self, sgd: SGD, method: str, task: Task) -> Solution:
        """Run the solver of this name and remember what it found out."""
        from onelayer.estimators import regression_solvers as by

        run = partial(super()._minimise, sgd, method)
        if method == "closed_form":
            alphas = alphas_of(self.alpha) if several(self.alpha) else ()
            solution, found = by.closed_form(alphas, task, self._monitor(task), self._column_names)
            if task.before is None:
                found.warn(self.coefficient_names)
        elif method == "newton":
            fit = partial(by.newton, self._newton)
            solution, found = by.fit_each(fit, task, self._losses, go_on=True)
            solution = by.validated(solution, found, task, self._score_of)
            by.warn_of_rank(solution, task, self.coefficient_names)
        else:
            fit = partial(by.sgd, run, self._scale_of_sgd(task))
            solution, found = by.fit_each(fit, task, self._losses, go_on=False)
        self._know(found)
        return solution

    def _objective_of_sgd(self, task: Task) -> Objective:
        from onelayer.estimators.regression_solvers import sgd_objective

        objective, found = sgd_objective(self._scale_of_sgd(task), task, self._loss)
        self._know(found)
        return objective

    @property
    def _newton(self) -> Newton:
        from onelayer.solvers.newton import Newton

        return Newton(self.max_iter, self.tol, self.n_threads, self.scale if self.loss == "huber" else 1.0)

    def _scale_of_sgd(self, task: Task) -> Any:
        """Return the scale of Huber's loss: the one given, else that of the rows before, else "auto"."""
        known = vars(self).get("scale_") if task.start is not None and self.scale == "auto" else None
        return float(np.mean(known)) if known else self.scale

    def _exact_fit(self, what: str) -> LeastSquares:
        """Return all that is known of the exact fit, which ``what`` needs."""
        check_is_fitted(self)
        if self.least_squares_ is None and self.training_.get("solver") == "closed_form":
            raise InvalidParameterError(
                f"{what} needs more of the fit to fewer rows than columns than its coefficients, which a model file "
                f"does not hold; fit it again"
            )
        if self.least_squares_ is None:
            raise InvalidParameterError(
                f"{what} needs a model of the squared loss fitted by solver='closed_form'; this one was fitted by "
                f"{self.training_.get('solver', 'sgd')!r} to the loss {self.loss!r}"
            )
        return self.least_squares_
