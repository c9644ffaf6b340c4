"""The summary of a least-squares fit."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from onelayer.errors import InvalidParameterError
from onelayer.inference.bootstrap import Bootstrap
from onelayer.inference.centred_fit import CentredFit
from onelayer.inference.coefficient_table import INTERCEPT, coefficient_table, names_of
from onelayer.inference.collinearity import variance_inflation
from onelayer.inference.covariance import HETEROSCEDASTIC, Covariance, classical, sandwich
from onelayer.inference.determined import coefficients_determined, reduction
from onelayer.inference.fitted_rows import check_fitted_rows
from onelayer.inference.summary import Note, OutputSummary, Summary
from onelayer.validation import check_choice, check_real

if TYPE_CHECKING:
    from onelayer.solvers.closed_form import LeastSquares

COVARIANCES = ("classical", *HETEROSCEDASTIC)
"""What standard errors may rest on without a bootstrap."""

_NAMES_SHOWN = 12  # in a note
_LARGE_CONDITION = 1e8  # beyond which the coefficients of nearly dependent columns have few right digits


def summarise(
    least_squares: LeastSquares,
    X: NDArray | None = None,
    targets: NDArray | None = None,
    weights: NDArray | None = None,
    *,
    covariance: str = "classical",
    bootstrap: Bootstrap | None = None,
    level: float = 0.95,
    features: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
) -> Summary:
    """Return the coefficients of a least-squares fit with their errors, and the figures of the fit.

    Of an output with n rows, rank r (the intercept not counted, k = 1 with and 0 without it), residual sum of squares
    S = Σ wᵢeᵢ², total sum of squares T (about the mean with an intercept, else about zero) and d = n − r − k:

    =================  ============================================================================================
    ``r2``             1 − S/T
    ``adjusted_r2``    1 − (S/d) / (T/(n − k))
    ``f``, ``f_p``     test that all coefficients but the intercept are zero, by the F distribution with r and d
                       degrees of freedom: ((T − S)/r) / (S/d); with another covariance V, Wald's wᵀV⁻¹w/r
    ``log_likelihood`` −(n/2)·(log(2πS/n) + 1) + ½Σ log wᵢ, that of normal noise of variance σ²/wᵢ at its likeliest σ
    ``aic``, ``bic``   −2·log-likelihood + 2(r + k), and + log n·(r + k): σ is not counted, as in statsmodels
    ``residual_sd``    √(S/d)
    =================  ============================================================================================

    Tests and intervals are by Student's t distribution with d degrees of freedom, also with HC0 to HC3. Weights are
    relative precisions, of which only the ratios count; n counts the rows with one above 0. A parameter that the data
    do not determine, since its column depends on others, has no standard error; nor has one of a penalised fit, whose
    coefficients are biased, or of a fit to too few rows. Their figures are R² and the log-likelihood alone.
    Without HC0 to HC3 no rows are needed; those that are given are checked. Cost: O(n_features³), with rows a pass over
    them, and with HC0 to HC3 one more for each output.

    Parameters
    ----------
    least_squares : LeastSquares
    X : (n_rows, n_features) float32, float64 or uint8, optional
    targets : (n_rows, n_outputs) float, optional
    weights : (n_rows,) float64, optional
        The rows that the fit was made of, for HC0 to HC3. The log-likelihood of a weighted fit needs its weights.
    covariance : {"classical", "HC0", "HC1", "HC2", "HC3"}
        What the standard errors rest on; see ``classical`` and ``heteroscedastic``.
    bootstrap : Bootstrap, optional
        Takes the place of ``covariance``; intervals are those of its percentiles.
    level : float
        Probability of the intervals, between 0 and 1.
    features, outputs : sequence of str, optional
        Names of the columns and of the targets; x0, x1, … and y0, y1, … by default.

    Raises
    ------
    InvalidParameterError
        An unknown covariance, or one that needs rows without them; a level outside its range; a wrong number of names.
    InvalidDataError
        Rows that are not the fit's; for HC2 and HC3, a row of leverage one.

    Examples
    --------
    >>> from onelayer.solvers.closed_form import Statistics, solve
    >>> X, y = np.array([[1.0], [2.0], [3.0], [4.0]]), np.array([[1.0], [3.0], [2.0], [5.0]])
    >>> summary = summarise(solve(Statistics.of(X, y, None)), features=["dose"], outputs=["response"])
    >>> table = summary.outputs[0].coefficients
    >>> table.names, table.coefficient.round(3), table.standard_error.round(3)
    (('intercept', 'dose'), array([0. , 1.1]), array([1.423, 0.52 ]))
    >>> round(summary.outputs[0].figures["r2"], 4)
    0.6914
    """
    level = check_real("level", level, 0, 1)
    check_choice("covariance", covariance, COVARIANCES)
    fit = CentredFit(least_squares)
    n_outputs, n_features = least_squares.coef.shape
    features = names_of(features, n_features, "x", "features")
    inferred = least_squares.alpha == 0 and fit.degrees > 0 and fit.relations_known
    if X is not None and targets is not None:
        check_fitted_rows(least_squares, X, targets, weights, features)
    determined = coefficients_determined(least_squares)
    inflation = None if least_squares.alpha > 0 else variance_inflation(least_squares)

    def covariance_of(output: int) -> Covariance | None:
        if not inferred:
            return None
        if bootstrap is not None:
            return bootstrap.covariance(output)
        if covariance == "classical":
            return classical(least_squares, output)
        if X is None or targets is None:
            raise InvalidParameterError(
                f"covariance={covariance!r} needs the rows that the model was fitted to; give X and y"
            )
        return sandwich(least_squares, X, targets, weights, covariance, output)

    summaries = []
    for output, name in enumerate(names_of(outputs, n_outputs, "y", "outputs")):
        V = covariance_of(output)
        coefficients = coefficient_table(
            features,
            np.append(least_squares.intercept[output], least_squares.coef[output]),
            V,
            fit.degrees,
            level,
            fit_intercept=fit.has_intercept,
            determined=determined,
            variance_inflation=inflation,
            interval=None if V is None or bootstrap is None else bootstrap.interval(level, output),
        )
        figures = _figures(least_squares, fit, V, weights, output)
        summaries.append(OutputSummary(name, coefficients, V, figures))
    return Summary(
        loss="squared",
        n_rows=fit.n_rows,
        df_model=fit.rank,
        df_resid=fit.degrees,
        covariance="none" if V is None else V.kind,
        level=level,
        condition=float(least_squares.condition),
        gap=math.nan,
        outputs=tuple(summaries),
        notes=tuple(_notes(least_squares, fit, weights, (INTERCEPT, *features), determined)),
    )


def _figures(
    least_squares: LeastSquares, fit: CentredFit, V: Covariance | None, weights: NDArray | None, output: int
) -> dict[str, float]:
    """Return the figures of one output."""
    from scipy.stats import f as fisher

    n, d, r = fit.n_rows, fit.degrees, fit.rank
    S, T = least_squares.residual[output, output], least_squares.total[output, output]
    with np.errstate(divide="ignore", invalid="ignore"):
        r2 = 1 - S / T if T > 0 else math.nan
        log_likelihood = -n / 2 * (np.log(2 * np.pi * S / n) + 1) + _half_log_weights(least_squares, weights)
    figures = {"r2": float(r2), "log_likelihood": float(log_likelihood)}
    if (
        V is None
    ):  # a penalty leaves no whole number of parameters to count, and too few rows no noise to measure
        return figures
    f = _f(least_squares, fit, V, output)
    n_parameters = r + fit.has_intercept
    return {
        "r2": figures["r2"],
        "adjusted_r2": 1 - (1 - figures["r2"]) * (n - fit.has_intercept) / d,
        "f": f,
        "f_p": float(fisher.sf(f, max(r, 1), d)),
        "log_likelihood": figures["log_likelihood"],
        "aic": -2 * figures["log_likelihood"] + 2 * n_parameters,
        "bic": -2 * figures["log_likelihood"] + math.log(n) * n_parameters,
        "residual_sd": math.sqrt(fit.variance(output)),
    }


def _half_log_weights(least_squares: LeastSquares, weights: NDArray | None) -> float:
    """Return ½Σ log wᵢ over the rows that count; NaN where weights were used but are not known."""
    if weights is not None:
        return 0.5 * float(np.log(weights[weights > 0]).sum())
    return 0.0 if least_squares.total_weight == least_squares.n_rows else math.nan


def _f(least_squares: LeastSquares, fit: CentredFit, V: Covariance, output: int) -> float:
    """Return F of the test that all coefficients but the intercept are zero; NaN where there is none to be had."""
    if fit.rank == 0:
        return math.nan
    if V.kind == "classical":
        explained = least_squares.total[output, output] - least_squares.residual[output, output]
        with np.errstate(divide="ignore", invalid="ignore"):
            return float(np.float64(explained / fit.rank) / fit.variance(output))
    left = reduction(least_squares)
    covariance = left @ V.centred[1:, 1:] @ left.T
    scale = np.sqrt(covariance.diagonal())
    if not scale.all():
        return math.nan
    covariance, slopes = covariance / scale / scale[:, None], left @ least_squares.coef[output] / scale
    if np.linalg.matrix_rank(covariance, hermitian=True) < fit.rank:
        return math.nan
    return float(slopes @ np.linalg.solve(covariance, slopes)) / fit.rank


def _notes(
    least_squares: LeastSquares,
    fit: CentredFit,
    weights: NDArray | None,
    names: Sequence[str],
    determined: NDArray[np.bool_],
) -> Iterator[Note]:
    """Yield what a reader of the table must know."""
    if math.isnan(_half_log_weights(least_squares, weights)):
        yield Note("weights", {})
    if least_squares.alpha > 0:
        yield Note("penalty", {"alpha": f"{least_squares.alpha:g}"})
        return
    if not determined.all():
        unknown = [name for name, known in zip(names, determined, strict=True) if not known]
        more = ["…"] if len(unknown) > _NAMES_SHOWN else []
        values = {"rank": str(fit.rank), "n": str(len(least_squares.mean))}
        yield Note("rank", values | {"names": ", ".join(unknown[:_NAMES_SHOWN] + more)})
    if fit.degrees <= 0:
        yield Note("degrees", {"n_rows": str(fit.n_rows)})
    if _LARGE_CONDITION < least_squares.condition < math.inf:
        yield Note("condition", {"condition": f"{least_squares.condition:.2g}"})
