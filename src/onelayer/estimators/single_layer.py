"""What the two estimators share: checks, the run of a solver, and what is remembered of it."""

from __future__ import annotations

import platform
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import Tags, check_random_state
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from onelayer import frames, model_files, validation
from onelayer.columnar import Columnar
from onelayer.errors import InvalidDataError
from onelayer.losses import Loss
from onelayer.matrices import Matrix, matrix_of
from onelayer.objective import Objective
from onelayer.solvers.events import Callback, Epoch, listeners
from onelayer.solvers.fused import FusedLoop
from onelayer.solvers.labelled import Labelled
from onelayer.solvers.loop import Loop
from onelayer.solvers.run import Monitor
from onelayer.solvers.schedules import SCHEDULES
from onelayer.solvers.sgd import SGD
from onelayer.solvers.solution import Solution, Stream
from onelayer.solvers.source import Source

_DTYPES = [np.float64, np.float32, np.uint8]

Weighting = Callable[[NDArray, NDArray | None], tuple[NDArray, NDArray | None]]
"""From targets and weights as given to those of the objective."""


def as_given(targets: NDArray, weights: NDArray | None) -> tuple[NDArray, NDArray | None]:
    """Return both as they are: the weighting of an objective that has no factors of its own."""
    return targets, weights


@dataclass(frozen=True)
class Task:
    """What a solver is asked to do: an objective, where to start, who looks on; see ``SGD.solve``.

    Attributes
    ----------
    before : Solution or None
        That of the same rows with another penalty, for an exact solver to go on from.
    judged_each : bool
        Whether rows that are held out are judged after each iteration of an exact solver, or at the end alone.
    valued : bool
        Whether the value of the objective is asked for, and a bound of its distance to the least one.
    """

    objective: Objective
    random_state: np.random.RandomState
    start: tuple[NDArray, NDArray] | None
    held_out: Labelled | None
    callbacks: Sequence[Callback]
    stream: Stream | None
    source: Source | None = None
    before: Solution | None = None
    judged_each: bool = True
    valued: bool = True


class SingleLayer(BaseEstimator, ABC):
    """A linear layer trained with a loss; the heads differ in the loss and in how targets and scores are read."""

    # set by the constructors of the heads
    alpha: Any
    solver: str
    fit_intercept: bool
    epochs: int
    batch_size: int
    learning_rate: Any
    schedule: str
    momentum: float
    early_stopping: bool
    n_iter_no_change: int
    validation_fraction: float
    warm_start: bool
    random_state: Any
    n_threads: int | None
    # set by fit
    coef_: NDArray
    intercept_: NDArray
    n_features_in_: int
    n_iter_: int
    converged_: bool
    history_: list[dict[str, int | float | None]]
    training_: dict[str, Any]

    _solvers: ClassVar[tuple[str, ...]] = ("auto", "sgd")

    @property
    @abstractmethod
    def _loss(self) -> Loss:
        """The loss."""

    @property
    def _separate_outputs(self) -> bool:
        """Whether each output is fitted by itself, by a loss of its own."""
        return False

    @property
    def _streams(self) -> bool:
        """Whether minibatch SGD over batches is what the parameters ask for or leave open."""
        return self.solver in ("auto", "sgd")

    @abstractmethod
    def _read_targets(self, y: NDArray, name: str) -> NDArray:
        """Return targets, shape (n_rows, n_outputs or 1), of checked y."""

    @abstractmethod
    def _learn_targets(self, y: NDArray, *, again: bool) -> None:
        """Remember what kind of targets there are; ``again`` for a model that goes on, which keeps its kind."""

    @abstractmethod
    def _weighted(self, targets: NDArray, weights: NDArray | None) -> tuple[NDArray, NDArray | None]:
        """Return targets and weights of training data as they enter the objective."""

    @abstractmethod
    def _meet(self, y: Any) -> NDArray[np.intp] | None:
        """Learn from targets of a part of a stream what kind there is, as the first ones or beside those before.

        Returns the places of the classes known before among those known now, None if there are no new ones.
        """

    @abstractmethod
    def _tally(self, before: NDArray | None, targets: NDArray, weights: NDArray | None) -> NDArray:
        """Return what ``_weighting`` wants to know of all rows, for these beside those before, if there are any."""

    @abstractmethod
    def _weighting(self, tally: NDArray, total: float, *, whole: bool) -> tuple[Weighting, float]:
        """Return what ``_weighted`` does to some rows, and the weight of all, which before was ``total``.

        ``whole`` says that it is the tally of all rows, and that their classes were not given.
        """

    @abstractmethod
    def _check_alpha(self) -> None:
        """Refuse a weight of the penalty that there cannot be."""

    def _method(self, loop: type[Loop] = FusedLoop) -> str:
        """Return the name of the solver that is going to be used."""
        return validation.check_choice("solver", self.solver, self._solvers)

    def _solver_for(self, X: Any, method: str) -> str:
        """Return the name of the solver for these rows: this one, unless it cannot take them."""
        return method

    @abstractmethod
    def _n_outputs(self, targets: NDArray) -> int:
        """Return how many scores a row has."""

    @abstractmethod
    def _objective_alpha(self, total_weight: float) -> float:
        """Return the weight of the penalty."""

    @abstractmethod
    def _set_coef(self, coef: NDArray, intercept: NDArray) -> None:
        """Set ``coef_`` and ``intercept_`` in scikit-learn's shapes."""

    @abstractmethod
    def _get_coef(self, n_outputs: int) -> tuple[NDArray, NDArray]:
        """Return the parameters as (n_outputs, n_features) and (n_outputs,)."""

    @abstractmethod
    def _score_of(self, scores: NDArray, targets: NDArray, weights: NDArray | None) -> float | None:
        """Return the accuracy or R² of scores; None where it is not defined."""

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        X_val: ArrayLike | None = None,
        y_val: ArrayLike | None = None,
        sample_weight_val: ArrayLike | None = None,
        callbacks: Sequence[Callback | Callable[[Epoch], bool | None]] = (),
    ) -> Self:
        """Train on X and y.

        Parameters
        ----------
        X : (n_rows, n_features) array or sparse matrix
            uint8, float32 and float64 are used as they are, without a copy; uint8 is scaled by 1/255 on the way.
            Other types are converted to float64, and other sparse formats than CSR to that. Zeros that are not stored
            are never filled in.
        y : (n_rows,) or (n_rows, n_outputs) array
            Class labels, or a probability for each class (soft labels); targets of a regression.
        sample_weight : (n_rows,) array, optional
            How often each row counts: whole numbers are the same as rows that are repeated.
        X_val, y_val, sample_weight_val : arrays, optional
            Validation data, looked at after each epoch. Without them, ``early_stopping`` copies the rows of both parts.
        callbacks : sequence of Callback or functions
            Each hears of every epoch (``onelayer.solvers.events``); one that returns True ends the run.

        Returns
        -------
        self

        Raises
        ------
        InvalidDataError, InvalidParameterError
            Before anything is trained.
        DivergenceError
            When the loss runs away with a given learning rate.
        """
        validation_data = {"X_val": X_val, "y_val": y_val, "sample_weight_val": sample_weight_val}
        return self._fit(X, y, sample_weight, **validation_data, callbacks=callbacks, loop=FusedLoop)

    def _fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        X_val: ArrayLike | None = None,
        y_val: ArrayLike | None = None,
        sample_weight_val: ArrayLike | None = None,
        callbacks: Sequence[Callback | Callable[[Epoch], bool | None]] = (),
        loop: type[Loop],
    ) -> Self:
        """Train as ``fit`` does, with any implementation of the pass over the rows."""
        with self._unchanged_on_failure():
            warm = self.warm_start and self.__sklearn_is_fitted__()
            sgd, random_state = self._check_parameters(loop), check_random_state(self.random_state)
            method = self._solver_for(X, self._method(loop))
            exact = method == "closed_form"
            train = self._labelled(
                X, y, sample_weight, reset=not warm, targets_known=warm, exact=exact, surveyed=exact
            )
            n_outputs = self._n_outputs(train.targets)
            held_out = self._held_out((X_val, y_val, sample_weight_val), n_outputs, exact)
            if held_out is None and self.early_stopping and method == "sgd":
                train, held_out = self._split(train, random_state)
            start = self._get_coef(n_outputs) if warm else None
            solution = self._solve(sgd, method, train, held_out, start, random_state, callbacks)
            self._conclude(solution)
        return self

    def _held_out(
        self, validation_data: tuple[Any, Any, Any], n_outputs: int, exact: bool = False
    ) -> Labelled | None:
        """Return (X_val, y_val, sample_weight_val) as checked rows, None if there are none."""
        X, y, weights = validation_data
        if (X is None) != (y is None):
            raise InvalidDataError("X_val and y_val go together: give both or neither")
        if X is None:
            return None
        held_out = self._labelled(X, y, weights, part="_val", exact=exact)
        if self._n_outputs(held_out.targets) != n_outputs:
            raise InvalidDataError(f"y_val has {held_out.targets.shape[1]} outputs, y has {n_outputs}")
        return held_out

    def _go_on(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None,
        callbacks: Sequence[Callback | Callable[[Epoch], bool | None]],
        *,
        targets_known: bool,
    ) -> Self:
        """Train for one more epoch, over these rows."""
        first = not self.__sklearn_is_fitted__()
        train = self._labelled(X, y, sample_weight, reset=first, targets_known=targets_known)
        start = None if first else self._get_coef(self._n_outputs(train.targets))
        done, history = (0, []) if first else (self.n_iter_, self.history_)
        before = {} if first else self.training_
        random_state = check_random_state(self.random_state)
        sgd = self._check_parameters().one_epoch(done)
        solution = self._solve(sgd, "sgd", train, None, start, random_state, callbacks)
        self.n_iter_ = done + 1
        self.converged_ = False
        seconds = sum(epoch.seconds for epoch in solution.epochs)  # of each output that is fitted by itself
        record = {**solution.epochs[-1].record(), "epoch": done + 1, "seconds": seconds}
        self.history_ = [*history, record]
        self._remember(before)
        return self

    def _remember(self, before: dict[str, Any]) -> None:
        """Add the record of the rows before to that of these: a stream is one training."""
        if before:
            now = self.training_
            now["seconds"] += before["seconds"]
            now["n_rows"] += before["n_rows"]
            now["versions"] = {**before["versions"], **now["versions"]}
            names = [*before.get("implementation", "fast").split(", "), now["implementation"]]
            now["implementation"] = ", ".join(dict.fromkeys(names))

    @contextmanager
    def _unchanged_on_failure(self) -> Iterator[None]:
        """Leave the model as it was when a fit fails or is interrupted."""
        before = dict(vars(self))
        try:
            yield
        except BaseException:
            self.__dict__ = before
            raise

    def __sklearn_tags__(self) -> Tags:
        """Tell scikit-learn what the estimator takes: sparse matrices too."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        """Tell scikit-learn whether ``fit`` or ``partial_fit`` has been called."""
        return "coef_" in vars(self)

    @staticmethod
    def _checks(reset: bool) -> dict[str, Any]:
        return {"dtype": _DTYPES, "ensure_all_finite": False, "reset": reset, "accept_sparse": "csr"}

    def _labelled(
        self,
        X: Any,
        y: Any,
        sample_weight: ArrayLike | None = None,
        *,
        part: str = "",
        reset: bool = False,
        targets_known: bool = True,
        exact: bool = False,
        surveyed: bool = False,
        streamed: bool = False,
    ) -> Labelled:
        """Check rows; learn the number of columns from them if ``reset``, and the kind of targets if not known.

        ``exact`` are computations in float64, whatever X is; ``surveyed`` is X by a solver that finds by itself what is
        not finite; ``streamed`` are rows beside others, so that it is enough if one of those has a weight.
        """
        validation.check_finite_targets(y, f"y{part}")
        frames.check_numeric(X, f"X{part}")
        rows, outputs = self._validated(X, y, reset)
        inputs = matrix_of(rows)
        if not surveyed or len(inputs.blocks) > 1:
            inputs.check_finite(f"X{part}", self._column_names)
        if not part:
            self._learn_targets(outputs, again=targets_known)
        targets = self._read_targets(outputs, f"y{part}")
        if self._loss.name == "squared":
            check = validation.check_magnitude if streamed else validation.check_range
            check(targets, np.dtype(np.float64) if exact else inputs.dtype, f"y{part}")
        weights = validation.check_weights(
            sample_weight, inputs.shape[0], f"sample_weight{part}", some=not streamed
        )
        return Labelled(inputs, targets, weights)

    def _validated(self, X: Any, y: Any, reset: bool) -> tuple[Any, NDArray]:
        """Return X and y as arrays that fit each other; columns of a frame stay where they are."""
        if not isinstance(X, Columnar):
            return validate_data(self, X, y, **self._checks(reset), multi_output=True)
        validate_data(self, X[:1], **self._checks(reset))
        return X, check_array(y, ensure_2d=False, dtype=None, ensure_all_finite=False)

    def _check_parameters(self, loop: type[Loop] = FusedLoop) -> SGD:
        """Check the parameters and return the solver that they ask for."""
        self._check_alpha()
        validation.check_real("validation_fraction", self.validation_fraction, 0, 1)
        patience = validation.check_integer("n_iter_no_change", self.n_iter_no_change)
        n_threads = None if self.n_threads is None else validation.check_integer("n_threads", self.n_threads)
        rate = validation.check_real("learning_rate", self.learning_rate, 0, word="auto")
        return SGD(
            epochs=validation.check_integer("epochs", self.epochs),
            batch_size=validation.check_integer("batch_size", self.batch_size),
            learning_rate=rate,  # type: ignore[arg-type]
            schedule=validation.check_choice("schedule", self.schedule, SCHEDULES),
            momentum=validation.check_real("momentum", self.momentum, 0, 1, low_included=True),
            patience=patience if self.early_stopping else None,
            n_threads=n_threads,
            loop=loop,
        )

    def _split(self, data: Labelled, random_state: np.random.RandomState) -> tuple[Labelled, Labelled]:
        """Set ``validation_fraction`` of the rows aside."""
        n_rows = data.X.shape[0]
        if n_rows < 2:
            raise InvalidDataError("early_stopping needs at least two rows, or X_val and y_val")
        from sklearn.model_selection import train_test_split

        train, held_out = train_test_split(
            np.arange(n_rows), test_size=self.validation_fraction, random_state=random_state
        )
        parts = [data.part(np.sort(rows)) for rows in (train, held_out)]
        if any(part.weights is not None and not part.weights.any() for part in parts):
            raise InvalidDataError(
                "sample_weight is zero in every row of one part of the split for early stopping; give X_val and y_val"
            )
        return parts[0], parts[1]

    def _minimise(self, sgd: SGD, method: str, task: Task) -> Solution:
        """Run the solver of this name."""
        monitor = self._monitor(task)
        return sgd.solve(
            task.objective,
            task.random_state,
            task.start,
            monitor,
            task.callbacks,
            task.stream,
            task.source,
        )

    def _solve(
        self,
        sgd: SGD,
        method: str,
        train: Labelled,
        held_out: Labelled | None,
        start: tuple[NDArray, NDArray] | None,
        random_state: np.random.RandomState,
        callbacks: Sequence[Callback | Callable[[Epoch], bool | None]],
    ) -> Solution:
        """Run the solver on rows in memory; set the parameters and the training record."""
        objective = self._objective(train, sgd)
        stream = vars(self).get("_stream") if start is not None else None
        task = Task(objective, random_state, start, held_out, listeners(callbacks), stream)
        return self._run(sgd, method, task, len(train))

    def _objective(self, train: Labelled, sgd: SGD) -> Objective:
        """Return what is to be minimised over these rows."""
        rows = Labelled(train.X, *self._weighted(train.targets, train.weights))
        total = float(len(rows)) if rows.weights is None else float(rows.weights.sum())
        return self._weighted_objective(rows, total, sgd)

    def _weighted_objective(self, rows: Labelled, total_weight: float, sgd: SGD) -> Objective:
        """Return the objective of rows as they enter it, with the penalty that belongs to the weight of all."""
        return Objective(
            rows.X,
            rows.targets,
            self._loss,
            self._n_outputs(rows.targets),
            self._objective_alpha(total_weight),
            rows.weights,
            bool(self.fit_intercept),
            sgd.n_threads,
        )

    def _objective_of_sgd(self, task: Task) -> Objective:
        """Return what minibatch SGD minimises, and remember what was found out for that."""
        return task.objective

    def _run(self, sgd: SGD, method: str, task: Task, n_rows: int) -> Solution:
        """Run the solver; set the parameters and the training record."""
        began = time.perf_counter()
        solution = self._minimise(sgd, method, task)
        self._accept(solution, n_rows, time.perf_counter() - began, method, sgd)
        return solution

    def _accept(self, solution: Solution, n_rows: int, seconds: float, method: str, sgd: SGD) -> None:
        """Set the parameters and the training record."""
        self._set_coef(solution.coef, solution.intercept)
        self._stream = solution.stream
        self.training_ = self._record(n_rows, seconds, method, str(solution.stopped), sgd.threads, sgd.loop)
        if solution.parts:
            self.training_["parts"] = [part.record() for part in solution.parts]

    def _conclude(self, solution: Solution) -> None:
        """Set what is known of the run beside these."""
        self.n_iter_ = len(solution.epochs)
        self.converged_ = solution.converged
        self.history_ = [epoch.record() for epoch in solution.epochs]

    def _record(
        self,
        n_rows: int,
        seconds: float,
        method: str,
        stopped: str,
        n_threads: int,
        loop: type[Loop] = FusedLoop,
    ) -> dict[str, Any]:
        """Return what is to be remembered of a training."""
        seed = self.random_state
        return {
            "seconds": seconds,
            "n_rows": n_rows,
            "n_threads": n_threads,
            "random_state": int(seed) if isinstance(seed, (int, np.integer)) else None,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "solver": method,
            "implementation": loop.name,
            "versions": _versions(loop.packages),
            "stopped": stopped,
            "data": None,
        }

    def _monitor(self, task: Task) -> Monitor | None:
        """Return what judges parameters on the rows that were held out, if there are any."""
        data, loss = task.held_out, task.objective.loss
        return None if data is None else partial(self._judge, data, loss, task.objective.n_threads)

    def _judge(
        self, data: Labelled, loss: Loss, n_threads: int | None, coef: NDArray, intercept: NDArray
    ) -> tuple[float, float | None]:
        """Return loss and score of parameters on rows that were held out."""
        return self._judge_each(data, loss, n_threads, [(coef, intercept)])[0]

    def _judge_each(
        self,
        data: Labelled,
        loss: Loss,
        n_threads: int | None,
        parameters: Sequence[tuple[NDArray, NDArray]],
    ) -> list[tuple[float, float | None]]:
        """Return loss and score of each of several pairs (coef, intercept), for which the rows are read once."""
        coef, intercept = (np.concatenate(arrays) for arrays in zip(*parameters, strict=True))
        all_scores = data.X.scores(coef, intercept, n_threads)
        judged = []
        for scores in np.split(all_scores, len(parameters), axis=1):
            score = self._score_of(scores, data.targets, data.weights)
            judged.append((loss.value(scores, data.targets, data.weights), score))
        return judged

    def facts(self) -> tuple[dict[str, Any], dict[str, NDArray]]:
        """Return what a model file holds of a fit beside weights and training record: JSON-able values, and arrays."""
        return {}, {}

    def recall(self, facts: dict[str, Any], arrays: dict[str, NDArray]) -> None:
        """Take back what ``facts`` returned.

        Raises
        ------
        KeyError, TypeError, ValueError
            It is something else.
        """
        if facts or arrays:
            raise ValueError(f"a {type(self).__name__} has no {', '.join([*facts, *arrays])}")

    def _inputs(self, X: Any) -> Matrix:
        """Return checked rows to predict."""
        check_is_fitted(self)
        frames.check_numeric(X, "X")
        inputs = matrix_of(validate_data(self, X, **self._checks(reset=False)))
        inputs.check_finite("X", self._column_names)
        return inputs

    def named(self, names: Sequence[str]) -> Self:
        """Call the columns of X so in summaries and messages, although the rows come without names."""
        self._names = [str(name) for name in names]
        return self

    @property
    def coefficient_names(self) -> list[str]:
        """A name for each column of ``coef_``: ``feature_names_in_``, else those given to it, else x0, x1, ….

        Examples
        --------
        >>> import onelayer as ol
        >>> ol.LinearRegression().fit([[1.0], [2.0], [4.0]], [1.0, 2.0, 3.0]).coefficient_names
        ['x0']
        """
        names = self._column_names
        return [f"x{j}" for j in range(self.n_features_in_)] if names is None else names

    @property
    def _column_names(self) -> list[str] | None:
        """The names of the columns of X, if they have any."""
        fitted = vars(self)
        names = fitted.get("feature_names_in_", fitted.get("_names", ()))
        return [str(name) for name in names] if len(names) == fitted.get("n_features_in_") else None

    def _scores(self, X: ArrayLike) -> NDArray:
        """Return X·coefᵀ + intercept of checked X, shape (n_rows, n_rows of coef_)."""
        inputs = self._inputs(X)
        n_threads = None if self.n_threads is None else validation.check_integer("n_threads", self.n_threads)
        return inputs.scores(np.atleast_2d(self.coef_), np.atleast_1d(self.intercept_), n_threads)

    def save(self, path: str | Path, data: dict[str, Any] | None = None) -> None:
        """Write the model to a file that ``onelayer.load`` reads; the file holds no code.

        Parameters
        ----------
        path : path
            Replaced in one step: at any moment the old or the new file is there.
        data : dict, optional
            Where the training data came from (``Dataset.provenance``), to be remembered with the model.

        Raises
        ------
        OutputError
            When the file cannot be written.
        """
        check_is_fitted(self)
        model_files.save(self, path, data)


_version = cache(version)  # it reads a file, which takes longer than a small fit


def _versions(others: tuple[str, ...]) -> dict[str, str]:
    """Return the versions that a result depends on, those of other packages included."""
    packages = {name: _version(name) for name in ("onelayer", "numpy", "scikit-learn", "numba", *others)}
    return {**packages, "python": platform.python_version(), "platform": platform.platform()}
