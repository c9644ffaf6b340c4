"""Q–Q plot: the residuals against the quantiles of the noise that the loss stands for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from onelayer.errors import InvalidDataError, InvalidParameterError
from onelayer.losses.noise import ScaleFamily
from onelayer.losses.regression import Squared
from onelayer.plots import canvas
from onelayer.plots.colors import BLUE
from onelayer.plots.residuals import residuals

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAMES = {
    "Gaussian": "Gaussian noise",
    "Laplace": "Laplace noise",
    "HuberNoise": "Huber's noise",
    "AsymmetricLaplace": "asymmetric Laplace noise",
}

_MOST_POINTS = 300


@dataclass(frozen=True)
class QuantilePairs:
    """Ordered residuals beside the quantiles that noise of one family would have in their places.

    Attributes
    ----------
    expected, observed : (n_points,) float64
        Ascending; ``observed`` are some of the ordered residuals, the outermost all of them.
    low, high : (n_points,) float64
        Between these the residual in this place lies with the probability ``level``, if the noise is as supposed.
    noise : ScaleFamily
    scale : float
        Its likeliest scale, or the one given.
    n_rows : int
    """

    expected: np.ndarray
    observed: np.ndarray
    low: np.ndarray
    high: np.ndarray
    noise: ScaleFamily
    scale: float
    n_rows: int

    @property
    def share_inside(self) -> float:
        """Share of the points that lie in their band."""
        return float(((self.low <= self.observed) & (self.observed <= self.high)).mean())


def quantile_pairs(
    values: Any, noise: ScaleFamily | None = None, *, scale: float | None = None, level: float = 0.95
) -> QuantilePairs:
    """Pair ordered residuals with the quantiles of noise at (i − ½)/n, i = 1 … n.

    Of more than 300 residuals some are taken, close together at the ends. The band of a point is exact for n
    independent residuals: the i-th smallest of n uniform numbers has the distribution Beta(i, n − i + 1). Residuals of
    least squares are nearly independent when there are many more rows than columns.

    Parameters
    ----------
    values : (n_rows,) float
        Residuals, observed minus predicted.
    noise : ScaleFamily, optional
        That of the loss, ``loss.noise``; without it Gaussian noise.
    scale : float, optional
        Without it the likeliest, ``noise.fit_scale(values)``.
    level : float
        Probability of the band at each point.

    Raises
    ------
    InvalidDataError
        No residuals, one that is not finite, or only zeros.
    InvalidParameterError

    References
    ----------
    Wilk and Gnanadesikan, "Probability plotting methods for the analysis of data", *Biometrika* 55 (1968); David and
    Nagaraja, *Order Statistics*, 2003, 2.1.

    Examples
    --------
    >>> pairs = quantile_pairs([1.0, -1.0, 0.0], scale=1.0)
    >>> pairs.expected.round(3).tolist(), pairs.observed.tolist()
    ([-0.967, 0.0, 0.967], [-1.0, 0.0, 1.0])
    """
    from scipy.special import betaincinv

    if not 0 < level < 1:
        raise InvalidParameterError(f"level={level!r}: expected a number between 0 and 1, such as 0.95")
    noise = Squared().noise if noise is None else noise
    ordered = np.sort(np.asarray(values, dtype=np.float64).ravel())
    scale = noise.fit_scale(ordered) if scale is None else scale
    n = len(ordered)
    rank = _ranks(n)

    def at(p: np.ndarray) -> np.ndarray:
        return noise.quantiles(p, scale)

    return QuantilePairs(
        expected=at((rank - 0.5) / n),
        observed=ordered[rank - 1],
        low=at(betaincinv(rank, n - rank + 1, (1 - level) / 2)),
        high=at(betaincinv(rank, n - rank + 1, (1 + level) / 2)),
        noise=noise,
        scale=scale,
        n_rows=n,
    )


def _ranks(n: int) -> np.ndarray:
    """Return the ranks from 1 to n that are drawn: all of few, else at even steps of their logarithm from both ends."""
    if n <= _MOST_POINTS:
        return np.arange(1, n + 1)
    from_the_end = np.unique(np.geomspace(1, (n + 1) // 2, _MOST_POINTS // 2).round().astype(np.int64))
    return np.union1d(from_the_end, n + 1 - from_the_end)


class QQDisplay:
    """Ordered residuals against the quantiles of the loss's own noise; on the line the noise is as supposed.

    Points above the line at the right and below it at the left: tails that are heavier than supposed. The band holds
    each point with a probability of 95 % where the noise is as supposed.

    Parameters
    ----------
    pairs : QuantilePairs
        See :func:`quantile_pairs`.

    Attributes
    ----------
    ax_, figure_
        Where it was drawn.
    points_ : matplotlib line
    band_ : matplotlib collection

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from onelayer.losses import Absolute
    >>> display = QQDisplay.from_predictions([1.0, 2.0, 3.0], [1.5, 2.0, 2.0], noise=Absolute().noise)
    >>> display.ax_.get_xlabel()
    'Quantile of Laplace noise, scale 0.5'
    """

    def __init__(self, pairs: QuantilePairs) -> None:
        self.pairs = pairs

    @classmethod
    def from_estimator(
        cls,
        model: Any,
        X: Any,
        y: Any,
        *,
        noise: ScaleFamily | None = None,
        output: int = 0,
        ax: Axes | None = None,
    ) -> QQDisplay:
        """Draw one output of a fitted regressor on the rows X with targets y; without ``noise``, that of its loss."""
        from onelayer.plots.noise_model import noise_models

        left = residuals(y, model.predict(X))
        left = left.reshape(len(left), -1)
        if not 0 <= output < left.shape[1]:
            raise InvalidParameterError(
                f"output={output!r}: the model has the outputs 0 to {left.shape[1] - 1}"
            )
        own = noise_models(model, left.shape[1])[output] if noise is None else noise
        return cls(quantile_pairs(left[:, output], own)).plot(ax)

    @classmethod
    def from_predictions(
        cls, y_true: Any, y_pred: Any, *, noise: ScaleFamily | None = None, ax: Axes | None = None
    ) -> QQDisplay:
        """Draw the residuals ``y_true - y_pred``; without ``noise``, against Gaussian noise."""
        left = residuals(y_true, y_pred)
        if left.ndim != 1:
            raise InvalidDataError(f"y_true has shape {left.shape}; give the values of one output")
        return cls(quantile_pairs(left, noise)).plot(ax)

    def plot(self, ax: Axes | None = None) -> QQDisplay:
        """Draw on ``ax``, or on a new figure."""
        shown = self.pairs
        self.ax_ = canvas.axes(ax)
        self.figure_ = self.ax_.figure
        self.band_ = self.ax_.fill_between(
            shown.expected, shown.low, shown.high, color="gray", alpha=0.2, linewidth=0
        )
        ends = [shown.expected[0], shown.expected[-1]]
        self.ax_.plot(ends, ends, linestyle="--", color="gray")
        self.points_ = self.ax_.plot(shown.expected, shown.observed, "o", markersize=4, color=BLUE)[0]
        name = NAMES[type(shown.noise).__name__]
        self.ax_.set(xlabel=f"Quantile of {name}, scale {shown.scale:.4g}", ylabel="Observed minus predicted")
        return self
