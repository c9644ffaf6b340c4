"""Softmax regression to the optimum.

``lbfgs``           the solver
``descent``         its steps, in the type of X and then in float64
``design``          the rows as it sees them, and the vectors in which it works: ``dense_design`` and ``sparse_design``
                    (``by_columns``), ``row_space``, and ``designs``, which chooses; ``sparse_rows``
``memory``          what it remembers of its steps, and the direction that follows
``line_search``     how far it goes
``ladder``          which approximation of the Hessian is worth its cost
``pace``            how fast the descent goes with it, and how far it has still to go
``preconditioner``  what such an approximation can do: ``diagonal``, ``uniform``, ``kronecker``, ``leading_hessian``,
                    ``whole_hessian``; of the last two ``class_hessian``
``coupling``        how the classes hang together
``factor``          the Cholesky factor of a large matrix
"""

from onelayer.solvers.lbfgs.lbfgs import LBFGS

__all__ = ["LBFGS"]
