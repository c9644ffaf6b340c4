"""Data sets: names of classes, provenance and fingerprint."""

from __future__ import annotations

import dataclasses
import hashlib
import json

import numpy as np
import pytest

from onelayer.data.dataset import ClassNames, Dataset, fingerprint

NAMES = ClassNames(en=("left", "right", "up"), zh=("左", "右", "上"))


def test_class_names_are_a_sequence_of_the_english_ones() -> None:
    assert list(NAMES) == ["left", "right", "up"]
    assert NAMES[-1] == "up"
    assert NAMES[1:] == ("right", "up")
    assert NAMES.index("right") == 1
    assert "左" not in NAMES
    assert NAMES.zh[0] == "左"
    assert ClassNames(en=NAMES.en, zh=NAMES.zh) == NAMES
    with pytest.raises(AttributeError):
        NAMES.en = ()  # type: ignore[misc]


def test_provenance_survives_json() -> None:
    part = Dataset("set", "train", np.zeros((4, 6)), np.zeros(4), NAMES, (2, 3), "by hand", "ab" * 32)
    assert json.loads(json.dumps(part.provenance)) == {
        "name": "set",
        "part": "train",
        "source": "by hand",
        "fingerprint": "ab" * 32,
        "subset": False,
        "n_rows": 4,
        "image_shape": [2, 3],
        "classes": {"en": ["left", "right", "up"], "zh": ["左", "右", "上"]},
        "feature_names": None,
    }
    named = dataclasses.replace(part, feature_names=("area", "rooms"))
    assert json.loads(json.dumps(named.provenance))["feature_names"] == ["area", "rooms"]


def test_provenance_without_classes_and_images() -> None:
    part = Dataset("set", "test", np.zeros((0, 6)), None, None, None, "by hand", "", subset=True)
    provenance = part.provenance
    assert provenance["classes"] is None
    assert provenance["image_shape"] is None
    assert provenance["n_rows"] == 0
    assert provenance["subset"] is True


def test_fingerprint_tells_files_and_their_order_apart() -> None:
    one, two = hashlib.sha256(b"1").hexdigest(), hashlib.sha256(b"2").hexdigest()
    assert len({fingerprint(one), fingerprint(two), fingerprint(one, two), fingerprint(two, one)}) == 4
    both = hashlib.sha256(hashlib.sha256(b"1").digest() + hashlib.sha256(b"2").digest())
    assert fingerprint(one, two) == both.hexdigest()


def test_repr_shows_no_arrays() -> None:
    part = Dataset("set", "train", np.zeros((4, 6)), np.zeros(4), None, None, "by hand", "")
    assert "array" not in repr(part)
