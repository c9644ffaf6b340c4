from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss

from onelayer.calibration import brier_score

PARTS = (
    "score",
    "reliability",
    "resolution",
    "uncertainty",
    "within_bin_variance",
    "within_bin_covariance",
)


def exact(y, numerators, weights, n_bins):
    """The parts from their definitions in rational arithmetic; probabilities are numerators / 64."""
    total, parts = sum(weights), dict.fromkeys(PARTS, Fraction(0))
    for k in range(len(numerators[0])):
        rows = [
            (Fraction(p[k], 64), Fraction(y[i] == k), w)
            for i, (p, w) in enumerate(zip(numerators, weights, strict=True))
        ]
        base = sum(w * o for _, o, w in rows) / Fraction(total)
        parts["uncertainty"] += base * (1 - base)
        parts["score"] += sum(w * (p - o) ** 2 for p, o, w in rows) / total
        for m in range(n_bins):
            inside = [
                (p, o, w)
                for p, o, w in rows
                if Fraction(m, n_bins) < p <= Fraction(m + 1, n_bins) or (m == 0 == p)
            ]
            w = sum(each[2] for each in inside)
            if w == 0:
                continue
            mean, frequency = (sum(each[2] * each[j] for each in inside) / Fraction(w) for j in (0, 1))
            parts["reliability"] += w * (mean - frequency) ** 2 / total
            parts["resolution"] += w * (frequency - base) ** 2 / total
            parts["within_bin_variance"] += sum(v * (p - mean) ** 2 for p, _, v in inside) / total
            covariance = sum(v * (p - mean) * (o - frequency) for p, o, v in inside)
            parts["within_bin_covariance"] += 2 * covariance / total
    return parts


@st.composite
def forecasts(draw):
    """Labels, probabilities of three classes in 64ths, and weights, one of them not zero."""
    n_rows = draw(st.integers(1, 12))
    cuts = st.tuples(st.integers(0, 64), st.integers(0, 64)).map(sorted)
    numerators = [(a, b - a, 64 - b) for a, b in draw(st.lists(cuts, min_size=n_rows, max_size=n_rows))]
    y = draw(st.lists(st.integers(0, 2), min_size=n_rows, max_size=n_rows))
    weights = draw(st.lists(st.integers(0, 3), min_size=n_rows, max_size=n_rows))
    return y, numerators, [weights[0] + 1, *weights[1:]]


@given(forecasts(), st.sampled_from([1, 2, 4, 8]))
def test_every_part_is_that_of_its_definition_and_they_sum_to_the_score(data, n_bins):
    y, numerators, weights = data
    found = brier_score(y, np.array(numerators) / 64, sample_weight=weights, n_bins=n_bins)
    for name, value in exact(y, numerators, weights, n_bins).items():
        assert getattr(found, name) == pytest.approx(float(value), abs=1e-14), name
    inside = found.within_bin_variance - found.within_bin_covariance
    assert found.score == pytest.approx(
        found.reliability - found.resolution + found.uncertainty + inside, abs=1e-14
    )
    assert found.score == pytest.approx(
        found.reliability - found.generalised_resolution + found.uncertainty, abs=1e-14
    )


def test_murphys_three_terms_where_the_probabilities_in_a_bin_are_equal():
    # Probability 0.2 five times, true once; 0.7 ten times, true eight times: by hand after Murphy (1973).
    p, y = [0.2] * 5 + [0.7] * 10, [1, 0, 0, 0, 0] + [1] * 8 + [0] * 2
    found = brier_score(y, np.column_stack([np.subtract(1, p), p]), n_bins=10)
    assert found.reliability == pytest.approx(2 * (5 * 0 + 10 * 0.01) / 15, abs=1e-15)
    assert found.resolution == pytest.approx(
        2 * (5 * (0.2 - 0.6) ** 2 + 10 * (0.8 - 0.6) ** 2) / 15, abs=1e-15
    )
    assert found.uncertainty == pytest.approx(2 * 0.6 * 0.4, abs=1e-15)
    assert found.within_bin_variance == pytest.approx(0, abs=1e-15)
    assert found.within_bin_covariance == pytest.approx(0, abs=1e-15)


def test_the_score_of_two_classes_is_twice_that_of_scikit_learn():
    random = np.random.default_rng(0)
    p, weights = random.random(200), random.random(200)
    y = random.random(200) < p
    found = brier_score(y, np.column_stack([1 - p, p]), classes=[False, True], sample_weight=weights)
    assert found.score == pytest.approx(2 * brier_score_loss(y, p, sample_weight=weights), rel=1e-12)


def test_skill_by_hand():
    certain = brier_score([0, 1], [[1, 0], [0, 1]])
    assert (certain.score, certain.skill) == (0, 1)
    frequencies = brier_score([0, 1, 1, 1], [[0.25, 0.75]] * 4)
    assert frequencies.skill == 0
    assert np.isnan(brier_score([1, 1], [[0.25, 0.75]] * 2).skill)  # one class has no uncertainty


def test_a_temperature_lowers_reliability_and_leaves_uncertainty():
    random = np.random.default_rng(1)
    scores = 3 * random.normal(size=(4000, 4))
    y = (scores + random.gumbel(size=scores.shape)).argmax(axis=1)

    def softmax(scores):
        return np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)

    honest, sure = brier_score(y, softmax(scores)), brier_score(y, softmax(3 * scores))
    assert honest.uncertainty == sure.uncertainty
    assert honest.reliability < 0.2 * sure.reliability
    assert honest.score < sure.score
