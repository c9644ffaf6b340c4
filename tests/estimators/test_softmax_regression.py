"""Softmax regression: against scikit-learn's optimum, on images, with new classes, weights of classes, two classes."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_iris
from sklearn.linear_model import LogisticRegression

import onelayer as ol
from onelayer.errors import DivergenceError, InvalidDataError, InvalidParameterError


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("weights", [None, "some"])
def test_the_optimum_is_that_of_scikit_learn(classes, weights):
    X, y = load_iris(return_X_y=True)
    X, y = X[y < classes], y[y < classes]
    weights = None if weights is None else np.random.RandomState(0).randint(1, 4, len(X)).astype(float)
    alpha = 0.05
    total = len(X) if weights is None else weights.sum()
    exact = LogisticRegression(C=1 / (alpha * total), tol=1e-12, max_iter=10_000).fit(X, y, weights)
    model = ol.SoftmaxRegression(
        alpha=alpha, epochs=3000, batch_size=1000, schedule="constant", momentum=0.9, random_state=0
    ).fit(X, y, weights)
    np.testing.assert_allclose(model.predict_proba(X), exact.predict_proba(X), atol=1e-6)
    assert model.coef_.shape == exact.coef_.shape
    assert model.decision_function(X).shape == exact.decision_function(X).shape
    difference = model.coef_ - exact.coef_
    assert np.abs(difference - difference.mean(axis=0) * (classes > 2)).max() < 1e-5


def test_the_recipe_of_the_course_on_clothes():
    train, test = ol.datasets.fashion_mnist(subset=True)
    model = ol.SoftmaxRegression(epochs=10, batch_size=256, learning_rate=0.1, alpha=0.0, random_state=0)
    model.fit(train.X, train.y, X_val=test.X, y_val=test.y)
    assert model.score(test.X, test.y) > 0.75
    assert model.history_[-1]["train_loss"] < 0.75 * model.history_[0]["train_loss"]
    assert ol.SoftmaxRegression(random_state=0).fit(train.X, train.y).score(test.X, test.y) > 0.79


def test_labels_of_any_kind():
    X, y = load_iris(return_X_y=True)
    plain = ol.SoftmaxRegression(epochs=30, random_state=0).fit(X, y).predict(X)
    for labels in (
        np.array(["a", "b", "c"]),
        np.array(["a", "b", "c"], dtype=object),
        np.array([2.0, 7.0, 9.0]),
    ):
        model = ol.SoftmaxRegression(epochs=30, random_state=0).fit(X, labels[y])
        np.testing.assert_array_equal(model.predict(X), labels[plain])
        assert model.classes_.tolist() == labels.tolist()


def test_probabilities():
    X, y = load_digits(return_X_y=True)
    model = ol.SoftmaxRegression(random_state=0).fit(X, y)
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1, rtol=1e-11)
    np.testing.assert_array_equal(model.classes_[model.predict_proba(X).argmax(axis=1)], model.predict(X))
    assert np.isfinite(model.predict_log_proba(X * 1e6)).all()


def test_new_classes_are_taken_in():
    X, y = load_digits(return_X_y=True)
    model = ol.SoftmaxRegression(random_state=0)
    for turn in range(30):
        rows = y <= min(1 + turn, 9)
        model.partial_fit(X[rows], y[rows])
        assert len(model.classes_) == min(2 + turn, 10)
    assert model.coef_.shape == (10, 64)
    assert model.score(X, y) > 0.93
    before = model.predict(X)
    model._grow(np.arange(-1, 11))
    assert (model.predict(X) == before).mean() > 0.99


def test_growing_keeps_the_scores():
    X, y = load_digits(return_X_y=True)
    two = ol.SoftmaxRegression(random_state=0).fit(X[y < 2], y[y < 2])
    before = two.decision_function(X)
    two._grow(np.array([0, 1, 2]))
    after = two.decision_function(X)
    np.testing.assert_allclose(after[:, 1] - after[:, 0], before, rtol=1e-10, atol=1e-10)
    np.testing.assert_array_equal(after[:, 2], 0)


def test_partial_fit_epochs_are_those_of_fit():
    X, y = load_digits(return_X_y=True)
    whole = ol.SoftmaxRegression(
        epochs=3, learning_rate=0.01, alpha=1e-3, random_state=np.random.RandomState(0)
    )
    parts = ol.SoftmaxRegression(learning_rate=0.01, alpha=1e-3, random_state=np.random.RandomState(0))
    whole.fit(X, y)
    for _ in range(3):
        parts.partial_fit(X, y, classes=np.arange(10))
    np.testing.assert_allclose(parts.coef_, whole.coef_, rtol=1e-9, atol=1e-12)
    assert parts.n_iter_ == 3


def test_weights_of_classes_are_weights_of_rows():
    X, y = load_iris(return_X_y=True)
    factors = {0: 1.0, 1: 3.0, 2: 0.5}
    by_class = ol.SoftmaxRegression(class_weight=factors, random_state=0).fit(X, y)
    by_row = ol.SoftmaxRegression(random_state=0).fit(X, y, sample_weight=np.array([1.0, 3.0, 0.5])[y])
    np.testing.assert_array_equal(by_class.coef_, by_row.coef_)
    rare = np.r_[np.arange(55), np.arange(100, 150)]
    plain = ol.SoftmaxRegression(epochs=50, random_state=0).fit(X[rare], y[rare])
    balanced = ol.SoftmaxRegression(epochs=50, class_weight="balanced", random_state=0).fit(X[rare], y[rare])
    recall = [(model.predict(X[50:100]) == 1).mean() for model in (plain, balanced)]
    assert recall[1] > recall[0]


def test_refusals():
    X, y = load_iris(return_X_y=True)
    with pytest.raises(InvalidDataError, match="one class only"):
        ol.SoftmaxRegression().fit(X[:50], y[:50])
    with pytest.raises(
        InvalidDataError, match=r"y_val has the label .*2.* in row 100, which is not one of the model's 2"
    ):
        ol.SoftmaxRegression().fit(X[:100], y[:100], X_val=X, y_val=y)
    with pytest.raises(ValueError, match="Unknown label type"):
        ol.SoftmaxRegression().fit(X, X[:, 0])
    with pytest.raises(DivergenceError, match="try learning_rate="):
        ol.SoftmaxRegression(learning_rate=1e9).fit(X, y)


@pytest.mark.parametrize("size", [1, 2, 8, 64])
def test_a_stream_in_parts_of_any_size_learns(size):
    X, y = load_digits(return_X_y=True)
    model = ol.SoftmaxRegression(random_state=0)
    for start in range(0, len(X), size):
        model.partial_fit(X[start : start + size], y[start : start + size], classes=np.arange(10))
    assert model.score(X, y) > 0.85
    assert [record["epoch"] for record in model.history_] == list(range(1, model.n_iter_ + 1))
    assert model.training_["n_rows"] == len(X)


def test_a_failed_call_leaves_the_model_as_it_was():
    X, y = load_iris(return_X_y=True)
    model = ol.SoftmaxRegression(epochs=5, random_state=0).fit(X, y)
    before = {**vars(model)}
    labels = np.array(["a", "b", "c"])[y]
    for call in (
        lambda: model.fit(X[:, :2], labels, sample_weight=[1.0]),
        lambda: model.set_params(learning_rate=1e9).fit(X, labels),
        lambda: model.partial_fit(X, y + 1, sample_weight=[1.0]),
        lambda: model.partial_fit(X, labels),
    ):
        with pytest.raises((InvalidDataError, DivergenceError)):
            call()
        model.set_params(learning_rate="auto")
        assert vars(model) == before


def test_factors_of_classes_are_checked():
    X, y = load_iris(return_X_y=True)
    for factors in ({0: -1.0}, {0: np.nan}, {0: 0.0, 1: 0.0, 2: 0.0}):
        with pytest.raises(InvalidParameterError, match="class_weight="):
            ol.SoftmaxRegression(class_weight=factors).fit(X, y)
    plain = ol.SoftmaxRegression(random_state=0, class_weight={1: 1000.0}, epochs=3, early_stopping=True)
    assert plain.fit(X, y).history_[0]["val_score"] < 0.9


def test_predict_checks_the_number_of_threads():
    X, y = load_iris(return_X_y=True)
    model = ol.SoftmaxRegression().fit(X, y).set_params(n_threads=-1)
    with pytest.raises(InvalidParameterError, match="n_threads=-1"):
        model.predict(X)
