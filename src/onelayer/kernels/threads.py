"""Threads of our own for the compiled loops, which run without the interpreter lock."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Sequence

import numpy as np

from onelayer.kernels import barrier

_LOOK = 0.1  # seconds; a signal that comes just before a wait begins does not end it, so waits are short


def available() -> int:
    """Return how many cores this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run(
    n_threads: int, function: Callable[[int], object], state: np.ndarray | None = None, *, brief: bool = False
) -> list:
    """Call ``function(thread)`` for each thread number at once and return the results.

    The caller only waits, so it hears an interrupt (Ctrl-C) at once; it then asks the loop to stop through the
    barrier's ``state``, waits for the threads to end, and passes the interrupt on. No thread begins before all are
    there: one that were missing would keep the others waiting for ever.

    Work for one thread the caller does itself where it is ``brief``, a millisecond at most, so that nobody has to wait
    for an interrupt, or where the caller is a thread that no interrupt reaches: to start a thread takes as long.
    """
    if n_threads == 1 and (brief or threading.current_thread() is not threading.main_thread()):
        return [function(0)]
    if n_threads < 1:
        raise ValueError(f"n_threads={n_threads}: expected at least 1")
    results: list = [None] * n_threads
    failures: list[BaseException] = []
    gate, complete = threading.Event(), False

    def work(thread: int) -> None:
        gate.wait()
        if not complete:
            return
        try:
            results[thread] = function(thread)
        except BaseException as failure:
            failures.append(failure)
            if state is not None:
                state[barrier.ABORT] = 1

    threads = [threading.Thread(target=work, args=(thread,), daemon=True) for thread in range(n_threads)]
    try:
        for thread in threads:
            thread.start()
        complete = True
    except BaseException as failure:
        failures.append(failure)
    while True:  # until an interrupt no longer comes in between
        if failures and state is not None:
            state[barrier.STOP] = 1
        try:
            gate.set()
            for thread in threads:
                while thread.is_alive():
                    thread.join(_LOOK)
            break
        except KeyboardInterrupt as interrupt:
            failures.insert(0, interrupt)
    if failures:
        raise failures[0]
    return results


def share_out(n_threads: int, tasks: Sequence[Callable[[], None]]) -> None:
    """Do the tasks, each by whichever thread is free."""
    if n_threads == 1 or len(tasks) <= 1:
        for task in tasks:
            task()
        return
    left, gate = iter(tasks), threading.Lock()

    def work(_: int) -> None:
        while True:
            with gate:
                task = next(left, None)
            if task is None:
                return
            task()

    run(min(n_threads, len(tasks)), work)
