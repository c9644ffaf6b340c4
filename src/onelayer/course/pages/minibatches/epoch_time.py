"""How long an epoch of softmax regression takes for a size of minibatch: compiled, and step by step from Python."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

import onelayer as ol

_COPIES = 5  # the engine looks at the loss once more after an epoch of four steps or fewer, which is not to be timed
_SCRATCH_STEPS = 100


def fast_seconds(X: NDArray, y: NDArray, batch_size: int, n_threads: int) -> float:
    """Return the seconds of an epoch of the compiled loop: the quicker of two."""
    X, y = np.tile(X, (_COPIES, 1)), np.tile(y, _COPIES)
    model = ol.SoftmaxRegression(
        epochs=2, batch_size=batch_size, learning_rate=1e-4, random_state=0, n_threads=n_threads
    )
    seconds: list[float] = []
    model.fit(X, y, callbacks=[lambda epoch: seconds.append(epoch.seconds)])
    return min(seconds) / _COPIES


def scratch_seconds(X: NDArray, y: NDArray, batch_size: int) -> float:
    """Return the seconds of an epoch of ``scratch`` on one core: some steps, the quicker of two times, scaled up."""
    import torch

    from onelayer.course import scratch
    from onelayer.course.torch_threads import torch_threads

    inputs, labels = scratch.pixels(X), torch.as_tensor(y).long()
    parameters = scratch.initialise(inputs.shape[1], int(labels.max()) + 1)
    rows = torch.randperm(len(inputs))[: _SCRATCH_STEPS * batch_size]
    seconds = []
    with torch_threads(1):
        for _ in range(2):
            began = time.perf_counter()
            batches = scratch.minibatches(inputs, labels, batch_size, rows)
            scratch.train_epoch(
                batches, parameters, scratch.cross_entropy, lambda: scratch.sgd(parameters, 1e-4)
            )
            seconds.append(time.perf_counter() - began)
    return min(seconds) * len(inputs) / len(rows)
