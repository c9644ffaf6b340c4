"""How many threads PyTorch computes with while the course uses it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def torch_threads(n_threads: int = 1) -> Iterator[None]:
    """Let PyTorch use so many threads; afterwards they, and its global random numbers, are as they were.

    One is right for minibatches of a single layer: their matrix products are too small to share, threads wait for each
    other by spinning, so that on a machine with other work an epoch takes ten times as long, and how many there are
    decides on the last bits of a result.

    Examples
    --------
    >>> with torch_threads(1):
    ...     torch.get_num_threads()
    1
    """
    before = torch.get_num_threads()
    torch.set_num_threads(n_threads)
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        torch.set_num_threads(before)
