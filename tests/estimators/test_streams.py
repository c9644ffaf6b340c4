"""Minibatch SGD on rows that come in batches: the fit of the same rows in memory, whatever the batches."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.metrics import log_loss, mean_absolute_error

import onelayer as ol
from onelayer.callbacks import ReadingProgress
from onelayer.errors import DivergenceError, InvalidDataError, InvalidParameterError
from onelayer.estimators.stream_sample import HELD_OUT, SAMPLED, numbers_of_places
from onelayer.matrices import matrix_of
from onelayer.solvers.events import Callback
from onelayer.solvers.labelled import Labelled
from onelayer.solvers.sgd import SGD
from onelayer.solvers.shuffled import Shuffled

RANDOM = np.random.RandomState(0)
N, N_FEATURES, N_CLASSES = 600, 5, 4
SIGNAL = RANDOM.randn(N_FEATURES, N_CLASSES)
NUMBERS = RANDOM.randn(N, N_FEATURES) * [1, 3, 0.2, 1, 1] + [0, 5, 0, -2, 0]
LABELS = ((NUMBERS - NUMBERS.mean(axis=0)) @ SIGNAL + RANDOM.gumbel(size=(N, N_CLASSES))).argmax(axis=1)
TARGET = NUMBERS @ SIGNAL[:, 0] + 0.3 * RANDOM.standard_t(3, N)
WEIGHTS = RANDOM.randint(0, 4, N).astype(float)
SOFT = RANDOM.dirichlet(np.ones(N_CLASSES), N)

INPUTS = {
    "float32": NUMBERS.astype(np.float32),
    "float64": NUMBERS,
    "uint8": np.clip(40 * NUMBERS + 120, 0, 255).astype(np.uint8),
    "csr": csr_array(np.where(np.abs(NUMBERS) < 0.7, 0, NUMBERS)),
}
FORMS = {
    "softmax": (ol.SoftmaxRegression(epochs=3, batch_size=32, random_state=0), LABELS),
    "soft labels": (ol.SoftmaxRegression(epochs=2, batch_size=50, random_state=1), SOFT),
    "text, balanced": (
        ol.SoftmaxRegression(epochs=2, batch_size=64, class_weight="balanced", momentum=0.5, random_state=0),
        np.array(["a", "bb", "ccc", "d"])[LABELS],
    ),
    "two classes": (ol.SoftmaxRegression(epochs=2, alpha=0.01, random_state=0), LABELS > 1),
    "squared": (ol.LinearRegression(solver="sgd", epochs=3, batch_size=16, random_state=0), TARGET),
    "two outputs": (
        ol.LinearRegression(alpha=0.1, batch_size=16, random_state=0),
        np.column_stack([TARGET, -TARGET]),
    ),
    "absolute": (ol.LinearRegression(loss="absolute", solver="sgd", epochs=2, random_state=0), TARGET),
    "huber": (ol.LinearRegression(loss="huber", solver="sgd", epochs=2, random_state=0), TARGET),
    "quantile": (
        ol.LinearRegression(loss="quantile", quantile=0.9, schedule="1/t", epochs=2, random_state=0),
        TARGET,
    ),
    "given rate": (
        ol.SoftmaxRegression(
            learning_rate=0.05, schedule="step", momentum=0.9, epochs=3, fit_intercept=False, random_state=0
        ),
        LABELS,
    ),
}


def cut(cuts, X, y, weights=None):
    edges = [0, *sorted(cuts), len(y)]
    parts = [slice(low, high) for low, high in pairwise(edges) if low < high]
    return [(X[rows], y[rows], None if weights is None else weights[rows]) for rows in parts]


def assert_same(one, other):
    """To the bit."""
    np.testing.assert_array_equal(one.coef_, other.coef_)
    np.testing.assert_array_equal(one.intercept_, other.intercept_)
    kept = [{**record, "seconds": 0, "rows_per_second": 0} for record in one.history_]
    assert kept == [{**record, "seconds": 0, "rows_per_second": 0} for record in other.history_]


@pytest.mark.parametrize("X", INPUTS.values(), ids=INPUTS)
@pytest.mark.parametrize(("form", "y"), FORMS.values(), ids=FORMS)
def test_a_buffer_that_holds_all_rows_gives_the_fit_in_memory(form, y, X):
    whole = clone(form).fit(X, y)
    streamed = clone(form).fit_batches(cut([1, 2, 77, 400], X, y), buffer_size=N)
    assert_same(streamed, whole)
    assert streamed.training_["n_rows"] == N
    assert streamed.training_["solver"] == "sgd"


@pytest.mark.parametrize("form", ["softmax", "text, balanced", "huber"])
def test_so_it_does_with_weights(form):
    form, y = FORMS[form]
    whole = clone(form).fit(INPUTS["float64"], y, sample_weight=WEIGHTS)
    batches = cut([10, 300], INPUTS["float64"], y, WEIGHTS)
    streamed = clone(form).fit_batches(batches, buffer_size=N)
    np.testing.assert_allclose(streamed.coef_, whole.coef_, rtol=1e-9)
    repeated = np.repeat(np.arange(N), WEIGHTS.astype(int))
    batches = cut([10, 300], INPUTS["float64"][repeated], y[repeated])
    score = clone(form).set_params(epochs=30).fit_batches(batches).score(INPUTS["float64"], y, WEIGHTS)
    again = clone(form).set_params(epochs=30).fit_batches(cut([9], INPUTS["float64"], y, WEIGHTS))
    assert again.score(INPUTS["float64"], y, WEIGHTS) == pytest.approx(score, abs=0.03)


@given(
    kind=st.sampled_from(list(INPUTS)),
    name=st.sampled_from(["softmax", "text, balanced", "soft labels", "absolute", "two outputs"]),
    cuts=st.lists(st.integers(1, N - 1), max_size=12),
    size=st.integers(1, N + 10),
    weighted=st.booleans(),
    early=st.booleans(),
)
@settings(max_examples=40)
def test_where_batches_end_does_not_matter(kind, name, cuts, size, weighted, early):
    form, y = FORMS[name]
    form = clone(form).set_params(early_stopping=early)
    X, weights = INPUTS[kind], WEIGHTS if weighted else None
    one = clone(form).fit_batches([(X, y, weights)], buffer_size=size)
    assert_same(clone(form).fit_batches(cut(cuts, X, y, weights), buffer_size=size), one)


def test_batches_of_one_row():
    form, y = FORMS["softmax"]
    X = INPUTS["float32"]
    rows = [(X[i : i + 1], y[i : i + 1]) for i in range(N)]
    assert_same(
        clone(form).fit_batches(rows, buffer_size=100), clone(form).fit_batches([(X, y)], buffer_size=100)
    )


def minibatches(size, batch_size, epochs, seed, cuts=(100, 101)):
    """Return the rows of each minibatch of each epoch."""
    places = np.arange(N, dtype=float)[:, None]
    parts = [Labelled(matrix_of(X), y, None) for X, y, _ in cut(cuts, places, places)]
    source = Shuffled(lambda: parts, size, batch_size, N, True, 1.0, matrix_of(places).moments(None))
    objective = ol.LinearRegression()._weighted_objective(parts[0], 1.0, SGD())
    random_state = np.random.RandomState(seed)
    for _ in range(epochs):
        epoch = []
        for block in source.epoch(objective, random_state):
            rows = block.objective.X.array[:, 0].astype(int)
            assert (block.objective.targets[:, 0] == rows).all()
            starts = range(0, len(block.order), batch_size)
            epoch += [rows[block.order[start : start + batch_size]] for start in starts]
        yield epoch


class TestShuffling:
    """Which rows make a minibatch."""

    @given(size=st.integers(1, N + 5), batch_size=st.integers(1, 64))
    @settings(max_examples=30)
    def test_every_row_is_in_one_minibatch_of_an_epoch(self, size, batch_size):
        for epoch in minibatches(max(size, batch_size), batch_size, 2, 0):
            np.testing.assert_array_equal(np.sort(np.concatenate(epoch)), np.arange(N))
            assert {len(rows) for rows in epoch[:-1]} <= {batch_size}

    def test_rows_are_mixed_beyond_a_buffer_and_differently_each_time(self):
        first, second = minibatches(100, 20, 2, 0)
        spans = [rows.max() - rows.min() for rows in first]
        assert np.mean(spans) > 100
        assert not np.array_equal(np.concatenate(first), np.concatenate(second))
        early = np.concatenate(first[: N // 40])
        assert np.mean(early) < np.mean(np.concatenate(first[N // 40 :]))  # not beyond all buffers

    @pytest.mark.parametrize("momentum", [0.0, 0.9])
    def test_the_steps_are_those_of_torch_over_the_same_minibatches(self, momentum):
        X, y = INPUTS["float64"], LABELS
        alpha, rate, size, epochs = 0.01, 0.02, 90, 2
        net = torch.nn.Linear(N_FEATURES, N_CLASSES, dtype=torch.float64)
        with torch.no_grad():
            net.weight.zero_()
            net.bias.zero_()
        groups = [{"params": [net.weight], "weight_decay": alpha}, {"params": [net.bias]}]
        optimizer = torch.optim.SGD(groups, lr=rate, momentum=momentum)
        for epoch in minibatches(size, 16, epochs, seed=3):
            for rows in epoch:
                optimizer.zero_grad()
                scores = net(torch.from_numpy(X[rows]))
                torch.nn.functional.cross_entropy(scores, torch.from_numpy(y[rows])).backward()
                optimizer.step()
        model = ol.SoftmaxRegression(
            alpha=alpha,
            learning_rate=rate,
            batch_size=16,
            epochs=epochs,
            momentum=momentum,
            random_state=3,
        ).fit_batches(cut([33, 500], X, y), buffer_size=size)
        np.testing.assert_allclose(model.coef_, net.weight.detach().numpy(), rtol=1e-9)
        np.testing.assert_allclose(model.intercept_, net.bias.detach().numpy(), rtol=1e-9, atol=1e-12)


class TestClasses:
    """Which classes there are."""

    order = np.argsort(LABELS, kind="stable")
    sorted_batches = cut(range(50, N, 50), NUMBERS[order], LABELS[order])

    def test_classes_may_come_late(self):
        model = ol.SoftmaxRegression(epochs=20, random_state=0)
        model.fit_batches(self.sorted_batches, buffer_size=300)
        assert model.classes_.tolist() == [0, 1, 2, 3]
        whole = ol.SoftmaxRegression(epochs=20, random_state=0).fit(NUMBERS, LABELS)
        assert model.score(NUMBERS, LABELS) > whole.score(NUMBERS, LABELS) - 0.1
        shuffled = clone(model).fit_batches(self.sorted_batches, buffer_size=N)
        assert_same(shuffled, clone(model).fit(NUMBERS[self.order], LABELS[self.order]))

    def test_text_grows_longer(self):
        names = np.array(["z", "a", "mmmmmmmm", "k"])
        batches = [(X, names[y]) for X, y, _ in self.sorted_batches]
        model = ol.SoftmaxRegression(epochs=2, random_state=0).fit_batches(batches, buffer_size=200)
        assert model.classes_.tolist() == ["a", "k", "mmmmmmmm", "z"]
        whole = ol.SoftmaxRegression(epochs=2, random_state=0)
        whole.fit(NUMBERS[self.order], names[LABELS[self.order]])
        assert_same(clone(model).fit_batches(batches), whole)

    def test_of_batches_that_come_once_they_are_given(self):
        model = ol.SoftmaxRegression(epochs=1, random_state=0, alpha=0.0)
        batch, row = divmod(int(np.searchsorted(LABELS[self.order], 1)), 50)
        with pytest.raises(
            InvalidDataError, match=f"batch {batch}: y has the label 1 in row {row}, which is"
        ):
            model.fit_batches(iter(self.sorted_batches), classes=[0, 2, 3], buffer_size=70)
        model.fit_batches(iter(self.sorted_batches), classes=[0, 1, 2, 3, 9], buffer_size=70, n_rows=N)
        assert model.classes_.tolist() == [0, 1, 2, 3, 9]
        assert model.training_["n_rows"] == N
        assert np.isfinite(model.coef_).all()

    def test_given_ones_need_not_have_a_row(self):
        batches = cut([50], NUMBERS, LABELS)
        model = ol.SoftmaxRegression(epochs=20, random_state=0).fit_batches(batches, classes=[-1, 0, 1, 2, 3])
        assert model.classes_.tolist() == [-1, 0, 1, 2, 3]
        assert set(model.predict(NUMBERS)) == {0, 1, 2, 3}
        with pytest.raises(InvalidDataError, match="batch 0: y has the label"):
            model.fit_batches(batches, classes=[0, 1, 2])

    def test_one_class_is_not_enough(self):
        with pytest.raises(InvalidDataError, match="one class only"):
            ol.SoftmaxRegression().fit_batches([(NUMBERS[:3], [1, 1, 1]), (NUMBERS[:2], [1, 1])])

    def test_a_class_without_weight_is_refused(self):
        with pytest.raises(InvalidDataError, match="the class 2 has no rows with a weight"):
            ol.SoftmaxRegression().fit_batches([(NUMBERS, LABELS, (LABELS != 2).astype(float))])


class TestOnce:
    """Batches that can be gone through only once."""

    def test_several_epochs_are_refused(self):
        with pytest.raises(InvalidParameterError, match="epochs=10: batches can be gone through only once"):
            ol.SoftmaxRegression().fit_batches(iter([(NUMBERS, LABELS)]))

    def test_one_epoch_is_that_of_a_list(self):
        form = ol.SoftmaxRegression(epochs=1, batch_size=32, random_state=0)
        batches = cut([5, 300], NUMBERS, LABELS)
        assert_same(clone(form).fit_batches(iter(batches)), clone(form).fit_batches(batches))
        assert_same(clone(form).fit_batches(iter(batches)), clone(form).fit(NUMBERS, LABELS))

    @given(cuts=st.lists(st.integers(1, N - 1), max_size=8), size=st.integers(40, 300))
    @settings(max_examples=15)
    def test_where_they_end_does_not_matter(self, cuts, size):
        form = ol.SoftmaxRegression(epochs=1, batch_size=32, random_state=0)
        one, other = (
            clone(form).fit_batches(
                iter(cut(each, NUMBERS, LABELS)), classes=range(4), n_rows=N, buffer_size=size
            )
            for each in (cuts, [])
        )
        assert_same(one, other)

    def test_an_automatic_penalty_needs_the_number_of_rows(self):
        form = ol.SoftmaxRegression(epochs=1, random_state=0)
        with pytest.raises(InvalidParameterError, match=r"alpha='auto' is 1/Σw.*n_rows"):
            form.fit_batches(iter([(NUMBERS, LABELS)]), buffer_size=300)
        given_rows = clone(form).fit_batches(iter([(NUMBERS, LABELS)]), buffer_size=300, n_rows=N)
        given_alpha = clone(form).set_params(alpha=1 / N)
        assert_same(given_rows, given_alpha.fit_batches(iter([(NUMBERS, LABELS)]), buffer_size=300))

    def test_a_run_away_by_a_given_rate_is_said(self):
        form = ol.LinearRegression(solver="sgd", learning_rate=10.0, epochs=1)
        with pytest.raises(DivergenceError, match="diverged in epoch 1 with learning_rate=10; try"):
            form.fit_batches(iter([(NUMBERS, TARGET)]))

    def test_an_automatic_rate_is_halved_where_later_rows_are_larger(self):
        X, y = np.vstack([NUMBERS, 100 * NUMBERS]), np.append(TARGET, TARGET)
        form = ol.LinearRegression(solver="sgd", epochs=1, batch_size=8, random_state=0)
        model = form.fit_batches(iter([(X, y)]), buffer_size=200)
        assert np.isfinite(model.coef_).all()
        first = clone(form).fit_batches(iter([(NUMBERS, TARGET)]), buffer_size=200)
        assert model.history_[0]["learning_rate"] < first.history_[0]["learning_rate"]


def test_a_function_is_called_for_each_pass():
    calls = []

    def batches():
        calls.append(len(calls))
        return iter(cut([100], NUMBERS, LABELS))

    form = ol.SoftmaxRegression(epochs=3, random_state=0)
    assert_same(clone(form).fit_batches(batches), clone(form).fit(NUMBERS, LABELS))
    assert calls == [0, 1, 2, 3]


def test_a_data_loader_and_frames_are_batches():
    rows = torch.utils.data.TensorDataset(torch.from_numpy(NUMBERS), torch.from_numpy(LABELS))
    form = ol.SoftmaxRegression(epochs=2, random_state=0)
    loader = torch.utils.data.DataLoader(rows, batch_size=40)
    assert_same(clone(form).fit_batches(loader), clone(form).fit(NUMBERS, LABELS))
    frame = pd.DataFrame(NUMBERS, columns=list("abcde"))
    model = clone(form).fit_batches([(frame[:50], LABELS[:50]), (frame[50:], LABELS[50:])])
    assert model.feature_names_in_.tolist() == list("abcde")
    with pytest.raises(InvalidDataError, match=r"batch 1: .*feature names"):
        clone(form).fit_batches([(frame, LABELS), (frame[["b", "a", "c", "d", "e"]], LABELS)])


def test_a_batch_may_be_overwritten_once_the_next_is_asked_for():
    X, y = np.empty((50, N_FEATURES)), np.empty(50, int)

    def batches():
        for start in range(0, N, 50):
            X[:], y[:] = NUMBERS[start : start + 50], LABELS[start : start + 50]
            yield X, y

    form = ol.SoftmaxRegression(epochs=2, random_state=0)
    assert_same(clone(form).fit_batches(batches), clone(form).fit(NUMBERS, LABELS))


class TestValidation:
    """Rows that are not trained on."""

    def test_the_best_epoch_is_kept(self):
        train, held_out = slice(0, 40), slice(40, N)
        model = ol.SoftmaxRegression(
            alpha=0, epochs=200, early_stopping=True, n_iter_no_change=3, batch_size=8, random_state=0
        )
        batches = cut([13], NUMBERS[train], LABELS[train])
        model.fit_batches(batches, X_val=NUMBERS[held_out], y_val=LABELS[held_out], buffer_size=16)
        losses = [record["val_loss"] for record in model.history_]
        assert model.converged_
        assert model.n_iter_ == int(np.argmin(losses)) + 1 + 3
        loss = log_loss(LABELS[held_out], model.predict_proba(NUMBERS[held_out]))
        assert loss == pytest.approx(min(losses), rel=1e-6)
        assert min(losses) < losses[-1]

    def test_a_fraction_is_set_aside_by_place(self):
        out = numbers_of_places(0, N, HELD_OUT) < 0.3
        form = ol.LinearRegression(
            loss="absolute",
            solver="sgd",
            epochs=6,
            early_stopping=True,
            validation_fraction=0.3,
            random_state=0,
        )
        model = clone(form).fit_batches(cut([17, 400], NUMBERS, TARGET))
        assert model.training_["n_rows"] == N - out.sum()
        best = min(record["val_loss"] for record in model.history_)
        assert best == pytest.approx(mean_absolute_error(TARGET[out], model.predict(NUMBERS[out])))
        given = clone(form).fit_batches(
            [(NUMBERS[~out], TARGET[~out])], X_val=NUMBERS[out], y_val=TARGET[out]
        )
        assert_same(model, given)

    def test_numbers_of_places_are_those_of_whole_numbers(self):
        """SplitMix64's finaliser in Python's integers."""
        for place in (0, 1, 12345):
            z = (4 * (place + 1) + HELD_OUT) * 0x9E3779B97F4A7C15 % 2**64
            z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % 2**64
            z = (z ^ z >> 27) * 0x94D049BB133111EB % 2**64
            assert numbers_of_places(place, place + 1, HELD_OUT)[0] == ((z ^ z >> 31) >> 11) / 2**53

    def test_places_are_chosen_as_if_at_random(self):
        numbers = numbers_of_places(0, 100_000, HELD_OUT)
        np.testing.assert_array_equal(numbers[500:700], numbers_of_places(500, 700, HELD_OUT))
        counts = np.histogram(numbers, 20, (0, 1))[0]
        assert np.square(counts - 5000).sum() / 5000 < 43.8  # χ², 19 degrees, 0.1 %
        other = numbers_of_places(0, 100_000, SAMPLED)
        for a, b in ((numbers, other), (numbers[:-1], numbers[1:]), (numbers, np.arange(100_000) % 7)):
            assert abs(np.corrcoef(a, b)[0, 1]) < 0.013  # four standard errors

    def test_validation_data_are_as_the_rows(self):
        form = ol.SoftmaxRegression(epochs=2)
        with pytest.raises(InvalidDataError, match="X_val and y_val go together"):
            form.fit_batches([(NUMBERS, LABELS)], X_val=NUMBERS)
        with pytest.raises(InvalidDataError, match="y_val has the label 8 in row 0"):
            form.fit_batches([(NUMBERS, LABELS)], X_val=NUMBERS[:1], y_val=[8])
        with pytest.raises(InvalidDataError, match="leaves a part without rows"):
            ol.SoftmaxRegression(early_stopping=True).fit_batches([(NUMBERS[:2], [0, 1])])


def with_nan(X):
    X = X.copy()
    X[3, 1] = np.nan
    return X


FIRST = (NUMBERS[:30], LABELS[:30])
BAD_BATCHES = {
    "none": ([], "batches has no rows"),
    "no iterable": (7, "batches is a int; expected an iterable"),
    "no pair": ([FIRST, NUMBERS[:0]], "batch 1: expected .X, y. or .X, y, sample_weight., not a ndarray"),
    "four": ([(1, 2, 3, 4)], "batch 0: expected .X, y. or"),
    "empty": ([FIRST, (NUMBERS[:0], LABELS[:0])], "batch 1: .*0 sample"),
    "other columns": ([FIRST, (NUMBERS[:, :2], LABELS)], "batch 1: .*2 features"),
    "other lengths": ([FIRST, (NUMBERS, LABELS[:5])], "batch 1: .*inconsistent numbers of samples"),
    "NaN": ([FIRST] * 17 + [(with_nan(NUMBERS), LABELS)], "batch 17: X contains NaN in row 3, column 1"),
    "labels of another kind": ([FIRST, (NUMBERS[:1], ["cat"])], "batch 1: y has labels such as 'cat'"),
    "soft after hard": ([FIRST, (NUMBERS, SOFT)], "batch 1: y has 4 columns, and 1 in the batches before"),
    "soft of other classes": ([(NUMBERS, SOFT), (NUMBERS, SOFT[:, :3])], "batch 1: .*soft labels"),
    "another type": (
        [FIRST, (NUMBERS.astype(np.float32), LABELS)],
        "batch 1: X is float32, and float64 in the batches before",
    ),
    "sparse after dense": ([FIRST, (csr_array(NUMBERS), LABELS)], "batch 1: X is sparse float64"),
    "negative weights": ([FIRST, (NUMBERS, LABELS, WEIGHTS - 1)], "batch 1: sample_weight is negative"),
    "no weight": ([(NUMBERS, LABELS, 0 * WEIGHTS)] * 2, "sample_weight is zero in every row"),
}


@pytest.mark.parametrize(("batches", "message"), BAD_BATCHES.values(), ids=BAD_BATCHES)
def test_bad_batches_are_refused_whole(batches, message):
    model = ol.SoftmaxRegression(epochs=1, alpha=0.0)
    with pytest.raises(InvalidDataError, match=message):
        model.fit_batches(batches)
    assert set(vars(model)) == set(model.get_params())
    if isinstance(batches, list):
        with pytest.raises(InvalidDataError, match=message):
            model.fit_batches(iter(batches), buffer_size=20)
        assert set(vars(model)) == set(model.get_params())


def test_a_fitted_model_stays_as_it_was():
    model = ol.SoftmaxRegression(epochs=2, random_state=0).fit(NUMBERS, LABELS)
    before = dict(vars(model))
    with pytest.raises(InvalidDataError):
        model.fit_batches([(NUMBERS[:, :3], LABELS), (with_nan(NUMBERS[:, :3]), LABELS)])
    assert vars(model) == before


def test_other_rows_the_second_time_are_refused():
    passes = iter([3, 2])
    model = ol.SoftmaxRegression(epochs=2)
    with pytest.raises(InvalidDataError, match="batches has 60 rows to train on now, and had 90 when"):
        model.fit_batches(lambda: [FIRST] * next(passes))
    once = iter([FIRST])
    with pytest.raises(InvalidDataError, match="batches has 0 rows to train on now, and had 30"):
        model.fit_batches(lambda: once)
    assert not hasattr(model, "classes_")


def test_solvers_that_need_all_rows_are_refused():
    with pytest.raises(InvalidParameterError, match="solver='lbfgs' needs all rows at once"):
        ol.SoftmaxRegression(solver="lbfgs").fit_batches([(NUMBERS, LABELS)])
    with pytest.raises(InvalidParameterError, match="solver='newton' needs all rows at once"):
        ol.LinearRegression(loss="huber", solver="newton").fit_batches([(NUMBERS, TARGET)])
    with pytest.raises(InvalidParameterError, match="one quantile at a time"):
        ol.LinearRegression(loss="quantile", quantile=[0.1, 0.9]).fit_batches([(NUMBERS, TARGET)])
    with pytest.raises(InvalidParameterError, match=r"buffer_size, X_val.* are for minibatch SGD"):
        ol.LinearRegression().fit_batches([(NUMBERS, TARGET)], buffer_size=100)


@pytest.mark.parametrize("name", ["n_rows", "buffer_size"])
def test_numbers_of_rows_are_whole(name):
    with pytest.raises(InvalidParameterError, match=f"{name}=1.5: expected a whole number"):
        ol.SoftmaxRegression().fit_batches([(NUMBERS, LABELS)], **{name: 1.5})


def test_warm_start_goes_on():
    form = ol.SoftmaxRegression(epochs=2, learning_rate=0.01, warm_start=True, random_state=0)
    batches = cut([50], NUMBERS, LABELS)
    assert_same(
        clone(form).fit_batches(batches).fit_batches(batches),
        clone(form).fit(NUMBERS, LABELS).fit(NUMBERS, LABELS),
    )
    with pytest.raises(InvalidDataError, match="batch 0: y has the label 9"):
        clone(form).fit_batches(batches).fit_batches([(NUMBERS[:1], [9])])


def test_partial_fit_goes_on_after_it():
    model = ol.SoftmaxRegression(epochs=2, random_state=0).fit_batches(cut([50], NUMBERS, LABELS))
    whole = ol.SoftmaxRegression(epochs=2, random_state=0).fit(NUMBERS, LABELS)
    new = np.where(LABELS == 3, 7, LABELS)
    assert_same(model.partial_fit(NUMBERS, new), whole.partial_fit(NUMBERS, new))
    assert model.classes_.tolist() == [0, 1, 2, 3, 7]


class Heard(Callback):
    def __init__(self):
        self.starts, self.rows, self.epochs = [], [], 0

    def on_start(self, epochs, rows):
        self.starts.append((epochs, rows))

    def on_rows(self, rows):
        self.rows.append(rows)

    def on_epoch(self, epoch):
        self.epochs += 1
        return self.epochs == 2


def test_callbacks_hear_of_rows_and_end_the_run():
    heard = Heard()
    model = ol.SoftmaxRegression(epochs=5, batch_size=50, random_state=0)
    model.fit_batches([(NUMBERS, LABELS)], buffer_size=200, callbacks=[heard, ReadingProgress()])
    assert heard.starts == [(5, N)]
    assert heard.rows == [100, 200, 300, 400, 600] * 2
    assert model.n_iter_ == 2
    assert model.training_["stopped"] == "callback"


def test_an_automatic_rate_that_runs_away_is_halved_and_the_epoch_done_again():
    X = NUMBERS.copy()
    X[5::50] *= 40  # rows that hardly a sample has
    form = ol.LinearRegression(solver="sgd", batch_size=1, epochs=2, random_state=0)
    small = clone(form).fit_batches([(X, TARGET)], buffer_size=20)
    assert np.isfinite(small.coef_).all()
    assert all(np.isfinite(record["train_loss"]) for record in small.history_)


def test_the_same_bits_for_any_number_of_threads():
    X, y = np.tile(INPUTS["float32"], (1, 60)), LABELS
    one, two = (
        ol.SoftmaxRegression(epochs=2, n_threads=n, random_state=0).fit_batches([(X, y)], buffer_size=300)
        for n in (1, 2)
    )
    assert_same(one, two)


MEMORY = """
import resource
import numpy as np
import onelayer as ol

def rows(n_batches):
    def batches():
        random = np.random.RandomState(0)
        for _ in range(n_batches):
            X = random.standard_normal((20_000, 64)).astype(np.float32)
            yield X, (X[:, 0] > 0).astype(int)
    return batches

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

model = ol.SoftmaxRegression(epochs=1, random_state=0)
model.fit_batches(rows(2), buffer_size=8192)
before = peak()
model.fit_batches(rows(40), buffer_size=8192)
print(model.training_["n_rows"], peak() - before)
"""


def test_memory_does_not_grow_with_the_rows():
    pytest.importorskip("resource")
    done = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True)
    n_rows, growth = done.stdout.split()
    assert n_rows == "800000"
    assert float(growth) < 40  # MiB, of the 195 that the rows have
