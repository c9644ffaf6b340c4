"""Exact least squares: statistics of rows that merge, and the fit that follows from them.

``double_double``     numbers of 106 bits
``statistics``        what is kept of the rows: sums that merge, save and load
``precision``         how precise these sums must be
``normal_equations``  the equations of a fit, about the means and scaled
``factorization``     their triangular factor, and which columns depend on others
``dependencies``      how they depend, and what the warnings say
``least_squares``     the fit
``spectrum``          many penalties from one decomposition, and leave-one-out
``wide``              more columns than rows
``closed_form``       the solver
"""

from onelayer.solvers.closed_form.closed_form import ClosedForm, ExactSolution
from onelayer.solvers.closed_form.dependencies import Dependency, condition_message, rank_message
from onelayer.solvers.closed_form.least_squares import LeastSquares, solve
from onelayer.solvers.closed_form.rows import Block, Blocks
from onelayer.solvers.closed_form.statistics import Statistics

__all__ = [
    "Block",
    "Blocks",
    "ClosedForm",
    "Dependency",
    "ExactSolution",
    "LeastSquares",
    "Statistics",
    "condition_message",
    "rank_message",
    "solve",
]
