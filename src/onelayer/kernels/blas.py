"""The BLAS, held to one thread: then a product depends on its operands alone, and threads of our own share the work."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import numpy as np  # noqa: F401
import scipy.linalg  # noqa: F401
from threadpoolctl import ThreadpoolController


@cache
def _libraries() -> ThreadpoolController:
    """Return what governs the libraries of NumPy and SciPy, both of which are loaded above."""
    return ThreadpoolController()


_here = threading.local()


@contextmanager
def one_thread() -> Iterator[None]:
    """Hold the BLAS to one thread while the context lasts; one within another of the same thread is free."""
    if getattr(_here, "held", False):
        yield
        return
    with _libraries().limit(limits=1, user_api="blas"):
        _here.held = True
        try:
            yield
        finally:
            _here.held = False
