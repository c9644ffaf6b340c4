import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, optimize, stats
from sklearn.model_selection import KFold

from onelayer.errors import InvalidDataError, InvalidParameterError
from onelayer.loss_comparison import compare_losses
from onelayer.losses import Gaussian, Huber, HuberNoise, Laplace

W = np.array([1.0, -2.0, 0.5])


def linear(noise, n, seed=0, scale=3.0):
    """Rows of a linear model of known noise."""
    random = np.random.RandomState(seed)
    X = random.standard_normal((n, len(W)))
    return X, X @ W + 7.0 + noise.sample(n, scale, random)


@pytest.mark.parametrize(
    ("noise", "best"),
    [(Gaussian(), "squared"), (Laplace(), "absolute"), (HuberNoise(Huber(1.0)), "huber")],
)
@pytest.mark.parametrize("seed", [0, 1])
def test_data_favour_the_loss_of_their_noise(noise, best, seed):
    found = compare_losses(*linear(noise, 6000, seed), random_state=seed)
    assert found.best == best
    assert found.losses[best].scale == pytest.approx(3.0, rel=0.05)


def test_the_log_likelihood_of_true_noise_is_minus_its_entropy():
    # Of Laplace noise log(2eσ), of Gaussian noise ½·log(2πeσ²): 20,000 rows know it to 0.01.
    found = compare_losses(*linear(Laplace(), 20_000), random_state=0)
    assert found.losses["absolute"].log_likelihood == pytest.approx(-math.log(2 * math.e * 3), abs=0.03)
    # The best Gaussian has the variance 2σ² of the Laplace noise, and the cross-entropy of the two is
    gaussian = -0.5 * math.log(2 * math.pi * 18) - 0.5
    assert found.losses["squared"].log_likelihood == pytest.approx(gaussian, abs=0.05)


def with_ones(X):
    return np.column_stack([X, np.ones(len(X))])


def by_squares(X, y, weights):
    root = np.sqrt(weights)[:, None]
    return np.linalg.lstsq(root * with_ones(X), root[:, 0] * y, rcond=None)[0]


def by_linear_programme(X, y, weights):
    """The least Σ wᵢ·|xᵢᵀw − yᵢ|, with the error of each row cut into two parts of at least 0."""
    n, Z = len(y), with_ones(X)
    cost = np.concatenate([np.zeros(Z.shape[1]), weights, weights])
    parts = np.hstack([Z, np.eye(n), -np.eye(n)])
    bounds = [(None, None)] * Z.shape[1] + [(0, None)] * (2 * n)
    return optimize.linprog(cost, A_eq=parts, b_eq=y, bounds=bounds).x[: Z.shape[1]]


def out_of_fold(X, y, weights, seed, n_folds, fit):
    residuals, folds = np.empty(len(y)), []
    for kept, out in KFold(n_folds, shuffle=True, random_state=seed).split(X):
        residuals[out] = y[out] - with_ones(X[out]) @ fit(X[kept], y[kept], weights[kept])
        folds.append((kept, out))
    return residuals, folds


@pytest.mark.parametrize("n_folds", [2, 5])
@pytest.mark.parametrize("weighted", [False, True])
def test_squared_and_absolute_by_scipy(n_folds, weighted):
    X, y = linear(Laplace(), 60)
    weights = np.random.RandomState(5).uniform(0.2, 3, len(y)) if weighted else np.ones(len(y))
    density = {}
    for name, fit in (("squared", by_squares), ("absolute", by_linear_programme)):
        residuals, folds = out_of_fold(X, y, weights, 3, n_folds, fit)
        density[name] = np.empty(len(y))
        for kept, out in folds:
            r, w = residuals[kept], weights[kept]
            if name == "squared":
                model = stats.norm(scale=math.sqrt(np.average(r**2, weights=w)))
            else:
                model = stats.laplace(scale=np.average(np.abs(r), weights=w))
            density[name][out] = model.logpdf(residuals[out])
    found = compare_losses(
        X, y, weights if weighted else None, losses=("squared", "absolute"), cv=n_folds, random_state=3
    )
    for name, each in density.items():
        expected = np.average(each, weights=weights)
        assert found.losses[name].log_likelihood == pytest.approx(expected, abs=2e-5)
    other = next(name for name in density if name != found.best)
    apart = density[other] - density[found.best]
    mean, total = np.average(apart, weights=weights), weights.sum()
    by_rows = math.sqrt(60 / 59 * sum((w * (d - mean)) ** 2 for w, d in zip(weights, apart, strict=True)))
    by_folds = math.sqrt(
        n_folds / (n_folds - 1) * sum((weights[out] @ (apart[out] - mean)) ** 2 for _, out in folds)
    )
    assert found.losses[other].difference == pytest.approx(mean, abs=4e-5)
    assert found.losses[other].standard_error == pytest.approx(max(by_rows, by_folds) / total, rel=1e-3)


def huber_log_density(u, delta):
    """−ρ(u) − log Z, with Z by quadrature."""

    def minus_rho(u):
        return -np.where(np.abs(u) <= delta, 0.5 * u * u, delta * (np.abs(u) - 0.5 * delta))

    middle, _ = integrate.quad(lambda u: math.exp(minus_rho(u)), -delta, delta)
    tail, _ = integrate.quad(lambda u: math.exp(minus_rho(u)), delta, math.inf)
    return minus_rho(u) - math.log(middle + 2 * tail)


def likeliest_huber(residuals, delta):
    """The scale of the greatest likelihood and that likelihood."""
    found = optimize.minimize_scalar(
        lambda s: math.log(s) - huber_log_density(residuals / s, delta).mean(),
        bounds=(1e-3, 1e3),
        method="bounded",
        options={"xatol": 1e-9},
    )
    return found.x, -found.fun


def by_huber_likelihood(delta):
    """Weights and scale of the greatest likelihood together, by a general minimiser."""

    def fit(X, y, weights):
        Z, start = with_ones(X), by_squares(X, y, weights)

        def cost(parameters):
            scale = math.exp(parameters[-1])
            return parameters[-1] - huber_log_density((y - Z @ parameters[:-1]) / scale, delta).mean()

        first = [*start, math.log(np.std(y - Z @ start))]
        options = {"maxiter": 20_000, "maxfev": 20_000, "xatol": 1e-8, "fatol": 1e-13}
        return optimize.minimize(cost, first, method="Nelder-Mead", options=options).x[:-1]

    return fit


@pytest.mark.parametrize("seed", [0, 2])
def test_huber_by_scipy(seed):
    deltas = (0.5, 0.75, 1.0, 1.5, 2.0)
    X, y = linear(HuberNoise(Huber(1.5)), 80, seed)
    ones = np.ones(len(y))
    pilot, folds = out_of_fold(X, y, ones, seed, 4, by_huber_likelihood(1.0))
    density = np.empty(len(y))
    chosen = [max(deltas, key=lambda d, kept=kept: likeliest_huber(pilot[kept], d)[1]) for kept, _ in folds]
    residuals = np.empty(len(y))
    for (kept, out), delta in zip(folds, chosen, strict=True):
        residuals[out] = y[out] - with_ones(X[out]) @ by_huber_likelihood(delta)(X[kept], y[kept], ones[kept])
    for (kept, out), delta in zip(folds, chosen, strict=True):
        scale, _ = likeliest_huber(residuals[kept], delta)
        density[out] = huber_log_density(residuals[out] / scale, delta) - math.log(scale)
    found = compare_losses(X, y, losses=("squared", "huber"), cv=4, random_state=seed)
    assert found.losses["huber"].log_likelihood == pytest.approx(density.mean(), abs=1e-4)
    overall = max(deltas, key=lambda delta: likeliest_huber(residuals, delta)[1])
    assert found.losses["huber"].delta == overall
    assert found.losses["huber"].scale == pytest.approx(likeliest_huber(residuals, overall)[0], rel=1e-3)


@settings(max_examples=10, deadline=None)
@given(st.floats(-8, 8), st.floats(-5, 5))
def test_the_unit_of_y_shifts_every_log_likelihood_by_its_logarithm(power, origin):
    X, y = linear(Laplace(), 200)
    factor = 10.0**power
    found = compare_losses(X, y, random_state=0)
    other = compare_losses(X, factor * (y + origin), random_state=0)
    assert other.best == found.best
    for name, each in found.losses.items():
        assert other.losses[name].log_likelihood == pytest.approx(
            each.log_likelihood - math.log(factor), abs=1e-4
        )
        assert other.losses[name].difference == pytest.approx(each.difference, abs=1e-4)
        assert other.losses[name].scale == pytest.approx(factor * each.scale, rel=1e-3)


def test_weights_count_as_shares():
    X, y = linear(Laplace(), 200)
    weights = np.random.RandomState(0).uniform(0.5, 2, len(y))
    found = compare_losses(X, y, weights, random_state=0)
    other = compare_losses(X, y, 4 * weights, random_state=0)
    for name, each in found.losses.items():
        assert other.losses[name].log_likelihood == pytest.approx(each.log_likelihood, abs=1e-6)
        assert other.losses[name].standard_error == pytest.approx(each.standard_error, abs=1e-6)


def test_a_row_of_weight_zero_does_not_take_part():
    X, y = linear(Laplace(), 100)
    far_X, far_y = np.vstack([X, [[1e6, 0, 0]]]), np.append(y, -1e9)
    found = compare_losses(X, y, random_state=0)
    other = compare_losses(far_X, far_y, [*np.ones(100), 0], random_state=0)
    assert other.record() == found.record()


@pytest.mark.parametrize("dtype", [np.float32, np.uint8])
def test_types_of_x(dtype):
    random = np.random.RandomState(0)
    X = random.randint(0, 256, (300, 2)).astype(dtype)
    y = X @ [0.5, -0.25] + random.laplace(size=300)
    found = compare_losses(X, y, random_state=0)
    exact = compare_losses(X.astype(np.float64), y, random_state=0)
    for name, each in exact.losses.items():
        assert found.losses[name].log_likelihood == pytest.approx(each.log_likelihood, abs=1e-3)


def test_more_columns_than_rows_with_a_penalty():
    random = np.random.RandomState(0)
    X = random.standard_normal((60, 100))
    y = X[:, 0] + random.standard_normal(60)
    found = compare_losses(X, y, alpha=0.5, random_state=0)
    # Noise of variance 1 and a coefficient that is shrunk: no density can beat the entropy of the noise by much,
    # and a scale taken from rows that the fits have met would be far worse than that of y as it is.
    assert -0.5 * math.log(2 * math.pi * math.e) - 0.7 < found.losses["squared"].log_likelihood < -1.3


def test_a_column_twice_says_no_more_than_once():
    X, y = linear(Laplace(), 200)
    found = compare_losses(X, y, random_state=0)
    twice = compare_losses(np.hstack([X, X[:, :1]]), y, random_state=0)
    for name, each in found.losses.items():
        assert twice.losses[name].log_likelihood == pytest.approx(each.log_likelihood, abs=1e-4)


def test_draws_rows_and_says_so():
    X, y = linear(Gaussian(), 1000)
    found = compare_losses(X, y, max_rows=300, random_state=0)
    assert (found.n_rows, found.n_total) == (300, 1000)
    assert "300 rows drawn from 1,000" in found.text()
    assert "1,000" in found.text("zh")
    assert compare_losses(X, y, max_rows=300, random_state=0).record() == found.record()
    assert compare_losses(X, y, max_rows=300, random_state=1).record() != found.record()


def test_a_record_is_json():
    X, y = linear(Laplace(), 200)
    record = compare_losses(X, y, random_state=0).record()
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert (record["n_rows"], record["n_folds"]) == (200, 5)


X50, Y50 = linear(Gaussian(), 50)


@pytest.mark.parametrize(
    ("X", "y", "weights", "message"),
    [
        (X50, np.full(50, 2.5), None, r"y is 2\.5 in every row; there is no noise"),
        (X50, X50 @ W + 1, None, "y is a linear function of X but for rounding"),
        (X50[:9], Y50[:9], None, "9 rows with a weight above 0 are too few for cv=5 folds; give at least 10"),
        (
            X50,
            Y50,
            [1] * 9 + [0] * 41,
            "9 rows with a weight above 0 are too few for cv=5 folds; give at least 10",
        ),
        (
            np.eye(50),
            Y50,
            None,
            "X has 50 columns, and with cv=5 a fit has 40 of the 50 rows: every loss would meet",
        ),
        (X50, np.column_stack([Y50, Y50]), None, "y has 2 columns; compare the losses for each by itself"),
        (X50, Y50[:-1], None, "X has 50 rows and y has 49; expected as many"),
        (X50, np.where(np.arange(50) == 7, np.nan, Y50), None, "y contains NaN in row 7"),
        (
            np.where(np.arange(50)[:, None] == 7, np.inf, X50),
            Y50,
            None,
            "X contains inf in row 7, column 0",
        ),
        (X50, ["a"] * 50, None, "y must be an array of real numbers"),
        (X50, Y50, -np.ones(50), "sample_weight is negative in row 0"),
        (np.zeros((50, 0)), Y50, None, "0 feature"),
    ],
)
def test_refuses_data(X, y, weights, message):
    with pytest.raises(ValueError, match=message):
        compare_losses(X, y, weights, random_state=0)


def test_refuses_a_target_that_is_one_value_but_in_one_row():
    X, y = X50, np.zeros(50)
    y[11] = 1.0
    with pytest.raises(InvalidDataError, match=r"by the absolute loss .* is y 0 in nearly all rows\?"):
        compare_losses(X, y, losses=("squared", "absolute"), random_state=0)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"losses": ("squared",)}, "expected at least two different losses"),
        ({"losses": "squared"}, "expected at least two different losses"),
        ({"losses": ("squared", "squared")}, "expected at least two different losses"),
        (
            {"losses": ("squared", "quantile")},
            "losses='quantile': expected one of 'squared', 'absolute', 'huber'",
        ),
        ({"cv": 1}, "cv=1: expected a whole number, at least 2"),
        ({"alpha": -1.0}, r"alpha=-1\.0"),
        ({"max_rows": 1}, "max_rows=1"),
        ({"random_state": "seed"}, "random_state='seed'"),
        ({"n_threads": 0}, "n_threads=0"),
    ],
)
def test_refuses_parameters(parameters, message):
    with pytest.raises(InvalidParameterError, match=message):
        compare_losses(X50, Y50, **parameters)
