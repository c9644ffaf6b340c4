"""The noise that the loss of a fitted regressor stands for, output by output."""

from __future__ import annotations

from typing import Any

import numpy as np

from onelayer.losses import Huber, Squared
from onelayer.losses.noise import ScaleFamily
from onelayer.losses.regression import RegressionLoss


def noise_models(model: Any, n_outputs: int = 1) -> list[ScaleFamily]:
    """Return the noise of each output of a fitted regressor by its ``losses_``; Gaussian noise where it has none.

    Huber's δ is in units of y in ``losses_``, and in units of the scale in the noise that is returned.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> noise_models(LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0]))
    [Gaussian(loss=Squared())]
    """
    fitted = vars(model)
    losses: tuple[RegressionLoss, ...] = fitted.get("losses_", (Squared(),) * n_outputs)
    scale = fitted.get("scale_")
    scales = np.broadcast_to(0.0 if scale is None else scale, len(losses)).tolist()
    return [_in_units_of_scale(loss, each).noise for loss, each in zip(losses, scales, strict=True)]


def _in_units_of_scale(loss: RegressionLoss, scale: float) -> RegressionLoss:
    if loss.name == Huber.name and scale > 0:
        assert isinstance(loss, Huber)
        return Huber(loss.delta / scale)
    return loss
