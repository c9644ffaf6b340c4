"""Calibration of a fitted classifier by a temperature: what changes, what stays, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import log_softmax
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator

import onelayer as ol
from onelayer.errors import InvalidDataError, ModelFileError


def halves(n_classes, dtype=np.float64, labels=None):
    """Digits of so many kinds, to fit and to calibrate on; a fifth of the labels are drawn by chance."""
    X, y = load_digits(n_class=n_classes, return_X_y=True)
    chance = np.random.RandomState(0)
    drawn = chance.randint(0, n_classes, len(y))
    y = np.where(chance.uniform(size=len(y)) < 0.2, drawn, y)
    y = y if labels is None else np.array(labels)[y]
    return (X[::2].astype(dtype), y[::2]), (X[1::2].astype(dtype), y[1::2])


def fitted(rows, **parameters):
    return ol.SoftmaxRegression(epochs=30, random_state=0, **parameters).fit(*rows)


def both(scores):
    return np.column_stack([np.zeros_like(scores), scores]) if scores.ndim == 1 else scores


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.uint8])
@pytest.mark.parametrize("n_classes", [2, 3, 10])
def test_probabilities_are_those_of_scores_over_the_temperature(n_classes, dtype):
    train, held_out = halves(n_classes, dtype)
    model = fitted(train)
    assert model.temperature_ == 1
    scores, classes = model.decision_function(held_out[0]), model.predict(held_out[0])
    model.coef_.flags.writeable = model.intercept_.flags.writeable = False
    assert model.calibrate(*held_out) is model
    assert model.temperature_ > 0
    assert abs(model.temperature_ - 1) > 0.05
    np.testing.assert_array_equal(model.decision_function(held_out[0]), scores)
    np.testing.assert_array_equal(model.predict(held_out[0]), classes)
    expected = log_softmax(both(scores).astype(np.float64) / model.temperature_, axis=1)
    np.testing.assert_allclose(model.predict_log_proba(held_out[0]), expected, rtol=2e-5, atol=2e-6)
    np.testing.assert_allclose(model.predict_proba(held_out[0]), np.exp(expected), rtol=2e-5, atol=1e-6)


@pytest.mark.filterwarnings("ignore:Since FrozenEstimator does not appear")
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_classes", [2, 3, 10])
def test_the_temperature_is_that_of_scikit_learn(n_classes, weighted):
    train, (X, y) = halves(n_classes)
    model = fitted(train)
    weights = np.random.RandomState(1).uniform(0, 3, len(y)) if weighted else None
    peer = CalibratedClassifierCV(FrozenEstimator(clone(model).fit(*train)), method="temperature")
    peer.fit(X, y, sample_weight=weights)
    model.calibrate(X, y, sample_weight=weights)
    (calibrated,) = peer.calibrated_classifiers_
    (scaling,) = calibrated.calibrators
    apart = (
        2 if n_classes == 2 else 1
    )  # scikit-learn's scores of two classes are −s and s, twice as far apart
    assert model.temperature_ == pytest.approx(1 / scaling.beta_ / apart, rel=1e-4)
    np.testing.assert_allclose(model.predict_proba(X), peer.predict_proba(X), atol=1e-4)


def test_soft_labels_are_rows_of_each_class_with_their_weights():
    train, (X, y) = halves(3)
    soft = np.random.RandomState(2).dirichlet([1, 1, 1], len(y)) * 0.5 + 0.5 * np.eye(3)[y]
    model = fitted(train)
    found = model.calibrate(X, soft, sample_weight=y + 1.0).temperature_
    again = model.calibrate(
        np.repeat(X, 3, axis=0), np.tile([0, 1, 2], len(y)), (soft * (y[:, None] + 1)).ravel()
    )
    assert again.temperature_ == pytest.approx(found, rel=1e-9)
    with pytest.raises(InvalidDataError, match=r"y_val has one class only \(1\)"):
        model.calibrate(X, np.eye(3)[np.ones(len(y), int)])


def test_no_other_temperature_is_likelier():
    train, (X, y) = halves(10)
    model = fitted(train).calibrate(X, y)
    best = model.temperature_

    def loss(temperature):
        model.temperature_ = temperature
        return -model.predict_log_proba(X)[np.arange(len(y)), y].mean()

    assert loss(best) < min(loss(1.0), loss(best * 1.01), loss(best / 1.01))


def test_every_fit_sets_it_back():
    train, held_out = halves(3)
    model = fitted(train, warm_start=True)

    def calibrated():
        assert model.calibrate(*held_out).temperature_ != 1
        return model

    assert calibrated().fit(*train).temperature_ == 1
    assert calibrated().partial_fit(*train).temperature_ == 1
    assert "temperature_" not in vars(clone(calibrated()))
    stream = ol.SoftmaxRegression(random_state=0).partial_fit(*train)
    assert stream.temperature_ == 1
    assert stream.calibrate(*held_out).partial_fit(train[0][:3], [7, 8, 9]).temperature_ == 1


def test_calibrating_again_starts_from_the_scores():
    train, held_out = halves(3)
    once = fitted(train).calibrate(*held_out).temperature_
    twice = fitted(train).calibrate(*train).calibrate(*held_out).temperature_
    assert once == twice


@pytest.mark.parametrize("labels", [["no", "yes"], ["cat", "cow", "dog"]])
def test_a_model_file_keeps_it(labels, tmp_path):
    train, held_out = halves(len(labels), labels=labels)
    model = fitted(train).calibrate(*held_out)
    model.save(tmp_path / "calibrated")
    again = ol.load(tmp_path / "calibrated")
    assert again.temperature_ == model.temperature_
    np.testing.assert_array_equal(again.predict_proba(held_out[0]), model.predict_proba(held_out[0]))


def test_a_model_that_is_not_calibrated_is_saved_as_before_there_were_temperatures(tmp_path):
    model = fitted(halves(3)[0])
    assert model.facts() == ({}, {})
    model.save(tmp_path / "plain")
    assert ol.load(tmp_path / "plain").temperature_ == 1


@pytest.mark.parametrize("stored", [0.0, -1.0, "hot", None, True, float("nan"), float("inf")])
def test_a_file_with_a_temperature_that_is_none_is_refused(stored, monkeypatch, tmp_path):
    model = fitted(halves(3)[0])
    monkeypatch.setattr(type(model), "facts", lambda self: ({"temperature": stored}, {}))
    model.save(tmp_path / "forged")
    with pytest.raises(ModelFileError, match="what it says of the fit is damaged"):
        ol.load(tmp_path / "forged")


REFUSED = [
    (lambda X, y: (X[y == 1], y[y == 1]), r"y_val has one class only \(1\)"),
    (lambda X, y: (X, y, (y == 2).astype(float)), r"y_val has one class only \(2\)"),
    (lambda X, y: (X, np.where(np.arange(len(y)) == 5, 7, y)), r"y_val has the label 7.* in row 5"),
    (lambda X, y: (X[:, 1:], y), "X has 63 features, but SoftmaxRegression is expecting 64"),
    (lambda X, y: (X, y[1:]), "inconsistent numbers of samples"),
    (lambda X, y: (np.where(X > 15, np.nan, X), y), "X_val contains NaN"),
    (lambda X, y: (X, np.where(np.arange(len(y)) == 4, np.nan, y)), "y_val contains NaN in row 4"),
    (lambda X, y: (X, y, -np.ones(len(y))), "sample_weight_val is negative in row 0"),
    (lambda X, y: (X[:0], y[:0]), "0 sample"),
]


@pytest.mark.parametrize(("spoil", "message"), REFUSED)
def test_rows_that_cannot_calibrate_leave_the_model_as_it_was(spoil, message):
    train, held_out = halves(3)
    model = fitted(train).calibrate(*held_out)
    before = dict(vars(model))
    with pytest.raises(ValueError, match=message):
        model.calibrate(*spoil(*held_out))
    assert vars(model) == before


def test_other_column_names_are_refused():
    train, (X, y) = halves(3)
    names = [f"pixel {j}" for j in range(64)]
    model = fitted((pd.DataFrame(train[0], columns=names), train[1]))
    with pytest.raises(ValueError, match="feature names should match"):
        model.calibrate(pd.DataFrame(X, columns=names[::-1]), y)
    assert model.calibrate(pd.DataFrame(X, columns=names), y).temperature_ != 1


def test_rows_that_are_all_right_tell_no_temperature():
    train, (X, _) = halves(3)
    model = fitted(train)
    with pytest.raises(
        InvalidDataError, match="there is no likeliest temperature: every label has the highest score"
    ):
        model.calibrate(X, model.predict(X))
    with pytest.raises(InvalidDataError, match="labels are no likelier where their scores are higher"):
        model.calibrate(X, (model.predict(X) + 1) % 3)
    assert model.temperature_ == 1


def test_an_unfitted_model_says_so():
    with pytest.raises(NotFittedError):
        ol.SoftmaxRegression().calibrate([[0.0], [1.0]], [0, 1])
