"""A data set's training or test part: X, y, the names of the classes, and where it all came from."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, overload

from numpy.typing import NDArray


@dataclass(frozen=True)
class ClassNames(Sequence[str]):
    """The names of the classes, in English as a sequence, and in Chinese beside it.

    Attributes
    ----------
    en, zh : tuple of str
        Names in English and in Chinese; class k has the k-th.

    Examples
    --------
    >>> digits = ClassNames(en=("zero", "one"), zh=("零", "一"))
    >>> digits[1], digits.zh[1], len(digits)
    ('one', '一', 2)
    """

    en: tuple[str, ...]
    zh: tuple[str, ...]

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[str, ...]: ...

    def __getitem__(self, index: int | slice) -> str | tuple[str, ...]:
        return self.en[index]

    def __len__(self) -> int:
        return len(self.en)


@dataclass(frozen=True, eq=False)
class Dataset:
    """The training or the test part of a data set.

    Attributes
    ----------
    name : str
        Name of the data set: that of the registry, or of its folder.
    part : {"train", "test"}
        Which part of it this is.
    X : (n_rows, n_features) ndarray
        One row per example; an image's pixels, row by row, as uint8 from 0 to 255.
    y : (n_rows,) ndarray or None
        Class labels, or the numbers of a regression; None when there are none.
    classes : ClassNames or None
        Names of the classes 0, 1, …; None when they are not known.
    image_shape : tuple of int or None
        Shape of the image that a row of X is, such as (28, 28); None when rows are not images.
    source : str
        Where the data came from, as one line for people.
    fingerprint : str
        Hexadecimal SHA-256 that identifies X and y, see :func:`fingerprint`.
    subset : bool
        Whether this is the bundled subset that stands in for the whole data set.
    feature_names : tuple of str or None
        A name for each column of X; None when they have none, as pixels.
    regression : bool
        Whether y are numbers to estimate rather than class labels.
    drawn_from : int or None
        How many rows there are, where these are evenly spread ones of more; None where these are all.

    Examples
    --------
    >>> from onelayer.data import datasets
    >>> train, test = datasets.fashion_mnist(subset=True)
    >>> train.X.shape, train.X.dtype, train.image_shape
    ((6000, 784), dtype('uint8'), (28, 28))
    >>> train.classes[train.y[0]], train.classes.zh[train.y[0]]
    ('Ankle boot', '短靴')
    """

    name: str
    part: str
    X: NDArray = field(repr=False)
    y: NDArray | None = field(repr=False)
    classes: ClassNames | None
    image_shape: tuple[int, ...] | None
    source: str
    fingerprint: str
    subset: bool = False
    feature_names: tuple[str, ...] | None = None
    regression: bool = False
    drawn_from: int | None = None

    @property
    def provenance(self) -> dict[str, Any]:
        """What the data are and where they came from, as JSON-able values for a model file or a report."""
        classes, features = self.classes, self.feature_names
        return {
            "name": self.name,
            "part": self.part,
            "source": self.source,
            "fingerprint": self.fingerprint,
            "subset": self.subset,
            "n_rows": len(self.X),
            "image_shape": None if self.image_shape is None else list(self.image_shape),
            "classes": None if classes is None else {"en": list(classes.en), "zh": list(classes.zh)},
            "feature_names": None if features is None else list(features),
        }


def fingerprint(*digests: str) -> str:
    """Identify data by the files that hold them: SHA-256 over the SHA-256 of each.

    Parameters
    ----------
    *digests : str
        Hexadecimal SHA-256 of the unpacked images file, then of the labels file if there is one.

    Returns
    -------
    str
        Hexadecimal SHA-256 of the 32-byte digests one after the other. The way the files are packed, named
        and stored does not change it.

    Examples
    --------
    >>> fingerprint("00" * 32, "ff" * 32)[:16]
    'bba91ca85dc914b2'
    """
    return hashlib.sha256(b"".join(map(bytes.fromhex, digests))).hexdigest()
