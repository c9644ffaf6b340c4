import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.datasets import load_diabetes, load_digits
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    log_loss,
    mean_pinball_loss,
    mean_squared_error,
    precision_recall_fscore_support,
    r2_score,
)

from onelayer import evaluation
from onelayer.errors import InvalidDataError
from onelayer.estimators.linear_regression import LinearRegression
from onelayer.estimators.softmax_regression import SoftmaxRegression
from onelayer.evaluation import Evaluation, evaluate, evaluate_batches, predict_classes, predict_values


class Oracle(ClassifierMixin, BaseEstimator):
    """Its rows of X are the probabilities of the classes."""

    def __init__(self, classes):
        self.classes_ = np.array(classes)

    def predict_log_proba(self, X):
        return np.log(X)


class Echo(RegressorMixin, BaseEstimator):
    """Its rows of X are the predictions; one column becomes one-dimensional."""

    def predict(self, X):
        return X[:, 0] if X.shape[1] == 1 else X


PROBA = np.array([[0.5, 0.25, 0.25], [0.25, 0.625, 0.125], [0.125, 0.75, 0.125], [0.25, 0.25, 0.5]])


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X, y, SoftmaxRegression(epochs=3, random_state=0).fit(X[:900], y[:900])


def test_classification_by_hand():
    # Likelihoods of the true classes ½, ⅝, ⅛, ½: the product is 5/256.
    result = evaluate(Oracle([0, 1, 2]), PROBA, [0, 1, 2, 2])
    assert result.loss == pytest.approx(math.log(256 / 5) / 4, rel=1e-15)
    assert result.bits == pytest.approx(math.log2(256 / 5) / 4, rel=1e-15)
    assert result == Evaluation(n_rows=4, loss=result.loss, accuracy=0.75)
    assert result.record() == {"loss": result.loss, "accuracy": 0.75}


def test_predictions_by_hand():
    predictions = predict_classes(Oracle(["a", "b", "c"]), PROBA, ["a", "b", "c", "c"])
    np.testing.assert_array_equal(predictions.true, [0, 1, 2, 2])
    np.testing.assert_array_equal(predictions.predicted, [0, 1, 1, 2])
    np.testing.assert_allclose(predictions.confidence, [0.5, 0.625, 0.75, 0.5], rtol=1e-15)
    np.testing.assert_array_equal(predictions.confusion(), [[1, 0, 0], [0, 1, 0], [0, 1, 1]])
    assert predictions.mistakes() == [(2, 1, 1)]


def test_mistakes_come_most_frequent_first():
    proba = np.eye(3)[[1, 1, 2, 0, 0, 0]] * 0.8 + 0.1
    predictions = predict_classes(Oracle([0, 1, 2]), proba, [0, 0, 0, 2, 1, 2])
    assert predictions.mistakes() == [(0, 1, 2), (2, 0, 2), (0, 2, 1), (1, 0, 1)]


def test_agrees_with_scikit_learn(digits):
    X, y, model = digits
    predictions = predict_classes(model, X, y)
    result = evaluate(model, X, y)
    assert result.loss == pytest.approx(log_loss(y, model.predict_proba(X)), rel=1e-9)
    assert result.accuracy == accuracy_score(y, model.predict(X)) == model.score(X, y)
    np.testing.assert_array_equal(predictions.confusion(), confusion_matrix(y, model.predict(X)))


def test_class_scores_agree_with_scikit_learn():
    # Class 3 is never predicted, class 4 never true, class 5 neither.
    proba = np.eye(6)[[0, 0, 1, 1, 2, 4, 1, 0]] * 0.9 + 0.01
    y = [0, 0, 1, 0, 2, 2, 3, 3]
    scores = predict_classes(Oracle(range(6)), proba, y).scores()
    expected = precision_recall_fscore_support(y, proba.argmax(axis=1), labels=range(6), zero_division=np.nan)
    for ours, theirs in zip(
        (scores.precision, scores.recall, scores.f1, scores.support), expected, strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)


def test_blocks_of_rows_change_nothing(digits, monkeypatch):
    X, y, model = digits
    whole = predict_classes(model, X, y)
    monkeypatch.setattr(evaluation, "_VALUES_AT_ONCE", 1000)
    blocks = predict_classes(model, X, y)
    np.testing.assert_array_equal(blocks.predicted, whole.predicted)
    np.testing.assert_allclose(blocks.log_likelihood, whole.log_likelihood, rtol=1e-12)
    np.testing.assert_allclose(blocks.log_confidence, whole.log_confidence, rtol=1e-12)


def test_two_classes():
    X, y = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array(["low", "low", "top", "top"])
    model = SoftmaxRegression(epochs=50, random_state=0).fit(X, y)
    assert evaluate(model, X, y).loss == pytest.approx(log_loss(y, model.predict_proba(X)), rel=1e-9)


def test_regression_by_hand():
    # Residuals 1, −2, 0, 1: ½·(1 + 4 + 0 + 1)/4; the targets' sum of squares about their mean is 5.
    result = evaluate(Echo(), np.array([[1.0], [-1.0], [2.0], [4.0]]), [0.0, 1.0, 2.0, 3.0])
    assert result == Evaluation(n_rows=4, loss=0.75, r2=1 - 6 / 5)
    assert result.bits is None
    assert result.record() == {"loss": 0.75, "r2": 1 - 6 / 5}


def test_many_outputs():
    X, Y = np.array([[1.0, 2.0], [3.0, 5.0], [5.0, 8.0]]), np.array([[1.0, 2.0], [3.0, 4.0], [7.0, 9.0]])
    predictions = predict_values(Echo(), X, Y)
    np.testing.assert_allclose(predictions.r2(), r2_score(Y, X, multioutput="raw_values"), rtol=1e-15)
    assert predictions.evaluation().loss == pytest.approx(mean_squared_error(Y, X) * 2 / 2)
    assert predictions.evaluation().r2 == pytest.approx(r2_score(Y, X))


def test_linear_regression_agrees_with_its_own_score():
    X, y = load_diabetes(return_X_y=True)
    model = LinearRegression(epochs=5, random_state=0).fit(X, y)
    result = evaluate(model, X, y)
    assert result.r2 == pytest.approx(model.score(X, y), rel=1e-9)
    assert result.loss == pytest.approx(mean_squared_error(y, model.predict(X)) / 2, rel=1e-9)


def test_r2_of_a_single_row_is_not_defined():
    assert evaluate(Echo(), np.array([[1.0]]), [3.0]) == Evaluation(n_rows=1, loss=2.0, r2=None)


@pytest.mark.parametrize(
    ("classes", "y", "message"),
    [
        ([0, 1, 2], None, "no labels to evaluate against"),
        ([0, 1, 2], [0, 1], r"X has 4 rows, but y has shape \(2,\)"),
        ([0, 1, 2], [0, 1, 2, 7], r"label 7 in row 3 of y is not one of the 3 classes \(0, 1, 2\)"),
        ([0, 1, 2], [0.0, np.nan, 1.0, 2.0], "label nan in row 1 of y"),
        ([0, 1, 2], ["0", "1", "2", "2"], "label '0' in row 0 of y"),
        (["a", "b", "c"], [0, 1, 2, 2], r"label 0 in row 0 of y .* \('a', 'b', 'c'\)"),
        (["a", "b", "c"], np.array(["a", None, "b", "c"], dtype=object), "label None in row 1 of y"),
        ([0, 1, 2], [[0], [1], [2], [2]], r"labels must be one column, but y has shape \(4, 1\)"),
    ],
)
def test_refuses_labels_that_the_model_does_not_know(classes, y, message):
    with pytest.raises(InvalidDataError, match=message):
        evaluate(Oracle(classes), PROBA, y)


def test_the_message_names_at_most_ten_classes():
    with pytest.raises(InvalidDataError, match=r"one of the 20 classes \(0, .*, 9, …\)"):
        evaluate(Oracle(range(20)), np.full((1, 20), 0.05), [20])


def test_refuses_no_rows():
    with pytest.raises(InvalidDataError, match="no rows to evaluate"):
        evaluate(Oracle([0, 1, 2]), PROBA[:0], [])


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([1.0, np.inf, 2.0, 3.0], "y holds inf in row 1, column 0"),
        ([[1.0, 2.0]] * 4, "y has 2 columns, but the model has 1 outputs"),
        (["1", "2", "3", "4"], "targets must be numbers"),
    ],
)
def test_refuses_targets_that_do_not_fit(y, message):
    with pytest.raises(InvalidDataError, match=message):
        evaluate(Echo(), np.ones((4, 1)), y)


class TestLosses:
    """A model is judged by its own loss."""

    X, y = load_diabetes(return_X_y=True)
    Y = np.column_stack([y, 100 * X[:, 2] + X[:, 3]])

    @pytest.mark.parametrize(
        ("form", "loss"),
        [
            ({"loss": "absolute"}, lambda y, s, _: np.abs(y - s).mean()),
            ({"loss": "quantile", "quantile": 0.2}, lambda y, s, _: mean_pinball_loss(y, s, alpha=0.2)),
            ({"loss": "huber"}, lambda y, s, model: huber(1.35 * model.scale_, y - s).mean()),
            ({"loss": "huber", "delta": 2.0, "scale": 3.0}, lambda y, s, _: huber(6.0, y - s).mean()),
            ({}, lambda y, s, _: mean_squared_error(y, s) / 2),
        ],
        ids=["absolute", "quantile", "huber", "huber-scaled", "squared"],
    )
    def test_of_one_output(self, form, loss):
        model = LinearRegression(**form).fit(self.X, self.y)
        result = evaluate(model, self.X, self.y)
        assert result.loss == pytest.approx(loss(self.y, model.predict(self.X), model), rel=1e-9)
        assert result.r2 == pytest.approx(model.score(self.X, self.y), rel=1e-9)

    def test_of_several_outputs_with_a_scale_each(self):
        model = LinearRegression(loss="huber").fit(self.X, self.Y)
        residuals = self.Y - model.predict(self.X)
        parts = [huber(1.35 * scale, r).mean() for scale, r in zip(model.scale_, residuals.T, strict=True)]
        result = evaluate(model, self.X, self.Y)
        assert result.loss == pytest.approx(sum(parts), rel=1e-9)
        assert result.r2 == pytest.approx(r2_score(self.Y, model.predict(self.X)))

    def test_of_several_quantiles_there_is_no_r2(self):
        model = LinearRegression(loss="quantile", quantile=[0.2, 0.7]).fit(self.X, self.y)
        predictions = predict_values(model, self.X, self.y)
        np.testing.assert_array_equal(predictions.true, np.column_stack([self.y, self.y]))
        shares = zip((0.2, 0.7), model.predict(self.X).T, strict=True)
        expected = sum(mean_pinball_loss(self.y, s, alpha=q) for q, s in shares)
        for result in (
            evaluate(model, self.X, self.y),
            evaluate_batches(model, [(self.X[:9], self.y[:9]), (self.X[9:], self.y[9:])]),
        ):
            assert result.r2 is None
            assert result.loss == pytest.approx(expected, rel=1e-9)

    @pytest.mark.parametrize("form", [{}, {"loss": "huber"}, {"loss": "quantile", "quantile": 0.3}], ids=str)
    def test_targets_of_another_number_are_refused(self, form):
        model = LinearRegression(**form).fit(self.X, self.Y)
        with pytest.raises(InvalidDataError, match="y has 1 columns, but the model has 2 outputs"):
            evaluate(model, self.X, self.y)


class TestBatches:
    """Rows that come in batches are judged as all rows at once."""

    X, y = load_diabetes(return_X_y=True)
    Y = np.column_stack([1e6 + y, y**2])

    @given(
        cuts=st.lists(st.integers(1, 441), max_size=6), loss=st.sampled_from(["squared", "absolute", "huber"])
    )
    @settings(max_examples=20, deadline=None)
    def test_any_split(self, cuts, loss):
        model = LinearRegression(loss=loss, tol=1e-3).fit(self.X[::2], self.Y[::2])
        edges = sorted({0, *cuts, len(self.X)})
        batches = ((self.X[i:j], self.Y[i:j], "whatever else") for i, j in pairwise(edges))
        ours, theirs = evaluate_batches(model, batches), evaluate(model, self.X, self.Y)
        assert ours.n_rows == theirs.n_rows
        assert ours.loss == pytest.approx(theirs.loss, rel=1e-12)
        assert ours.r2 == pytest.approx(theirs.r2, rel=1e-9)

    def test_constant_targets(self):
        flat = np.full(442, 0.1)
        model = LinearRegression().fit(self.X, self.Y)
        for targets in (np.column_stack([flat, self.y]), np.column_stack([self.y, flat])):
            batches = [(self.X[:100], targets[:100]), (self.X[100:], targets[100:])]
            predicted = model.predict(self.X)
            varying = int(targets[0, 1] != 0.1)
            expected = r2_score(targets[:, varying], predicted[:, varying]) / 2
            assert evaluate_batches(model, batches).r2 == pytest.approx(expected)
        assert evaluate_batches(Echo(), [(np.ones((1, 1)), [1.0])] * 3).r2 == 1.0
        assert evaluate_batches(Echo(), [(np.ones((2, 1)), [2.0, 2.0])] * 3).r2 == 0.0

    def test_one_row_and_none(self):
        model = LinearRegression().fit(self.X, self.y)
        one = [(self.X[:1], self.y[:1])]
        assert evaluate_batches(model, one) == evaluate(model, *one[0])
        assert evaluate_batches(model, one).r2 is None
        with pytest.raises(InvalidDataError, match="no rows to evaluate"):
            evaluate_batches(model, [])
        with pytest.raises(InvalidDataError, match="y holds nan in row 0, column 0"):
            evaluate_batches(model, [*one, (self.X[:1], [np.nan])])


def huber(delta, residuals):
    """Return Huber's loss of each residual, by its definition."""
    size = np.abs(residuals)
    return np.where(size <= delta, size**2 / 2, delta * (size - delta / 2))
