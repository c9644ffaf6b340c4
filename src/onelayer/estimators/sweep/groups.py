"""Candidates that go together on one split: in step where they share minibatches, else one after the other."""

from __future__ import annotations

import copy
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state

from onelayer.errors import DivergenceError
from onelayer.estimators.exact_path import ExactPath, axes_for, turned
from onelayer.estimators.single_layer import SingleLayer, Task
from onelayer.estimators.sweep.grid import Parameters
from onelayer.estimators.sweep.splits import Split
from onelayer.kernels import blas
from onelayer.matrices import Dense, PrincipalAxes
from onelayer.solvers.events import Epoch, listeners
from onelayer.solvers.labelled import Labelled
from onelayer.solvers.solution import Solution, Stopped
from onelayer.solvers.sweep.together import Together

SHARED = ("learning_rate", "alpha", "momentum", "schedule", "epochs", "early_stopping", "n_iter_no_change")
"""The parameters in which candidates of one group may differ: they do not change which rows come when."""


class Group(ABC):
    """Candidates on one split.

    Attributes
    ----------
    members : list of int
        Numbers of the candidates.
    models : dict of int to estimator
        Each as ``fit`` leaves it, once :meth:`finish` has been called.
    failures : dict of int to DivergenceError
    seconds : dict of int to float
        Time spent on each, in seconds; of those trained together, an equal share.
    stops : bool
        Whether candidates can be stopped before their end.
    """

    stops: ClassVar[bool]

    def __init__(self, models: dict[int, SingleLayer], split: Split) -> None:
        self.members, self.models = list(models), models
        self.failures: dict[int, DivergenceError] = {}
        self.seconds = dict.fromkeys(models, 0.0)
        first = models[self.members[0]]
        train, held_out = split.train, split.held_out
        self.method = first._solver_for(train.X, first._method())
        exact = self.method == "closed_form"
        self.train: Labelled = first._labelled(
            train.X, train.y, train.weights, reset=True, targets_known=False, exact=exact
        )
        found = first._held_out(
            (held_out.X, held_out.y, held_out.weights), first._n_outputs(self.train.targets), exact
        )
        assert found is not None  # splits have rows to judge on
        self.held_out: Labelled = found
        learnt = {name: value for name, value in vars(first).items() if name not in first.get_params()}
        for model in models.values():
            model.__dict__.update(learnt)

    def task(self, model: SingleLayer) -> Task:
        """Return what the solver of a model is asked for."""
        objective = model._objective(self.train, model._check_parameters())
        return Task(objective, check_random_state(model.random_state), None, self.held_out, [], None)

    @property
    @abstractmethod
    def running(self) -> list[int]:
        """Which candidates are trained further."""

    @abstractmethod
    def epoch(self) -> dict[int, Epoch]:
        """Train those that are running for one epoch, or as long as it takes; return the record of each."""

    @classmethod
    def epoch_of_each(cls, splits: Sequence[Group]) -> list[dict[int, Epoch]]:
        """Train the group of each split for one epoch."""
        return [group.epoch() for group in splits]

    @abstractmethod
    def stop(self, candidates: Sequence[int], reason: Stopped) -> None:
        """Train these candidates no further."""

    @abstractmethod
    def epochs(self, candidate: int) -> list[Epoch]:
        """Return the records of a candidate."""

    @abstractmethod
    def kept(self, candidate: int) -> Epoch:
        """Return the record of the epoch whose parameters a candidate has."""

    @abstractmethod
    def finish(self, candidate: int) -> SingleLayer:
        """Return the model of a candidate, fitted as far as it was."""

    @classmethod
    def refit(cls, splits: Sequence[Any], candidate: int, X: Any, y: Any, sample_weight: Any) -> SingleLayer:
        """Return another model with the parameters of a candidate, fitted to all rows of the folds."""
        return clone(splits[0].models[candidate]).fit(X, y, sample_weight)


class SideBySide(Group):
    """Candidates of minibatch SGD that differ in nothing but ``SHARED`` parameters."""

    stops = True

    def __init__(self, models: dict[int, SingleLayer], split: Split) -> None:
        super().__init__(models, split)
        first = models[self.members[0]]
        random_state = check_random_state(copy.deepcopy(first.random_state))
        problems = [
            (model._check_parameters(), model._objective_of_sgd(self.task(model)))
            for model in models.values()
        ]
        base = problems[0][1]
        judge = partial(first._judge_each, self.held_out, base.loss, base.n_threads)
        self.together = Together(
            [(sgd, replace(base, alpha=objective.alpha)) for sgd, objective in problems], random_state, judge
        )
        self.place = {candidate: i for i, candidate in enumerate(self.members)}

    @property
    def running(self) -> list[int]:
        """Which candidates are trained further."""
        return [self.members[i] for i in self.together.running]

    def epoch(self) -> dict[int, Epoch]:
        """Train those that are running for one epoch."""
        running, began = self.running, time.perf_counter()
        records = self.together.epoch()
        share = (time.perf_counter() - began) / max(1, len(running))
        for candidate in running:
            self.seconds[candidate] += share
            failure = self.together.candidates[self.place[candidate]].failure
            if failure is not None:
                self.failures[candidate] = failure
        return {self.members[i]: record for i, record in records.items()}

    def stop(self, candidates: Sequence[int], reason: Stopped) -> None:
        """Train these candidates no further."""
        self.together.stop([self.place[c] for c in candidates if c in self.running], reason)

    def epochs(self, candidate: int) -> list[Epoch]:
        """Return the records of a candidate."""
        return self.together.candidates[self.place[candidate]].progress.epochs

    def kept(self, candidate: int) -> Epoch:
        """Return the record of the epoch whose parameters a candidate has."""
        return self.together.candidates[self.place[candidate]].progress.kept

    def finish(self, candidate: int) -> SingleLayer:
        """Return the model of a candidate."""
        model, solution = self.models[candidate], self.together.candidates[self.place[candidate]].solution()
        sgd = model._check_parameters()
        model._accept(solution, self.train.X.shape[0], self.seconds[candidate], "sgd", sgd)
        model._conclude(solution)
        return model


class OneByOne(Group):
    """Candidates of an exact solver that differ in the weight of the penalty alone, from the largest down.

    A candidate of minibatch SGD that shares nothing with others is one alone.
    """

    stops = False

    def __init__(self, models: dict[int, SingleLayer], split: Split) -> None:
        super().__init__(models, split)
        self.order = sorted(self.members, key=lambda c: -self.task(models[c]).objective.alpha)
        self.solutions: dict[int, Solution] = {}
        self.fold = split.fold
        self.axes: PrincipalAxes | None = None
        self.whole: Dense | None = None

    @property
    def running(self) -> list[int]:
        """Which candidates are still to be fitted."""
        return [candidate for candidate in self.order if candidate not in self.solutions]

    def epoch(self) -> dict[int, Epoch]:
        """Fit all."""
        self._find_axes([self])
        deque(self._fits(None, threading.Event()), maxlen=0)
        return self._ended()

    @classmethod
    def epoch_of_each(cls, splits: Sequence[Any]) -> list[dict[int, Epoch]]:
        """Fit the candidates of several splits at the same time, each candidate on a split by one thread.

        Much of a fit to a few thousand rows is for one thread to do, so that threads for each pass would mostly wait.
        Whichever thread is free takes the split that has waited longest one candidate on, so that all end at about the
        same time. With fewer splits than threads, each has some of them for itself.
        """
        if len(splits) == 1:
            return [splits[0].epoch()]
        n_threads = splits[0].models[splits[0].members[0]]._check_parameters().threads
        share, n_workers = max(1, n_threads // len(splits)), min(n_threads, len(splits))
        cls._find_axes(splits)
        given_up = threading.Event()
        waiting = deque(group._fits(share, given_up) for group in splits)

        def work() -> None:
            while True:
                try:
                    fits = waiting.popleft()
                except IndexError:  # the others are at work on all that is left
                    return
                try:
                    if next(fits, None) is not None:
                        waiting.append(fits)
                except BaseException:
                    given_up.set()
                    raise

        with blas.one_thread(), ThreadPoolExecutor(n_workers) as pool:
            parts = [pool.submit(work) for _ in range(n_workers)]
            try:
                for part in parts:
                    part.result()
            except BaseException:
                given_up.set()
                raise
        return [group._ended() for group in splits]

    @staticmethod
    def _find_axes(splits: Sequence[OneByOne]) -> None:
        """Note the axes in which the candidates are best fitted, if there are any: those of one split do for all.

        The rows of folds are turned together, since each is in most of them.
        """
        first = splits[0]
        model, n_fits = first.models[first.members[0]], len(splits) * len(first.members)
        axes = axes_for(first.method, model, first.train, n_fits)
        n_threads, whole = model._check_parameters().n_threads, None
        if axes is not None and first.fold is not None:
            whole = axes.turned(first.fold.whole, n_threads)
        for group in splits:
            group.axes, group.whole = axes, whole

    def _rows(self, n_threads: int | None) -> tuple[Labelled, Labelled]:
        """Return the rows to train on and those to judge on, in the axes if there are any."""
        whole, fold = self.whole, self.fold
        if whole is None or fold is None:
            return turned(self.train, self.axes, n_threads), turned(self.held_out, self.axes, n_threads)
        inside, outside = whole.part(fold.inside), whole.part(fold.outside)
        return replace(self.train, X=inside), replace(self.held_out, X=outside)

    @classmethod
    def refit(cls, splits: Sequence[Any], candidate: int, X: Any, y: Any, sample_weight: Any) -> SingleLayer:
        """Return another model with the parameters of a candidate, fitted to all rows.

        In the axes of the folds it begins at the mean of their optima. Each differs from the optimum of all rows by
        what the rows held out have told, and these are all rows.
        """
        first = splits[0]
        if first.whole is None:
            return super().refit(splits, candidate, X, y, sample_weight)
        model = clone(first.models[candidate])
        train = model._labelled(X, y, sample_weight, reset=True, targets_known=False)
        optima = [(group.solutions[candidate].coef, group.solutions[candidate].intercept) for group in splits]
        coef, intercept = (np.mean(arrays, axis=0) for arrays in zip(*optima, strict=True))
        path = ExactPath(first.method, replace(train, X=first.whole), None, axes=first.axes)
        model._conclude(path.fit(model, start=(coef, intercept)))
        return model

    def _fits(self, n_threads: int | None, given_up: threading.Event) -> Iterator[int]:
        """Fit one candidate after the other, and yield each that is fitted."""
        valued = self.fold is None  # of the models of folds only scores are asked for
        path = ExactPath(self.method, *self._rows(n_threads), n_threads, self.axes, valued=valued)
        for candidate in self.running:
            if given_up.is_set():
                break
            began = time.perf_counter()
            callbacks = listeners([lambda _: given_up.is_set()])
            self.solutions[candidate] = path.fit(self.models[candidate], callbacks)
            self.seconds[candidate] = time.perf_counter() - began
            yield candidate

    def _ended(self) -> dict[int, Epoch]:
        return {candidate: self.kept(candidate) for candidate in self.solutions}

    def stop(self, candidates: Sequence[int], reason: Stopped) -> None:
        """Do nothing: each has ended when it is heard of."""

    def epochs(self, candidate: int) -> list[Epoch]:
        """Return the records of a candidate."""
        return self.solutions[candidate].epochs

    def kept(self, candidate: int) -> Epoch:
        """Return the last of them."""
        return self.solutions[candidate].epochs[-1]

    def finish(self, candidate: int) -> SingleLayer:
        """Return the model of a candidate."""
        self.models[candidate]._conclude(self.solutions[candidate])
        return self.models[candidate]


def groups_of(
    estimator: SingleLayer, candidates: Sequence[Parameters], splits: Sequence[Split]
) -> list[list[Group]]:
    """Return the groups, each once for every split."""
    keyed: dict[str, list[int]] = {}
    X = splits[0].train.X
    for number, parameters in enumerate(candidates):
        keyed.setdefault(_key(clone(estimator).set_params(**parameters), X), []).append(number)
    groups: list[list[Group]] = []
    for members in keyed.values():
        models = {c: clone(estimator).set_params(**candidates[c]) for c in members}
        kind: type[Group] = SideBySide if _shares_minibatches(models[members[0]], X) else OneByOne
        groups.append([kind(copy.deepcopy(models), split) for split in splits])
    return groups


def _key(model: SingleLayer, X: Any) -> str:
    """Return what candidates of one group have in common."""
    everything = model.get_params(deep=False)
    if model._solver_for(X, model._method()) != "sgd":
        several = np.ndim(everything["alpha"]) > 0
        return repr(everything if several else {**everything, "alpha": None})
    scale_follows_penalty = everything.get("loss") == "huber"
    if not _shares_minibatches(model, X) or scale_follows_penalty:
        return repr(everything)
    automatic = everything["learning_rate"] == "auto"
    return repr({**everything, **dict.fromkeys(SHARED), "learning_rate": automatic})


def _shares_minibatches(model: SingleLayer, X: Any) -> bool:
    """Return whether a candidate can be trained beside others: by minibatch SGD, with one loss."""
    return model._solver_for(X, model._method()) == "sgd" and not model._separate_outputs
