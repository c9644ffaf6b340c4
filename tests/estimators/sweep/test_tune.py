"""Optuna's trials trained together: their values are those of separate fits, and its pruner is heard."""

from __future__ import annotations

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.trial import TrialState
from sklearn.base import clone
from sklearn.datasets import load_iris

import onelayer as ol
from onelayer.errors import InvalidParameterError

MODEL = ol.SoftmaxRegression(epochs=4, batch_size=16, random_state=0)
SPACE = {
    "learning_rate": FloatDistribution(1e-4, 0.02, log=True),
    "alpha": FloatDistribution(1e-6, 1.0, log=True),
    "batch_size": CategoricalDistribution([8, 16]),
}


def study(**keywords):
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0), **keywords)


def data():
    X, y = load_iris(return_X_y=True)
    return (X[::2], y[::2]), {"X_val": X[1::2], "y_val": y[1::2]}


def test_values_are_those_of_separate_fits():
    rows, held_out = data()
    done = ol.tune(
        study(pruner=optuna.pruners.NopPruner()), MODEL, SPACE, *rows, **held_out, n_trials=7, together=3
    )
    assert len(done.trials) == 7
    for trial in done.trials:
        own = clone(MODEL).set_params(**trial.params).fit(*rows, **held_out)
        assert trial.value == pytest.approx(own.history_[-1]["val_loss"], rel=1e-6)
        reported = [trial.intermediate_values[epoch] for epoch in range(1, 5)]
        assert reported == pytest.approx([epoch["val_loss"] for epoch in own.history_], rel=1e-6)


def test_the_pruner_is_heard_and_what_diverges_fails():
    rows, held_out = data()
    pruner = optuna.pruners.PercentilePruner(50, n_startup_trials=1, n_warmup_steps=0)
    done = ol.tune(study(pruner=pruner), MODEL, SPACE, *rows, **held_out, n_trials=12, together=4)
    states = [trial.state for trial in done.trials]
    assert TrialState.PRUNED in states
    assert TrialState.COMPLETE in states
    wild = ol.tune(
        study(), MODEL, {"learning_rate": FloatDistribution(1e20, 1e30)}, *rows, **held_out, n_trials=2
    )
    assert {trial.state for trial in wild.trials} == {TrialState.FAIL}


def test_what_is_refused():
    rows, held_out = data()
    with pytest.raises(InvalidParameterError, match="'rate', which is no parameter"):
        ol.tune(study(), MODEL, {"rate": FloatDistribution(0, 1)}, *rows, **held_out)
    with pytest.raises(InvalidParameterError, match="direction='minimize'"):
        ol.tune(study(direction="maximize"), MODEL, SPACE, *rows, **held_out)
    refused = study()
    with pytest.raises(InvalidParameterError, match="momentum="):
        ol.tune(refused, MODEL, {"momentum": FloatDistribution(2, 3)}, *rows, **held_out, n_trials=2)
    assert {trial.state for trial in refused.trials} == {TrialState.FAIL}
