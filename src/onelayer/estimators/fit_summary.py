"""The summary of a fitted linear regression, whichever loss it has."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from onelayer.errors import ConditionWarning, InvalidParameterError, RankWarning
from onelayer.inference.bootstrap import Bootstrap, bootstrap
from onelayer.inference.fitted_rows import check_fitted_rows
from onelayer.inference.robust import summarise_robust
from onelayer.inference.summarise import COVARIANCES, summarise
from onelayer.inference.summary import Summary
from onelayer.solvers.labelled import Labelled
from onelayer.validation import check_choice

if TYPE_CHECKING:
    from onelayer.estimators.linear_regression import LinearRegression

KINDS = (*COVARIANCES, "bootstrap")


def fit_summary(
    model: LinearRegression,
    rows: Labelled | None,
    covariance: str,
    level: float,
    n_resamples: int,
    random_state: int | np.random.RandomState | None,
    outputs: Sequence[str] | None,
) -> Summary:
    """Return what ``LinearRegression.summary`` returns; ``rows`` are those that the model was fitted to, or None."""
    check_choice("covariance", covariance, KINDS)
    resampled = None
    if covariance == "bootstrap" and model.alpha_ == 0:
        if rows is not None and model.loss == "squared":
            fit = model._exact_fit("summary")
            check_fitted_rows(fit, rows.X.stored, rows.targets, rows.weights, model.coefficient_names)
        resampled = _bootstrap(model, _needed(rows, "covariance='bootstrap'"), n_resamples, random_state)
    names: Any = {
        "features": model.coefficient_names,
        "outputs": outputs,
        "bootstrap": resampled,
        "level": level,
    }
    if model.loss == "squared":
        fit = model._exact_fit("summary")
        data: Any = (None, None, None)
        if rows is not None and resampled is None:  # those of a bootstrap have been checked
            data = rows.X.stored, rows.targets, rows.weights
        kind = "classical" if covariance == "bootstrap" else covariance
        return summarise(fit, *data, covariance=kind, **names)
    if covariance not in ("classical", "bootstrap"):
        raise InvalidParameterError(
            f"covariance={covariance!r} is for the squared loss; the errors of the loss {model.loss!r} come from "
            "covariance='bootstrap'"
        )
    rows = _needed(rows, f"the summary of the loss {model.loss!r}")
    losses, scales = _in_units_of_scale(model)
    targets = np.broadcast_to(rows.targets, (len(rows.targets), len(losses)))
    return summarise_robust(
        losses,
        np.atleast_2d(model.coef_).astype(np.float64),
        np.atleast_1d(model.intercept_).astype(np.float64),
        rows.X.stored,
        targets,
        rows.weights,
        fit_intercept=bool(model.fit_intercept),
        rank=model.rank_,
        scales=scales,
        gap=model.gap_,
        alpha=model.alpha_,
        **names,
    )


def _needed(rows: Labelled | None, what: str) -> Labelled:
    if rows is None:
        raise InvalidParameterError(f"{what} needs the rows that the model was fitted to; give X and y")
    return rows


def _in_units_of_scale(model: LinearRegression) -> tuple[tuple[Any, ...], list[float] | None]:
    """Return the losses with δ in units of the scale, and the scale of each output; None where there is none."""
    scales = np.atleast_1d(0.0 if model.scale_ is None else model.scale_).astype(float).tolist()
    if not all(scale > 0 for scale in scales):
        return model.losses_, None
    n_outputs = len(model.losses_)
    return model._losses * n_outputs, scales if len(scales) == n_outputs else scales * n_outputs


def _bootstrap(
    model: LinearRegression,
    rows: Labelled,
    n_resamples: int,
    random_state: int | np.random.RandomState | None,
) -> Bootstrap:
    """Fit the model again and again; a column that the rows of one draw do not determine is no news."""
    again = clone(model).set_params(alpha=model.alpha_, warm_start=False)
    targets = rows.targets[:, 0] if rows.targets.shape[1] == 1 else rows.targets

    def refit(weights: NDArray) -> tuple[NDArray, NDArray]:
        again.fit(rows.X.stored, targets, sample_weight=weights)
        return np.atleast_2d(again.coef_), np.atleast_1d(again.intercept_)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RankWarning)
        warnings.simplefilter("ignore", ConditionWarning)
        return bootstrap(
            refit, rows.X.shape[0], rows.weights, n_resamples=n_resamples, random_state=random_state
        )
