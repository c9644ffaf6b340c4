"""Labels that are none of the classes are refused, and no others."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from onelayer.errors import InvalidDataError
from onelayer.labels import check_known


@pytest.mark.parametrize(
    ("y", "classes"),
    [
        (np.array([2, 0, 2]), np.array([0, 2])),
        (np.array([2.0, 0.0]), np.array([0, 2])),
        (np.array([True, False]), np.array([0, 1])),
        (np.array(["b", "a"], dtype=object), np.array(["a", "b"])),
        (np.array([], dtype=np.int64), np.array([0, 1])),
    ],
)
def test_known(y: NDArray, classes: NDArray) -> None:
    check_known(y, classes)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.array([0, 2, 5, 7]), r"label 5 in row 2 of y is not one of the 2 classes \(0, 2\)"),
        (np.array([0.5]), "label 0.5 in row 0"),
        (np.array([0.0, np.nan]), "label nan in row 1"),
        (np.array(["0"]), "label '0' in row 0"),
    ],
)
def test_unknown(y: NDArray, message: str) -> None:
    with pytest.raises(InvalidDataError, match=message):
        check_known(y, np.array([0, 2]))


def test_at_most_ten_classes_are_named() -> None:
    with pytest.raises(InvalidDataError, match=r"one of the 20 classes \(0, .*, 9, …\)"):
        check_known(np.array([99]), np.arange(20))
