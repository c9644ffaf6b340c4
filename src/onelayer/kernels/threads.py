"""Threads of our own for the compiled loops, which run without the interpreter lock."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from onelayer.kernels import barrier


def available() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on every platform
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C back for a moment: a thread that is not started would keep the others waiting."""
    if not hasattr(signal, "pthread_sigmask"):  # not on every platform
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def run(n_threads: int, function: Callable[[int], object], state: np.ndarray | None = None) -> list:
    """Call ``function(thread)`` for each thread number at once and return the results.

    The caller only waits, so it hears an interrupt (Ctrl-C) at once; it then asks the loop to stop through the
    barrier's ``state``, waits for the threads to end, and passes the interrupt on.
    """
    results: list = [None] * n_threads
    errors: list[BaseException] = []

    def work(thread: int) -> None:
        try:
            results[thread] = function(thread)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(thread,), daemon=True) for thread in range(n_threads)]
    interrupt: KeyboardInterrupt | None = None
    try:
        with _interrupts_held():
            for thread in threads:
                thread.start()
    except KeyboardInterrupt as error:
        interrupt = error
    while True:
        if interrupt is not None and state is not None:
            state[barrier.STOP] = 1
        try:
            for thread in threads:
                thread.join()
            break
        except KeyboardInterrupt as error:
            interrupt = error
    if interrupt is not None:
        raise interrupt
    if errors:
        raise errors[0]
    return results
