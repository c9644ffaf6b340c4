"""The summary of a fit by a robust loss: absolute, Huber's or quantile."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from onelayer.errors import InvalidDataError
from onelayer.inference.bootstrap import Bootstrap
from onelayer.inference.coefficient_table import coefficient_table, names_of
from onelayer.inference.design_rows import design_rows
from onelayer.inference.summary import Note, OutputSummary, Summary
from onelayer.losses.regression import RegressionLoss
from onelayer.validation import check_real


def summarise_robust(
    losses: Sequence[RegressionLoss],
    coef: NDArray,
    intercept: NDArray,
    X: NDArray,
    targets: NDArray,
    weights: NDArray | None = None,
    *,
    alpha: float = 0.0,
    fit_intercept: bool = True,
    rank: int | None = None,
    scales: Sequence[float] | None = None,
    gap: float | None = None,
    bootstrap: Bootstrap | None = None,
    level: float = 0.95,
    features: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
) -> Summary:
    """Return the coefficients of a fit by a loss ρ with their bootstrap errors, and the figures of the fit.

    Of an output with n rows of a weight above 0, residuals eᵢ, weights wᵢ brought to mean one, rank r, and k = 1 with
    and 0 without an intercept:

    =================  ============================================================================================
    ``scale``          σ, that of the fit, or the likeliest one of the noise that the loss stands for
    ``mean_loss``      Σ wᵢ·ρ(eᵢ)/n, in units of the targets; where σ belongs to the fit, σ²·Σ wᵢ·ρ(eᵢ/σ)/n
    ``pseudo_r2``      1 − Σ wᵢ·ρ(eᵢ/σ) / Σ wᵢ·ρ((yᵢ − c)/σ), with the best constant c (0 without an intercept); for
                       quantiles Koenker and Machado's R¹
    ``log_likelihood`` Σ wᵢ·log p(eᵢ | σ) with the density p of that noise
    ``aic``, ``bic``   −2·log-likelihood + 2(r + k), and + log n·(r + k): σ is not counted, as for least squares
    =================  ============================================================================================

    Tests are by the t distribution with n − r − k degrees of freedom from the standard errors of the bootstrap,
    intervals by its percentiles. Cost: one pass over the rows; O(n_rows·log n_rows) for the constants.

    Sources: Koenker and Machado, "Goodness of fit and related inference processes for quantile regression", *Journal of
    the American Statistical Association* 94 (1999); Koenker, *Quantile Regression* (2005), 3.9 and 4.9.

    Parameters
    ----------
    losses : (n_outputs,) RegressionLoss
        The loss of each output, of residuals in units of its scale.
    coef : (n_outputs, n_features) float
    intercept : (n_outputs,) float
    X : (n_rows, n_features) float32, float64 or uint8
    targets : (n_rows, n_outputs) float
    weights : (n_rows,) float64, optional
    alpha : float
        Of the penalty of the fit. With one there are no errors, and no AIC and BIC.
    fit_intercept : bool
    rank : int, optional
        Of the columns; as many as there are by default.
    scales : (n_outputs,) float, optional
        σ of each output, where it belongs to the fit, as it does for Huber's loss.
    gap : float, optional
        How far the objective is above its least value at most, relative to it.
    bootstrap : Bootstrap, optional
        Without it there are no errors.
    level : float
    features, outputs : sequence of str, optional

    Raises
    ------
    InvalidParameterError, InvalidDataError

    Examples
    --------
    >>> from onelayer.losses import Absolute
    >>> X, y = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([[0.0], [1.0], [9.0], [3.0]])
    >>> summary = summarise_robust([Absolute()], np.array([[1.0]]), np.array([0.0]), X, y)
    >>> {key: round(value, 4) for key, value in summary.outputs[0].figures.items()}
    {'pseudo_r2': 0.3636, 'log_likelihood': -9.0111, 'scale': 1.75, 'mean_loss': 1.75, 'aic': 22.0221, 'bic': 20.7947}
    """
    level = check_real("level", level, 0, 1)
    n_outputs, n_features = coef.shape
    if targets.shape != (len(X), n_outputs) or len(losses) != n_outputs:
        raise InvalidDataError(
            f"targets have shape {targets.shape}, with {len(losses)} losses; expected ({len(X)}, {n_outputs}), and a "
            f"loss for each output"
        )
    features = names_of(features, n_features, "x", "features")
    rank = n_features if rank is None else rank
    n_rows = len(X) if weights is None else int(np.count_nonzero(weights))
    degrees = n_rows - rank - fit_intercept
    parameters = np.column_stack([intercept, coef])
    residuals = np.empty((len(X), n_outputs))
    for rows, Z in design_rows(X, np.zeros(n_features)):
        residuals[rows] = targets[rows] - Z @ parameters.T
    shares = None if weights is None else weights * (n_rows / weights.sum())
    samples = bootstrap if alpha == 0 and degrees > 0 else None
    summaries = []
    for output, name in enumerate(names_of(outputs, n_outputs, "y", "outputs")):
        V = None if samples is None else samples.covariance(output)
        coefficients = coefficient_table(
            features,
            parameters[output],
            V,
            degrees,
            level,
            fit_intercept=fit_intercept,
            interval=None if samples is None else samples.interval(level, output),
        )
        figures = _figures(
            losses[output],
            residuals[:, output],
            targets[:, output],
            shares,
            None if scales is None else scales[output],
            fit_intercept,
            rank + fit_intercept if alpha == 0 else None,
        )
        summaries.append(OutputSummary(name, coefficients, V, figures))
    return Summary(
        loss=losses[0].name,
        n_rows=n_rows,
        df_model=rank,
        df_resid=degrees,
        covariance="none" if samples is None else "bootstrap",
        level=level,
        condition=math.nan,
        gap=math.nan if gap is None else gap,
        outputs=tuple(summaries),
        notes=tuple(_notes(alpha, degrees, n_rows, bootstrap)),
    )


def _notes(alpha: float, degrees: int, n_rows: int, bootstrap: Bootstrap | None) -> Iterator[Note]:
    """Yield why there are no errors, where there are none."""
    if alpha > 0:
        yield Note("penalty", {"alpha": f"{alpha:g}"})
    elif degrees <= 0:
        yield Note("degrees", {"n_rows": str(n_rows)})
    elif bootstrap is None:
        yield Note("bootstrap", {})


def _figures(
    loss: RegressionLoss,
    residuals: NDArray,
    targets: NDArray,
    weights: NDArray | None,
    scale: float | None,
    fit_intercept: bool,
    n_parameters: int | None,
) -> dict[str, float]:
    """Return the figures of one output; weights have mean one over the rows that count.

    A penalty leaves no whole number of parameters to count.
    """
    counted = np.ones(len(targets), dtype=bool) if weights is None else weights > 0
    if not residuals[counted].any() and scale is None:
        return {"pseudo_r2": 1.0, "log_likelihood": math.inf, "scale": 0.0, "mean_loss": 0.0}
    zeros = np.zeros((len(targets), 1))
    if scale is None:
        scale = loss.noise.fit_scale(residuals, weights)
        shown = loss.value(zeros, residuals[:, None], weights)
    else:
        shown = scale**2 * loss.value(zeros, residuals[:, None] / scale, weights)
    y = (targets / scale)[:, None]
    constant = loss.constant(y, weights, 1) if fit_intercept else np.zeros(1)
    mean_loss = loss.value(zeros, residuals[:, None] / scale, weights)
    worst = loss.value(zeros + constant, y, weights)
    densities = loss.noise.log_density(residuals, scale)[counted]
    log_likelihood = float(densities.sum() if weights is None else weights[counted] @ densities)
    figures = {
        "pseudo_r2": 1 - mean_loss / worst if worst > 0 else math.nan,
        "log_likelihood": log_likelihood,
        "scale": float(scale),
        "mean_loss": shown,
    }
    if n_parameters is not None:
        figures["aic"] = -2 * log_likelihood + 2 * n_parameters
        figures["bic"] = -2 * log_likelihood + math.log(counted.sum()) * n_parameters
    return figures
