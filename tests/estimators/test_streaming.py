"""Exact least squares of rows that come in parts: any split, merged, saved and gone on with."""

from __future__ import annotations

import pickle
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.base import clone

import onelayer as ol
from onelayer.errors import InvalidDataError, InvalidParameterError, RankWarning

RANDOM = np.random.RandomState(0)
N = 120
X = RANDOM.randn(N, 3) * [1e-3, 1, 1e4] + [2000, 0, 1e5]
Y = np.column_stack([X @ [500.0, 1.0, 1e-4], RANDOM.randn(N)]) + RANDOM.randn(N, 2)
y = Y[:, 0].copy()
WEIGHTS = RANDOM.randint(0, 3, N).astype(float)


def assert_same(one, other, rtol=1e-12):
    np.testing.assert_allclose(one.coef_, other.coef_, rtol=rtol)
    np.testing.assert_allclose(one.intercept_, other.intercept_, rtol=rtol)
    assert one.condition_ == pytest.approx(other.condition_, rel=1e-9)
    assert (one.rank_, one.alpha_, one.gap_) == (other.rank_, other.alpha_, other.gap_)
    assert one.statistics_.n_rows == other.statistics_.n_rows
    assert one.training_["n_rows"] == other.training_["n_rows"]


def parts(cuts):
    edges = [0, *sorted(cuts), N]
    return [slice(low, high) for low, high in pairwise(edges) if low < high]


@given(
    cuts=st.lists(st.integers(1, N - 1), max_size=8),
    weighted=st.booleans(),
    outputs=st.booleans(),
    alpha=st.sampled_from([0.0, 0.5]),
    fit_intercept=st.booleans(),
)
@settings(max_examples=30, deadline=None)
def test_any_split_gives_what_one_fit_gives(cuts, weighted, outputs, alpha, fit_intercept):
    form = ol.LinearRegression(alpha=alpha, fit_intercept=fit_intercept)
    targets, weights = Y if outputs else y, WEIGHTS if weighted else None
    assume(weights is None or all(weights[rows].any() for rows in parts(cuts)))
    whole = clone(form).fit(X, targets, sample_weight=weights)

    def each(rows):
        return X[rows], targets[rows], None if weights is None else weights[rows]

    model = clone(form)
    first, *rest = parts(cuts)
    model = (
        model.fit(*each(first))
        if cuts and cuts[0] % 2 and len(X[first]) > 9
        else model.partial_fit(*each(first))
    )
    for rows in rest:
        model.partial_fit(*each(rows))
    assert_same(model, whole)
    assert_same(clone(form).fit_batches(each(rows) for rows in parts(cuts)), whole)
    merged, *others = [clone(form).partial_fit(*each(rows)) for rows in parts(cuts)]
    for other in others:
        merged.merge(other)
    assert_same(merged, whole)


def test_the_record_is_that_of_one_training():
    heard = []
    model = ol.LinearRegression().partial_fit(X[:50], y[:50], callbacks=[heard.append])
    assert (model.n_iter_, len(model.history_), model.training_["n_rows"]) == (1, 1, 50)
    model.partial_fit(X[50:70], y[50:70], sample_weight=WEIGHTS[50:70])
    assert (model.n_iter_, model.training_["n_rows"]) == (2, 70)
    model.merge(ol.LinearRegression().fit(X[70:], y[70:]))
    assert (model.n_iter_, model.training_["n_rows"]) == (3, N)
    assert [record["epoch"] for record in model.history_] == [1, 2, 3]
    assert model.history_[0]["train_loss"] == heard[0].train_loss
    assert model.converged_
    assert model.fit_batches([(X, y)], callbacks=[heard.append]).n_iter_ == 1
    assert model.training_["n_rows"] == N
    assert len(heard) == 2


def test_the_mean_loss_is_that_of_all_rows():
    model = ol.LinearRegression().partial_fit(X[:50], y[:50]).partial_fit(X[50:], y[50:])
    expected = 0.5 * np.square(model.predict(X) - y).mean()
    assert model.history_[-1]["train_loss"] == pytest.approx(expected, rel=1e-9)


def test_batches_may_be_of_any_kind_and_without_a_row_that_counts():
    weights = np.repeat([1.0, 0.0, 2.0], 40)
    whole = ol.LinearRegression().fit(X, Y, sample_weight=weights)
    thirds = [slice(0, 40), slice(40, 80), slice(80, 120)]
    assert_same(ol.LinearRegression().fit_batches([(X[r], Y[r], weights[r]) for r in thirds]), whole)
    lists = ([X[r].tolist(), Y[r].tolist(), weights[r].tolist()] for r in thirds)
    assert_same(ol.LinearRegression().fit_batches(lists), whole)
    frames = ((pd.DataFrame(X[r], columns=list("abc")), Y[r], weights[r]) for r in thirds)
    model = ol.LinearRegression().fit_batches(frames)
    assert_same(model, whole)
    assert model.feature_names_in_.tolist() == ["a", "b", "c"]
    with pytest.raises(InvalidDataError, match="no rows that count"):
        ol.LinearRegression().fit_batches([(X[r], Y[r], np.zeros(40)) for r in thirds])


def test_the_first_part_says_what_shape_the_targets_have():
    model = ol.LinearRegression().fit_batches([(X[:60], y[:60]), (X[60:], y[60:, None])])
    assert model.coef_.shape == (3,)
    model.partial_fit(X, y[:, None])
    assert model.coef_.shape == (3,)
    model = ol.LinearRegression().partial_fit(X[:60], y[:60, None]).partial_fit(X[60:], y[60:])
    assert model.coef_.shape == (1, 3)


BAD_BATCHES = {
    "none": ([], "there are no rows"),
    "one without rows": ([(X, y), (X[:0], y[:0])], "0 sample"),
    "one with more columns": ([(X[:, :2], y), (X, y)], "3 features"),
    "one with more outputs": ([(X, y), (X, Y)], "numbers of outputs, 1 and 2, cannot be merged"),
    "NaN": (
        [(X, y), (np.where(np.isclose(X, X[7, 1], rtol=0, atol=0), np.nan, X), y)],
        "X contains NaN in row 7, column 1",
    ),
    "inf in a target": ([(X, np.where(y == y[3], np.inf, y))], "y contains inf in row 3"),
    "a negative weight": ([(X, y, -y)], "sample_weight is negative in row"),
    "uint8 beside float64": ([(X, y), (X.astype(np.uint8), y)], "uint8 and of another type"),
}


@pytest.mark.parametrize(("batches", "message"), BAD_BATCHES.values(), ids=BAD_BATCHES)
def test_bad_batches_are_refused_whole(batches, message):
    model = ol.LinearRegression()
    with pytest.raises(ValueError, match=message):
        model.fit_batches(iter(batches))
    assert not hasattr(model, "coef_")
    assert not hasattr(model, "n_features_in_")


class TestMerge:
    """What cannot be one model is not made one."""

    model = ol.LinearRegression().fit(X, y)

    def refuse(self, other, message, error=InvalidDataError):
        before = self.model.coef_.tobytes(), other.coef_.tobytes()
        with pytest.raises(error, match=message):
            self.model.merge(other)
        assert (self.model.coef_.tobytes(), other.coef_.tobytes()) == before

    def test_other_columns(self):
        self.refuse(
            ol.LinearRegression().fit(X[:, :2], y), r"different columns, 3 \(x0, x1, x2\) and 2 \(x0, x1\)"
        )

    def test_other_names(self):
        frame = pd.DataFrame(X, columns=["area", "rooms", "year"])
        named = ol.LinearRegression().fit(frame, y)
        self.refuse(named, r"3 \(x0, x1, x2\) and 3 \(area, rooms, year\)")
        reordered = ol.LinearRegression().fit(frame[["rooms", "area", "year"]], y)
        with pytest.raises(InvalidDataError, match="different columns"):
            named.merge(reordered)
        assert_same(clone(named).fit(frame[:60], y[:60]).merge(clone(named).fit(frame[60:], y[60:])), named)

    def test_other_outputs(self):
        self.refuse(ol.LinearRegression().fit(X, Y), "one dimension, the other of two")
        with pytest.raises(InvalidDataError, match="numbers of outputs, 2 and 1, cannot be merged"):
            ol.LinearRegression().fit(X, Y).merge(ol.LinearRegression().fit(X, Y[:, :1]))

    def test_another_type(self):
        self.refuse(ol.LinearRegression().fit(X.astype(np.float32).astype(np.uint8), y), "uint8")

    def test_an_unfitted_one(self):
        with pytest.raises(ValueError, match="not fitted"):
            ol.LinearRegression().fit(X, y).merge(ol.LinearRegression())
        with pytest.raises(ValueError, match="not fitted"):
            ol.LinearRegression().merge(self.model)

    def test_the_other_stays_and_the_parameters_are_mine(self):
        other = ol.LinearRegression(alpha=3.0).fit(X[60:], y[60:])
        before = other.coef_.copy()
        mine = ol.LinearRegression(alpha=0.2).fit(X[:60], y[:60]).merge(other)
        np.testing.assert_array_equal(other.coef_, before)
        assert_same(mine, ol.LinearRegression(alpha=0.2).fit(X, y))

    def test_a_list_of_alphas(self):
        listed = ol.LinearRegression(alpha=[0.1, 1.0]).fit(X, y)
        with pytest.raises(InvalidParameterError, match="one weight of the penalty"):
            listed.merge(self.model)
        assert ol.LinearRegression(alpha=0.5).fit(X[:60], y[:60]).merge(listed).alpha_ == 0.5


class TestSaved:
    """A model that comes back from a file is the one that went in."""

    @pytest.mark.parametrize("targets", [y, Y], ids=["one", "two"])
    @pytest.mark.parametrize("alpha", [0.0, 0.3])
    def test_goes_on_exactly(self, targets, alpha, tmp_path):
        whole = ol.LinearRegression(alpha=alpha).fit(X, targets)
        model = ol.LinearRegression(alpha=alpha)
        for start in range(0, N, 40):
            model.partial_fit(X[start : start + 40], targets[start : start + 40])
            model.save(tmp_path / "model")
            back = ol.load(tmp_path / "model")
            for name in ("coef_", "intercept_"):
                assert getattr(back, name).tobytes() == getattr(model, name).tobytes()
            for name in ("alpha_", "gap_", "rank_", "condition_", "scale_", "losses_"):
                assert getattr(back, name) == getattr(model, name)
            model = back
        assert_same(model, whole)

    def test_infers_as_before(self, tmp_path):
        model = ol.LinearRegression().fit(X, Y, sample_weight=WEIGHTS)
        model.save(tmp_path / "model")
        back = ol.load(tmp_path / "model")
        for kind in ("prediction", "confidence"):
            ours, theirs = (each.predict(X, interval=0.9, kind=kind) for each in (model, back))
            np.testing.assert_array_equal(ours, theirs)
        assert str(back.summary()) == str(model.summary())
        robust = {"X": X, "y": Y, "sample_weight": WEIGHTS, "covariance": "HC3"}
        assert str(back.summary(**robust)) == str(model.summary(**robust))
        assert_same(
            back.merge(back), clone(model).fit(np.tile(X, (2, 1)), np.tile(Y, (2, 1)), np.tile(WEIGHTS, 2))
        )

    def test_is_pickled(self):
        back = pickle.loads(pickle.dumps(ol.LinearRegression().fit(X[:60], y[:60])))
        assert_same(back.partial_fit(X[60:], y[60:]), ol.LinearRegression().fit(X, y))

    def test_a_lost_rank_comes_back(self, tmp_path):
        twice = np.column_stack([X, X[:, 0]])
        with pytest.warns(RankWarning):
            model = ol.LinearRegression().fit(twice, y)
        model.save(tmp_path / "model")
        back = ol.load(tmp_path / "model")
        assert (back.rank_, back.condition_) == (3, np.inf)


class TestRankOfAStream:
    """Fewer rows than columns are no news while more are to come."""

    def test_no_warning_before_there_are_as_many_rows_as_columns(self):
        model = ol.LinearRegression()
        for row in range(10):
            model.partial_fit(X[row : row + 1], y[row : row + 1])
        assert_same(model, ol.LinearRegression().fit(X[:10], y[:10]))

    def test_a_dependent_column_is_told_when_it_can_be_known(self):
        frame = pd.DataFrame(X[:, :2], columns=["a", "b"]).assign(total=X[:, 0] + X[:, 1])
        model = ol.LinearRegression().partial_fit(frame[:2], y[:2])
        with pytest.warns(RankWarning, match="total"):
            model.partial_fit(frame[2:9], y[2:9])

    def test_batches_are_all_there_is(self):
        with pytest.warns(RankWarning, match="rows"):
            ol.LinearRegression().fit_batches([(X[:2], y[:2]), (X[2:3], y[2:3])])
        frames = (pd.DataFrame({"a": X[r, 0], "b": 2 * X[r, 0]}) for r in (slice(0, 60), slice(60, N)))
        with pytest.warns(RankWarning, match="b"):
            ol.LinearRegression().fit_batches(zip(frames, (y[:60], y[60:]), strict=True))


def test_statistics_take_no_rows_of_zero_weight_into_account():
    model = ol.LinearRegression().fit(X[:60], y[:60], sample_weight=WEIGHTS[:60])
    model.partial_fit(X[60:90] * 1e5, y[60:90], sample_weight=np.zeros(30))
    model.partial_fit(X[60:], y[60:], sample_weight=WEIGHTS[60:])
    np.testing.assert_allclose(
        model.coef_, ol.LinearRegression().fit(X, y, sample_weight=WEIGHTS).coef_, rtol=1e-12
    )
    assert model.training_["n_rows"] == N + 30


def test_sgd_goes_on_from_an_exact_fit_and_not_back():
    centred = (X - X.mean(axis=0)) / X.std(axis=0)
    model = ol.LinearRegression().fit(centred, y)
    exact = model.coef_.copy()
    model.set_params(solver="sgd", learning_rate=1e-6, random_state=0).partial_fit(centred, y)
    np.testing.assert_allclose(model.coef_, exact, rtol=1e-3)
    assert (model.statistics_, model.rank_, model.training_["solver"]) == (None, None, "sgd")
    with pytest.raises(InvalidParameterError, match="partial_fit needs the statistics of the rows before"):
        model.set_params(solver="closed_form").partial_fit(centred, y)


class TestManyRows:
    """Rows so many that sums in float64 are as good as doubled precision, where columns are nearly orthogonal."""

    random = np.random.RandomState(1)
    many = random.randn(70_000, 3) + 1
    targets = many @ [1.0, 2.0, 3.0] + random.randn(70_000)
    spoilt = np.vstack([many, np.column_stack([1e6 * many[:9, 0], 1e6 * many[:9, 0], many[:9, 2]])])

    def batches(self, features):
        y = np.append(self.targets, np.zeros(len(features) - 70_000))
        edges = [*range(0, 70_000, 20_000), len(features)]
        return [(features[i:j], y[i:j]) for i, j in pairwise(edges)]

    @pytest.mark.parametrize("features", [many, spoilt], ids=["all alike", "the last ones not"])
    def test_batches_that_begin_anew_are_read_again_if_need_be(self, features):
        batches = self.batches(features)
        once = ol.LinearRegression().fit_batches(iter(batches), n_rows=len(features))
        again = ol.LinearRegression().fit_batches(batches, n_rows=len(features))
        whole = ol.LinearRegression().fit(features, np.concatenate([y for _, y in batches]))
        assert_same(again, once)
        assert_same(whole, once)
        assert again.n_iter_ == 1

    def test_goes_on_exactly(self):
        model = ol.LinearRegression().fit(self.many, self.targets)
        model.partial_fit(self.spoilt[70_000:], np.zeros(9))
        assert_same(model, ol.LinearRegression().fit_batches(iter(self.batches(self.spoilt))))

    def test_nan_is_found_before_and_after(self):
        for row in (0, 69_999):
            bad = np.where(np.arange(70_000)[:, None] == row, np.nan, self.many)
            with pytest.raises(InvalidDataError, match="X contains NaN in row"):
                ol.LinearRegression().fit_batches(self.batches(bad), n_rows=70_000)
            with pytest.raises(InvalidDataError, match=f"X contains NaN in row {row}, column 0"):
                ol.LinearRegression().fit(bad, self.targets)


@pytest.mark.parametrize("targets", [y, Y], ids=["one target", "two targets"])
@pytest.mark.parametrize(
    "loaded", [(True, False), (False, True), (True, True)], ids=["first", "second", "both"]
)
def test_models_from_files_merge_as_those_that_were_saved(targets, loaded, tmp_path):
    models = []
    for number, rows in enumerate((slice(0, 70), slice(70, N))):
        model = ol.LinearRegression().fit(X[rows], targets[rows])
        if loaded[number]:
            model.save(tmp_path / f"{number}.onelayer")
            model = ol.load(tmp_path / f"{number}.onelayer")
        models.append(model)
    whole = ol.LinearRegression().fit(X, targets)
    merged = models[0].merge(models[1])
    assert merged.coef_.shape == whole.coef_.shape
    assert_same(merged, whole)
