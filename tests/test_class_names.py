"""Classes have the names that the data give them, else those of the training data, else their labels."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from onelayer.class_names import class_names
from onelayer.data.dataset import ClassNames, Dataset

RECORDED = {"classes": {"en": ["zero", "one"], "zh": ["零", "一"]}}


def model(labels: Any, data: dict[str, Any] | None = None) -> Any:
    return SimpleNamespace(classes_=np.array(labels), training_={"data": data})


def dataset(classes: ClassNames | None) -> Dataset:
    X = np.zeros((1, 1), dtype=np.uint8)
    return Dataset(
        name="toy", part="test", X=X, y=None, classes=classes, image_shape=None, source="", fingerprint="",
        subset=False,
    )  # fmt: skip


def test_the_data_come_first() -> None:
    named = dataset(ClassNames(en=("nil", "single"), zh=("无", "单")))
    assert class_names(model([0, 1], RECORDED), named) == ["nil", "single"]
    assert class_names(model([0, 1], RECORDED), named, "zh") == ["无", "单"]


def test_then_the_training_record() -> None:
    for data in (None, dataset(None)):
        assert class_names(model([0, 1], RECORDED), data) == ["zero", "one"]
        assert class_names(model([1, 0], RECORDED), data, "zh") == ["一", "零"]


@pytest.mark.parametrize("data", [None, {"made": "by hand"}, {"classes": None}])
def test_then_the_labels(data: dict[str, Any] | None) -> None:
    assert class_names(model([3, 4], data)) == ["3", "4"]


@pytest.mark.parametrize("labels", [[0, 2], [-1, 0], [0.0, 1.0], [False, True], ["0", "1"]])
def test_names_are_for_labels_that_count_them(labels: list[Any]) -> None:
    assert class_names(model(labels, RECORDED)) == [str(label) for label in labels]
