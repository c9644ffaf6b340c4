"""Softmax regression: the classifier of one layer."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from onelayer import validation
from onelayer.errors import InvalidDataError, InvalidParameterError
from onelayer.estimators.class_weights import (
    added_weights,
    check_every_class,
    check_several,
    class_factors,
    class_weighted,
    factored,
)
from onelayer.estimators.sgd_parameters import asks_for_sgd
from onelayer.estimators.single_layer import SingleLayer, Task, Weighting, as_given
from onelayer.labels import are_soft, soft_labels
from onelayer.losses import CrossEntropy
from onelayer.losses.cross_entropy import weight_of_classes
from onelayer.objective import Objective
from onelayer.solvers.events import Callback, Epoch
from onelayer.solvers.fused import FusedLoop
from onelayer.solvers.loop import Loop
from onelayer.solvers.sgd import SGD
from onelayer.solvers.solution import Solution

if TYPE_CHECKING:
    from onelayer.explanation import Explanation

_TEXT = "USO"  # kinds of arrays of text
_LABELS = "iubUS"  # kinds that can be nothing but labels
_TOL, _TOL_OF_SINGLE = 1e-14, 1e-10


class SoftmaxRegression(ClassifierMixin, SingleLayer):
    """Multinomial logistic regression: one linear layer, a softmax, cross-entropy.

    Scores S = XW + b; probabilities p = softmax(S); objective
    F(W, b) = Σᵢ wᵢ·(log Σₖ exp Sᵢₖ − Sᵢ,yᵢ) / Σᵢ wᵢ + α/2·‖W‖². The intercept is not penalised. For uint8 inputs W
    belongs to X/255; for two classes it is the weight of the difference of their scores, as in scikit-learn.

    Parameters
    ----------
    alpha : float or "auto", default "auto"
        Weight of the L2 penalty. "auto" is 1/Σw, scikit-learn's C = 1.
    solver : {"auto", "lbfgs", "sgd"}, default "auto"
        "lbfgs" goes to the optimum: a quasi-Newton method in the metric of the Hessian
        (``onelayer.solvers.lbfgs.LBFGS``). "sgd" is minibatch stochastic gradient descent. "auto" is "sgd" where one
        of its parameters (``epochs``, ``batch_size``, ``learning_rate``, ``schedule``, ``momentum``,
        ``early_stopping``) is not at its default, else "lbfgs"; for ``fit_batches`` and ``partial_fit`` always "sgd".
    fit_intercept : bool, default True
    max_iter : int, default 1000
        Of "lbfgs": iterations at most.
    tol : float or "auto", default "auto"
        Of "lbfgs": it stops as soon as the objective is estimated to be above its least value by no more than ``tol``
        of itself. "auto" is 1e-14 for X of float64, which gives probabilities to some seven digits, else 1e-10.
    epochs : int, default 10
        Of "sgd", as all that follow up to ``validation_fraction``: passes over the data.
    batch_size : int, default 256
        Rows of a minibatch.
    learning_rate : float or "auto", default "auto"
        Size of a step. "auto" standardises the inputs internally (sparse ones are scaled, not centred) and sets the
        rate from the curvature of the data.
    schedule : {"auto", "constant", "step", "cosine", "1/t"}, default "auto"
        How the rate changes from epoch to epoch; "auto" is "constant" for a given rate, else "cosine".
    momentum : float, default 0.0
        In [0, 1).
    early_stopping : bool, default False
        Stop after ``n_iter_no_change`` epochs without a lower validation loss and keep the best epoch's parameters.
        The validation data are those given to ``fit``, else ``validation_fraction`` of the rows, set aside.
    n_iter_no_change : int, default 5
    validation_fraction : float, default 0.1
    warm_start : bool, default False
        Go on from the last fit; the classes stay.
    random_state : int, RandomState or None, default None
        Order of the rows.
    n_threads : int or None, default None
        Threads; all cores by default. The result is the same to the bit for any number.
    class_weight : dict, "balanced" or None, default None
        Factor of each class's rows; "balanced" is n_rows / (n_classes · rows of the class), rows counted by their
        weights and classes without any left out. A row of soft labels is a row for each class, weighted by its
        probability, and each gets the factor of its class.

    Attributes
    ----------
    classes_ : (n_classes,) array
    coef_ : (n_classes, n_features) array, (1, n_features) for two classes
        Weights in units of X as given; float64 if fitted exactly.
    intercept_ : (n_classes,) array, (1,) for two classes
    temperature_ : float
        What the scores are divided by in probabilities: 1 until ``calibrate`` finds another, and after each fit.
    n_features_in_ : int
    feature_names_in_ : (n_features_in_,) array of str
        When X has column names.
    n_iter_ : int
        Epochs or iterations done.
    converged_ : bool
        Of "lbfgs", whether ``tol`` was reached; of "sgd", whether early stopping ended the run.
    objective_ : float or None
        Of "lbfgs": F at the end.
    optimality_gap_ : float or None
        Of "lbfgs": an upper bound of how far F is above its least value, relative to F; infinite without a penalty.
    history_ : list of dict
        One record per epoch: epoch, seconds, train_loss, val_loss, val_score, learning_rate, rows_per_second.
    training_ : dict
        Seconds, rows, threads, seed, versions, implementation, how the run ended.

    Notes
    -----
    Cost of an epoch, and of an iteration: 4·n_rows·n_features·n_classes floating-point operations; of a sparse X, the
    values that are stored in place of n_rows·n_features. "lbfgs" takes some ten to forty, and up to once or twice the
    Hessian or an approximation of it, where that saves more iterations than it costs. Memory: X is not copied; some MB
    and a few times the size of W, and with "lbfgs" the square of n_features·n_classes where that is at most 8,192, and
    a sparse X a second time, by columns.

    y may also have a probability for each class in each row (soft labels), which sum to 1; a label is a row with a
    single 1. Then ``classes_`` are 0, 1, …, and the loss of a row is −Σₖ yₖ·log pₖ.

    References
    ----------
    Zhang, Lipton, Li and Smola, *Dive into Deep Learning*, chapter 4. Bishop, *Pattern Recognition and Machine
    Learning*, 4.3.4.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> model = SoftmaxRegression().fit(X, y)
    >>> round(model.score(X, y), 3), round(model.objective_, 6)
    (0.973, 0.192575)
    >>> model.predict_proba(X[:1]).sum().round(6)
    np.float64(1.0)
    """

    classes_: NDArray
    temperature_: float
    objective_: float | None
    optimality_gap_: float | None

    _solvers = ("auto", "lbfgs", "sgd")

    def __init__(
        self,
        *,
        alpha: float | Literal["auto"] = "auto",
        solver: str = "auto",
        fit_intercept: bool = True,
        max_iter: int = 1000,
        tol: float | Literal["auto"] = "auto",
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
        class_weight: Mapping[Any, float] | Literal["balanced"] | None = None,
    ) -> None:
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
        self.class_weight = class_weight

    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        *,
        callbacks: Sequence[Callback] = (),
    ) -> Self:
        """Go on for one epoch over these rows.

        Parameters
        ----------
        X, y, sample_weight
            As for ``fit``. The columns of soft labels are those of ``classes_``, in order.
        classes : array, optional
            All classes, if known at the first call. Labels not seen before are taken in as they come, with weights
            zero; then ``coef_`` grows.
        callbacks : sequence of Callback

        Notes
        -----
        With automatic rate, the standardisation and the rate rest on all rows of the stream so far. The rate is
        constant, or η/t at the t-th call with schedule "1/t"; velocities of the momentum are not kept between calls,
        and "balanced" class weights are those of the rows given.
        """
        with self._unchanged_on_failure():
            known = self._beside(y, classes)
            if self.__sklearn_is_fitted__():
                self._grow(known)
            else:
                self.classes_ = known
            return self._go_on(X, y, sample_weight, callbacks, targets_known=True)

    def fit_batches(
        self,
        batches: Iterable[Sequence[Any]] | Callable[[], Iterable[Sequence[Any]]],
        *,
        classes: ArrayLike | None = None,
        n_rows: int = 0,
        buffer_size: int | None = None,
        X_val: ArrayLike | None = None,
        y_val: ArrayLike | None = None,
        sample_weight_val: ArrayLike | None = None,
        callbacks: Sequence[Callback | Callable[[Epoch], bool | None]] = (),
    ) -> Self:
        """Train by minibatch SGD on rows that come in batches and need not fit into memory.

        So does solver="auto": the exact solver needs all rows at once. With ``learning_rate="auto"`` the rate follows
        from the rows, as it does in ``fit``.

        Parameters
        ----------
        batches, n_rows, buffer_size
            As of ``onelayer.estimators.stream_fit.fit_stream``, which says how the rows are shuffled.
        classes : array, optional
            All classes, and perhaps some without a row. By default those of all rows, or, where these come only once,
            of the first ``buffer_size``; a label that is none of them is refused.
        X_val, y_val, sample_weight_val : arrays, optional
            Validation data, looked at after each epoch. Without them, ``early_stopping`` sets ``validation_fraction``
            of the rows aside.
        callbacks : sequence of Callback or functions
            They also hear how many rows of an epoch are done.

        Raises
        ------
        InvalidDataError
            What ``fit`` would refuse, with the number of the batch, from 0, and the row in it; no rows; other rows the
            second time. The model stays as it was.
        InvalidParameterError
            solver="lbfgs", which needs all rows at once; more than one epoch of batches that come only once.
        DivergenceError
            When the loss runs away with a given learning rate.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> X, y = load_iris(return_X_y=True)
        >>> batches = [(X[i::5], y[i::5]) for i in range(5)]
        >>> SoftmaxRegression(epochs=50, random_state=0).fit_batches(batches).score(X, y) > 0.9
        True
        """
        from onelayer.estimators.stream_fit import fit_stream

        with self._unchanged_on_failure():
            self._method()  # one of the solvers there are
            if self.solver == "lbfgs":
                raise InvalidParameterError(
                    "solver='lbfgs' needs all rows at once; batches are fitted by solver='sgd' or 'auto'"
                )
            validation_data = X_val, y_val, sample_weight_val
            fit_stream(self, batches, classes, n_rows, buffer_size, validation_data, callbacks)
        return self

    def _named_classes(self, y: ArrayLike, classes: ArrayLike | None) -> NDArray:
        """Return the classes of a part of a stream: those given, its labels, or for unnamed soft labels 0, 1, …."""
        given = None if classes is None else self._label_array(classes, "classes")
        labels = np.asarray(y)
        if not are_soft(labels):
            known = self._label_array(y, "y")
            return known if given is None else np.union1d(known, given)
        return vars(self).get("classes_", np.arange(labels.shape[1])) if given is None else given

    def _beside(self, y: Any, classes: ArrayLike | None) -> NDArray:
        """Return the classes of a part of a stream beside those known before."""
        known, before = self._named_classes(y, classes), vars(self).get("classes_")
        if before is None:
            return np.unique(known)
        if (known.dtype.kind in _TEXT) != (before.dtype.kind in _TEXT):
            raise InvalidDataError(
                f"y has labels such as {known[:1].tolist()[0]!r}; the model's classes are of another kind, "
                f"such as {before[:1].tolist()[0]!r}"
            )
        return np.union1d(before, known)

    def _meet(self, y: Any) -> NDArray[np.intp] | None:
        before = vars(self).get("classes_")
        self.classes_ = self._beside(y, None)
        if before is None or len(before) == len(self.classes_):
            return None
        return np.searchsorted(self.classes_, before)

    def _grow(self, classes: NDArray) -> None:
        """Take in new classes: rows of zeros in ``coef_``, which is one row only for two classes."""
        if len(classes) == len(self.classes_):
            return
        coef, intercept = self._get_coef(len(self.classes_))
        places = np.searchsorted(classes, self.classes_)
        grown = np.zeros((len(classes), coef.shape[1]), coef.dtype)
        grown_intercept = np.zeros(len(classes), intercept.dtype)
        grown[places], grown_intercept[places] = coef, intercept
        self.classes_ = classes
        self._set_coef(grown, grown_intercept)

    def calibrate(self, X_val: ArrayLike, y_val: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Find the temperature at which the probabilities are the likeliest on rows that were held out.

        ``temperature_`` becomes the T > 0 of the least mean cross-entropy of softmax(scores / T): above 1 for a model
        that is too sure of itself. Probabilities change, and scores and predicted classes stay. ``fit`` and
        ``partial_fit`` set it back to 1, since it belongs to the weights it was found for; model files keep it. The
        rows should be as the model will meet them: ``class_weight`` has no part in it. Cost: one pass of X_val through
        the model, and O(n_rows · n_classes) for each of some 20 steps.

        Parameters
        ----------
        X_val : (n_rows, n_features) array
            Rows that the model was not trained on.
        y_val : (n_rows,) or (n_rows, n_classes) array
            Their labels or soft labels, of at least two classes.
        sample_weight : (n_rows,) array, optional

        Returns
        -------
        self

        Raises
        ------
        InvalidDataError
            Other columns than in the fit, a label not seen in it, rows of one class only, or no likeliest temperature:
            every row is predicted right, so that it would be 0, or labels are no likelier where their scores are
            higher. The model stays as it was.

        References
        ----------
        Guo, Pleiss, Sun and Weinberger, "On calibration of modern neural networks", ICML 2017.

        Examples
        --------
        >>> from sklearn.datasets import load_digits
        >>> X, y = load_digits(return_X_y=True)
        >>> model = SoftmaxRegression(epochs=300, alpha=0, random_state=0).fit(X[:900], y[:900])
        >>> model.calibrate(X[900:], y[900:]).temperature_ > 1.2
        True
        """
        from onelayer.estimators.temperature_fit import held_out_temperature

        check_is_fitted(self)
        rows = self._labelled(X_val, y_val, sample_weight, part="_val")
        scores = self.decision_function(X_val)
        self.temperature_ = held_out_temperature(rows.targets, scores, rows.weights, self.classes_)
        return self

    def explain(self, X: ArrayLike, *, reference: ArrayLike | None = None) -> Explanation:
        """Return what each feature of each row adds to the score of each class, and which class comes second.

        Parameters
        ----------
        X : (n_rows, n_features) array
        reference : (n_features,) or (n, n_features) array, optional
            What a row is compared with: another row, or rows whose mean is taken, such as those of the fit. Zeros by
            default, so that a black pixel, or a category that a row is not of, adds nothing.

        Returns
        -------
        Explanation
            ``predicted``, ``competitor`` and ``margin`` of each row; ``contributions``, which are centred over the
            classes, of shape (n_rows, n_classes, n_features); ``toward`` and ``row`` for one class over another. Cost:
            one pass of X through the model; contributions are made when they are asked for.

        Raises
        ------
        InvalidDataError
            Other columns than in the fit, or a reference that is no row.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> X, y = load_iris(return_X_y=True, as_frame=True)
        >>> model = SoftmaxRegression(epochs=200, random_state=0).fit(X, y)
        >>> found = model.explain(X, reference=X)
        >>> found.predicted[0], found.competitor[0], found.row(0).largest(1)[0].name
        (np.int64(0), np.int64(1), 'petal length (cm)')
        """
        from onelayer.explanation import Explanation

        inputs = self._inputs(X)
        if reference is not None and np.ndim(reference) > 1:
            others = self._inputs(reference)
            reference = others.transposed_product(np.ones((others.shape[0], 1)))[0] / others.shape[0]
        coef, intercept = self._get_coef(len(self.classes_))
        names = self.coefficient_names
        return Explanation.of(inputs, coef, intercept, self.classes_, names, reference, self.n_threads)

    def facts(self) -> tuple[dict[str, Any], dict[str, NDArray]]:
        """Return the temperature of a calibrated model, and what is known of the optimum of an exact one."""
        facts: dict[str, Any] = {} if self.temperature_ == 1 else {"temperature": self.temperature_}
        if self.objective_ is not None:
            gap = self.optimality_gap_
            facts["objective"] = self.objective_
            facts["optimality_gap"] = None if gap is None or math.isinf(gap) else gap
        return facts, {}

    def recall(self, facts: dict[str, Any], arrays: dict[str, NDArray]) -> None:
        """Take back what ``facts`` returned."""
        rest = dict(facts)
        self.temperature_ = validation.check_real("temperature", rest.pop("temperature", 1.0), 0)
        self.objective_ = self.optimality_gap_ = None
        if "objective" in rest:
            self.objective_ = validation.check_real("objective", rest.pop("objective"), 0, low_included=True)
            gap = rest.pop("optimality_gap")
            known = gap is not None
            self.optimality_gap_ = (
                validation.check_real("optimality_gap", gap, 0, low_included=True) if known else math.inf
            )
        super().recall(rest, arrays)

    def decision_function(self, X: ArrayLike) -> NDArray:
        """Return the scores X @ coef_.T + intercept_, shape (n_rows, n_classes), or (n_rows,) for two classes."""
        scores = self._scores(X)
        return scores[:, 0] if scores.shape[1] == 1 and len(self.classes_) == 2 else scores

    def predict_log_proba(self, X: ArrayLike) -> NDArray:
        """Return log softmax(scores / temperature_), finite for any finite scores; shape (n_rows, n_classes)."""
        scores = self._scores(X)
        if len(self.classes_) == 2:
            scores = np.hstack([np.zeros_like(scores), scores])
        scores /= self.temperature_
        return self._loss.log_probabilities(scores)

    def predict_proba(self, X: ArrayLike) -> NDArray:
        """Return the probability of each class, shape (n_rows, n_classes); each row sums to one."""
        return np.exp(self.predict_log_proba(X))

    def predict(self, X: ArrayLike) -> NDArray:
        """Return the most probable class of each row."""
        scores = self._scores(X)
        best = (scores[:, 0] > 0).astype(np.intp) if len(self.classes_) == 2 else scores.argmax(axis=1)
        return self.classes_[best]

    def score(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Return the accuracy; of soft labels the mean probability that y gives to the predicted class.

        That is the accuracy to be expected of labels drawn from y, and for rows with a single one it is the same.
        """
        labels = np.asarray(y)
        if not are_soft(labels):
            return super().score(X, y, sample_weight)
        targets = soft_labels(labels, len(self.classes_), "y")
        weights = validation.check_weights(sample_weight, len(targets))
        best = np.searchsorted(self.classes_, self.predict(X))
        return self._score_of(np.eye(len(self.classes_))[best], targets, weights)

    @property
    def _loss(self) -> CrossEntropy:
        return CrossEntropy()

    def _method(self, loop: type[Loop] = FusedLoop) -> str:
        asked = super()._method(loop)
        if asked == "auto":
            return "sgd" if asks_for_sgd(vars(self), loop) else "lbfgs"
        if asked != "sgd" and loop is not FusedLoop:
            raise InvalidParameterError(f"solver={asked!r} has no other implementation than onelayer's own")
        return asked

    def _check_alpha(self) -> None:
        validation.check_real("alpha", self.alpha, 0, low_included=True, word="auto")
        validation.check_integer("max_iter", self.max_iter)
        validation.check_real("tol", self.tol, 0, word="auto")

    def _minimise(self, sgd: SGD, method: str, task: Task) -> Solution:
        """Run the solver of this name and remember what it found out."""
        if method != "sgd" or not (sgd.streaming or task.start or task.source):
            self._check_classes(task)
        if method == "sgd":
            solution = super()._minimise(sgd, method, task)
        else:
            from onelayer.solvers.lbfgs import LBFGS

            usual = _TOL if task.objective.X.dtype == np.float64 else _TOL_OF_SINGLE
            exact = LBFGS(self.max_iter, usual if self.tol == "auto" else float(self.tol))
            judge = self._monitor(task)
            monitor = judge if task.judged_each else None
            solution = exact.solve(
                task.objective, task.start, monitor, task.callbacks, task.before, valued=task.valued
            )
            if judge is not None and monitor is None:
                loss, score = judge(solution.coef, solution.intercept)
                solution.epochs[-1] = replace(solution.epochs[-1], val_loss=loss, val_score=score)
        self.objective_, self.optimality_gap_ = solution.objective, solution.gap
        return solution

    def _objective_of_sgd(self, task: Task) -> Objective:
        self._check_classes(task)
        self.objective_ = self.optimality_gap_ = None
        return task.objective

    def _check_classes(self, task: Task) -> None:
        objective = task.objective
        sums = weight_of_classes(objective.targets, objective.sample_weight, len(self.classes_))
        check_every_class(self.classes_, sums)

    @staticmethod
    def _label_array(y: ArrayLike, name: str) -> NDArray:
        labels = column_or_1d(y, warn=True)
        validation.check_finite(labels, name)
        if labels.dtype.kind not in _LABELS:
            check_classification_targets(labels)
        return labels

    def _learn_targets(self, y: NDArray, *, again: bool) -> None:
        if again:
            return
        if are_soft(y):
            self.classes_ = np.arange(y.shape[1])
            return
        classes = np.unique(self._label_array(y, "y"))
        check_several(classes)
        self.classes_ = classes

    def _read_targets(self, y: NDArray, name: str) -> NDArray:
        if are_soft(y):
            return soft_labels(y, len(self.classes_), name)
        labels = self._label_array(y, name)
        places = np.searchsorted(self.classes_, labels).clip(0, len(self.classes_) - 1)
        known = self.classes_[places] == labels
        if not known.all():
            row = int(np.argmin(known))
            label = labels[row : row + 1].tolist()[0]
            raise InvalidDataError(
                f"{name} has the label {label!r} in row {row}, which is not one of the model's "
                f"{len(self.classes_)} classes"
            )
        return places.astype(np.float64)[:, None]

    def _weighted(self, targets: NDArray, weights: NDArray | None) -> tuple[NDArray, NDArray | None]:
        if self.class_weight is None:
            return targets, weights
        return class_weighted(self.class_weight, self.classes_, targets, weights)

    def _tally(self, before: NDArray | None, targets: NDArray, weights: NDArray | None) -> NDArray:
        sums = np.zeros(len(self.classes_)) if before is None else before
        return added_weights(sums, targets, weights)

    def _weighting(self, tally: NDArray, total: float, *, whole: bool) -> tuple[Weighting, float]:
        check_several(self.classes_)
        weighting: Weighting = as_given
        if self.class_weight is not None:
            factors = class_factors(self.class_weight, self.classes_, tally)
            tally, weighting = tally * factors, partial(factored, factors)
            total = float(tally.sum())
        if whole:
            check_every_class(self.classes_, tally)
        return weighting, total

    def _n_outputs(self, targets: NDArray) -> int:
        return len(self.classes_)

    def _objective_alpha(self, total_weight: float) -> float:
        """Return α; for two classes twice as much: each takes half of the weight, so a quarter of its square."""
        alpha = 1 / total_weight if self.alpha == "auto" else float(self.alpha)
        return 2 * alpha if len(self.classes_) == 2 else alpha

    def _set_coef(self, coef: NDArray, intercept: NDArray) -> None:
        two = len(self.classes_) == 2
        self.coef_ = coef[1:] - coef[:1] if two else coef
        self.intercept_ = intercept[1:] - intercept[:1] if two else intercept
        self.temperature_ = 1.0

    def _get_coef(self, n_outputs: int) -> tuple[NDArray, NDArray]:
        if n_outputs == 2:
            return np.vstack([-self.coef_, self.coef_]) / 2, np.hstack(
                [-self.intercept_, self.intercept_]
            ) / 2
        return self.coef_, self.intercept_

    def _score_of(self, scores: NDArray, targets: NDArray, weights: NDArray | None) -> float:
        best = scores.argmax(axis=1)
        right = (
            np.take_along_axis(targets, best[:, None], axis=1)[:, 0]
            if are_soft(targets)
            else targets[:, 0] == best
        )
        return float(np.average(right, weights=weights))
