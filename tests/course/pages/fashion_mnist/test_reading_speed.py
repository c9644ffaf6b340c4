"""Whichever way images are read, the same ones come out."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from onelayer.course.experiments.images import fashion_mnist
from onelayer.course.pages.fashion_mnist import reading_speed


@pytest.fixture(scope="module")
def data():
    train, _ = fashion_mnist(50)
    return train.X, np.asarray(train.y)


@pytest.mark.parametrize("way", [reading_speed.items, reading_speed.slices, reading_speed.numpy_slices])
def test_every_way_reads_each_image_once_with_its_label(data, way):
    images, labels = data
    batches = list(way(images, labels, 16))
    assert [len(y) for _, y in batches] == [16, 16, 16, 2]
    X = np.concatenate([np.asarray(X) for X, _ in batches])
    y = np.concatenate([np.asarray(y) for _, y in batches])
    assert X.dtype == np.float32
    read = sorted(zip(np.rint(255 * X).astype(int).tolist(), y.tolist(), strict=True))
    assert read == sorted(zip(images.astype(int).tolist(), labels.tolist(), strict=True))


def test_a_single_image_is_a_row_of_numbers_up_to_one(data):
    images, labels = data
    row, label = reading_speed.Images(images, labels)[7]
    np.testing.assert_allclose(row.numpy(), images[7] / 255, rtol=1e-6)
    assert label == labels[7]
    assert len(reading_speed.Images(images, labels)) == 50


def test_speeds_are_measured_and_leave_pytorch_as_it_was(data):
    threads, state = torch.get_num_threads(), torch.random.get_rng_state()
    speeds = reading_speed.speeds(*data, 20, 16)
    assert all(speed > 0 for speed in speeds.values())
    assert list(speeds) == ["python", "items", "slices", "numpy", "train_items", "train_slices", "compiled"]
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.random.get_rng_state(), state)
