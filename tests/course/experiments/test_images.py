"""Fashion-MNIST for the pages, held against the data set itself."""

from __future__ import annotations

import numpy as np
import pytest

from onelayer.course.experiments.images import fashion_mnist
from onelayer.data import datasets


@pytest.mark.parametrize("n_train", [7, 6000])
def test_images_and_labels_are_the_first_of_the_set(n_train):
    whole, whole_test = datasets.fashion_mnist(subset=True)
    train, test = fashion_mnist(n_train)
    np.testing.assert_array_equal(train.X, whole.X[:n_train])
    np.testing.assert_array_equal(train.y, whole.y[:n_train])
    np.testing.assert_array_equal(test.X, whole_test.X)
    np.testing.assert_array_equal(test.y, whole_test.y)
    for part in (train, test):
        assert part.shape == whole.image_shape
        assert part.classes == whole.classes
        assert part.X.dtype == np.uint8
        assert part.y.dtype == np.int64
