"""What a fit says and how sure it is of it: the coefficients with their errors, and the figures of the whole fit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onelayer.inference.covariance import Covariance
from onelayer.languages import texts

FIGURES = (
    "r2",
    "adjusted_r2",
    "pseudo_r2",
    "f",
    "f_p",
    "log_likelihood",
    "aic",
    "bic",
    "residual_sd",
    "scale",
    "mean_loss",
)
"""The names that ``OutputSummary.figures`` may have, in the order in which they are shown."""


@dataclass(frozen=True)
class Coefficients:
    """The coefficients of one output with their errors; arrays of one length, NaN for what is not determined.

    Attributes
    ----------
    names : tuple of str
        The intercept, if one was fitted, comes first.
    coefficient : (n,) float64
        In units of the target over those of the column as stored.
    standard_error : (n,) float64
    t, p : (n,) float64
        Coefficient over standard error, and how probable a value at least as far from zero is if the true coefficient
        is zero, by Student's t distribution with ``Summary.df_resid`` degrees of freedom.
    low, high : (n,) float64
        Ends of the interval that holds the true coefficient with the probability ``Summary.level``.
    variance_inflation : (n,) float64
        See ``inference.variance_inflation``; NaN for the intercept, and where rows were not reduced to statistics.
    """

    names: tuple[str, ...]
    coefficient: NDArray[np.float64]
    standard_error: NDArray[np.float64]
    t: NDArray[np.float64]
    p: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    variance_inflation: NDArray[np.float64]

    def records(self) -> list[dict[str, Any]]:
        """Return a dict for each coefficient; what is not finite is None."""
        columns = {key: value for key, value in vars(self).items() if key != "names"}
        return [
            {"name": name, **{key: finite(column[i]) for key, column in columns.items()}}
            for i, name in enumerate(self.names)
        ]


@dataclass(frozen=True)
class OutputSummary:
    """One output of a fit.

    Attributes
    ----------
    name : str
        The target's.
    coefficients : Coefficients
    covariance : Covariance or None
        Of intercept and coefficients; None where there are no standard errors.
    figures : mapping of str to float
        With the keys of ``FIGURES`` that belong to the loss; NaN for what does not exist.
    """

    name: str
    coefficients: Coefficients
    covariance: Covariance | None
    figures: Mapping[str, float]

    def record(self) -> dict[str, Any]:
        """Return what JSON can hold of it; what is not finite is None."""
        return {
            "name": self.name,
            **{key: finite(value) for key, value in self.figures.items()},
            "coefficients": self.coefficients.records(),
        }


@dataclass(frozen=True)
class Note:
    """A remark on a summary: a key of its texts, and what stands in the gaps."""

    key: str
    values: Mapping[str, str]

    def text(self, lang: str) -> str:
        """Return the remark in a language."""
        return texts("onelayer.inference.texts", lang)[f"note_{self.key}"].format(**self.values)


@dataclass(frozen=True)
class Summary:
    """A fit in figures, made by :func:`~onelayer.inference.summarise` or ``summarise_robust``.

    ``print(summary)`` shows it as tables, a notebook as HTML; ``text(lang="zh")`` and ``html(lang="zh")`` in Chinese.

    Attributes
    ----------
    loss : str
        The name of the loss.
    n_rows : int
    df_model : int
        Rank of the columns, without the intercept.
    df_resid : int
        Degrees of freedom of the residuals: rows less ``df_model`` and the intercept.
    covariance : str
        ``"classical"``, ``"HC0"`` to ``"HC3"``, ``"bootstrap"``, or ``"none"``.
    level : float
        Probability of the intervals.
    condition : float
        2-norm condition number of the columns, brought to length one, and centred if there is an intercept; NaN where
        it was not computed.
    gap : float
        How far the objective is above its least value at most, relative to it; NaN where that is not known.
    outputs : tuple of OutputSummary
    notes : tuple of Note
    """

    loss: str
    n_rows: int
    df_model: int
    df_resid: int
    covariance: str
    level: float
    condition: float
    gap: float
    outputs: tuple[OutputSummary, ...]
    notes: tuple[Note, ...]

    def record(self) -> dict[str, Any]:
        """Return what JSON can hold of it; what is not finite is None, and notes are in English."""
        return {
            "loss": self.loss,
            "n_rows": self.n_rows,
            "df_model": self.df_model,
            "df_resid": self.df_resid,
            "covariance": self.covariance,
            "level": self.level,
            "condition": finite(self.condition),
            "gap": finite(self.gap),
            "outputs": [output.record() for output in self.outputs],
            "notes": [note.text("en") for note in self.notes],
        }

    def text(self, lang: str = "en") -> str:
        """Return the summary as plain text of at most 100 columns, in English ("en") or Chinese ("zh")."""
        from onelayer.inference.plain_text import plain_text

        return plain_text(self, lang)

    def html(self, lang: str = "en") -> str:
        """Return the summary as HTML tables, in English ("en") or Chinese ("zh")."""
        from onelayer.inference.html_tables import html_tables

        return html_tables(self, lang)

    def __str__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return self.html()


def finite(value: float) -> float | None:
    """Return a number as JSON knows it: None in the place of NaN and infinity."""
    return float(value) if math.isfinite(value) else None
