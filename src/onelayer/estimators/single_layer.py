"""What the two estimators share: checks, the run of a solver, and what is remembered of it."""

from __future__ import annotations

import platform
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from onelayer import model_files
from onelayer.errors import InvalidDataError
from onelayer.estimators import validation
from onelayer.losses import Loss
from onelayer.matrices import Dense
from onelayer.objective import Objective
from onelayer.solvers.events import Callback, Epoch
from onelayer.solvers.sgd import SGD

SOLVERS = ("auto", "sgd")
_DTYPES = [np.float64, np.float32, np.uint8]


@dataclass(frozen=True)
class Labelled:
    """Rows that have been checked: inputs, targets as a loss wants them, weights."""

    X: NDArray
    targets: NDArray
    weights: NDArray | None


class FunctionCallback(Callback):
    """A plain function that is called with each epoch."""

    def __init__(self, function: Callable[[Epoch], bool | None]) -> None:
        self.function = function

    def on_epoch(self, epoch: Epoch) -> bool | None:
        """Call the function."""
        return self.function(epoch)


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
    history_: list[dict[str, int | float | None]]
    training_: dict[str, Any]

    @property
    @abstractmethod
    def _loss(self) -> Loss:
        """The loss."""

    @abstractmethod
    def _read_targets(self, y: NDArray, name: str) -> NDArray:
        """Return targets, shape (n_rows, n_outputs or 1), of checked y."""

    @abstractmethod
    def _learn_targets(self, y: NDArray, *, again: bool) -> None:
        """Remember what kind of targets there are; ``again`` for a model that goes on, which keeps its kind."""

    @abstractmethod
    def _weights(self, sample_weight: NDArray | None, targets: NDArray) -> NDArray | None:
        """Return the weights of rows of training data."""

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
    def _score_of(self, scores: NDArray, targets: NDArray, weights: NDArray | None) -> float:
        """Return the accuracy or R² of scores."""

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
        X : (n_rows, n_features) array
            uint8, float32 and float64 are used as they are, without a copy; uint8 is scaled by 1/255 on the way.
            Other types are converted to float64.
        y : (n_rows,) array
            Class labels or targets.
        sample_weight : (n_rows,) array, optional
        X_val, y_val, sample_weight_val : arrays, optional
            Validation data, looked at after each epoch.
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
        warm = self.warm_start and self.__sklearn_is_fitted__()
        sgd, random_state = self._check_parameters(), check_random_state(self.random_state)
        inputs, labels = validate_data(self, X, y, **self._checks(reset=not warm), multi_output=True)
        self._learn_targets(labels, again=warm)
        train = self._labelled(inputs, labels, sample_weight, training=True)
        if (X_val is None) != (y_val is None):
            raise InvalidDataError("X_val and y_val go together: give both or neither")
        held_out = None
        if X_val is not None:
            inputs, labels = validate_data(self, X_val, y_val, **self._checks(reset=False), multi_output=True)
            held_out = self._labelled(inputs, labels, sample_weight_val, training=False)
        elif self.early_stopping:
            train, held_out = self._split(train, random_state)
        start = self._get_coef(self._n_outputs(train.targets)) if warm else None
        return self._run(sgd, train, held_out, start, random_state, callbacks)

    def __sklearn_is_fitted__(self) -> bool:
        """Tell scikit-learn whether ``fit`` or ``partial_fit`` has been called."""
        return "coef_" in vars(self)

    @staticmethod
    def _checks(reset: bool) -> dict[str, Any]:
        return {"dtype": _DTYPES, "order": "C", "ensure_all_finite": False, "reset": reset}

    def _labelled(self, X: NDArray, y: NDArray, sample_weight: ArrayLike | None, training: bool) -> Labelled:
        """Check values and weights of rows."""
        part = "" if training else "_val"
        validation.check_finite(X, f"X{part}", vars(self).get("feature_names_in_"))
        targets = self._read_targets(y, f"y{part}")
        weights = validation.check_weights(sample_weight, len(X), f"sample_weight{part}")
        return Labelled(X, targets, self._weights(weights, targets) if training else weights)

    def _check_parameters(self) -> SGD:
        """Check the parameters and return the solver that they ask for."""
        validation.check_real("alpha", self.alpha, 0, low_included=True, word="auto")
        validation.check_choice("solver", self.solver, SOLVERS)
        validation.check_real("validation_fraction", self.validation_fraction, 0, 1)
        patience = validation.check_integer("n_iter_no_change", self.n_iter_no_change)
        n_threads = None if self.n_threads is None else validation.check_integer("n_threads", self.n_threads)
        rate = validation.check_real("learning_rate", self.learning_rate, 0, word="auto")
        return SGD(
            epochs=validation.check_integer("epochs", self.epochs),
            batch_size=validation.check_integer("batch_size", self.batch_size),
            learning_rate=rate,  # type: ignore[arg-type]
            schedule=validation.check_schedule(self.schedule),
            momentum=float(validation.check_real("momentum", self.momentum, 0, 1, low_included=True)),
            patience=patience if self.early_stopping else None,
            n_threads=n_threads,
        )

    def _split(self, data: Labelled, random_state: np.random.RandomState) -> tuple[Labelled, Labelled]:
        """Set ``validation_fraction`` of the rows aside."""
        if len(data.X) < 2:
            raise InvalidDataError("early_stopping needs at least two rows, or X_val and y_val")
        train, held_out = train_test_split(
            np.arange(len(data.X)), test_size=self.validation_fraction, random_state=random_state
        )
        parts = [
            Labelled(data.X[rows], data.targets[rows], None if data.weights is None else data.weights[rows])
            for rows in (np.sort(train), np.sort(held_out))
        ]
        return parts[0], parts[1]

    def _run(
        self,
        sgd: SGD,
        train: Labelled,
        held_out: Labelled | None,
        start: tuple[NDArray, NDArray] | None,
        random_state: np.random.RandomState,
        callbacks: Sequence[Callback | Callable[[Epoch], bool | None]],
    ) -> Self:
        """Run the solver and remember the outcome."""
        matrix, n_outputs, loss = Dense(train.X), self._n_outputs(train.targets), self._loss
        total = float(len(train.X)) if train.weights is None else float(train.weights.sum())
        objective = Objective(
            matrix,
            train.targets,
            loss,
            n_outputs,
            self._objective_alpha(total),
            train.weights,
            bool(self.fit_intercept),
        )

        def monitor(coef: NDArray, intercept: NDArray) -> tuple[float, float]:
            assert held_out is not None
            scores = Dense(held_out.X).scores(coef, intercept, self.n_threads)
            value = loss.value(scores, held_out.targets, held_out.weights)
            return value, self._score_of(scores, held_out.targets, held_out.weights)

        listeners = [c if isinstance(c, Callback) else FunctionCallback(c) for c in callbacks]
        began = time.perf_counter()
        solution = sgd.solve(objective, random_state, start, monitor if held_out else None, listeners)
        seconds = time.perf_counter() - began
        self._set_coef(solution.coef, solution.intercept)
        self.n_iter_ = len(solution.epochs)
        self.converged_ = solution.converged
        self.history_ = [epoch.record() for epoch in solution.epochs]
        self.training_ = {
            "seconds": seconds,
            "n_rows": len(train.X),
            "n_threads": sgd.threads,
            "random_state": int(self.random_state)
            if isinstance(self.random_state, (int, np.integer))
            else None,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "versions": _versions(),
            "stopped": str(solution.stopped),
            "data": None,
        }
        return self

    def _scores(self, X: ArrayLike) -> NDArray:
        """Return X·coefᵀ + intercept of checked X, shape (n_rows, n_rows of coef_)."""
        check_is_fitted(self)
        inputs = validate_data(self, X, **self._checks(reset=False))
        validation.check_finite(inputs, "X", vars(self).get("feature_names_in_"))
        return Dense(inputs).scores(np.atleast_2d(self.coef_), np.atleast_1d(self.intercept_), self.n_threads)

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


def _versions() -> dict[str, str]:
    """Return the versions that a result depends on."""
    packages = {name: version(name) for name in ("onelayer", "numpy", "scikit-learn", "numba")}
    return {**packages, "python": platform.python_version(), "platform": platform.platform()}
