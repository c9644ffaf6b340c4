"""The page on calibration: honest probabilities that are known to be, and what a temperature must and cannot do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from onelayer.course.book.parameters import settings
from onelayer.course.experiments.images import fashion_mnist
from onelayer.course.pages.calibration import on_average, reliability, temperature_fit
from onelayer.course.pages.calibration.page import PAGE
from onelayer.course.pages.calibration.reliability import Chance, Judged
from onelayer.losses import CrossEntropy


@pytest.fixture(scope="module")
def found():
    assignments = ["rows=300", "epochs=100", "held_out=1000", "draws=20", "images=2400"]
    return PAGE.run(settings(PAGE.parameters, assignments))


@pytest.fixture(scope="module")
def honest():
    """Scores of five classes, and labels drawn from their softmax at temperature 1."""
    random_state = np.random.RandomState(0)
    scores = 2 * random_state.standard_normal((3000, 5))
    return scores, CrossEntropy().noise.sample(scores, random_state=random_state)


def sums_to_one(scores):
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def test_judged_by_hand():
    p = np.array([[0.9, 0.1], [0.9, 0.1], [0.4, 0.6], [0.7, 0.3]])
    judged = Judged.of(np.log(p), np.array([0, 1, 1, 0]), 10)
    assert judged.accuracy == 0.75
    assert judged.mean_confidence == pytest.approx(0.775)
    assert judged.gap == pytest.approx(0.025)
    # two at 0.9 of which one is right, one right at 0.6, one right at 0.7
    assert judged.ece == pytest.approx((2 * 0.4 + 0.4 + 0.3) / 4)
    assert judged.log_loss == pytest.approx(-np.mean(np.log([0.9, 0.1, 0.6, 0.7])))
    assert judged.entropy == pytest.approx(-np.mean((p * np.log(p)).sum(axis=1)))
    assert judged.standard_error == pytest.approx(np.sqrt(0.09 + 0.09 + 0.24 + 0.21) / 4)
    assert reliability.near(0.9, judged) == (2, 0.5)
    count, share = reliability.near(0.2, judged)
    assert count == 0
    assert np.isnan(share)


def test_drawn_labels_make_the_probabilities_honest(honest):
    scores, _ = honest
    confidence = sums_to_one(scores).max(axis=1)
    curves = reliability.simulate(scores, 15, 60, np.random.RandomState(1))
    right = np.array([np.nansum(curve.frequency * curve.counts) for curve in curves])
    assert right.mean() == pytest.approx(confidence.sum(), abs=4 * right.std() / np.sqrt(60))
    assert right.std() == pytest.approx(np.sqrt((confidence * (1 - confidence)).sum()), rel=0.3)
    assert all(curve.expected_calibration_error > 0 for curve in curves)


@pytest.mark.parametrize("n_bins", [5, 15, 40])
def test_the_formula_of_chance_is_its_simulation(honest, n_bins):
    scores, _ = honest
    chance = Chance.of(reliability.simulate(scores, n_bins, 80, np.random.RandomState(2)))
    formula = reliability.chance_error(sums_to_one(scores).max(axis=1), n_bins)
    assert chance.mean == pytest.approx(formula, rel=0.1)
    assert chance.mean < chance.most <= chance.errors.max()
    assert chance.exceeding(chance.most) == pytest.approx(0.05, abs=0.02)


def test_the_error_of_chance_falls_like_the_root_of_the_number():
    one = np.linspace(0.3, 0.99, 50)
    few, many = (reliability.chance_error(np.tile(one, times), 15) for times in (1, 100))
    assert few == pytest.approx(10 * many)


def test_the_band_holds_an_honest_model(honest):
    scores, y = honest
    curve = Judged.of(scores, y, 10).curve
    chance = Chance.of(reliability.simulate(scores, 10, 200, np.random.RandomState(3)))
    filled = curve.counts > 30
    within = (chance.low <= curve.frequency) & (curve.frequency <= chance.high)
    assert within[filled].mean() >= 0.7


@pytest.mark.parametrize("temperature", [0.5, 1.7])
def test_a_known_temperature_is_found(temperature):
    random_state = np.random.RandomState(4)
    scores = 3 * random_state.standard_normal((800, 6))
    fits = [
        temperature_fit.TemperatureFit.of(
            scores, CrossEntropy().noise.sample(scores, temperature, random_state)
        )
        for _ in range(8)
    ]
    for fit in fits:
        assert abs(fit.temperature - temperature) < 4 * fit.standard_error
        assert fit.lowest <= fit.surprises.min() + 1e-12
        assert fit.lowest <= fit.untouched


def test_the_standard_error_is_the_spread_of_repeated_fits():
    random_state = np.random.RandomState(5)
    scores = 3 * random_state.standard_normal((300, 4))
    temperatures, errors = [], []
    for _ in range(120):
        y = CrossEntropy().noise.sample(scores, 1.5, random_state)
        T = CrossEntropy().noise.fit_scale(scores, y)
        temperatures.append(T)
        errors.append(temperature_fit.standard_error(scores, y, T))
    assert np.std(temperatures) == pytest.approx(np.mean(errors), rel=0.25)


@given(st.floats(0.2, 5), st.integers(0, 1000))
def test_surprise_less_what_is_expected_is_the_slope(temperature, seed):
    """L − H = β dL/dβ, with the slope by differences."""
    random_state = np.random.RandomState(seed)
    scores, y = random_state.standard_normal((20, 4)), random_state.randint(4, size=20)
    beta, step = 1 / temperature, 1e-5
    above, below = (temperature_fit.surprise(scores, y, 1 / b) for b in (beta + step, beta - step))
    excess = temperature_fit.surprise(scores, y, temperature) - temperature_fit.expected_surprise(
        scores, temperature
    )
    assert excess == pytest.approx(beta * (above - below) / (2 * step), abs=1e-7)


def test_the_model_of_the_page_is_too_sure(found):
    assert found.verdict == 1
    assert found.before.gap > 5 * found.before.standard_error
    assert found.fit.temperature > 1 + 3 * found.fit.standard_error
    assert found.before.ece > found.chance_before.most


def test_the_temperature_is_that_of_another_minimiser(found):
    train, _ = fashion_mnist(3400)
    scores, y = found.trained.scores_held, train.y[2400:].astype(int)

    def loss(T):
        return -np.log(sums_to_one(scores / T)[np.arange(len(y)), y]).mean()

    result = minimize_scalar(loss, bounds=(0.2, 20), method="bounded", options={"xatol": 1e-9})
    assert found.fit.temperature == pytest.approx(result.x, rel=1e-5)
    assert found.fit.lowest == pytest.approx(loss(result.x), rel=1e-9)
    assert found.fit.untouched == pytest.approx(loss(1), rel=1e-9)
    assert temperature_fit.expected_surprise(scores, found.fit.temperature) == pytest.approx(found.fit.lowest)


def test_temperature_mends_the_confidence_and_leaves_the_order(found):
    assert found.changed == 0
    np.testing.assert_array_equal(found.after.right, found.before.right)
    assert abs(found.after.gap) < 0.5 * found.before.gap
    assert found.after.ece < found.before.ece
    assert found.after.log_loss < found.before.log_loss
    sure = next(near for near in found.near if near.said == 0.9)
    assert sure.right_before < sure.right_after


def test_ratios_of_probabilities_are_raised_to_one_over_the_temperature(found):
    before, after = found.example.probabilities, found.example.at(found.fit.temperature)
    assert before.argmax() != found.example.label
    ratios = before / before.max(), after / after.max()
    np.testing.assert_allclose(ratios[1], ratios[0] ** (1 / found.fit.temperature), rtol=1e-6)


def test_errors_by_bins_are_sums_over_bins(found):
    c, right = found.before.confidence, found.before.right
    for each in found.binned:
        bins = np.ceil(c * each.n_bins)
        gaps = [abs(c[bins == m].sum() - right[bins == m].sum()) for m in np.unique(bins)]
        assert each.before == pytest.approx(sum(gaps) / len(c))


def test_errors_by_size_end_with_all_images(found):
    assert found.by_size.sizes == [10, 30, 100, 300, 1000]
    assert found.by_size.before[-1] == pytest.approx(found.before.ece)
    assert found.by_size.after[-1] == pytest.approx(found.after.ece)
    assert (np.diff(found.by_size.formula) < 0).all()


def test_the_base_rate_is_calibrated_and_useless(found):
    most = found.base_rate.mean_confidence
    assert found.base_rate.accuracy == 0.1
    assert found.base_rate.ece == pytest.approx(most - 0.1)
    assert found.base_rate.ece < 0.05
    assert found.base_rate.log_loss == pytest.approx(np.log(10), abs=0.05)


def test_gaps_of_the_classes_add_up_to_the_gap_of_all(found):
    assert sum(each.n for each in found.classes) == len(found.after)
    total = sum(each.n * each.gap for each in found.classes) / len(found.after)
    assert total == pytest.approx(found.after.gap)
    assert max(abs(each.gap) for each in found.classes) > abs(found.after.gap)
    assert found.worst in found.classes


def test_moved_images():
    image = np.arange(784).reshape(1, 784)
    there = on_average.moved(image, 2).reshape(28, 28)
    np.testing.assert_array_equal(there[:, 2:], np.arange(784).reshape(28, 28)[:, :26])
    assert not there[:, :2].any()
    np.testing.assert_array_equal(on_average.moved(image, 0), image)


def test_moved_images_are_worse_predicted_than_said(found):
    assert found.moves[0].accuracy == found.after.accuracy
    assert found.moves[-1].accuracy < 0.6 * found.after.accuracy
    assert found.moves[-1].gap > 0.1


def test_fewer_epochs_more_images_and_a_penalty_are_cures(found):
    assert found.by_epochs[-1] is found.trained
    assert found.by_rows[0] is found.trained
    assert found.by_alpha[0] is found.trained
    assert [each.rows for each in found.by_rows] == [300, 600, 1200, 2400]
    assert (
        len({each.rows * each.epochs for each in found.by_rows}) <= 2
    )  # as many steps, to the nearest epoch
    for cured in (found.by_epochs[1], found.by_rows[-1], found.penalised):
        assert abs(cured.before.gap) < found.before.gap
        assert cured.before.log_loss < found.before.log_loss
    confidences = [each.before.mean_confidence for each in found.by_alpha]
    assert confidences == sorted(confidences, reverse=True)
    assert found.by_alpha[-1].before.gap < 0
    assert found.by_alpha[-1].temperature < 1


def test_ten_epochs_are_nearer_to_the_truth(found):
    ten = PAGE.run(settings(PAGE.parameters, [*PAGE.small, "epochs=10"]))
    assert ten.trained.temperature < found.trained.temperature
    assert abs(ten.before.gap) < found.before.gap
