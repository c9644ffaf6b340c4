"""What a comparison of losses found: the log-likelihood of held-out rows under each, and which one they favour."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from onelayer import languages

SIMPLEST_FIRST = ("squared", "absolute", "huber")
_CLEAR = 2.0  # standard errors


@dataclass(frozen=True)
class NoiseModel:
    """The noise that a loss was found to stand for.

    Attributes
    ----------
    scale : float
        The likeliest σ of the residuals of all rows, each predicted by a fit that had not seen it; in units of y.
    delta : float or None
        Huber's δ in units of σ; None for losses without one.
    """

    scale: float
    delta: float | None = None


@dataclass(frozen=True)
class HeldOut:
    """One loss in a comparison.

    Attributes
    ----------
    log_likelihood : float
        Mean logarithm of the density of held-out targets, in nats a row.
    difference : float
        ``log_likelihood`` minus that of the favoured loss, in nats a row; 0 for the favoured loss itself.
    standard_error : float
        Of the difference; see :meth:`LossComparison.of`.
    scale, delta
        As of :class:`NoiseModel`.
    """

    log_likelihood: float
    difference: float
    standard_error: float
    scale: float
    delta: float | None = None

    @property
    def clearly_worse(self) -> bool:
        """Whether the favoured loss is better by more than two standard errors."""
        return -self.difference > _CLEAR * self.standard_error

    @property
    def amount(self) -> str:
        """How far from the favoured loss: ``"0.265 ± 0.026"``, to two digits of the standard error."""
        return _with_error(abs(self.difference), self.standard_error)


@dataclass(frozen=True)
class LossComparison:
    """The result of :func:`compare_losses`; printed, it says which loss the data favour and by how much.

    Attributes
    ----------
    best : str
        The favoured loss: the simplest (squared, then absolute, then Huber's) than which no other is clearly better,
        that is by more than two standard errors of the difference.
    losses : dict of str to HeldOut
        Each loss that took part, by name.
    n_rows, n_total : int
        The rows compared on, and the rows with a weight above 0 that they were drawn from.
    n_folds : int

    Examples
    --------
    >>> log_density = {"squared": [-1.0, -2.0, -4.0, -1.0], "absolute": [-1.0, -1.0, -2.0, -1.2]}
    >>> noises = {"squared": NoiseModel(1.0), "absolute": NoiseModel(0.8)}
    >>> found = LossComparison.of(
    ...     {name: np.array(each) for name, each in log_density.items()},
    ...     noises, np.ones(4), np.array([0, 0, 1, 1]), n_total=4)
    >>> found.best, found.losses["absolute"].difference, found.parameters
    ('squared', 0.7, {'loss': 'squared'})
    >>> print(found.text())
    Between the squared loss and the absolute loss there is no clear difference: the absolute loss is ahead by
    0.70 ± 0.51 nats a row. Of these, the squared loss is the simplest.
    """

    best: str
    losses: Mapping[str, HeldOut]
    n_rows: int
    n_total: int
    n_folds: int

    @classmethod
    def of(
        cls,
        log_densities: Mapping[str, NDArray],
        noises: Mapping[str, NoiseModel],
        weights: NDArray,
        fold: NDArray,
        *,
        n_total: int,
    ) -> Self:
        """Compare the log densities of the same held-out rows under each loss.

        The difference of two losses is the weighted mean d̄ of the differences dᵢ of the rows. Its standard error is the
        larger of two: √(n/(n − 1)·Σ (wᵢ(dᵢ − d̄))²)/Σ wᵢ of rows that are independent, and
        √(K/(K − 1)·Σₖ (Σ wᵢ(dᵢ − d̄))²)/Σ wᵢ over the K folds, whose rows share a fit.

        Parameters
        ----------
        log_densities : dict of str to (n_rows,) array
            In nats.
        noises : dict of str to NoiseModel
        weights : (n_rows,) array
        fold : (n_rows,) array of int
            In which fold each row was held out.
        n_total : int

        References
        ----------
        Vehtari, Gelman and Gabry, "Practical Bayesian model evaluation using leave-one-out cross-validation and WAIC",
        *Statistics and Computing* 27, 2017, section 5, for the paired differences. Cameron and Miller, "A
        practitioner's guide to cluster-robust inference", *Journal of Human Resources* 50, 2015, for rows in clusters.
        """

        def compared(name: str, other: str) -> tuple[float, float]:
            return _paired_difference(log_densities[name] - log_densities[other], weights, fold)

        def unbeaten(name: str) -> bool:
            leads = (compared(other, name) for other in log_densities)
            return all(lead <= _CLEAR * error for lead, error in leads)

        best = next(name for name in SIMPLEST_FIRST if name in log_densities and unbeaten(name))
        losses = {
            name: HeldOut(
                float(np.average(each, weights=weights)), *compared(name, best), **asdict(noises[name])
            )
            for name, each in log_densities.items()
        }
        return cls(best, losses, len(weights), n_total, int(fold.max()) + 1)

    @property
    def clear(self) -> bool:
        """Whether the favoured loss is clearly better than every other."""
        return all(each.clearly_worse for name, each in self.losses.items() if name != self.best)

    @property
    def parameters(self) -> dict[str, Any]:
        """The favoured loss as parameters of ``LinearRegression``."""
        found = self.losses[self.best]
        scale = {} if found.delta is None else {"delta": found.delta, "scale": found.scale}
        return {"loss": self.best, **scale}

    def text(self, lang: str = "en") -> str:
        """Say which loss the data favour, by how much, and with how many rows that was found.

        Parameters
        ----------
        lang : "en" or "zh"

        Raises
        ------
        InvalidParameterError
            Another language.
        """
        t = languages.texts("onelayer.loss_comparison.texts", lang)
        names = {name: self._called(name, t) for name in self.losses}
        others = [(names[name], each) for name, each in self.losses.items() if name != self.best]
        sentences = []
        if worse := [(name, each) for name, each in others if each.clearly_worse]:
            over = [t["over"].format(name=name, amount=each.amount) for name, each in worse]
            sentences.append(t["favoured"].format(best=names[self.best], over=t["clauses"].join(over)))
        if tied := [(name, each) for name, each in others if not each.clearly_worse]:
            listed = _listed([names[self.best], *(name for name, _ in tied)], t)
            apart = [
                t["ahead" if each.difference > 0 else "behind"].format(name=name, amount=each.amount)
                for name, each in tied
            ]
            words = {"names": listed, "apart": t["clauses"].join(apart), "best": names[self.best]}
            sentences.append(t["tied"].format(**words))
        if self.n_rows < self.n_total:
            sentences.append(t["sample"].format(n_rows=self.n_rows, n_total=self.n_total))
        return _spaced(t["sentences"].join(sentences))

    def table(self, lang: str = "en") -> str:
        """Return the figures of every loss, a line each, under a header."""
        t = languages.texts("onelayer.loss_comparison.texts", lang)
        header = [t[f"column_{name}"] for name in ("loss", "log_likelihood", "difference", "scale", "delta")]
        rows = [
            [
                name,
                f"{each.log_likelihood:.6g}",
                "" if name == self.best else _with_error(each.difference, each.standard_error),
                f"{each.scale:.4g}",
                "" if each.delta is None else f"{each.delta:g}",
            ]
            for name, each in self.losses.items()
        ]
        widths = [max(map(_width, column)) for column in zip(header, *rows, strict=True)]
        lines = [
            "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True))
            for line in (header, *rows)
        ]
        return "\n".join(line.rstrip() for line in lines)

    def record(self) -> dict[str, Any]:
        """Return the same for JSON."""
        return {
            "best": self.best,
            "clear": self.clear,
            "n_rows": self.n_rows,
            "n_total": self.n_total,
            "n_folds": self.n_folds,
            "losses": {name: asdict(each) for name, each in self.losses.items()},
        }

    def __str__(self) -> str:
        return f"{self.text()}\n\n{self.table()}"

    def _called(self, name: str, t: Mapping[str, str]) -> str:
        delta = self.losses[name].delta
        return t[name] if delta is None else t[name].format(delta=f"{delta:g}")


def _paired_difference(apart: NDArray, weights: NDArray, fold: NDArray) -> tuple[float, float]:
    """Return the weighted mean and its standard error; see :meth:`LossComparison.of`."""
    mean = float(np.average(apart, weights=weights))
    parts = weights * (apart - mean)
    by_fold = np.bincount(fold, weights=parts)
    error = max(_root_of_scatter(parts), _root_of_scatter(by_fold)) / float(weights.sum())
    return mean, error


def _root_of_scatter(parts: NDArray) -> float:
    """Return √(n/(n − 1)·Σ partᵢ²): the standard deviation of a sum of n independent parts."""
    return math.sqrt(len(parts) / (len(parts) - 1) * float(parts @ parts))


def _with_error(value: float, error: float) -> str:
    """Return ``value ± error`` to two significant digits of the error.

    Examples
    --------
    >>> _with_error(0.26497, 0.02611), _with_error(31.4, 12.0), _with_error(0.5, 0.0)
    ('0.265 ± 0.026', '31 ± 12', '0.5 ± 0')
    """
    if not error > 0:
        return f"{value:.3g} ± 0"
    decimals = max(0, 1 - math.floor(math.log10(error)))
    return f"{value:.{decimals}f} ± {error:.{decimals}f}"


def _listed(parts: Sequence[str], t: Mapping[str, str]) -> str:
    """Return parts as a list in words: ``a``, ``a and b``, ``a, b and c``."""
    *first, last = parts
    return t["and"].join([t["comma"].join(first), last]) if first else last


def _spaced(text: str) -> str:
    """Return Chinese text with a space before each word in other letters.

    Examples
    --------
    >>> _spaced("绝对值损失和Huber 损失")
    '绝对值损失和 Huber 损失'
    """
    return re.sub(r"(?<=[\u4e00-\u9fff])(?=[A-Za-zδ])", " ", text)


def _width(text: str) -> int:
    """Return how many columns of a terminal a text takes: two for a Chinese character."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
