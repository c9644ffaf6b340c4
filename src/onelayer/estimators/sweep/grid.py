"""The candidates that a grid of parameters stands for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import ParameterGrid

from onelayer.errors import InvalidParameterError
from onelayer.estimators.single_layer import SingleLayer

Parameters = dict[str, Any]


def candidates_of(estimator: Any, param_grid: Any) -> list[Parameters]:
    """Return the parameters of each candidate, in scikit-learn's order.

    Raises
    ------
    InvalidParameterError
        A grid that is none, an unknown parameter, an empty list, or a value that the estimator refuses.

    Examples
    --------
    >>> from onelayer import SoftmaxRegression
    >>> candidates_of(SoftmaxRegression(), {"alpha": [0.1, 1.0], "momentum": [0.9]})
    [{'alpha': 0.1, 'momentum': 0.9}, {'alpha': 1.0, 'momentum': 0.9}]
    """
    if not isinstance(estimator, SingleLayer):
        raise InvalidParameterError(
            f"estimator={estimator!r}: expected a LinearRegression or a SoftmaxRegression"
        )
    grids = [param_grid] if isinstance(param_grid, Mapping) else param_grid
    if not isinstance(grids, Sequence) or not grids or not all(isinstance(g, Mapping) for g in grids):
        raise InvalidParameterError(
            f"param_grid={param_grid!r}: expected a dict of parameter to list of values, or a list of such"
        )
    for grid in grids:
        _check(estimator, grid)
    found = [dict(parameters) for grid in grids for parameters in ParameterGrid(grid)]
    for parameters in found:
        check_candidate(estimator, parameters)
    return found


def check_candidate(estimator: SingleLayer, parameters: Mapping[str, Any]) -> None:
    """Refuse parameters that the estimator has not, or whose values it refuses."""
    check_names(estimator, parameters)
    model = clone(estimator).set_params(**parameters)
    model._check_parameters()
    model._method()


def check_names(estimator: SingleLayer, names: Any) -> None:
    """Refuse names that are not parameters of the estimator."""
    known = sorted(estimator.get_params(deep=False))
    for name in names:
        if name not in known:
            raise InvalidParameterError(
                f"param_grid has {name!r}, which is no parameter of {type(estimator).__name__}; it has "
                f"{', '.join(known)}"
            )


def _check(estimator: SingleLayer, grid: Mapping[str, Any]) -> None:
    """Refuse unknown names, and values that are no list, an empty one, or have NaN among them."""
    check_names(estimator, grid)
    for name, values in grid.items():
        listed = isinstance(values, Sequence | np.ndarray) and not isinstance(values, str)
        if not listed or (isinstance(values, np.ndarray) and values.ndim == 0):
            raise InvalidParameterError(f"param_grid has {values!r} for {name}: expected a list of values")
        if len(values) == 0:
            raise InvalidParameterError(f"param_grid has an empty list for {name}: give at least one value")
        for value in values:
            if isinstance(value, float | np.floating) and math.isnan(value):
                raise InvalidParameterError(f"param_grid has NaN for {name}: give numbers")
