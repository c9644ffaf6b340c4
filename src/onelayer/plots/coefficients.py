"""The coefficients that matter most, feature by feature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from onelayer.plots import canvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ROWS, _VALUES, _VALUES_AT_ONCE = 10_000, 1 << 25, 1 << 20


@dataclass(frozen=True)
class Coefficients:
    """The features with the largest effects, the largest first.

    Attributes
    ----------
    features : (n,) int64
        Columns of X.
    coef : (n, n_outputs) float64
        Their coefficients, in units of X as given.
    effects : (n, n_outputs) float64
        Coefficient times the feature's standard deviation: what a usual step of the feature does to a score.
    """

    features: np.ndarray
    coef: np.ndarray
    effects: np.ndarray


def largest_coefficients(coef: Any, X: Any, *, n_features: int = 20) -> Coefficients:
    """Rank features by max over the outputs of |coefficient|·(standard deviation), whatever their units.

    Cost: the standard deviations are taken over at most 10,000 evenly spaced rows, fewer for many features.

    Parameters
    ----------
    coef : (n_outputs, n_features) or (n_features,) float
    X : (n_rows, n_features)
    n_features : int
        How many to return at most.

    Examples
    --------
    >>> largest_coefficients([1.0, -0.5], [[0.0, 0.0], [2.0, 200.0]]).features
    array([1, 0])
    """
    coef = np.atleast_2d(np.asarray(coef, dtype=np.float64)).T
    effects = coef * column_spread(np.asarray(X))[:, None]
    order = np.argsort(-np.abs(effects).max(axis=1), kind="stable")[:n_features]
    return Coefficients(order, coef[order], effects[order])


def column_spread(X: np.ndarray) -> np.ndarray:
    """Return the standard deviation of each column over at most 10,000 evenly spaced rows, in blocks of columns."""
    n_rows, n_features = X.shape
    n_taken = min(n_rows, max(32, min(_ROWS, _VALUES // n_features)))
    taken = np.arange(n_taken) * n_rows // n_taken
    block = max(1, _VALUES_AT_ONCE // n_taken)
    blocks = (X[taken, start : start + block] for start in range(0, n_features, block))
    return np.concatenate([columns.std(axis=0, dtype=np.float64) for columns in blocks])


class CoefficientsDisplay:
    """The features with the largest effects: what one standard deviation of each does to each score.

    Blue raises the score, vermilion lowers it; the number is the coefficient, in units of X as given.

    Parameters
    ----------
    coefficients : Coefficients
        See :func:`largest_coefficients`.
    feature_names : sequence of str
        A name for each column of X.
    output_names : sequence of str
        A name for each class or output.

    Attributes
    ----------
    ax_, figure_
        Where it was drawn.
    im_ : matplotlib image

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> largest = largest_coefficients([1.0, -0.5], [[0.0, 0.0], [2.0, 200.0]])
    >>> display = CoefficientsDisplay(largest, ["rooms", "area"], ["price"]).plot()
    >>> [label.get_text() for label in display.ax_.get_yticklabels()]
    ['area', 'rooms']
    """

    def __init__(
        self, coefficients: Coefficients, feature_names: Sequence[Any], output_names: Sequence[Any]
    ) -> None:
        self.coefficients = coefficients
        self.feature_names = feature_names
        self.output_names = output_names

    @classmethod
    def from_estimator(
        cls,
        model: Any,
        X: Any,
        *,
        feature_names: Sequence[str] | None = None,
        output_names: Sequence[str] | None = None,
        n_features: int = 20,
        ax: Axes | None = None,
    ) -> CoefficientsDisplay:
        """Draw the largest coefficients of a fitted model; the rows X tell each feature's spread."""
        names = column_names(model) if feature_names is None else feature_names
        outputs = score_names(model) if output_names is None else output_names
        return cls(largest_coefficients(model.coef_, X, n_features=n_features), names, outputs).plot(ax)

    def plot(self, ax: Axes | None = None) -> CoefficientsDisplay:
        """Draw on ``ax``, or on a new figure."""
        shown = self.coefficients
        n_rows, n_columns = shown.effects.shape
        self.ax_ = canvas.axes(ax, figsize=(2.5 + 0.7 * n_columns, 1.2 + 0.3 * n_rows))
        self.figure_ = self.ax_.figure
        limit = float(np.abs(shown.effects).max()) or 1.0
        self.im_ = self.ax_.imshow(
            shown.effects, cmap=canvas.diverging(), vmin=-limit, vmax=limit, aspect="auto"
        )
        for (row, column), value in np.ndenumerate(shown.coef):
            strong = abs(shown.effects[row, column]) > 0.6 * limit
            self.ax_.text(
                column, row, f"{value:.2g}", ha="center", va="center", color="white" if strong else "black"
            )
        self.ax_.set_yticks(range(n_rows), [str(self.feature_names[j]) for j in shown.features])
        self.ax_.set_xticks(range(n_columns), [str(name) for name in self.output_names], rotation="vertical")
        self.figure_.colorbar(self.im_, ax=self.ax_, label="effect of one standard deviation")
        return self


def column_names(model: Any) -> list[str]:
    """Return ``feature_names_in_`` of a fitted model, or x0, x1, … where X had no names."""
    names = vars(model).get("feature_names_in_")
    return [f"x{j}" for j in range(model.n_features_in_)] if names is None else [str(name) for name in names]


def score_names(model: Any) -> list[str]:
    """Return a name for each row of ``coef_``: the class, or y0, y1, … of a regressor, y if it is alone.

    With two classes ``coef_`` has one row, which speaks for the second.
    """
    n_scores = len(np.atleast_2d(model.coef_))
    classes = vars(model).get("classes_")
    if classes is not None:
        return [str(label) for label in classes[-n_scores:]]
    return ["y"] if n_scores == 1 else [f"y{k}" for k in range(n_scores)]
