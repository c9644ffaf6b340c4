"""What a run of minibatch SGD leaves to an implementation: one pass over the rows, step by step.

``onelayer.solvers.run`` decides on coordinates, rate and order of the rows, and judges the outcome of every pass; a
:class:`Loop` holds the parameters and takes the steps.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from onelayer.objective import Objective


@dataclass(frozen=True)
class Setting:
    """What a loop works on, and from where it starts.

    Attributes
    ----------
    objective : Objective
    center, inverse_scale : (n_features,) float64
        The loop's inputs are Z = (X − center)·inverse_scale, X as stored.
    standardised : bool
        Whether they differ from the inputs of the objective, ``unit``·X. Then the penalty is applied by its proximal
        step, else by its gradient.
    W, b : (n_outputs, n_features), (n_outputs,) float64
        Where to start, for the loop's inputs and outputs.
    batch_size : int
        At most the number of rows.
    momentum : float
    n_threads : int
        Threads to use at most.
    limit : float
        A pass may end, as one that ran away, at a minibatch with a mean loss above it.
    output_scale : (n_outputs,) float64 or None
        The scores are output_scale·(ZWᵀ + b); None for ones.
    weight_scale : float or None
        By what the weights of the rows are multiplied, so that their mean is 1; None where these are all rows.
    """

    objective: Objective
    center: NDArray
    inverse_scale: NDArray
    standardised: bool
    W: NDArray
    b: NDArray
    batch_size: int
    momentum: float
    n_threads: int
    limit: float
    output_scale: NDArray | None = None
    weight_scale: float | None = None

    @property
    def penalty(self) -> float:
        """The α whose gradient αW is a part of every step; 0 where the penalty is applied by its proximal step."""
        return 0.0 if self.standardised else self.objective.alpha

    def shrink(self, rate: float) -> NDArray:
        """Return the factors of the proximal step after every step, W/(1 + ηα/(1 − μ)), in units of the loop.

        Their shape is that of W, or (1, n_features) where outputs are not scaled.
        """
        if not self.standardised:
            return np.ones((1, len(self.center)))
        pull = self.objective.alpha * (self.inverse_scale[None, :] / self.objective.X.unit) ** 2
        if self.output_scale is not None:
            pull = pull * self.output_scale[:, None] ** 2
        return 1 / (1 + rate / (1 - self.momentum) * pull)


class Loop(ABC):
    """An implementation of the pass over the rows. It holds the parameters between passes, and any velocities.

    Attributes
    ----------
    name : str
        What it is called in ``training_["implementation"]``.
    packages : tuple of str
        Packages, beyond those of every fit, on which its result depends.
    """

    name: ClassVar[str]
    packages: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def threads(cls, n_threads: int | None) -> int:
        """Return how many threads to use where so many were asked for; None leaves the choice to the implementation."""
        from onelayer.kernels import threads

        return n_threads or threads.available()

    @classmethod  # noqa: B027
    def check(cls, objective: Objective, momentum: float) -> None:
        """Refuse what this implementation does not have; called before anything else.

        Raises
        ------
        InvalidParameterError
            The message names an implementation that has it.
        """

    @abstractmethod
    def __init__(self, setting: Setting) -> None:
        """Prepare everything, so that the first pass takes no longer than the others."""

    @abstractmethod
    def run(self, order: NDArray[np.int64], rate: float) -> float:
        """Take a step of size ``rate`` for each minibatch of the rows in this order.

        Returns
        -------
        float
            The mean loss, each row's taken before the step of its minibatch; infinite if the pass ran away.
        """

    @abstractmethod
    def parameters(self) -> tuple[NDArray, NDArray]:
        """Return W (n_outputs, n_features) and b (n_outputs,), for the loop's inputs and outputs."""

    @abstractmethod
    def state(self) -> Any:
        """Return a copy of everything that a pass changes."""

    @abstractmethod
    def restore(self, state: Any) -> None:
        """Go back to a state, as often as need be."""
