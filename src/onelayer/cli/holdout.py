"""Holding out a part of the training rows, to validate or to calibrate on."""

from __future__ import annotations

import dataclasses
import hashlib
import math
from typing import TYPE_CHECKING

from onelayer.errors import InvalidDataError

if TYPE_CHECKING:
    import numpy as np

    from onelayer.data.dataset import Dataset


def hold_out(
    data: Dataset, fraction: float, seed: int, *, stratified: bool, purpose: str = "validate"
) -> tuple[Dataset, Dataset]:
    """Split a data set by chance into the rows to train on and the rows to validate or to calibrate on.

    Parameters
    ----------
    data : Dataset
    fraction : float
        Share of the rows to hold out, between 0 and 1.
    seed : int
        The same seed gives the same split.
    stratified : bool
        Whether each class gets the same share.
    purpose : str
        What the rows are held out for, as an infinitive: for messages.

    Returns
    -------
    train, held_out : Dataset
        The latter as the "test" part; rows are in the order they had.

    Raises
    ------
    InvalidDataError
        There are too few rows, or too few of a class.
    """
    import numpy as np
    from sklearn.model_selection import train_test_split

    _check_rows(data, fraction, stratified=stratified, purpose=purpose)
    kept, held_out = train_test_split(
        np.arange(len(data.X)),
        test_size=fraction,
        random_state=seed,
        stratify=data.y if stratified else None,
    )
    held_share = f"{len(held_out):,} of {len(data.X):,} rows held out by seed {seed}"
    return (
        _rows(data, np.sort(kept), "train", f"{data.source}, without {held_share}"),
        _rows(data, np.sort(held_out), "test", f"{data.source}, {held_share}"),
    )


def _check_rows(data: Dataset, fraction: float, *, stratified: bool, purpose: str) -> None:
    """Refuse a fraction that leaves a part without rows, or a class without rows in one of the parts."""
    import numpy as np

    n_rows = len(data.X)
    n_held_out = math.ceil(fraction * n_rows)
    shares = f"{n_rows - n_held_out:,} to train on and {n_held_out:,} to {purpose} on"
    refusal = f"{data.source}: cannot hold out {fraction:g} of {n_rows:,} rows"
    if n_held_out >= n_rows:
        raise InvalidDataError(f"{refusal}: that makes {shares}")
    if stratified:
        assert data.y is not None
        classes, counts = np.unique(data.y, return_counts=True)
        if counts.min() < 2:
            raise InvalidDataError(f"{refusal}: there is only one of class {classes[counts.argmin()]}")
        if min(n_held_out, n_rows - n_held_out) < len(classes):
            raise InvalidDataError(
                f"{refusal}: that makes {shares}, and both need a row of each of the {len(classes)} classes"
            )


def _rows(data: Dataset, rows: np.ndarray, part: str, source: str) -> Dataset:
    """Return some rows of a data set, identified by what they are rows of and by their numbers."""
    from onelayer.data.dataset import fingerprint

    numbers = hashlib.sha256(rows.astype("<i8").tobytes()).hexdigest()
    return dataclasses.replace(
        data,
        part=part,
        X=data.X[rows],
        y=None if data.y is None else data.y[rows],
        source=source,
        fingerprint=fingerprint(data.fingerprint, numbers),
    )
