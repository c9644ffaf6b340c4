import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from onelayer.errors import InvalidParameterError
from onelayer.loss_comparison.comparison import LossComparison, NoiseModel

NOISES = {"squared": NoiseModel(2.0), "absolute": NoiseModel(1.5), "huber": NoiseModel(1.8, 0.5)}


def compared(fold, weights=None, n_total=None, **densities):
    densities = {name: np.asarray(each, dtype=np.float64) for name, each in densities.items()}
    n_rows = len(fold)
    return LossComparison.of(
        densities,
        {name: NOISES[name] for name in densities},
        np.ones(n_rows) if weights is None else np.asarray(weights, dtype=np.float64),
        np.asarray(fold),
        n_total=n_total or n_rows,
    )


def alternating(mean, n=100, size=0.1):
    """Differences around a mean, such that each fold of two rows has the same sum."""
    return mean + size * (-1.0) ** np.arange(n)


FOLD = np.arange(100) // 20


def test_a_difference_by_hand():
    # d = absolute − squared = (1, 3, 2, 6), d̄ = 3, deviations (−2, 0, −1, 3).
    # By rows √(4/3·14)/4 = 1.0801; folds (0, 0) and (1, 1) have the sums −2 and 2: √(2·8)/4 = 1.
    found = compared([0, 0, 1, 1], squared=[-5, -5, -5, -9], absolute=[-4, -2, -3, -3])
    assert found.best == "absolute"
    assert found.losses["squared"].difference == -3.0
    assert found.losses["squared"].standard_error == pytest.approx(math.sqrt(4 / 3 * 14) / 4, rel=1e-14)
    assert found.losses["squared"].log_likelihood == -6.0
    # In the folds (0, 1, 0, 1) the sums are −3 and 3: √(2·18)/4 = 1.5.
    found = compared([0, 1, 0, 1], squared=[-5, -5, -5, -9], absolute=[-4, -2, -3, -3])
    assert found.losses["absolute"].standard_error == 1.5
    # That is half of the difference of 3, so that it is not clear.
    assert (found.best, found.clear) == ("squared", False)


def test_a_weighted_difference_by_hand():
    # Weights (1, 3) and d = (4, 0): d̄ = 1, w·(d − d̄) = (3, −3), √(2·18)/4 = 1.5.
    found = compared([0, 1], weights=[1, 3], squared=[0, 0], absolute=[4, 0])
    assert found.losses["absolute"].difference == 1.0
    assert found.losses["absolute"].standard_error == 1.5
    assert found.losses["absolute"].log_likelihood == 1.0


CASES = {
    # best, clear, English words, Chinese words
    "huber by far": (
        {"squared": 0 * FOLD, "absolute": alternating(0.3), "huber": alternating(0.5, size=0.2)},
        "huber",
        True,
        "The data favour the Huber loss with δ = 0.5 σ, by 0.500 ± 0.020 nats a row over the squared loss and by "
        "0.200 ± 0.010 nats a row over the absolute loss.",
        "数据支持 δ = 0.5σ 的 Huber 损失：留出数据的对数似然平均每行比平方损失高 0.500 ± 0.020 奈特，比绝对值损失高 "
        "0.200 ± 0.010 奈特。",
    ),
    "squared as the simplest": (
        {"squared": 0 * FOLD, "huber": alternating(0.01)},
        "squared",
        False,
        "Between the squared loss and the Huber loss with δ = 0.5 σ there is no clear difference: the Huber loss with "
        "δ = 0.5 σ is ahead by 0.010 ± 0.010 nats a row. Of these, the squared loss is the simplest.",
        "平方损失和 δ = 0.5σ 的 Huber 损失之间没有明显差别：δ = 0.5σ 的 Huber 损失平均每行领先 0.010 ± 0.010 奈特。"
        "其中平方损失最简单。",
    ),
    "absolute, with Huber close": (
        {"squared": 0 * FOLD, "absolute": alternating(0.3), "huber": alternating(0.301, size=-0.1)},
        "absolute",
        False,
        "The data favour the absolute loss, by 0.300 ± 0.010 nats a row over the squared loss. Between the absolute "
        "loss and the Huber loss with δ = 0.5 σ there is no clear difference: the Huber loss with δ = 0.5 σ is ahead "
        "by 0.001 ± 0.020 nats a row. Of these, the absolute loss is the simplest.",
        "数据支持绝对值损失：留出数据的对数似然平均每行比平方损失高 0.300 ± 0.010 奈特。绝对值损失和 δ = 0.5σ 的 Huber "
        "损失之间没有明显差别：δ = 0.5σ 的 Huber 损失平均每行领先 0.001 ± 0.020 奈特。其中绝对值损失最简单。",
    ),
    "all three": (
        {"squared": 0 * FOLD, "absolute": alternating(-0.01), "huber": alternating(0.01)},
        "squared",
        False,
        "Between the squared loss, the absolute loss and the Huber loss with δ = 0.5 σ there is no clear difference: "
        "the absolute loss is behind by 0.010 ± 0.010 nats a row and the Huber loss with δ = 0.5 σ is ahead by "
        "0.010 ± 0.010 nats a row. Of these, the squared loss is the simplest.",
        "平方损失、绝对值损失和 δ = 0.5σ 的 Huber 损失之间没有明显差别：绝对值损失平均每行落后 0.010 ± 0.010 奈特，"
        "δ = 0.5σ 的 Huber 损失平均每行领先 0.010 ± 0.010 奈特。其中平方损失最简单。",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_says_what_was_found(case):
    densities, best, clear, english, chinese = case
    found = compared(FOLD, **densities)
    assert (found.best, found.clear) == (best, clear)
    assert found.text() == found.text("en") == english
    assert found.text("zh") == chinese
    assert str(found).startswith(english + "\n\nloss ")


def test_names_the_rows_it_was_found_on():
    found = compared(FOLD, n_total=1_000_000, squared=0 * FOLD, huber=alternating(1.0))
    assert found.text().endswith(" This was found on 100 rows drawn from 1,000,000.")
    assert found.text("zh").endswith("奈特。以上结果是用 1,000,000 行中抽取的 100 行得出的。")


def test_parameters_are_those_of_the_estimator():
    found = compared(FOLD, squared=0 * FOLD, huber=alternating(1.0))
    assert found.parameters == {"loss": "huber", "delta": 0.5, "scale": 1.8}
    found = compared(FOLD, squared=0 * FOLD, huber=alternating(-1.0))
    assert found.parameters == {"loss": "squared"}


def test_a_table_has_a_line_for_each_loss():
    found = compared(FOLD, squared=0 * FOLD, huber=alternating(1.0))
    assert found.table().splitlines() == [
        "loss     nats a row  against the best  σ    δ / σ",
        "squared  0           -1.000 ± 0.010    2",
        "huber    1                             1.8  0.5",
    ]
    assert [line.split()[0] for line in found.table("zh").splitlines()] == ["损失", "squared", "huber"]


def test_refuses_another_language():
    with pytest.raises(InvalidParameterError, match="lang must be 'en' or 'zh'"):
        compared(FOLD, squared=0 * FOLD, huber=alternating(1.0)).text("de")


densities = hnp.arrays(np.float64, 12, elements=st.floats(-50, 5))


@given(densities, densities, densities, st.floats(-10, 10))
def test_no_loss_is_clearly_better_than_the_favoured_one(squared, absolute, huber, shift):
    fold = np.arange(12) % 3
    found = compared(fold, squared=squared, absolute=absolute, huber=huber)
    for each in found.losses.values():
        assert each.difference <= 2 * each.standard_error
    assert found.losses[found.best].difference == 0
    moved = compared(fold, squared=squared + shift, absolute=absolute + shift, huber=huber + shift)
    for name, each in found.losses.items():
        assert moved.losses[name].log_likelihood == pytest.approx(each.log_likelihood + shift, abs=1e-9)


@given(densities, densities)
def test_two_losses_differ_as_much_one_way_as_the_other(first, second):
    fold = np.arange(12) % 3
    one = compared(fold, squared=first, huber=second)
    two = compared(fold, squared=second, huber=first)
    apart = [next(each for name, each in found.losses.items() if name != found.best) for found in (one, two)]
    assert apart[0].standard_error == pytest.approx(apart[1].standard_error, abs=1e-12)
    assert abs(apart[0].difference) == pytest.approx(abs(apart[1].difference), abs=1e-12)
