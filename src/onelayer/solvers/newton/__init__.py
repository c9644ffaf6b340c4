"""Absolute, quantile and Huber regression to their optimum, for any number of rows.

``newton``          the solver
``problem``         an objective taken apart into outputs, in units of order one
``path``            one output's way to the optimum
``interior_point``  another way, where the path does not get on
``design``          the rows, their Gram matrix, and a basis where columns are nearly dependent
``targets``         the targets of one output, those far out brought nearer
``certificate``     the lower bound that makes a gap
``yardstick``       what a gap is measured by
``bounded``         the three losses in one form
``coordinates``     centres and scales of the columns, and the way back
``line_search``     how far to go
``linear_systems``  the systems of a step
"""

from onelayer.solvers.newton.newton import Newton

__all__ = ["Newton"]
