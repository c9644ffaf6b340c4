"""Both estimators on sparse X: text in pipelines, peers, and the same model as on X with its zeros."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import (
    bsr_array,
    coo_matrix,
    csc_array,
    csr_array,
    csr_matrix,
    dok_array,
    lil_matrix,
)
from sklearn.datasets import load_digits
from sklearn.feature_extraction import FeatureHasher
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler

import onelayer as ol
from onelayer.errors import InvalidDataError, InvalidParameterError
from onelayer.evaluation import evaluate

SENTENCES = {
    "sea": "the ship sails over the deep sea|waves and wind carry the ship|a sailor hoists the sail at sea|"
    "the harbour waits for the boat|salt wind over the waves|the captain steers the boat to the harbour",
    "kitchen": "the cook stirs the soup with a spoon|salt and pepper in the hot soup|bread bakes in the oven|"
    "a knife cuts the bread|the oven is hot and the kitchen warm|butter and flour for the cake",
    "sky": "the moon rises over the clouds|stars shine in the night sky|a comet crosses the sky|"
    "clouds hide the moon tonight|the telescope finds a star|planets wander among the stars",
}
TEXTS = [sentence for sentences in SENTENCES.values() for sentence in sentences.split("|")]
TOPICS = [topic for topic, sentences in SENTENCES.items() for _ in sentences.split("|")]


def rows(n_rows=300, n_features=40, dtype=np.float64):
    """Return sparse X, targets and classes that depend on it."""
    random = np.random.RandomState(0)
    filled = 3 * random.rand(n_rows, n_features) * (random.rand(n_rows, n_features) < 0.15)
    X = csr_array(filled.astype(dtype))
    signal = X @ np.random.RandomState(1).randn(n_features)
    return X, signal, np.digitize(signal, np.quantile(signal, [0.3, 0.7]))


def target(estimator):
    _, signal, classes = rows()
    return classes if estimator is ol.SoftmaxRegression else signal


BOTH = [ol.SoftmaxRegression, ol.LinearRegression]


@pytest.mark.parametrize(
    "parameters", [{}, {"solver": "sgd", "learning_rate": 0.5}, {"momentum": 0.5}], ids=str
)
def test_topics_of_sentences(parameters):
    model = make_pipeline(TfidfVectorizer(), ol.SoftmaxRegression(epochs=100, random_state=0, **parameters))
    model.fit(TEXTS, TOPICS)
    assert model.score(TEXTS, TOPICS) == 1
    assert model.predict(["a boat on the sea", "bread and soup", "moon and stars"]).tolist() == [
        "sea",
        "kitchen",
        "sky",
    ]
    np.testing.assert_allclose(model.predict_proba(TEXTS).sum(axis=1), 1, rtol=1e-12)


@pytest.mark.parametrize("n_features", [2**8, 2**20])
def test_hashed_words(n_features):
    words = [sentence.split() for sentence in TEXTS]
    hasher = FeatureHasher(n_features=n_features, input_type="string")
    model = make_pipeline(hasher, MaxAbsScaler(), ol.SoftmaxRegression(epochs=100, random_state=0)).fit(
        words, TOPICS
    )
    assert model.score(words, TOPICS) == 1
    lengths = np.array([len(sentence) for sentence in words], float)
    regression = make_pipeline(hasher, ol.LinearRegression(epochs=300, random_state=0, learning_rate=0.05))
    assert regression.fit(words, lengths).score(words, lengths) > 0.9


@pytest.mark.parametrize("estimator", BOTH)
@pytest.mark.parametrize("rate", [0.02, "auto"])
def test_the_model_is_that_of_the_filled_rows(estimator, rate):
    """With automatic rate columns of sparse rows are not centred; without an intercept neither are filled ones."""
    X, y = rows()[0], target(estimator)
    model = estimator(
        solver="sgd", epochs=5, learning_rate=rate, fit_intercept=rate != "auto", random_state=0
    )
    sparse = [model.fit(X, y).coef_.copy(), model.predict(X), model.score(X, y), evaluate(model, X, y).loss]
    dense = [model.fit(X.toarray(), y).coef_.copy(), *(model.predict(X),), model.score(X.toarray(), y)]
    dense.append(evaluate(model, X.toarray(), y).loss)
    for one, other in zip(sparse, dense, strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-3 if rate == "auto" else 1e-9)


@pytest.mark.parametrize("weights", [None, "some"])
def test_the_optimum_is_that_of_scikit_learn(weights):
    X, _, y = rows()
    weights = None if weights is None else np.random.RandomState(0).randint(1, 4, len(y)).astype(float)
    total, alpha = len(y) if weights is None else weights.sum(), 0.02
    peer = LogisticRegression(C=1 / (alpha * total), tol=1e-12, max_iter=10_000).fit(X, y, weights)
    model = ol.SoftmaxRegression(
        alpha=alpha, epochs=3000, batch_size=1000, schedule="constant", momentum=0.9, random_state=0
    ).fit(X, y, weights)
    np.testing.assert_allclose(model.predict_proba(X), peer.predict_proba(X), atol=1e-6)


@pytest.mark.parametrize("estimator", BOTH)
@pytest.mark.parametrize("form", [csr_matrix, csc_array, coo_matrix, bsr_array, lil_matrix, dok_array])
def test_other_formats_are_converted_and_stay_as_they_are(estimator, form):
    X, y = rows()[0], target(estimator)
    given = form(X)
    model = estimator(solver="sgd", epochs=2, random_state=0).fit(given, y)
    expected = estimator(solver="sgd", epochs=2, random_state=0).fit(X, y)
    assert np.array_equal(model.coef_, expected.coef_)
    assert np.array_equal(model.predict(given), expected.predict(X))
    assert given.format == form(X).format
    assert np.array_equal(given.toarray(), X.toarray())


@pytest.mark.parametrize("estimator", BOTH)
def test_duplicates_are_summed_in_a_copy(estimator):
    X, y = rows()[0], target(estimator)
    twice = csr_matrix(
        (np.repeat(X.data / 2, 2), np.repeat(X.indices, 2), X.indptr * 2), shape=X.shape
    )  # each value in two halves
    twice.indices[:2], before = twice.indices[:2], twice.data.copy()
    models = [estimator(solver="sgd", epochs=2, random_state=0).fit(each, y) for each in (X, twice)]
    assert np.array_equal(models[0].coef_, models[1].coef_)
    assert np.array_equal(twice.data, before)
    assert twice.nnz == 2 * X.nnz


@pytest.mark.parametrize("estimator", BOTH)
def test_validation_data_early_stopping_and_streams(estimator):
    X, y = rows()[0], target(estimator)
    parameters = {"solver": "sgd", "random_state": 0}
    model = estimator(epochs=300, early_stopping=True, n_iter_no_change=3, **parameters).fit(X, y)
    assert model.training_["stopped"] in ("early stopping", "finished")
    assert model.history_[0]["val_loss"] > min(record["val_loss"] for record in model.history_)
    filled = estimator(epochs=2, **parameters).fit(X, y, X_val=X.toarray(), y_val=y)
    sparse = estimator(epochs=2, **parameters).fit(X, y, X_val=X, y_val=y)
    assert filled.history_[-1]["val_loss"] == pytest.approx(sparse.history_[-1]["val_loss"], rel=1e-12)
    model = estimator(**parameters)
    for _ in range(40):
        model.partial_fit(X[:150], y[:150]).partial_fit(X[150:], y[150:])
    assert model.score(X, y) > 0.9
    assert model.n_iter_ == 80


def test_uint8_is_scaled_as_it_is_in_arrays():
    X, y = load_digits(return_X_y=True)
    X = (X * 15).astype(np.uint8)
    models = [
        ol.SoftmaxRegression(epochs=3, learning_rate=0.5, random_state=0).fit(each, y)
        for each in (X, csr_array(X))
    ]
    np.testing.assert_allclose(models[0].coef_, models[1].coef_, rtol=1e-3, atol=1e-6)


def test_same_bits_for_any_number_of_threads():
    X, _, y = rows(2000, 2000, np.float32)
    models = [ol.SoftmaxRegression(epochs=2, random_state=0, n_threads=n).fit(X, y) for n in (1, 2, 5, None)]
    assert len({model.coef_.tobytes() for model in models}) == 1
    assert models[0].coef_.dtype == np.float32


def test_automatic_rate_does_not_run_away_on_columns_of_any_size():
    X, _, y = rows()
    X.data *= (10.0 ** np.random.RandomState(0).randint(-9, 9, X.shape[1]))[X.indices]
    for dtype in (np.float32, np.float64):
        model = ol.SoftmaxRegression(alpha=0.0, epochs=100, random_state=0).fit(X.astype(dtype), y)
        assert model.score(X.astype(dtype), y) > 0.85


@pytest.mark.parametrize("alpha", [0.0, 0.3, [0.0, 0.1, 10.0]], ids=str)
@pytest.mark.parametrize("shape", [(300, 40), (50, 60), (40, 700)], ids=str)
@pytest.mark.filterwarnings("ignore::onelayer.errors.RankWarning")
def test_least_squares_is_as_exact_as_of_filled_rows(monkeypatch, shape, alpha):
    monkeypatch.setattr("onelayer.matrices.sparse._BLOCK_ELEMENTS", 1 << 15)
    X, y, _ = rows(*shape)
    y = y + np.random.RandomState(0).randn(len(y))
    weights = np.random.RandomState(0).randint(1, 3, len(y)).astype(float)
    for sample_weight in (None, weights):
        sparse = ol.LinearRegression(alpha=alpha).fit(X, y, sample_weight)
        dense = ol.LinearRegression(alpha=alpha).fit(X.toarray(), y, sample_weight)
        assert sparse.training_["solver"] == "closed_form"
        assert sparse.alpha_ == dense.alpha_
        np.testing.assert_allclose(sparse.coef_, dense.coef_, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(sparse.predict(X), dense.predict(X.toarray()), rtol=1e-10, atol=1e-12)


def test_exact_least_squares_of_parts_is_that_of_all():
    X, y, _ = rows()
    whole = ol.LinearRegression().fit(X, y)
    parts = [(X[:100], y[:100]), (X[100:], y[100:])]
    streamed = ol.LinearRegression().partial_fit(*parts[0]).partial_fit(*parts[1])
    batched = ol.LinearRegression().fit_batches(parts)
    for model in (streamed, batched):
        np.testing.assert_allclose(model.coef_, whole.coef_, rtol=1e-12)


@pytest.mark.parametrize(("loss", "n_features", "solver"), [
    ("squared", 2048, "closed_form"), ("squared", 2049, "sgd"), ("absolute", 40, "sgd"), ("huber", 40, "sgd"),
    ("quantile", 40, "sgd"),
])  # fmt: skip
@pytest.mark.filterwarnings("ignore::onelayer.errors.RankWarning")
def test_auto_takes_the_solver_that_needs_no_filling(loss, n_features, solver):
    X, y, _ = rows(60, n_features)
    model = ol.LinearRegression(loss=loss, random_state=0).fit(X, y)
    assert model.training_["solver"] == solver


@pytest.mark.parametrize("loss", ["absolute", "huber", "quantile"])
def test_robust_losses_find_the_coefficients_that_outliers_hide(loss):
    X, signal, _ = rows(2000, 40)
    y = signal + 0.01 * np.random.RandomState(0).randn(2000)
    y[::20] += 100
    coef = np.random.RandomState(1).randn(40)
    model = ol.LinearRegression(loss=loss, epochs=300, random_state=0).fit(X, y)
    assert np.abs(model.coef_ - coef).max() < 0.1
    assert np.abs(ol.LinearRegression().fit(X, y).coef_ - coef).max() > 1


def test_what_cannot_be_done_sparsely_is_refused_and_leaves_nothing_behind():
    X, y, classes = rows()
    wide = rows(30, 2049)[0]
    refused = [
        (
            ol.LinearRegression(loss="absolute", solver="newton"),
            X,
            y,
            InvalidParameterError,
            "solver='newton'.*'sgd'",
        ),
        (
            ol.LinearRegression(solver="closed_form"),
            wide,
            y[:30],
            InvalidParameterError,
            "2,049 columns.*'sgd'",
        ),
        (
            ol.LinearRegression(alpha=[0.0, 1.0]),
            wide,
            y[:30],
            InvalidParameterError,
            "a list is for the solver",
        ),
        (ol.LinearRegression(loss="huber"), wide, y[:30], InvalidParameterError, "give scale as a number"),
    ]
    for value in (np.nan, np.inf):
        bad = X.copy()
        bad.data[100] = value
        row = int(np.searchsorted(bad.indptr, 100, side="right")) - 1
        place = f"row {row}, column {bad.indices[100]}"
        for estimator, given in ((ol.SoftmaxRegression(), classes), (ol.LinearRegression(), y)):
            refused.append((estimator, bad, given, InvalidDataError, place))
    for model, given, outputs, kind, message in refused:
        with pytest.raises(kind, match=message):
            model.fit(given, outputs)
        assert not model.__sklearn_is_fitted__()
        assert not hasattr(model, "n_features_in_")
    fitted = ol.LinearRegression().fit(X, y + np.random.RandomState(0).randn(len(y)))
    for question in (lambda: fitted.summary(X, y), lambda: fitted.predict(X, interval=0.9)):
        with pytest.raises(InvalidDataError, match="X is sparse"):
            question()
    with pytest.raises(InvalidParameterError, match="2,049 columns"):
        ol.LinearRegression().fit_batches([(wide, y[:30])])
