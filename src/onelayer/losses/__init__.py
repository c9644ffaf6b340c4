"""The losses of a single layer and the noise that each one stands for. The specification of the mathematics.

A loss compares scores S = XW + b, shape (n_rows, n_outputs), with targets. This is the one place where its formula
stands: the compiled loops of ``onelayer.kernels.row_losses`` are tested against it, and it against values worked by
hand, finite differences in float64, exact arithmetic and other libraries.

``loss``           what every loss can do: value, gradient, curvature, best constant
``regression``     squared, absolute, Huber's and the quantile loss
``cross_entropy``  cross-entropy of labels or of soft labels
``noise``          the distributions whose negative log-likelihoods these are

Examples
--------
>>> list(LOSSES)
['squared', 'absolute', 'huber', 'quantile', 'cross-entropy']
>>> LOSSES["huber"] == Huber(delta=1.0)
True
>>> Huber(0.5).noise
HuberNoise(loss=Huber(delta=0.5))
"""

from __future__ import annotations

from onelayer.losses.categorical import Categorical
from onelayer.losses.cross_entropy import CrossEntropy
from onelayer.losses.loss import Loss
from onelayer.losses.noise import AsymmetricLaplace, Gaussian, HuberNoise, Laplace, ScaleFamily
from onelayer.losses.regression import Absolute, Huber, Quantile, Squared

__all__ = [
    "LOSSES",
    "Absolute",
    "AsymmetricLaplace",
    "Categorical",
    "CrossEntropy",
    "Gaussian",
    "Huber",
    "HuberNoise",
    "Laplace",
    "Loss",
    "Quantile",
    "ScaleFamily",
    "Squared",
]

LOSSES: dict[str, Loss] = {
    loss.name: loss for loss in (Squared(), Absolute(), Huber(), Quantile(), CrossEntropy())
}
