"""How many images a second are read item by item or in slices, and how many training takes in."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

import onelayer as ol
from onelayer.course import concise, scratch
from onelayer.course.torch_threads import torch_threads


class Images(Dataset):
    """Images handed out one at a time, as tensors of numbers from 0 to 1, with their labels."""

    def __init__(self, images: NDArray, labels: NDArray) -> None:
        self.images, self.labels = images, labels

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return scratch.pixels(self.images[index][None])[0], int(self.labels[index])


def items(images: NDArray, labels: NDArray, batch_size: int) -> DataLoader:
    """Read minibatches by asking for each image by itself and stacking what comes."""
    return DataLoader(Images(images, labels), batch_size, shuffle=True)


def slices(images: NDArray, labels: NDArray, batch_size: int) -> DataLoader:
    """Read minibatches by asking for all their images at once."""
    return concise.minibatches(scratch.pixels(images), torch.as_tensor(labels).long(), batch_size)


def numpy_slices(images: NDArray, labels: NDArray, batch_size: int) -> Iterator[tuple[NDArray, NDArray]]:
    """Read minibatches by indexing two arrays, without PyTorch."""
    order = np.random.RandomState(0).permutation(len(images))
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]
        yield images[rows].astype(np.float32) / 255, labels[rows]


def reading_speed(batches: Iterable[tuple[Any, Any]]) -> float:
    """Return how many images a second come out of an iterator when nothing is done with them."""
    began = time.perf_counter()
    n_images = sum(len(labels) for _, labels in batches)
    return n_images / (time.perf_counter() - began)


def training_speed(batches: DataLoader, n_images: int) -> float:
    """Return how many images a second the concise implementation trains on when they come from an iterator."""
    net = concise.initialise(784, 10)
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-3)
    began = time.perf_counter()
    concise.train_epoch(batches, net, concise.cross_entropy, optimizer)
    return n_images / (time.perf_counter() - began)


def compiled_speed(images: NDArray, labels: NDArray, batch_size: int) -> float:
    """Return how many images a second the compiled loop trains on, on one core."""
    speeds: list[float] = []
    model = ol.SoftmaxRegression(epochs=3, batch_size=batch_size, learning_rate=1e-3, n_threads=1)
    model.fit(images, labels, callbacks=[lambda epoch: speeds.append(epoch.rows_per_second)])
    return max(speeds)


def speeds(images: NDArray, labels: NDArray, few: int, batch_size: int) -> dict[str, float]:
    """Return images per second of each way of reading and of training, on one core, the better of two measurements.

    Parameters
    ----------
    images : (n_images, n_pixels) uint8 array
    labels : (n_images,) array
    few : int
        How many of them are read where each is asked for by itself.
    batch_size : int
    """
    with torch_threads(1):
        twice = [_speeds(images, labels, few, batch_size) for _ in range(2)]
    return {name: max(measured[name] for measured in twice) for name in twice[0]}


def _speeds(images: NDArray, labels: NDArray, few: int, batch_size: int) -> dict[str, float]:
    """Measure everything once."""
    some, their = images[:few], labels[:few]
    return {
        "python": reading_speed(([image], [label]) for image, label in Images(some, their)),
        "items": reading_speed(items(some, their, batch_size)),
        "slices": reading_speed(slices(images, labels, batch_size)),
        "numpy": reading_speed(numpy_slices(images, labels, batch_size)),
        "train_items": training_speed(items(some, their, batch_size), len(some)),
        "train_slices": training_speed(slices(images, labels, batch_size), len(images)),
        "compiled": compiled_speed(images, labels, batch_size),
    }
