"""The BLAS, held to one thread: then a product depends on its operands alone, and threads of our own share the work."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import cache

import numpy as np  # noqa: F401
import scipy.linalg  # noqa: F401
from threadpoolctl import ThreadpoolController


@cache
def _libraries() -> ThreadpoolController:
    """Return what governs the libraries of NumPy and SciPy, both of which are loaded above."""
    return ThreadpoolController()


def one_thread(wanted: bool = True) -> AbstractContextManager:
    """Hold the BLAS to one thread while the context lasts, if ``wanted``."""
    return _libraries().limit(limits=1, user_api="blas") if wanted else nullcontext()
