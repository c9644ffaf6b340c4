import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onelayer.calibration import BinnedForecasts, binned_forecasts
from onelayer.errors import InvalidDataError

FIELDS = ("counts", "weight", "probability", "outcome", "square", "product")


def some_rows(n_rows, seed):
    random = np.random.default_rng(seed)
    return random.integers(0, 3, n_rows), random.dirichlet([1, 1, 1], n_rows), random.integers(0, 3, n_rows)


def assert_same(one, other):
    for name in FIELDS:
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-12, err_msg=name)


def test_the_sums_by_hand():
    found = BinnedForecasts.of([[1, 0], [0, 1]], [[0.75, 0.25], [1.0, 0.5]], [2, 3], n_bins=2)
    assert found.counts.tolist() == [[0, 2], [2, 0]]
    assert found.weight.tolist() == [[0, 5], [5, 0]]
    assert found.probability.tolist() == [[0, 4.5], [2, 0]]
    assert found.outcome.tolist() == [[0, 2], [3, 0]]
    assert found.square.tolist() == [[0, 4.125], [0.875, 0]]
    assert found.product.tolist() == [[0, 1.5], [1.5, 0]]


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 1000))
def test_two_sets_of_rows_add_up(first, second, seed):
    y, proba, weights = some_rows(first + second, seed)
    weights[[0, first]] = 1
    whole = BinnedForecasts.of_classes(y, proba, sample_weight=weights)
    parts = (
        BinnedForecasts.of_classes(y[rows], proba[rows], sample_weight=weights[rows])
        for rows in (slice(first), slice(first, None))
    )
    assert_same(whole, next(parts) + next(parts))


def test_blocks_do_not_show(monkeypatch):
    y, proba, weights = some_rows(50, 0)
    weights[7:21] = 0  # a block without weight
    whole = BinnedForecasts.of_classes(y, proba, sample_weight=weights)
    monkeypatch.setattr(binned_forecasts, "_VALUES_AT_ONCE", 21)
    assert_same(BinnedForecasts.of_classes(y, proba, sample_weight=weights), whole)


def test_the_row_of_a_bad_value_is_that_of_the_whole(monkeypatch):
    monkeypatch.setattr(binned_forecasts, "_VALUES_AT_ONCE", 2)
    proba = np.full((5, 2), 0.5)
    proba[3, 1] = 2
    with pytest.raises(InvalidDataError, match=r"the probability in row 3, column 1, is 2\.0"):
        BinnedForecasts.of_classes([0, 1, 0, 1, 0], proba)


@pytest.mark.parametrize(
    ("weights", "message"),
    [([0, 0], "zero in every row"), ([1, -1], "negative in row 1"), ([1], r"expected \(2,\)")],
)
def test_refuses_weights_that_are_none(weights, message):
    with pytest.raises(InvalidDataError, match=message):
        BinnedForecasts.of_classes([0, 1], [[0.5, 0.5]] * 2, sample_weight=weights)


def test_refuses_no_rows():
    with pytest.raises(InvalidDataError, match="there are no rows"):
        BinnedForecasts.of_classes([], np.empty((0, 2)))


def test_a_model_is_asked_for_a_few_rows_at_a_time(monkeypatch):
    asked = []

    class Model:
        classes_ = np.array(["a", "b", "c"])

        def predict_proba(self, X):
            asked.append(len(X))
            return X

    y, proba, _ = some_rows(50, 1)
    labels = Model.classes_[y]
    whole = BinnedForecasts.of_classes(y, proba)
    assert_same(BinnedForecasts.from_estimator(Model(), proba, labels), whole)
    monkeypatch.setattr(binned_forecasts, "_VALUES_AT_ONCE", 60)
    assert_same(BinnedForecasts.from_estimator(Model(), proba, labels), whole)
    assert asked == [50, 20, 20, 10]
    with pytest.raises(InvalidDataError, match=r"X has 50 rows, and y has shape \(49,\)"):
        BinnedForecasts.from_estimator(Model(), proba, labels[1:])
    with pytest.raises(InvalidDataError, match="label 'd' in row 0"):
        BinnedForecasts.from_estimator(Model(), proba[:1], ["d"])
