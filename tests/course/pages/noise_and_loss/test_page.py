"""The page on noise and loss: middles, efficiencies and verdicts."""

from __future__ import annotations

import numpy as np
import pytest

from onelayer.course.book.parameters import settings
from onelayer.course.pages.noise_and_loss.page import PAGE


@pytest.fixture(scope="module")
def found():
    return PAGE.run(settings(PAGE.parameters, PAGE.small))


def test_the_likeliest_centres_are_mean_median_and_between(found):
    step = np.ptp(found.sample) / 2000
    assert found.middles["squared"].constant == pytest.approx(found.sample.mean())
    assert found.middles["absolute"].constant == pytest.approx(np.median(found.sample))
    for middle in found.middles.values():
        assert middle.lowest == pytest.approx(middle.constant, abs=step)
        assert middle.nats.min() == 0


def test_measured_efficiencies_are_near_the_theory(found):
    """Sixty repetitions of forty rows are few: within five standard errors, but for what few rows cost."""
    for family, estimates in found.study.items():
        assert estimates["squared"].efficiency == 1
        for name, each in estimates.items():
            if (family, name) != ("laplace", "absolute"):  # it needs many rows
                gap = abs(each.efficiency - each.efficiency_theory)
                assert gap <= 5 * each.efficiency_error + 0.15 * each.efficiency_theory
            assert each.variance_theory >= found.bounds[family] * (1 - 1e-9)


def test_theory_orders_the_losses(found):
    best = {
        family: min(estimates, key=lambda name: estimates[name].variance_theory)
        for family, estimates in found.study.items()
    }
    assert best == {
        "gaussian": "squared",
        "laplace": "absolute",
        "student-t": "huber",
        "contaminated": "huber",
    }


def test_verdicts_are_differences_of_means(found):
    for trial in (found.price, found.log_price):
        squared = trial.verdicts[0]
        assert squared.gain == squared.gain_error == 0
        assert trial.best.behind == 0
        assert trial.best.nats == max(verdict.nats for verdict in trial.verdicts)
        for verdict in trial.verdicts:
            assert verdict.gain == pytest.approx(verdict.nats - squared.nats)
            assert verdict.behind == pytest.approx(trial.best.nats - verdict.nats)
        assert trial.best in trial.level
    assert found.log_gain == pytest.approx(found.log_price.best.nats - found.price.best.nats)
    assert found.n_train + found.n_test == 1500


def test_on_prices_robust_losses_win_and_the_logarithm_wins_more(found):
    assert found.price.verdicts[1].gain > 2 * found.price.verdicts[1].gain_error
    assert found.log_gain > 2 * found.log_gain_error
