"""Contributions of features to scores: that they sum to what the model says, in whatever way they are asked for."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.sparse import csr_array
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError

import onelayer as ol
from onelayer import explanation
from onelayer.errors import InvalidDataError, InvalidParameterError
from onelayer.explanation import Explanation
from onelayer.matrices import matrix_of

whole = st.integers(-8, 8)


def explained(n_classes, dtype=np.float64, reference=None, **parameters):
    X, y = load_digits(n_class=n_classes, return_X_y=True)
    X = X[:80].astype(dtype)
    model = ol.SoftmaxRegression(epochs=5, random_state=0, **parameters).fit(X, y[:80])
    return model, X, model.explain(X, reference=reference)


def scores_of(model, X):
    """The decision function with a column for each class, in float64 of its own."""
    scores = X.astype(np.float64) @ model.coef_.T.astype(np.float64) + model.intercept_
    return np.column_stack([-scores[:, 0] / 2, scores[:, 0] / 2]) if scores.shape[1] == 1 else scores


@pytest.mark.parametrize("reference", [None, "row", "mean"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.uint8])
@pytest.mark.parametrize("n_classes", [2, 3, 10])
def test_contributions_and_baseline_sum_to_the_centred_decision_function(n_classes, dtype, reference):
    model, X, _ = explained(n_classes, dtype)
    given_reference = {None: None, "row": X[7], "mean": X}[reference]
    found = model.explain(X, reference=given_reference)
    scores = scores_of(model, X)
    expected = scores - scores.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(found.scores, expected, rtol=1e-5, atol=1e-5)
    total = found.baseline + found.contributions.sum(axis=2)
    np.testing.assert_allclose(total, found.scores, rtol=1e-12, atol=1e-11)
    np.testing.assert_allclose(found.contributions.sum(axis=1), 0, atol=1e-12)
    wanted = {None: np.zeros(64), "row": X[7], "mean": X.mean(axis=0, dtype=float)}[reference]
    np.testing.assert_allclose(found.reference, wanted, rtol=1e-12)
    np.testing.assert_array_equal(found.predicted, model.predict(X))
    if reference == "row":
        np.testing.assert_allclose(found.contributions[7], 0)
        np.testing.assert_allclose(found.baseline, found.scores[7], atol=1e-12)


def test_the_difference_of_two_classes_is_the_decision_function():
    model, X, found = explained(2)
    np.testing.assert_allclose(found.scores[:, 1] - found.scores[:, 0], model.decision_function(X), rtol=1e-9)
    np.testing.assert_allclose(found.margin, np.abs(model.decision_function(X)), rtol=1e-9)


@given(
    hnp.arrays(int, (3, 4), elements=whole),
    hnp.arrays(int, 3, elements=whole),
    hnp.arrays(int, (2, 4), elements=whole),
    hnp.arrays(int, 4, elements=whole),
)
def test_every_number_is_that_of_its_definition(coef, intercept, X, reference):
    found = Explanation.of(matrix_of(X.astype(float)), coef, intercept, [0, 1, 2], "abcd", reference)
    centred = [[Fraction(int(3 * v - s), 3) for v, s in zip(w, coef.sum(0), strict=True)] for w in coef]
    for i, row in enumerate(X):
        for k, weights in enumerate(centred):
            parts = [w * int(x - r) for w, x, r in zip(weights, row, reference, strict=True)]
            base = sum(w * int(r) for w, r in zip(weights, reference, strict=True))
            base += Fraction(int(3 * intercept[k] - intercept.sum()), 3)
            np.testing.assert_allclose(found.contributions[i, k], [float(p) for p in parts], atol=1e-12)
            assert found.baseline[k] == pytest.approx(float(base), abs=1e-12)
            assert found.scores[i, k] == pytest.approx(float(base + sum(parts)), abs=1e-12)


def test_margin_and_competitor_by_hand():
    # Scores of (1, 0): 2, 0, 1; of (0, 1): 0, 1, 4.
    found = Explanation.of(matrix_of(np.eye(2)), [[2, 0], [0, 1], [1, 4]], np.zeros(3), ["a", "b", "c"], "xy")
    assert found.predicted.tolist() == ["a", "c"]
    assert found.competitor.tolist() == ["c", "b"]
    np.testing.assert_allclose(found.margin, [1, 3])
    np.testing.assert_allclose(found.toward(), [[1, 0], [0, 3]])
    np.testing.assert_allclose(found.toward("b"), [[-2, 0], [0, -3]])  # over a, and over c
    np.testing.assert_allclose(found.toward("b", over="a"), [[-2, 0], [0, 1]])
    np.testing.assert_allclose(found.toward(over="b"), [[2, 0], [0, 3]])


@pytest.mark.parametrize("n_classes", [2, 10])
def test_toward_sums_to_the_difference_of_scores(n_classes):
    _, _, found = explained(n_classes, reference=np.arange(64.0))
    every = np.arange(80)
    difference = found.toward().sum(axis=1) + found.baseline[found.ranks[0]] - found.baseline[found.ranks[1]]
    np.testing.assert_allclose(difference, found.margin, rtol=1e-9, atol=1e-9)
    toward = found.toward(1, over=0)
    np.testing.assert_allclose(
        toward.sum(axis=1) + found.baseline[1] - found.baseline[0],
        found.scores[every, 1] - found.scores[every, 0],
        atol=1e-9,
    )
    np.testing.assert_allclose(toward, found.contributions[:, 1] - found.contributions[:, 0], atol=1e-12)


def test_the_margin_is_the_ratio_of_probabilities_times_the_temperature():
    model, X, _ = explained(10)
    model.temperature_ = 2.5
    found, proba = model.explain(X), np.sort(model.predict_proba(X), axis=1)
    np.testing.assert_allclose(found.margin, 2.5 * np.log(proba[:, -1] / proba[:, -2]), rtol=1e-6)


def test_one_row_in_words():
    X = pd.DataFrame({"size": [1.0, 2.0, 3.0, 4.0], "rooms": [3.0, 1.0, 4.0, 1.0], "none": [1.0] * 4})
    model = ol.SoftmaxRegression(epochs=50, random_state=0).fit(X, ["Bonn", "Bonn", "Ulm", "Ulm"])
    row = model.explain(X, reference=X).row(3)
    assert (row.label, row.over) == ("Ulm", "Bonn")
    first, second = row.largest()  # none is as in the reference and does nothing
    assert (first.name, first.value, second.name) == ("size", 4.0, "rooms")
    assert first.amount == pytest.approx(1.5 * model.coef_[0, 0])
    assert row.baseline + first.amount + row.rest(1) == pytest.approx(row.margin)
    assert row.margin == pytest.approx(model.decision_function(X)[3])
    assert [each.name for each in row.largest(1)] == ["size"]
    turned = model.explain(X, reference=X).row(3, label="Bonn")
    assert (turned.label, turned.over, turned.margin) == ("Bonn", "Ulm", pytest.approx(-row.margin))


@pytest.mark.parametrize("n_classes", [2, 10])
def test_sparse_rows_are_explained_as_dense_ones(n_classes):
    model, X, dense = explained(n_classes, reference=np.arange(64.0))
    sparse = model.explain(csr_array(X), reference=np.arange(64.0))
    np.testing.assert_allclose(sparse.scores, dense.scores, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(sparse.contributions, dense.contributions)
    np.testing.assert_array_equal(sparse.row(3).values, X[3])
    np.testing.assert_allclose(model.explain(X, reference=csr_array(X)).reference, X.mean(axis=0), rtol=1e-12)


def test_any_number_of_threads_gives_the_same_bits():
    _, _, one = explained(10, n_threads=1)
    _, _, four = explained(10, n_threads=4)
    np.testing.assert_array_equal(one.scores, four.scores)


def test_a_table_is_explained_by_the_columns_of_its_matrix():
    table = pl.DataFrame(
        {
            "size": [1.0, 2.0, 3.0, 4.0],
            "garden": ["yes", "no", "yes", "no"],
            "town": ["Bonn", "Bonn", "Ulm", "Ulm"],
        }
    )
    model = ol.TableModel(ol.SoftmaxRegression(epochs=50, random_state=0)).fit(table, "town")
    found = model.explain(table, reference=table)
    assert list(found.feature_names) == list(model.preparation_.names)
    assert found.predicted.tolist() == model.predict(table).tolist()
    matrix, _, _ = model._blocks(table, None, None).held()
    np.testing.assert_allclose(found.X.stored, matrix)
    np.testing.assert_allclose(found.reference, matrix.mean(axis=0))
    with pytest.raises(AttributeError, match="explain"):
        _ = ol.TableModel().explain


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ([1.0, 2.0], r"reference has shape \(2,\); expected a row of 64 features"),
        (np.full(64, np.nan), "reference contains NaN in row 0"),
        (["a"] * 64, "reference must be an array of real numbers"),
        (5.0, r"reference has shape \(\)"),
        (np.zeros((3, 7)), "X has 7 features"),
    ],
)
def test_a_reference_that_is_no_row_is_refused(reference, message):
    model, X, _ = explained(3)
    with pytest.raises(ValueError, match=message):
        model.explain(X, reference=reference)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda found: found.toward(11), "label=11: expected one of the classes 0, 1, 2"),
        (lambda found: found.toward(1, over="cat"), "over='cat': expected one of the classes 0, 1, 2"),
        (
            lambda found: found.toward(1, over=1),
            "over=1: row 0 would be explained for this class over itself",
        ),
        (lambda found: found.row(80), "row=80: there are 80 rows, counted from 0"),
        (lambda found: found.row(-1), "row=-1"),
        (lambda found: found.row(0).largest(0), "n_features=0"),
    ],
)
def test_what_cannot_be_explained_is_refused(ask, message):
    with pytest.raises(InvalidParameterError, match=message):
        ask(explained(3)[2])


def test_more_numbers_than_memory_is_made_for_are_refused(monkeypatch):
    _, _, found = explained(3)
    monkeypatch.setattr(explanation, "_MOST_VALUES", 80 * 64)
    assert found.toward().shape == (80, 64)
    with pytest.raises(
        InvalidDataError,
        match=r"of 64 features to 3 classes in 80 rows are 15,360 numbers, and at most 5,120 .* ask for toward",
    ):
        _ = found.contributions
    monkeypatch.setattr(explanation, "_MOST_VALUES", 80 * 64 - 1)
    with pytest.raises(InvalidDataError, match=r"explain fewer rows$"):
        found.toward()
    assert found.row(79).contributions.shape == (64,)


def test_a_single_class_and_an_unfitted_model_are_refused():
    model = ol.SoftmaxRegression().partial_fit([[0.0], [1.0]], [3, 3])
    with pytest.raises(InvalidDataError, match="one class only, which has no competitor"):
        model.explain([[0.0]])
    with pytest.raises(NotFittedError):
        ol.SoftmaxRegression().explain([[0.0]])
