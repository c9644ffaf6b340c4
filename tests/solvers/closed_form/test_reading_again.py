"""Blocks that can be read again are summed in float64 where that is as good, and once more where it was not."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from onelayer.solvers.closed_form import ClosedForm
from onelayer.solvers.events import Callback

N_BLOCKS, SIZE = 8, 10_000


@dataclass
class Blocks:
    """Rows in blocks, and how often they were gone through."""

    X: np.ndarray
    y: np.ndarray
    readings: list[int] = field(default_factory=list)

    def __iter__(self):
        self.readings.append(len(self.readings))
        for start in range(0, len(self.X), SIZE):
            rows = slice(start, start + SIZE)
            yield self.X[rows], self.y[rows], None


def rows(near: float, good_blocks: int) -> Blocks:
    """Three columns, of which the last is ``near`` the first after some blocks in which it is not."""
    random = np.random.RandomState(0)
    X = random.randn(N_BLOCKS * SIZE, 3)
    late = slice(good_blocks * SIZE, None)
    X[late, 2] = X[late, 0] + near * X[late, 2]
    X[: good_blocks * SIZE] *= 1e-3  # so that those blocks hardly count in the whole
    return Blocks(X, (X @ [1.0, -2.0, 3.0] + random.randn(len(X)))[:, None])


@pytest.mark.parametrize(
    ("near", "good_blocks", "readings", "in_float64"),
    [(1.0, 0, 1, True), (1e-3, 0, 1, False), (1e-3, 1, 2, False)],
    ids=["nearly orthogonal", "collinear from the start", "collinear after the first block"],
)
def test_sums_are_as_good_as_in_doubled_precision(near, good_blocks, readings, in_float64):
    blocks = rows(near, good_blocks)
    found = ClosedForm().solve_blocks(blocks, n_rows=len(blocks.X), again=True)
    assert len(blocks.readings) == readings
    assert (found.statistics.error > 0) == in_float64
    once = ClosedForm().solve_blocks(iter(blocks))
    assert once.statistics.error == 0
    np.testing.assert_allclose(found.coef, once.coef, rtol=1e-12)


class Listener(Callback):
    """Remembers how many rows had been read."""

    def __init__(self) -> None:
        self.heard: list[int] = []

    def on_rows(self, rows: int) -> None:
        self.heard.append(rows)


@pytest.mark.parametrize("readings", [1, 2])
def test_callbacks_hear_of_every_block(readings):
    blocks, listener = rows(1e-3 if readings == 2 else 1.0, readings - 1), Listener()
    ClosedForm().solve_blocks(blocks, n_rows=len(blocks.X), again=True, callbacks=[listener])
    assert listener.heard == [SIZE * number for number in range(1, N_BLOCKS + 1)] * readings
