"""What stands for the Hessian: something positive definite whose inverse is quickly multiplied with a gradient."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Generic, Self, TypeVar

from numpy.typing import NDArray

from onelayer.solvers.lbfgs.design import Design

AnyDesign = TypeVar("AnyDesign", bound=Design, contravariant=True)


class Preconditioner(ABC, Generic[AnyDesign]):
    """An approximation M of the Hessian, made from designs of some kind.

    Its cost is counted in multiplications of the same kind as those of ``Design.work``, so that what it costs can be
    held against the passes that it saves.

    Attributes
    ----------
    name : str
    rough : bool
        Whether the last step tells its size better than itself.
    """

    name: ClassVar[str]
    rough: ClassVar[bool] = True

    @classmethod
    @abstractmethod
    def cost(cls, design: AnyDesign) -> float:
        """Return what it costs to build one; infinite where there is none."""

    @classmethod
    def solve_cost(cls, design: AnyDesign) -> float:
        """Return what it costs to use one, where that is not little beside a pass."""
        return 0.0

    @classmethod
    @abstractmethod
    def build(cls, design: AnyDesign, theta: NDArray, before: Preconditioner[Any] | None = None) -> Self:
        """Return that of the Hessian at θ; what the one in use before has found of the rows may be kept."""

    def repenalised(self, design: AnyDesign, theta: NDArray) -> Self:
        """Return that of the Hessian at θ with another penalty, that of the design; what is dear to make is kept."""
        return type(self).build(design, theta)

    @abstractmethod
    def solve(self, gradient: NDArray) -> NDArray:
        """Return M⁻¹·gradient; both have the shape of θ, and lines that sum to zero."""
