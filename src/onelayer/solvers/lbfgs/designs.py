"""Which design a matrix has: the one place where that is decided."""

from __future__ import annotations

import numpy as np

from onelayer.matrices import Dense, Sparse
from onelayer.objective import Objective
from onelayer.solvers.lbfgs.dense_design import DenseDesign
from onelayer.solvers.lbfgs.design import Design
from onelayer.solvers.lbfgs.sparse_design import SparseDesign

_DESIGNS = {Dense: DenseDesign, Sparse: SparseDesign}


def design_of(objective: Objective, number: np.dtype) -> Design:
    """Return the rows of an objective, for passes in this type."""
    return _DESIGNS[type(objective.X)](objective, number)
