"""The BLAS is on one thread for as long as a context lasts, and then as it was."""

from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from onelayer.kernels import blas


def counts():
    np.ones((2, 2)) @ np.ones((2, 2))
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


@pytest.fixture(autouse=True)
def _two():
    with threadpool_limits(2, user_api="blas"):
        yield


def test_one_thread_and_then_as_before():
    before = counts()
    with blas.one_thread():
        assert counts() == {1}
        with blas.one_thread():
            assert counts() == {1}
        assert counts() == {1}
    assert counts() == before


def test_it_is_given_back_after_an_error():
    before = counts()
    with pytest.raises(ValueError, match="no"), blas.one_thread():
        raise ValueError("no")
    assert counts() == before
