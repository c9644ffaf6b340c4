"""Rows of probabilities as labels, and weights of rows and classes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

import onelayer as ol
from onelayer.errors import InvalidDataError, InvalidParameterError
from onelayer.evaluation import evaluate

FULL = {
    "batch_size": 10_000,
    "random_state": 0,
}  # every step is one of the whole batch, so the order does not matter


def data(n_classes=3):
    """Return X and soft labels that depend on it."""
    X, _ = load_iris(return_X_y=True)
    scores = (X - X.mean(axis=0)) @ np.random.RandomState(0).randn(4, n_classes)
    soft = np.exp(scores - scores.max(axis=1, keepdims=True))
    return X, soft / soft.sum(axis=1, keepdims=True)


def as_rows(X, soft, weights=None):
    """Return the same as a row for each class, weighted by its probability."""
    n_rows, n_classes = soft.shape
    share = soft if weights is None else soft * weights[:, None]
    return np.repeat(X, n_classes, axis=0), np.tile(np.arange(n_classes), n_rows), share.ravel()


@pytest.mark.parametrize("n_classes", [2, 3, 7])
@pytest.mark.parametrize("class_weight", [None, "balanced", "given"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("sparse", [False, True])
def test_a_row_counts_as_one_for_each_class(n_classes, class_weight, weighted, sparse):
    X, soft = data(n_classes)
    weights = np.random.RandomState(1).randint(0, 4, len(X)).astype(float) if weighted else None
    if class_weight == "given":
        class_weight = {k: 1.0 + k for k in range(n_classes)}
    model = ol.SoftmaxRegression(epochs=30, learning_rate=0.05, alpha=0.01, class_weight=class_weight, **FULL)
    made = csr_array if sparse else np.asarray
    one = model.fit(made(X), soft, weights)
    found = one.coef_.copy(), one.intercept_.copy(), one.history_[-1]["train_loss"]
    rows, labels, share = as_rows(X, soft, weights)
    other = model.fit(made(rows), labels, share)
    expected = other.coef_, other.intercept_, other.history_[-1]["train_loss"]
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-11)


def test_the_optimum_is_that_of_scikit_learn_on_a_row_for_each_class():
    X, soft = data()
    rows, labels, share = as_rows(X, soft)
    peer = LogisticRegression(C=1 / (0.05 * len(X)), tol=1e-12, max_iter=10_000).fit(rows, labels, share)
    model = ol.SoftmaxRegression(alpha=0.05, epochs=3000, schedule="constant", momentum=0.9, **FULL).fit(
        X, soft
    )
    np.testing.assert_allclose(model.predict_proba(X), peer.predict_proba(X), atol=1e-6)


def test_one_hot_rows_are_labels():
    X, y = load_iris(return_X_y=True)
    one_hot = np.eye(3)[y]
    soft = ol.SoftmaxRegression(epochs=20, random_state=0).fit(X, one_hot, X_val=X, y_val=y)
    hard = ol.SoftmaxRegression(epochs=20, random_state=0).fit(X, y, X_val=X, y_val=one_hot)
    np.testing.assert_allclose(soft.coef_, hard.coef_, rtol=1e-11)
    assert soft.classes_.tolist() == [0, 1, 2]
    assert soft.score(X, one_hot) == hard.score(X, y)
    assert soft.history_[-1]["val_score"] == hard.history_[-1]["val_score"]
    assert soft.history_[-1]["val_loss"] == pytest.approx(hard.history_[-1]["val_loss"], rel=1e-12)
    one, other = evaluate(soft, X, one_hot), evaluate(hard, X, y)
    assert (one.n_rows, one.accuracy) == (other.n_rows, other.accuracy)
    assert one.loss == pytest.approx(other.loss, rel=1e-12)


def test_scores_are_the_accuracy_to_be_expected():
    X, soft = data()
    model = ol.SoftmaxRegression(epochs=50, random_state=0).fit(X, soft)
    weights = np.random.RandomState(0).rand(len(X))
    expected = np.average(soft[np.arange(len(X)), model.predict(X)], weights=weights)
    assert model.score(X, soft, weights) == pytest.approx(expected, rel=1e-12)
    evaluation = evaluate(model, X, soft)
    assert evaluation.accuracy == pytest.approx(model.score(X, soft), rel=1e-12)
    assert evaluation.loss == pytest.approx(
        -(soft * model.predict_log_proba(X)).sum(axis=1).mean(), rel=1e-12
    )


def test_streams_name_their_classes():
    X, soft = data()
    names = ["setosa", "versicolor", "virginica"]
    model = ol.SoftmaxRegression(random_state=0).partial_fit(X, soft, classes=names).partial_fit(X, soft)
    model.partial_fit(X, np.array(names)[soft.argmax(axis=1)])
    assert model.classes_.tolist() == names
    assert model.n_iter_ == 3
    assert ol.SoftmaxRegression(random_state=0).partial_fit(X, soft).classes_.tolist() == [0, 1, 2]


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int64])
def test_soft_labels_of_any_type(dtype):
    X, soft = data(7)
    given = soft.astype(dtype) if dtype != np.int64 else np.eye(7, dtype=dtype)[np.arange(len(soft)) % 7]
    model = ol.SoftmaxRegression(epochs=3, random_state=0).fit(X, given)
    wide = given.astype(np.float64)
    expected = ol.SoftmaxRegression(epochs=3, random_state=0).fit(X, wide / wide.sum(axis=1, keepdims=True))
    np.testing.assert_allclose(model.coef_, expected.coef_, rtol=1e-10)


def test_what_is_no_distribution_is_named_by_row():
    X, soft = data()
    for spoil, message in (
        ((41, 1, -0.25), r"the soft label of class 1 in row 41 of y_val is -0.25"),
        ((41, 1, np.nan), r"y_val contains NaN in row 41, column 1"),
        ((41, 1, 3.0), r"the soft labels of row 41 of y_val sum to 3\.\d+"),
    ):
        bad = soft.copy()
        bad[spoil[0], spoil[1]] = spoil[2]
        model = ol.SoftmaxRegression(random_state=0)
        with pytest.raises(InvalidDataError, match=message):
            model.fit(X, soft, X_val=X, y_val=bad)
        with pytest.raises(InvalidDataError, match=message.replace("y_val", "y")):
            model.fit(X, bad)
        assert not model.__sklearn_is_fitted__()
    model.fit(X, soft)
    for ask in (
        lambda y: model.score(X, y),
        lambda y: evaluate(model, X, y),
        lambda y: model.partial_fit(X, y),
    ):
        with pytest.raises(InvalidDataError, match="soft labels of 2 classes; the model has 3"):
            ask(data(2)[1])
    with pytest.raises(InvalidDataError, match="real numbers"):
        ol.SoftmaxRegression().fit(X, np.full((len(X), 2), "a"))


def test_balanced_weights_count_rows_by_their_weights():
    X, y = load_iris(return_X_y=True)
    repeats = np.random.RandomState(0).randint(0, 4, len(X))
    model = ol.SoftmaxRegression(class_weight="balanced", epochs=20, learning_rate=0.05, alpha=0.1, **FULL)
    weighted = model.fit(X, y, repeats).coef_.copy()
    repeated = model.fit(np.repeat(X, repeats, axis=0), np.repeat(y, repeats)).coef_
    np.testing.assert_allclose(weighted, repeated, rtol=1e-10)


@pytest.mark.parametrize("solver", ["lbfgs", "sgd"])
def test_a_class_without_weight_is_refused(solver):
    X, y = load_iris(return_X_y=True)
    model = ol.SoftmaxRegression(solver=solver, random_state=0)
    empty = np.hstack([np.eye(3)[y], np.zeros((150, 1))])
    for targets, weights, parameters in (
        (y, 1.0 * (y < 2), {}),
        (y, 1.0 * (y < 2), {"class_weight": "balanced"}),
        (y, None, {"class_weight": {2: 0.0}}),
    ):
        with pytest.raises(InvalidDataError, match="the class 2 has no rows with a weight"):
            model.set_params(**{"class_weight": None, **parameters}).fit(X, targets, weights)
    with pytest.raises(InvalidDataError, match="the class 3 has no rows with a weight"):
        model.set_params(class_weight=None).fit(X, empty)
    assert "coef_" not in vars(model)
    with pytest.raises(InvalidParameterError, match="class_weight"):
        model.set_params(class_weight={0: 0.0, 1: 0.0, 2: 1.0}).fit(X, y, 1.0 * (y < 2))
