"""The fast implementation of a pass over the rows: compiled, multi-threaded loops.

``loop``    what all of them share: the loss, the threads, the verdict on a pass
``passes``  what differs with the way in which X is stored: an interface
``dense``   of rows of which every value is stored, by ``kernels.minibatch``
``sparse``  of rows of which the zeros are not, by ``kernels.sparse_minibatch``
"""

from __future__ import annotations

from onelayer.solvers.fused.loop import FusedLoop

__all__ = ["FusedLoop"]
