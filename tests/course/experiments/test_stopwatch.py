"""The stopwatch: how often it calls, and with how many threads."""

from __future__ import annotations

import math

import numpy as np
from threadpoolctl import threadpool_info

from onelayer.course.experiments.stopwatch import seconds


def test_it_calls_with_the_arguments_and_once_more_than_it_counts():
    heard = []
    taken = seconds(lambda a, b: heard.append((a, b)), 1, 2, repetitions=3, least=0.0)
    assert heard == [(1, 2)] * (1 + 1 + 3)  # not counted, to see how long it takes, and the three that count
    assert math.isfinite(taken)
    assert taken > 0


def test_a_quick_call_is_made_many_times():
    calls = 0

    def quick():
        nonlocal calls
        calls += 1

    seconds(quick, repetitions=1, least=0.01)
    assert calls > 12


def test_linear_algebra_has_one_thread_meanwhile():
    before = [pool["num_threads"] for pool in threadpool_info()]
    heard = []

    def look():
        np.ones((2, 2)) @ np.ones((2, 2))
        heard.extend(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas")

    seconds(look, repetitions=1, least=0.0)
    assert set(heard) <= {1}
    assert [pool["num_threads"] for pool in threadpool_info()] == before
