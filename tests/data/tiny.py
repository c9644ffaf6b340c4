"""A data set small enough to write by hand, registered like the real ones."""

from __future__ import annotations

import hashlib
import struct

from onelayer.data.dataset import ClassNames
from onelayer.data.registry import Edition, RegisteredFile, RegisteredSet

TRAIN_PIXELS = bytes(range(7 * 5 * 3))
TEST_PIXELS = bytes(range(100, 100 + 2 * 5 * 3))
PAYLOADS = {
    "train-images-idx3-ubyte": struct.pack(">4B3I", 0, 0, 8, 3, 7, 5, 3) + TRAIN_PIXELS,
    "train-labels-idx1-ubyte": struct.pack(">4BI", 0, 0, 8, 1, 7) + bytes([0, 1, 0, 1, 1, 0, 1]),
    "t10k-images-idx3-ubyte": struct.pack(">4B3I", 0, 0, 8, 3, 2, 5, 3) + TEST_PIXELS,
    "t10k-labels-idx1-ubyte": struct.pack(">4BI", 0, 0, 8, 1, 2) + bytes([1, 0]),
}
SHAPES = {
    "train-images-idx3-ubyte": (7, 5, 3),
    "train-labels-idx1-ubyte": (7,),
    "t10k-images-idx3-ubyte": (2, 5, 3),
    "t10k-labels-idx1-ubyte": (2,),
}
EDITION = Edition(
    *(
        RegisteredFile(name, SHAPES[name], hashlib.sha256(payload).hexdigest())
        for name, payload in PAYLOADS.items()
    )
)
TINY = RegisteredSet(
    name="tiny",
    title="Tiny",
    description="nine grey images of 5 × 3 pixels in two classes",
    licence="none needed",
    classes=ClassNames(en=("left", "right"), zh=("左", "右")),
    full=EDITION,
    mirrors=(),
)
