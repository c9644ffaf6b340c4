"""The two loops over the steps that a quasi-Newton method remembers, each in one call.

There are a dozen steps or so, mostly of some thousand numbers: called one by one, the products would take less time
than the interpreter between them, and threads that do the same beside each other would wait for its lock all the time.

An inner product is described by ``parts``, (n_parts, 3): start in one vector, start in the other, and how many numbers.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from onelayer.kernels import source_digest


def _compile(source):
    """Return the compiled loops; ``source`` is part of the key under which their machine code is cached."""
    settings = {"nogil": True, "cache": True, "error_model": "numpy", "fastmath": {"reassoc", "contract"}}

    @njit(**settings)
    def inner(u, v, parts):
        source  # noqa: B018
        total = 0.0
        for part in range(parts.shape[0]):
            n = parts[part, 2]
            a, b = u[parts[part, 0] :][:n], v[parts[part, 1] :][:n]
            for i in range(n):
                total += a[i] * b[i]
        return total

    @njit(**settings)
    def backwards(q, steps, changes, curvatures, order, parts, amounts):
        source  # noqa: B018
        for k in range(order.size - 1, -1, -1):
            slot = order[k]
            amount, change = inner(steps[slot], q, parts) / curvatures[slot], changes[slot]
            for i in range(q.size):
                q[i] -= amount * change[i]
            amounts[k] = amount

    @njit(**settings)
    def forwards(d, steps, changes, curvatures, order, parts, amounts):
        source  # noqa: B018
        for k in range(order.size):
            slot = order[k]
            amount, step = amounts[k] + inner(changes[slot], d, parts) / curvatures[slot], steps[slot]
            for i in range(d.size):
                d[i] -= amount * step[i]

    return inner, backwards, forwards


inner, backwards, forwards = _compile(source_digest())


def plain(size: int) -> np.ndarray:
    """Return the parts of the usual inner product of vectors of this size."""
    return np.array([[0, 0, size]])
