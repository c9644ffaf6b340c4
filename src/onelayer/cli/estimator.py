"""The estimator that the options of a training ask for."""

from __future__ import annotations

from typing import Any

import click

from onelayer.cli.material import Material
from onelayer.cli.option_owners import asks_for_sgd
from onelayer.cli.options import asked


def chosen_estimator(context: click.Context, material: Material, given: dict[str, Any]) -> Any:
    """Return the estimator of the loss; what was not given or is "auto" is its own choice."""
    from onelayer.estimators.linear_regression import LinearRegression
    from onelayer.estimators.softmax_regression import SoftmaxRegression

    estimator = SoftmaxRegression if material.loss == "cross-entropy" else LinearRegression
    found = {} if asked(context, "delta") or asked(context, "scale") else material.parameters
    parameters = {**given, **found, "loss": material.loss}
    if parameters["solver"] == "auto" and asks_for_sgd(context):
        parameters["solver"] = "sgd"
    known = set(estimator().get_params(deep=False))
    chosen = {
        name: value for name, value in parameters.items() if name in known and value not in (None, "auto")
    }
    return estimator(**chosen)
