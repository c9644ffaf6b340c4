"""The losses with bounded slopes in one form, which is what this solver works on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from onelayer.errors import InvalidParameterError
from onelayer.losses import Loss

Scale = float | Literal["auto"]


@dataclass(frozen=True)
class BoundedLoss:
    """A loss ℓ = factor · h(r) of the residual r = y − s, with h(r) = max over d in [low, high] of d·r − κd²/2.

    Attributes
    ----------
    low, high : float
        The least and the largest slope of h.
    factor : float
    kappa : float
        κ: 0 for the absolute and the quantile loss, δ for Huber's.
    tau : float or None
        Where κ is to be found with the parameters: the price of κ, whose multiple τκ is added to the mean of h.

    Examples
    --------
    >>> from onelayer.losses import Huber, Quantile
    >>> BoundedLoss.of(Quantile(0.9), 1.0).high
    0.9
    >>> BoundedLoss.of(Huber(1.5), 2.0)
    BoundedLoss(low=-1.0, high=1.0, factor=3.0, kappa=3.0, tau=None)
    """

    low: float
    high: float
    factor: float
    kappa: float
    tau: float | None = None

    @classmethod
    def of(cls, loss: Loss, scale: Scale) -> BoundedLoss:
        """Return the form of an absolute, a quantile or a Huber loss, the latter's δ in units of ``scale``.

        Raises
        ------
        InvalidParameterError
            Another loss; or a δ that is not above 1 while the scale is to be estimated.
        """
        if loss.name not in _FORMS:
            raise InvalidParameterError(
                f"loss={loss.name!r}: this solver takes {', '.join(map(repr, _FORMS))}; "
                f"choose one of them, or another solver"
            )
        return _FORMS[loss.name](loss, scale)

    def in_units(self, unit: float, reach: float) -> BoundedLoss:
        """Return the same loss of residuals in units of ``unit``, so that ℓ = factor · unit · h.

        Where κ is so wide that every row stays inside, factor · h = ½r² whatever it is. Then both are brought nearer to
        the residuals, for else slopes r/κ would be lost beside their bounds, or be no numbers.

        Parameters
        ----------
        unit : float
            A power of two.
        reach : float
            In these units, what no residual exceeds at the optimum of ½r²; 0 if all are 0.

        Examples
        --------
        >>> from onelayer.losses import Huber
        >>> BoundedLoss.of(Huber(1.5), 1.0).in_units(0.5, 10.0)
        BoundedLoss(low=-1.0, high=1.0, factor=1.5, kappa=3.0, tau=None)
        >>> BoundedLoss.of(Huber(1.5), 1.0).in_units(0.5, 1.0)
        BoundedLoss(low=-1.0, high=1.0, factor=1.0, kappa=2.0, tau=None)
        """
        kappa = self.kappa / unit
        if kappa > 2 * reach > 0:
            return replace(self, kappa=2 * reach, factor=2 * reach * unit)
        return replace(self, kappa=kappa)


def _absolute(loss: Any, scale: Scale) -> BoundedLoss:
    return BoundedLoss(-1.0, 1.0, 1.0, 0.0)


def _quantile(loss: Any, scale: Scale) -> BoundedLoss:
    return BoundedLoss(loss.q - 1, loss.q, 1.0, 0.0)


def _huber(loss: Any, scale: Scale) -> BoundedLoss:
    if scale != "auto":
        return BoundedLoss(-1.0, 1.0, loss.delta * scale, loss.delta * scale)
    if loss.delta <= 1:
        raise InvalidParameterError(
            f"delta={loss.delta:g}: in units of an estimated scale it must be above 1; 1.35 is usual"
        )
    return BoundedLoss(-1.0, 1.0, loss.delta, 0.0, 0.5 / loss.delta / loss.delta)


_FORMS: dict[str, Callable[[Any, Scale], BoundedLoss]] = {
    "absolute": _absolute,
    "huber": _huber,
    "quantile": _quantile,
}
