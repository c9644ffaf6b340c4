"""The compiled loops (Numba). Imported on first use, so that ``import onelayer`` does not wait for a compiler.

``tiles``        register tiles: scores of a few rows and outputs, gradient of a few columns and outputs
``vector_math``  exponential and logarithm of whole vectors
``loss_tiles``   cross-entropy over sixteen rows at a time
``row_losses``   losses and their gradients over sixteen rows at a time, each tested against ``onelayer.losses``
``scoring``      scores of groups of rows, for training and for prediction
``barrier``      how the threads of one loop wait for each other
``threads``      how these threads are started, and how an interrupt reaches them
``minibatch``    the loop itself: gather, scores, loss, gradient, update
``lines``        weights with the outputs of a column side by side, for sparse rows
``sparse_scoring``    scores of sparse rows
``sparse_minibatch``  the loop over sparse rows, whose cost is that of their stored values
``wide_tiles``   register tiles for many outputs, which skip zeros
``wide_minibatch``  the loop for many layers side by side
``gram_tiles``   register tiles: products of columns with each other, in doubled precision and in float64
``panel``        the columns of a few rows, shifted, scaled and packed for these tiles
``triangle``     the pairs of groups of such columns, and the matrix that they make
``gram``         sums of products of columns over millions of rows
``two_loop``     the steps that a quasi-Newton method remembers
``cholesky``     triangular factors and solves in doubled precision
"""

from __future__ import annotations

import hashlib
from pathlib import Path


def source_digest() -> str:
    """Return a digest of this folder's source, part of the key under which compiled code is cached.

    Numba looks only at the file of the cached function itself; a change in a file that it imports from would
    otherwise go unseen and old machine code would run.
    """
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()
