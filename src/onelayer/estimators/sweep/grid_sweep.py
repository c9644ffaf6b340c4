"""The sweep over a grid of parameters: scikit-learn's ``GridSearchCV``, with all candidates trained together."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, MetaEstimatorMixin
from sklearn.metrics import check_scoring
from sklearn.utils import Tags, get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from onelayer import validation
from onelayer.estimators.single_layer import SingleLayer
from onelayer.estimators.sweep.grid import candidates_of
from onelayer.estimators.sweep.groups import Group, groups_of
from onelayer.estimators.sweep.race import DIVERGED, Listener, race
from onelayer.estimators.sweep.results import results_of
from onelayer.estimators.sweep.splits import Part, Split, splits_of
from onelayer.solvers.sweep.halving import Halving


def _has(name: str) -> Callable[[GridSweep], bool]:
    """Return a check of whether the estimator has a method."""
    return lambda sweep: name in dir(sweep._delegate)


class GridSweep(MetaEstimatorMixin, BaseEstimator):
    """Search over a grid of parameters, with the candidates trained side by side so that the data are read once.

    Candidates of minibatch SGD that differ in ``learning_rate``, ``alpha``, ``momentum``, ``schedule``, ``epochs``,
    ``early_stopping`` or ``n_iter_no_change`` see the same minibatches: their weights lie beside each other, and one
    matrix product a minibatch serves all. Each is what its own ``fit`` with the same ``random_state`` and the same
    validation data would be, but for the rounding of sums. Other parameters make groups, one trained after the other.
    Of an exact solver a group differs in ``alpha``: least squares then sum up the rows once, and other solvers go from
    the largest down, each from the solution before. Sparse rows are trained on in step, by a loop for each candidate.

    ``solver="auto"`` of a candidate is what it would be for its own ``fit``: where a grid has a parameter of minibatch
    SGD and its default is among the values, ``solver="sgd"`` makes all of them alike.

    Parameters
    ----------
    estimator : SoftmaxRegression or LinearRegression
    param_grid : dict of str to list, or list of such
        As of scikit-learn's ``GridSearchCV``.
    X_val, y_val, sample_weight_val : arrays, optional
        Validation data, which judge every candidate; they can be given to ``fit`` instead.
    cv : int, splitter or iterable, optional
        Folds, where there are no validation data; five by default. All are trained in step, which takes a copy of the
        training rows of each.
    scoring : str or callable, optional
        As of scikit-learn; accuracy or R² by default.
    refit : bool, default True
        Whether there is to be a ``best_estimator_``, fitted to all of X. With validation data it is the candidate
        itself, at no cost.
    factor : float or None, default 3
        One of so many candidates goes on after the first epoch, after epoch ``factor``, ``factor``², …, by its
        validation loss; the others are stopped and rank behind those that were trained to the end. None trains all to
        the end. What is fitted exactly is never stopped.

    Attributes
    ----------
    cv_results_ : dict
        The columns of scikit-learn's, and ``mean_test_loss``, ``n_epochs`` and ``state`` ("finished", "stopped" or
        "diverged") of each candidate.
    best_index_, best_params_, best_score_
        Of the best candidate that was trained to the end.
    best_estimator_ : estimator
    histories_ : list of list of list of dict
        The ``history_`` of each candidate on each split.
    n_splits_ : int
    refit_time_ : float
        Seconds.
    classes_, n_features_in_, feature_names_in_
        Those of the best estimator.

    Notes
    -----
    Cost of an epoch: 4·n_rows·n_features·n_outputs floating-point operations for each candidate, of softmax with one
    output less, fewer where X has zeros that lie together.

    References
    ----------
    Li, Jamieson, Rostamizadeh, Gonina, Ben-tzur, Hardt, Recht and Talwalkar, *A system for massively parallel
    hyperparameter tuning*, MLSys 2020.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from onelayer import SoftmaxRegression
    >>> X, y = load_iris(return_X_y=True)
    >>> grid = {"alpha": [1e-4, 1e-1, 10.0], "momentum": [0.0, 0.9]}
    >>> sweep = GridSweep(SoftmaxRegression(epochs=30, batch_size=16, random_state=0), grid, cv=3).fit(X, y)
    >>> sweep.best_params_["alpha"], sweep.best_score_ > 0.9, sweep.predict(X[:2]).tolist()
    (0.0001, np.True_, [0, 0])
    """

    def __init__(
        self,
        estimator: SingleLayer,
        param_grid: Mapping[str, Sequence[Any]] | Sequence[Mapping[str, Sequence[Any]]],
        *,
        X_val: ArrayLike | None = None,
        y_val: ArrayLike | None = None,
        sample_weight_val: ArrayLike | None = None,
        cv: Any = None,
        scoring: Any = None,
        refit: bool = True,
        factor: float | None = 3,
    ) -> None:
        self.estimator = estimator
        self.param_grid = param_grid
        self.X_val = X_val
        self.y_val = y_val
        self.sample_weight_val = sample_weight_val
        self.cv = cv
        self.scoring = scoring
        self.refit = refit
        self.factor = factor

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        X_val: ArrayLike | None = None,
        y_val: ArrayLike | None = None,
        sample_weight_val: ArrayLike | None = None,
        listeners: Sequence[Listener] = (),
    ) -> Self:
        """Train every candidate and choose the best.

        Parameters
        ----------
        X, y, sample_weight : arrays
            As the estimator's ``fit`` takes them.
        X_val, y_val, sample_weight_val : arrays, optional
            In place of those given to the constructor.
        listeners : sequence of callable
            Each is called after every epoch with a list that says how each candidate stands: its ``params``, ``state``,
            ``epoch``, ``train_loss``, ``val_loss`` and ``val_score``.

        Returns
        -------
        self

        Raises
        ------
        InvalidParameterError, InvalidDataError
            Before anything is trained.
        DivergenceError
            When every candidate has diverged.
        """
        candidates = candidates_of(self.estimator, self.param_grid)
        factor = None if self.factor is None else validation.check_real("factor", self.factor, 1)
        held_out = Part(X_val, y_val, sample_weight_val)
        if X_val is None and y_val is None:
            held_out = Part(self.X_val, self.y_val, self.sample_weight_val)
        given = held_out.X is not None or held_out.y is not None
        splits = splits_of(self.estimator, Part(X, y, sample_weight), held_out if given else None, self.cv)
        groups = groups_of(self.estimator, candidates, splits)
        standings = race(candidates, groups, Halving(factor), listeners)
        if all(standing.state == DIVERGED for standing in standings):
            raise next(failure for group in groups for part in group for failure in part.failures.values())
        found = _Judged(self.estimator, self.scoring, splits, groups)
        self.cv_results_ = results_of(standings, *found.columns(len(candidates)))
        self.histories_ = found.histories(len(candidates))
        self.n_splits_ = len(splits)
        self.best_index_ = int(self.cv_results_["rank_test_score"].argmin())
        self.best_params_ = candidates[self.best_index_]
        self.best_score_ = self.cv_results_["mean_test_score"][self.best_index_]
        began = time.perf_counter()
        if self.refit:
            self.best_estimator_ = found.model(self.best_index_)
            if not given:
                self.best_estimator_ = found.refit(self.best_index_, X, y, sample_weight)
        self.refit_time_ = time.perf_counter() - began
        return self

    @property
    def _delegate(self) -> Any:
        """The estimator that answers: the best one, else the one to be trained."""
        return vars(self).get("best_estimator_", self.estimator)

    @property
    def _fitted(self) -> Any:
        """The best estimator."""
        check_is_fitted(self)
        if not self.refit:
            raise AttributeError("there is no best_estimator_ with refit=False; fit one with best_params_")
        return self.best_estimator_

    def __sklearn_is_fitted__(self) -> bool:
        """Tell scikit-learn whether ``fit`` has been called."""
        return "cv_results_" in vars(self)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.estimator_type, tags.target_tags = inner.estimator_type, inner.target_tags
        tags.classifier_tags, tags.regressor_tags = inner.classifier_tags, inner.regressor_tags
        tags.input_tags = inner.input_tags
        return tags

    @property
    def classes_(self) -> NDArray:
        """The classes of the best estimator."""
        return self._fitted.classes_

    @property
    def n_features_in_(self) -> int:
        """How many columns X had."""
        return self._fitted.n_features_in_

    @property
    def feature_names_in_(self) -> NDArray:
        """The names of the columns of X."""
        return self._fitted.feature_names_in_

    def score(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Return the score of the best estimator: that of ``scoring``, else its own."""
        weights = {} if sample_weight is None else {"sample_weight": sample_weight}
        return float(check_scoring(self._fitted, self.scoring)(self._fitted, X, y, **weights))

    def predict(self, X: ArrayLike) -> NDArray:
        """Return what the best estimator predicts."""
        return self._fitted.predict(X)

    @available_if(_has("predict_proba"))
    def predict_proba(self, X: ArrayLike) -> NDArray:
        """Return the probabilities of the best estimator."""
        return self._fitted.predict_proba(X)

    @available_if(_has("predict_log_proba"))
    def predict_log_proba(self, X: ArrayLike) -> NDArray:
        """Return their logarithms."""
        return self._fitted.predict_log_proba(X)

    @available_if(_has("decision_function"))
    def decision_function(self, X: ArrayLike) -> NDArray:
        """Return the scores of the best estimator."""
        return self._fitted.decision_function(X)


class _Judged:
    """The trained groups, and the score of each candidate on each split."""

    def __init__(
        self, estimator: Any, scoring: Any, splits: Sequence[Split], groups: Sequence[Sequence[Group]]
    ) -> None:
        self.splits = splits
        self.parts = {candidate: group for group in groups for candidate in group[0].members}
        self.scorer = None if scoring is None else check_scoring(estimator, scoring)

    def columns(self, n_candidates: int) -> tuple[NDArray, NDArray, NDArray]:
        """Return scores, seconds to fit and seconds to score, each (n_candidates, n_splits)."""
        scores, seconds, scoring = np.full((3, n_candidates, len(self.splits)), np.nan)
        for candidate, parts in self.parts.items():
            for split, part in enumerate(parts):
                began = time.perf_counter()
                if not any(candidate in each.failures for each in parts):
                    scores[candidate, split] = self._score(part, candidate, self.splits[split])
                seconds[candidate, split] = part.seconds[candidate]
                scoring[candidate, split] = time.perf_counter() - began
        return scores, seconds, scoring

    def _score(self, part: Group, candidate: int, split: Split) -> float:
        """Return the score that ended with the parameters kept, or that of the scorer."""
        if self.scorer is None:
            known = part.kept(candidate).val_score
            return np.nan if known is None else known
        return self.scorer(part.finish(candidate), split.held_out.X, split.held_out.y)

    def histories(self, n_candidates: int) -> list[list[list[dict[str, Any]]]]:
        """Return the history of each candidate on each split."""
        return [
            [[epoch.record() for epoch in part.epochs(candidate)] for part in self.parts[candidate]]
            for candidate in range(n_candidates)
        ]

    def refit(self, candidate: int, X: Any, y: Any, sample_weight: Any) -> SingleLayer:
        """Return the model of a candidate, fitted to all rows."""
        parts = self.parts[candidate]
        return type(parts[0]).refit(parts, candidate, X, y, sample_weight)

    def model(self, candidate: int) -> SingleLayer:
        """Return the model of a candidate on the first split."""
        return self.parts[candidate][0].finish(candidate)
