"""Threads of our own: several models at once, a fork afterwards, an interrupt, an error."""

from __future__ import annotations

import multiprocessing
import signal
import threading

import numpy as np
import pytest

from onelayer.estimators.softmax_regression import SoftmaxRegression
from onelayer.kernels import barrier, scoring, threads


def fitted(seed: int) -> bytes:
    random = np.random.RandomState(seed)
    X, y = random.rand(3000, 200).astype(np.float32), random.randint(0, 10, 3000)
    model = SoftmaxRegression(epochs=2, learning_rate=0.1, n_threads=2, random_state=0).fit(X, y)
    return model.coef_.tobytes()


def test_models_trained_at_once_are_those_trained_in_turn():
    expected = [fitted(seed) for seed in range(4)]
    found: dict[int, bytes] = {}
    workers = [threading.Thread(target=lambda s=seed: found.update({s: fitted(s)})) for seed in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [found[seed] for seed in range(4)] == expected


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_fork_after_training_can_train():
    expected = fitted(7)
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.apply(fitted, (7,)) == expected


def test_results_in_order_and_errors_passed_on():
    assert threads.run(5, lambda thread: thread**2) == [0, 1, 4, 9, 16]
    with pytest.raises(ZeroDivisionError):
        threads.run(2, lambda thread: 1 / thread)


def test_an_interrupt_asks_the_loop_to_stop_and_is_passed_on():
    state, release = barrier.new(), threading.Event()

    def work(thread: int) -> None:
        if thread == 0:
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        while not state[barrier.STOP]:
            release.wait(0.001)

    with pytest.raises(KeyboardInterrupt):
        threads.run(2, work, state)
    assert state[barrier.STOP] == 1


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(1, 1, 1), (100, 50, 3), (33, 17, 12), (4000, 300, 10)])
def test_predict_is_the_product(dtype, shape):
    n_rows, n_features, n_outputs = shape
    random = np.random.RandomState(0)
    X = (random.rand(n_rows, n_features) * 255).astype(dtype)
    number = np.float64 if dtype == np.float64 else np.float32
    coef, intercept = (
        random.randn(n_outputs, n_features).astype(number),
        random.randn(n_outputs).astype(number),
    )
    X.flags.writeable = False
    found = [scoring.predict(X, coef, intercept, n_threads) for n_threads in (1, 2, 7, None)]
    expected = X.astype(np.float64) @ coef.T.astype(np.float64) + intercept
    np.testing.assert_allclose(found[0], expected, rtol=0, atol=4e3 * n_features * np.finfo(number).eps)
    assert all(np.array_equal(found[0], other) for other in found)
    assert found[0].dtype == number


@pytest.mark.parametrize("n_features", [20, 64, 784])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("number", [np.float32, np.float64])
def test_a_row_alone_has_the_bits_that_it_has_among_many(n_features, dtype, number):
    """Few rows are copied where many are gathered, and rows of whole vectors are read where they lie."""
    random = np.random.RandomState(0)
    X = (random.rand(20_000, n_features) * 255).astype(dtype)
    coef = random.randn(3, n_features).astype(np.result_type(number, dtype, np.float32))
    intercept = random.randn(3)
    many = scoring.predict(X, coef, intercept)
    for rows in (slice(0, 1), slice(7, 8), slice(100, 133), slice(0, 1000), slice(19_990, None)):
        np.testing.assert_array_equal(scoring.predict(X[rows], coef, intercept), many[rows])


def test_a_thread_that_hears_no_interrupt_does_its_work_itself():
    found = []

    def alone():
        caller = threading.get_ident()
        found.append(threads.run(1, lambda _: threading.get_ident() == caller))
        found.append(threads.run(2, lambda _: threading.get_ident() == caller))

    thread = threading.Thread(target=alone)
    thread.start()
    thread.join()
    assert found == [[True], [False, False]]
    assert threads.run(1, lambda _: threading.current_thread() is threading.main_thread()) == [False]


def test_brief_work_of_one_thread_is_done_by_the_caller():
    caller = threading.current_thread()
    assert threads.run(1, lambda _: threading.current_thread(), brief=True) == [caller]
    assert caller not in threads.run(1, lambda _: threading.current_thread())
    assert caller not in threads.run(2, lambda _: threading.current_thread(), brief=True)
    with pytest.raises(ZeroDivisionError):
        threads.run(1, lambda thread: 1 / thread, brief=True)


def test_tasks_are_shared_out_once_each():
    done = []
    threads.share_out(3, [lambda k=k: done.append(k) for k in range(50)])
    assert sorted(done) == list(range(50))
    with pytest.raises(ZeroDivisionError):
        threads.share_out(2, [lambda: 1 // 0, lambda: None])
