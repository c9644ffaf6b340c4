"""The page on overflow: limits held against the formats of the types, losses against mpmath, runs against theory."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from onelayer.course import scratch
from onelayer.course.book.parameters import settings as page_settings
from onelayer.course.pages.overflow.exponential_range import TYPES, Range, last
from onelayer.course.pages.overflow.loss_errors import LossErrors
from onelayer.course.pages.overflow.loss_forms import (
    FORMS,
    by_training_loop,
    exact,
    forms,
    naive,
    relative_error,
)
from onelayer.course.pages.overflow.page import PAGE
from onelayer.course.pages.overflow.watched_training import Step, watched_run

# bits after the point, smallest and largest exponent of a number with all digits: IEEE 754, table 3.5
FORMATS = {"float16": (10, -14, 15), "float32": (23, -126, 127), "float64": (52, -1022, 1023)}


@pytest.fixture(scope="module")
def found():
    return PAGE.run(page_settings(PAGE.parameters, PAGE.small))


def softplus(x: float) -> mpmath.mpf:
    """log(1 + eˣ), by mpmath."""
    with mpmath.workdps(600):
        return mpmath.log(1 + mpmath.exp(x))


@pytest.mark.parametrize("name", TYPES)
def test_limits_are_those_of_the_format(name):
    digits, low, high = FORMATS[name]
    limits = Range.of(name)
    number = np.dtype(name).type
    assert mpmath.mpf(limits.largest) == mpmath.mpf(2) ** (high + 1) - mpmath.mpf(2) ** (high - digits)
    assert mpmath.mpf(limits.smallest) == mpmath.mpf(2) ** (low - digits)
    assert limits.log_half_smallest == pytest.approx((low - digits - 1) * math.log(2))
    assert limits.log_two_over_eps == pytest.approx((digits + 1) * math.log(2))
    for score, theory in (
        (limits.overflow, limits.log_largest),
        (limits.underflow, limits.log_half_smallest),
        (limits.certain, limits.log_two_over_eps),
    ):
        assert abs(score - theory) <= 1.5 * abs(float(np.spacing(number(score))))


@pytest.mark.parametrize("name", TYPES)
def test_numpy_breaks_at_the_same_scores(name):
    limits, number = Range.of(name), np.dtype(name).type
    inside, outside = number(limits.overflow), np.nextafter(number(limits.overflow), number(1000))
    with np.errstate(over="ignore", under="ignore"):
        assert np.isfinite(np.exp(inside))
        assert np.isinf(np.exp(outside))
        assert np.exp(number(limits.underflow)) > 0
        assert np.exp(np.nextafter(number(limits.underflow), number(-1000))) == 0


@given(st.floats(0, 1000), st.sampled_from(list(TYPES)))
@settings(max_examples=30)
def test_bisection_finds_the_last_number_below(limit, name):
    number = np.dtype(name).type
    found = last(lambda score: score <= limit, 0.0, 1001.0, TYPES[name])
    assert found == number(found)
    assert found <= limit < float(np.nextafter(number(found), number(2000)))


@pytest.mark.parametrize("margin", [-900.0, -40.0, -1.0, 0.0, 0.5, 23.0, 47.0, 100.0, 700.0, 1000.0])
def test_the_truth_is_that_of_mpmath(margin):
    with mpmath.workdps(60):
        assert abs(mpmath.mpf(str(exact(margin))) / softplus(-margin) - 1) < mpmath.mpf(10) ** -38


def test_certain_and_right(found):
    assert found.true_right == pytest.approx(math.exp(-40), rel=1e-12)
    for name in TYPES:
        losses = {form: each.loss for form, each in found.right[name].items()}
        assert losses["onelayer"] == pytest.approx(math.exp(-40), rel=1e-6)
        assert losses["log-sum-exp"] == losses["shifted"] == losses["PyTorch"] == 0
    assert math.isnan(found.right["float16"]["naive"].loss)
    assert found.right["float32"]["naive"].loss == found.right["float64"]["naive"].loss == 0


def test_certain_and_wrong(found):
    for name in TYPES:
        for form in ("log-sum-exp", "PyTorch", "onelayer"):
            assert found.wrong[name][form].loss == 40
            assert found.wrong[name][form].gradient == pytest.approx((1, -1))
    for form in ("naive", "shifted"):
        assert found.wrong["float16"][form].loss == math.inf
        assert all(math.isnan(slope) for slope in found.wrong["float16"][form].gradient)


def test_huge_scores(found):
    for name in TYPES:
        for form in ("log-sum-exp", "PyTorch", "onelayer"):
            assert found.huge_right[name][form].loss == 0
            assert found.huge_wrong[name][form].loss == 20_000
        assert math.isnan(found.huge_right[name]["naive"].loss)
        assert found.huge_wrong[name]["naive"].loss == math.inf
    for right, wrong in found.in_loop.values():
        assert 0 <= right < 1e-30
        assert wrong == 20_000


@pytest.mark.parametrize("score", [0.5, 3.0, 12.0])
@pytest.mark.parametrize("label", [0, 1])
def test_ordinary_scores_are_right_in_every_form(score, label):
    truth = softplus(-score if label == 0 else score)
    gradient = float(1 / (1 + mpmath.exp(score)))
    for form in forms([score, 0.0], label, "float64").values():
        assert form.loss == pytest.approx(float(truth), rel=1e-9)
        slope = -gradient if label == 0 else 1 - gradient
        assert form.gradient == pytest.approx((slope, -slope), rel=1e-9)
    if label == 0:
        assert by_training_loop(score / 2, 0, "float64") == pytest.approx(float(truth), rel=1e-9)


def test_cases_are_what_floating_point_gives(found):
    ordinary, right, wrong, nan, over, total, under = found.cases
    assert ordinary.naive.loss == pytest.approx(ordinary.truth, rel=1e-6)
    assert right.naive.loss == 0
    assert wrong.exponentials[1] > 0 == wrong.probabilities[1]
    assert wrong.naive.loss == over.naive.loss == total.naive.loss == math.inf
    assert math.isnan(nan.naive.loss)
    assert math.isnan(under.naive.loss)
    assert all(map(math.isfinite, total.exponentials))
    assert total.probabilities == under.exponentials == [0, 0]
    for case in (wrong, nan, over, total, under):
        assert all(map(math.isnan, case.naive.gradient))
    truths = [float(softplus(case.scores[1 - case.label] - case.scores[case.label])) for case in found.cases]
    assert [case.truth for case in found.cases] == pytest.approx(truths, rel=1e-12)


@pytest.mark.parametrize("name", TYPES)
def test_errors_begin_where_theory_says(found, name):
    limits = Range.of(name)
    wrong, scores = found.wrong_errors, found.wrong_errors["naive", name].scores
    for form, limit in (("naive", limits.overflow), ("shifted", -limits.underflow)):
        broken = np.isinf(wrong[form, name].largest)
        assert broken[scores > 1.01 * limit].all()
        assert not broken[scores < 0.99 * limit].any()
    assert wrong["log-sum-exp", name].largest.max() < 2 * limits.eps
    right = found.right_errors["log-sum-exp", name]
    assert (right.largest[scores > 1.15 * limits.certain] == 1).all()
    digits_left = scores < -0.95 * max(limits.log_normal, Range.of("float32").log_normal)
    assert found.right_errors["onelayer", name].largest[digits_left].max() < 4 * limits.eps


def test_relative_errors():
    assert relative_error(1.5, exact(0.0)) == pytest.approx(1.5 / math.log(2) - 1)
    assert relative_error(math.nan, exact(0.0)) == relative_error(math.inf, exact(0.0)) == math.inf
    errors = LossErrors.of("log-sum-exp", 1, "float64")
    assert errors.truth == pytest.approx([float(softplus(score)) for score in errors.scores], rel=0.2)


def test_log_sum_exp_lies_between_the_maximum_and_log_k_above_it():
    scores = torch.from_numpy(np.random.RandomState(0).standard_normal((50, 10)) * 30)
    ahead = scratch.cross_entropy(scores, scores.argmax(dim=1))
    assert ((ahead >= 0) & (ahead <= math.log(10))).all()


def test_what_is_seen_of_a_minibatch():
    scores = torch.tensor([[89.0, 0.0], [88.5, 88.5], [60.0, -60.0], [1.0, 0.0], [-110.0, -111.0]])
    y = torch.tensor([0, 0, 1, 0, 0])
    step = Step.of(scores, y, naive(scores, y))
    assert (step.largest, step.behind, step.overflown, step.underflown) == (89, 120, 2, 2)
    assert step.cause == "overflow"
    assert Step.of(scores[2:], y[2:], naive(scores, y)).cause == "underflow"


@pytest.fixture(scope="module")
def images():
    random_state = np.random.RandomState(0)
    X = torch.from_numpy(random_state.random_sample((600, 20)).astype(np.float32))
    return X, torch.from_numpy(random_state.randint(10, size=600))


def test_an_unbroken_run_is_that_of_scratch(images):
    run = watched_run(images, images, scratch.cross_entropy, 0.1, 6, torch.float32, seed=5)
    generator = torch.Generator().manual_seed(5)
    parameters = scratch.initialise(20, 10, generator=generator)
    history = scratch.train(*images, parameters, scratch.cross_entropy, 2, 256, 0.1, generator)
    assert len(run.steps) == 6
    assert not run.broken
    assert run.n_nan == 0
    weights = np.array([256, 256, 88]) / 600
    for epoch, loss in enumerate(history):
        losses = [step.loss for step in run.steps[3 * epoch : 3 * epoch + 3]]
        assert weights @ losses == pytest.approx(loss, rel=1e-5)
    assert run.accuracy == pytest.approx(scratch.evaluate(*images, parameters), abs=0.005)


@pytest.mark.parametrize("name", TYPES)
def test_the_naive_run_breaks_and_the_stable_one_does_not(images, name):
    X, y = images
    wide = (X * 1e4, y) if name != "float16" else (X * 300, y)  # its own largest number is 65504
    broken = watched_run(wide, wide, FORMS["naive"], 0.001, 12, TYPES[name], seed=0)
    whole = watched_run(wide, wide, FORMS["log-sum-exp"], 0.001, 12, TYPES[name], seed=0)
    assert broken.broken
    assert not math.isfinite(broken.last.loss)
    assert broken.last.overflown + broken.last.underflown > 0
    assert broken.n_nan == broken.n_parameters == 210
    assert broken.accuracy == pytest.approx(float((y == 0).double().mean()))
    assert not whole.broken
    assert len(whole.steps) == 12
    assert all(math.isfinite(step.loss) for step in whole.steps)
    for before, same in zip(broken.steps[:-1], whole.steps, strict=False):
        assert before.loss == pytest.approx(same.loss, rel=0.05)


def test_pixels_from_0_to_255_break_float32_before_the_first_step(found):
    run = found.forgotten
    assert len(run.steps) == 1
    assert run.broken
    assert run.last.largest > Range.of("float32").overflow
    assert run.n_nan == run.n_parameters == 7850
    assert run.accuracy == pytest.approx(0.1)


def test_log_sum_exp_breaks_only_where_the_scores_leave_the_type(found):
    for trial in found.trials:
        for name, run in trial.stable.items():
            assert run.broken == (not math.isfinite(run.last.largest)), (trial.learning_rate, name)
    assert found.scores_left_the_type


def test_softmax_taken_twice(found):
    assert found.twice == pytest.approx(math.log(math.e + 9) - 1, rel=1e-6)


def test_the_engine_refuses_a_rate_that_runs_away_and_finds_one_by_itself(found):
    assert found.refusal is not None
    assert "learning_rate" in found.refusal
    calm = PAGE.run(page_settings(PAGE.parameters, [*PAGE.small, "learning_rate=0.01"]))
    assert calm.refusal is None
    assert not calm.naive.broken
    assert found.automatic > 0.5
