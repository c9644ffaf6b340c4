"""Optuna asks, the sweep trains: trials that are asked for together are trained together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike

from onelayer import validation
from onelayer.errors import InvalidParameterError, optional_dependency
from onelayer.estimators.single_layer import SingleLayer
from onelayer.estimators.sweep.grid import check_candidate, check_names
from onelayer.estimators.sweep.groups import groups_of
from onelayer.estimators.sweep.race import DIVERGED, STOPPED, Listener, race
from onelayer.estimators.sweep.splits import Part, splits_of

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.distributions import BaseDistribution


def tune(
    study: Study,
    estimator: SingleLayer,
    distributions: Mapping[str, BaseDistribution],
    X: ArrayLike,
    y: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    X_val: ArrayLike | None = None,
    y_val: ArrayLike | None = None,
    sample_weight_val: ArrayLike | None = None,
    cv: Any = None,
    n_trials: int = 100,
    together: int = 16,
    listeners: Sequence[Listener] = (),
) -> Study:
    """Let an Optuna study choose parameters, for spaces that are too large for a grid.

    The study is asked for ``together`` trials at a time, which are trained side by side as :class:`GridSweep` does.
    Each epoch's validation loss is reported, the study's pruner says who is stopped, and the last one is the trial's
    value.

    Parameters
    ----------
    study : optuna.Study
        That minimises.
    estimator : SoftmaxRegression or LinearRegression
    distributions : dict of str to optuna distribution
        Of parameters of the estimator.
    X, y, sample_weight, X_val, y_val, sample_weight_val, cv
        As for :class:`GridSweep`.
    n_trials : int, default 100
    together : int, default 16
        More are faster for each, fewer let the study learn sooner.
    listeners : sequence of callable
        As for ``GridSweep.fit``.

    Returns
    -------
    optuna.Study
        ``study``. A trial that has diverged is marked as failed.

    Raises
    ------
    InvalidParameterError, InvalidDataError
        Before anything is trained.
    MissingDependencyError
        Optuna is not installed.

    References
    ----------
    Akiba, Sano, Yanase, Ohta and Koyama, *Optuna: A next-generation hyperparameter optimization framework*, KDD 2019.

    Examples
    --------
    >>> import optuna
    >>> from sklearn.datasets import load_iris
    >>> from onelayer import SoftmaxRegression
    >>> optuna.logging.set_verbosity(optuna.logging.WARNING)
    >>> study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=0))
    >>> space = {"alpha": optuna.distributions.FloatDistribution(1e-6, 1.0, log=True)}
    >>> model = SoftmaxRegression(epochs=5, batch_size=16, random_state=0)
    >>> study = tune(study, model, space, *load_iris(return_X_y=True), cv=3, n_trials=8, together=4)
    >>> len(study.trials), study.best_params["alpha"] < 0.1
    (8, True)
    """
    states = optional_dependency("optuna.trial", "optuna").TrialState
    validation.check_integer("n_trials", n_trials)
    validation.check_integer("together", together)
    check_names(estimator, distributions)
    if len(study.directions) != 1 or study.direction.name != "MINIMIZE":
        raise InvalidParameterError(
            "the study is to minimise the validation loss: optuna.create_study(direction='minimize')"
        )
    given = X_val is not None or y_val is not None
    held_out = Part(X_val, y_val, sample_weight_val) if given else None
    splits = splits_of(estimator, Part(X, y, sample_weight), held_out, cv)
    for first in range(0, n_trials, together):
        trials = [study.ask(dict(distributions)) for _ in range(min(together, n_trials - first))]
        try:
            for trial in trials:
                check_candidate(estimator, trial.params)
            candidates = [trial.params for trial in trials]
            standings = race(candidates, groups_of(estimator, candidates, splits), _Pruned(trials), listeners)
        except BaseException:
            for trial in trials:
                study.tell(trial, state=states.FAIL)
            raise
        for trial, standing in zip(trials, standings, strict=True):
            if standing.state == DIVERGED:
                study.tell(trial, state=states.FAIL)
            elif standing.state == STOPPED:
                study.tell(trial, state=states.PRUNED)
            else:
                study.tell(trial, standing.val_loss)
    return study


class _Pruned:
    """Who goes on, as the study's pruner says."""

    def __init__(self, trials: Sequence[Trial]) -> None:
        self.trials = trials

    def survivors(self, epoch: int, losses: Mapping[int, float]) -> set[int]:
        """Report the losses and return the trials that are not to be pruned."""
        for number, loss in losses.items():
            self.trials[number].report(loss, epoch)
        return {number for number in losses if not self.trials[number].should_prune()}
