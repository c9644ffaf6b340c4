"""The logarithm of the compiled loops against NumPy's in more digits."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit

from onelayer.kernels.logarithm import log1p


@njit(error_model="numpy")
def of_each(x, out):
    for i in range(x.size):
        out[i] = log1p(x[i])


@pytest.mark.parametrize(("number", "wider"), [(np.float32, np.float64), (np.float64, np.longdouble)])
def test_three_units_in_the_last_place(number, wider):
    largest = np.log10(np.finfo(number).max) - 1
    x = np.concatenate([np.logspace(-30, largest, 20_001), np.linspace(0, 20, 20_001)]).astype(number)
    out = np.empty_like(x)
    of_each(x, out)
    truth = np.log1p(x.astype(wider))
    error = np.abs(out - truth) <= 3 * np.finfo(number).eps * truth
    assert error.all()
    assert out[len(x) // 2 + 1 - 1] >= 0
    assert out[20_001] == 0
