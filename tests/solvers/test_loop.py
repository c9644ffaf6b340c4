"""What a loop is told of the penalty: a part of the gradient, or factors after the step."""

from __future__ import annotations

import numpy as np
import pytest

from onelayer.losses import LOSSES
from onelayer.matrices import Dense
from onelayer.objective import Objective
from onelayer.solvers.loop import Setting


def setting(standardised, dtype=np.float64, output_scale=None):
    X, n_outputs = Dense(np.ones((2, 2), dtype)), 1 if output_scale is None else len(output_scale)
    F = Objective(X, np.zeros((2, n_outputs)), LOSSES["squared"], n_outputs, 0.3, None, True)
    scale, W, b = np.array([0.5, 2.0]) * X.unit, np.zeros((n_outputs, 2)), np.zeros(n_outputs)
    return Setting(F, np.zeros(2), scale, standardised, W, b, 2, 0.5, 1, 1e6, output_scale)


def test_given_inputs_are_pulled_by_the_gradient():
    assert setting(False).penalty == 0.3
    assert setting(False).shrink(0.1).tolist() == [[1.0, 1.0]]


@pytest.mark.parametrize("dtype", [np.uint8, np.float64])
def test_standardised_inputs_are_shrunk_as_the_weights_of_the_objective(dtype):
    """In w = scale·v the penalty 0.3/2·w² pulls at v by 0.3·scale²; 1 − μ = 1/2 doubles the rate of 0.1."""
    assert setting(True, dtype).penalty == 0
    expected = [1 / (1 + 0.2 * 0.3 * 0.25), 1 / (1 + 0.2 * 0.3 * 4)]
    assert setting(True, dtype).shrink(0.1)[0].tolist() == pytest.approx(expected)


def test_outputs_of_other_units_are_shrunk_as_theirs():
    """In w = 3·scale·v the penalty pulls at v by 0.3·(3·scale)²."""
    factors = setting(True, output_scale=np.array([1.0, 3.0])).shrink(0.1)
    assert factors[0].tolist() == setting(True).shrink(0.1)[0].tolist()
    expected = [1 / (1 + 0.2 * 0.3 * 1.5**2), 1 / (1 + 0.2 * 0.3 * 6**2)]
    assert factors[1].tolist() == pytest.approx(expected)
