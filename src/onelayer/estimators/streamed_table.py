"""Whether a table is trained on batch by batch, because its matrix would take too much of the memory."""

from __future__ import annotations

from typing import Any

from onelayer import memory
from onelayer.data.preparation.preparation import Preparation
from onelayer.errors import TableWarning, warn
from onelayer.estimators.single_layer import SingleLayer

SHARE = 0.5
"""The share of the available memory above which a matrix takes too much."""

_GIB = 1 << 30


def goes_by_batches(estimator: Any, preparation: Preparation, table: str, *, asked: bool) -> bool:
    """Tell whether an estimator is to be fitted by ``fit_batches``, and warn where that was not asked for.

    That is so where its parameters leave the choice of a solver or choose minibatch SGD, and the matrix of the table
    would take more than half of the available memory, or a keyword asks for batches.

    Parameters
    ----------
    estimator : estimator
    preparation : Preparation
    table : str
        What the table is called.
    asked : bool
        Whether it was asked for.

    Warns
    -----
    TableWarning
        Which solver was chosen and why.
    """
    if asked:
        return True
    streams = isinstance(estimator, SingleLayer) and estimator._streams
    if not streams or not is_too_large(preparation):
        return False
    size, free = matrix_bytes(preparation), memory.available() or 0
    warn(
        f"{table}: the matrix of {preparation.n_kept:,} rows and {len(preparation.names):,} columns would take "
        f"{size / _GIB:.1f} GiB of the {free / _GIB:.1f} GiB of memory that are available: it is read batch by batch "
        f"in each of {estimator.epochs} epochs of minibatch SGD",
        TableWarning,
    )
    return True


def is_too_large(preparation: Preparation) -> bool:
    """Tell whether the matrix of a table would take more than half of the available memory, as far as that is known."""
    free = memory.available()
    return free is not None and matrix_bytes(preparation) > SHARE * free


def matrix_bytes(preparation: Preparation) -> int:
    """Return how many bytes the matrix of a table takes."""
    return preparation.n_kept * len(preparation.names) * (4 if preparation.single else 8)
