"""Fashion-MNIST for the pages: as many training images as an experiment wants, loaded once."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from onelayer.data import datasets
from onelayer.data.dataset import Dataset

SUBSET_ROWS = 6_000


def fashion_mnist(n_train: int = 60_000) -> tuple[Dataset, Dataset]:
    """Return the first ``n_train`` training images, in the order of the set, which is random, and the test images.

    Up to 6,000 come from the bundled subset, with its 1,000 test images, on every machine alike; more from the whole
    set, or, where that is neither on the machine nor to be downloaded, from the subset after all, with a warning.

    Examples
    --------
    >>> train, test = fashion_mnist(100)
    >>> train.X.shape, test.X.shape
    ((100, 784), (1000, 784))
    """
    train, test = _loaded(n_train <= SUBSET_ROWS)
    return replace(train, X=train.X[:n_train], y=train.y[:n_train]), test  # type: ignore[index]


@cache
def _loaded(subset: bool) -> tuple[Dataset, Dataset]:
    return datasets.fashion_mnist(subset=subset)
