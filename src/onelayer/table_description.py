"""What a model file says of the table that a model is made for: a TableModel in, JSON out, and back again."""

from __future__ import annotations

import importlib
from typing import Any

from onelayer.errors import ModelFileError

NAME, MODULE = "TableModel", "onelayer.estimators.table_model"


def unwrapped(model: Any) -> tuple[Any, dict[str, Any] | None]:
    """Return the estimator of a TableModel, and the rest of it as JSON; any other model as it is, and None.

    Parameters
    ----------
    model : estimator
        A fitted one.
    """
    if (type(model).__module__, type(model).__name__) != (MODULE, NAME):
        return model, None
    parameters = {
        name: _plain(value) for name, value in model.get_params(deep=False).items() if name != "estimator"
    }
    return model.estimator_, {"parameters": parameters, "preparation": model.preparation_.to_json()}


def wrapped(estimator: Any, table: object) -> Any:
    """Return the TableModel of a fitted estimator, or the estimator itself if there is no table.

    Parameters
    ----------
    estimator : estimator
        A fitted one.
    table : dict or None
        What :func:`unwrapped` returned.

    Raises
    ------
    ModelFileError
        A parameter that there is none of, or parts that do not belong together.
    """
    from sklearn.base import clone

    from onelayer.data.preparation.preparation import Preparation

    if table is None:
        return estimator
    if not isinstance(table, dict) or not isinstance(table.get("parameters"), dict):
        raise ModelFileError("its field 'table' is damaged")
    table_model = getattr(importlib.import_module(MODULE), NAME)
    known = set(table_model().get_params(deep=False)) - {"estimator"}
    unknown = sorted(set(table["parameters"]) - known)
    if unknown:
        raise ModelFileError(
            f"it holds a parameter {unknown[0]!r} that {NAME} does not have; upgrade onelayer"
        )
    preparation = Preparation.from_json(table.get("preparation"))
    if len(preparation.names) != estimator.n_features_in_:
        raise ModelFileError(
            f"the {len(preparation.names):,} columns that are made of a table do not belong to a model of "
            f"{estimator.n_features_in_:,} features"
        )
    return table_model(clone(estimator), **table["parameters"]).of_parts(estimator, preparation)


def _plain(value: Any) -> Any:
    """Return a parameter as JSON has it: names of columns as a list."""
    return [str(name) for name in value] if isinstance(value, list | tuple) else value
