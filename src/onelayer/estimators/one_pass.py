"""Least squares of a large table of nothing but numbers, read once instead of twice."""

from __future__ import annotations

import warnings
from typing import Any

from onelayer.data.preparation.options import Options
from onelayer.data.preparation.preparation import Preparation
from onelayer.data.tables import Table
from onelayer.errors import InvalidDataError, RankWarning
from onelayer.estimators.linear_regression import LinearRegression

LARGE = 1 << 26
"""Bytes of a matrix above which a table is large."""


def of_large(table: Table, target: str, options: Options) -> Preparation | None:
    """Return the preparation of a large table of nothing but numbers, without reading it; None of any other table."""
    preparation = Preparation.of_numbers(table, target, options)
    if preparation is None or preparation.n_rows * len(preparation.names) * 8 <= LARGE:
        return None
    return preparation


def fit_in_one_pass(model: LinearRegression, table: Table, preparation: Preparation, **keywords: Any) -> bool:
    """Fit a model to a table that was not looked at before; return whether that did.

    It does not where something shows on the way that the look would have dealt with: a missing value, a constant or
    duplicate column, a constant target. Then the model is to be fitted again.

    Parameters
    ----------
    model : LinearRegression
        One that takes batches.
    table : Table
    preparation : Preparation
        That of :func:`of_large`.
    **keywords
        Passed on to ``fit_batches``.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RankWarning)
            blocks = preparation.blocks(table)
            model.named(preparation.names).fit_batches(blocks, n_rows=preparation.n_rows, **keywords)
    except InvalidDataError:
        return False
    fit = model.least_squares_
    return fit is not None and fit.rank == len(preparation.names) and fit.total[0, 0] > 0
