"""Which design a matrix has: the one place where that is decided."""

from __future__ import annotations

from onelayer.matrices import Dense, Sparse
from onelayer.objective import Objective
from onelayer.solvers.lbfgs.dense_design import DenseDesign
from onelayer.solvers.lbfgs.row_space import RowSpaceDesign
from onelayer.solvers.lbfgs.sparse_design import SparseDesign

_DESIGNS: dict[type, type[DenseDesign] | type[SparseDesign]] = {Dense: DenseDesign, Sparse: SparseDesign}


def kind_of(
    objective: Objective, started: bool
) -> type[DenseDesign] | type[SparseDesign] | type[RowSpaceDesign]:
    """Return the design for an objective, and whether there is a start that need not be a combination of its rows."""
    kind = _DESIGNS[type(objective.X)]
    if kind is SparseDesign and not started and RowSpaceDesign.suits(objective):
        return RowSpaceDesign
    return kind
