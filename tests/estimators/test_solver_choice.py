"""Which solver a LinearRegression takes, and what it refuses before anything is trained."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import onelayer as ol
from onelayer.course import implementations
from onelayer.errors import InvalidDataError, InvalidParameterError
from onelayer.estimators.sgd_parameters import OF_SGD

RANDOM = np.random.RandomState(0)
X = RANDOM.randn(60, 3)
y = X @ [1.0, -2.0, 0.5] + 3 + 0.1 * RANDOM.standard_t(3, 60)
ABOVE = [("squared", "closed_form"), ("absolute", "newton"), ("huber", "newton"), ("quantile", "newton")]
CHANGED = {
    "epochs": 11,
    "batch_size": 32,
    "learning_rate": 0.01,
    "schedule": "constant",
    "momentum": 0.5,
    "early_stopping": True,
}


@pytest.mark.parametrize(("loss", "exact"), ABOVE)
def test_auto_is_exact_unless_a_parameter_of_sgd_is_not_at_its_default(loss, exact):
    assert ol.LinearRegression(loss=loss).fit(X, y).training_["solver"] == exact
    assert ol.LinearRegression(loss=loss, epochs=3).fit(X, y).training_["solver"] == "sgd"
    for name, value in CHANGED.items():
        assert ol.LinearRegression(loss=loss, **{name: value})._method() == "sgd"
    others = {"alpha": 0.1, "random_state": 3, "n_threads": 1, "warm_start": True, "fit_intercept": False}
    for name, value in (others | {"n_iter_no_change": 2, "validation_fraction": 0.3, "tol": 1e-3}).items():
        assert ol.LinearRegression(loss=loss, **{name: value})._method() == exact


def test_the_parameters_of_sgd_have_the_defaults_of_the_constructor():
    parameters = ol.LinearRegression().get_params()
    assert {name: parameters[name] for name in OF_SGD} == OF_SGD
    assert set(CHANGED) == set(OF_SGD)


@pytest.mark.parametrize("name", ["scratch", "concise"])
@pytest.mark.parametrize(
    "form",
    [{}, {"loss": "absolute"}, {"loss": "huber"}, {"loss": "quantile", "quantile": [0.2, 0.8]}],
    ids=str,
)
def test_other_implementations_go_with_sgd_and_come_to_the_same(form, name):
    model, fast = ol.LinearRegression(random_state=0, **form), ol.LinearRegression(random_state=0, **form)
    implementations.fit(model, X, y, implementation=name)
    assert (model.training_["solver"], model.training_["implementation"]) == ("sgd", name)
    assert model.statistics_ is None
    fast.set_params(solver="sgd").fit(X, y)
    np.testing.assert_allclose(model.coef_, fast.coef_, rtol=1e-9)
    assert model.losses_ == fast.losses_


@pytest.mark.parametrize("name", ["scratch", "concise"])
def test_other_implementations_have_no_other_solver(name):
    for form in ({"solver": "closed_form"}, {"solver": "newton", "loss": "huber"}):
        with pytest.raises(InvalidParameterError, match="no other implementation"):
            implementations.fit(ol.LinearRegression(**form), X, y, implementation=name)
    with pytest.raises(InvalidParameterError, match="a list is for the solver 'closed_form'"):
        implementations.fit(ol.LinearRegression(alpha=[0.0, 1.0]), X, y, implementation=name)


REFUSED = {
    "closed_form of another loss": ({"loss": "huber", "solver": "closed_form"}, "solver='closed_form'"),
    "newton of the squared loss": ({"solver": "newton"}, "solver='newton'"),
    "unknown solver": ({"solver": "lbfgs"}, "solver='lbfgs'"),
    "unknown loss": ({"loss": ["squared"]}, "loss="),
    "alphas by newton": ({"loss": "absolute", "alpha": [0, 1]}, r"alpha=\[0, 1\].*'closed_form'"),
    "alphas by sgd": ({"solver": "sgd", "alpha": (0.0, 1.0)}, r"alpha=\(0.0, 1.0\).*'closed_form'"),
    "alphas and epochs": ({"epochs": 3, "alpha": [0.5]}, r"alpha=\[0.5\].*'closed_form'"),
    "no alphas": ({"alpha": []}, r"alpha=\[\]: expected"),
    "no alphas in an array": ({"alpha": np.empty(0)}, r"alpha=\[\]: expected"),
    "an alpha below 0": ({"alpha": [1.0, -1.0]}, "alpha=-1.0"),
    "ragged alphas": ({"alpha": [1.0, [2.0]]}, r"alpha=\[2.0\]"),
    "quantile 0": ({"loss": "quantile", "quantile": 0}, "quantile=0"),
    "quantile 1": ({"loss": "quantile", "quantile": [0.5, 1.0]}, "quantile=1.0"),
    "no number as a quantile": ({"loss": "quantile", "quantile": "half"}, "quantile='half'"),
    "no quantiles": ({"loss": "quantile", "quantile": []}, r"quantile=\[\]"),
    "a quantile twice": ({"loss": "quantile", "quantile": [0.5, 0.1, 0.5]}, "list of different ones"),
    "delta 0": ({"loss": "huber", "delta": 0.0}, "delta=0.0"),
    "scale below 0": ({"loss": "huber", "scale": -1.0}, "scale=-1.0"),
    "a word for scale": ({"loss": "huber", "scale": "mad"}, "scale='mad'.*or 'auto'"),
    "delta in units of an estimated scale": ({"loss": "huber", "delta": 0.9}, "delta=0.9.*above 1"),
    "the same by sgd": ({"loss": "huber", "delta": 0.9, "solver": "sgd"}, "delta=0.9.*above 1"),
    "no iterations": ({"max_iter": 0}, "max_iter=0"),
    "tol 0": ({"tol": 0.0}, "tol=0.0"),
}


@pytest.mark.parametrize(("parameters", "message"), REFUSED.values(), ids=REFUSED)
def test_parameters_are_refused_before_anything_is_trained(parameters, message):
    heard = []
    model = ol.LinearRegression(**parameters)
    with pytest.raises(InvalidParameterError, match=message):
        model.fit(X, y, callbacks=[heard.append])
    assert heard == []
    assert vars(model) == vars(ol.LinearRegression(**parameters))


def test_several_quantiles_are_fitted_to_one_target():
    model = ol.LinearRegression(loss="quantile", quantile=[0.1, 0.9])
    with pytest.raises(InvalidDataError, match="y has 2 outputs; several quantiles are fitted to one"):
        model.fit(X, np.column_stack([y, y]))
    assert model.fit(X, y[:, None]).coef_.shape == (2, 3)


@pytest.mark.parametrize(
    ("model", "y_there"),
    [
        (ol.LinearRegression(loss="absolute"), True),
        (ol.LinearRegression(solver="sgd"), True),
        (ol.LinearRegression(solver="newton", loss="huber"), False),
        (ol.LinearRegression(alpha=[0.0, 1.0]), False),
        (ol.LinearRegression(), True),
    ],
    ids=str,
)
def test_partial_fit_is_there_where_rows_can_be_taken_in_part_by_part(model, y_there):
    assert hasattr(model, "partial_fit") == y_there


@pytest.mark.parametrize("loss", ["absolute", "huber", "quantile"])
def test_what_needs_an_exact_fit_says_so(loss):
    for model, solver in [
        (ol.LinearRegression(loss=loss).fit(X, y), "newton"),
        (ol.LinearRegression(solver="sgd", random_state=0).fit(X, y), "sgd"),
    ]:
        assert model.statistics_ is None
        with pytest.raises(InvalidParameterError, match=f"interval needs .* fitted by '{solver}'"):
            model.predict(X, interval=0.9)
        with pytest.raises(InvalidParameterError, match=f"merge needs the statistics .* by '{solver}'"):
            model.merge(model)
        with pytest.raises(InvalidParameterError, match=f"merge needs the statistics .* by '{solver}'"):
            ol.LinearRegression().fit(X, y).merge(model)
    with pytest.raises(InvalidParameterError, match="summary needs a model of the squared loss fitted by"):
        model.summary()
    with pytest.raises(InvalidParameterError, match="fitted by 'sgd'"):
        model.set_params(solver="closed_form").partial_fit(X, y)
    with pytest.raises(InvalidParameterError, match="solver='newton' needs all rows at once"):
        ol.LinearRegression(loss=loss, solver="newton").fit_batches([(X, y)])
    with pytest.raises(InvalidParameterError, match="one weight of the penalty"):
        ol.LinearRegression(alpha=[0.0, 1.0]).fit_batches([(X, y)])


FAILURES = {
    "parameter": lambda model: model.set_params(delta=-1.0, loss="huber").fit(X, y),
    "NaN in X": lambda model: model.fit(np.where(X > 2, np.nan, X), y),
    "NaN in X of a part": lambda model: model.partial_fit(np.where(X > 2, np.nan, X), y),
    "inf in y": lambda model: model.fit(X[:2], [1.0, np.inf]),
    "columns": lambda model: model.partial_fit(X[:, :2], y),
    "outputs": lambda model: model.partial_fit(X, np.column_stack([y, y])),
    "weights": lambda model: model.fit(X, y, sample_weight=-np.ones(60)),
    "a callback": lambda model: model.fit(X, y, callbacks=[lambda epoch: 1 / 0]),
    "a later batch": lambda model: model.fit_batches([(X[:, :2], y), (X, y)]),
    "a generator": lambda model: model.fit_batches((X, y) if k < 2 else 1 / 0 for k in range(3)),
    "merge": lambda model: model.merge(ol.LinearRegression().fit(X[:, :2], y)),
    "no batches": lambda model: model.fit_batches([]),
    "an empty batch": lambda model: model.fit_batches([(X[:0], y[:0])]),
}


@pytest.mark.parametrize("fail", FAILURES.values(), ids=FAILURES)
def test_a_failed_fit_leaves_the_model_as_it_was(fail):
    model = ol.LinearRegression().fit(X, y)
    before, coef, records = dict(vars(model)), model.coef_.copy(), copy.deepcopy(model.history_)
    with pytest.raises((ValueError, ZeroDivisionError)):
        fail(model)
    parameters = set(model.get_params())
    assert set(vars(model)) == set(before)
    assert all(value is before[name] for name, value in vars(model).items() if name not in parameters)
    np.testing.assert_array_equal(model.coef_, coef)
    assert model.history_ == records
