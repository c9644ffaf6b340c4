"""How the threads of one compiled loop wait for each other: a spinning barrier on atomic counters.

A minibatch takes some tens of microseconds, so a wait must cost well under one; a thread that waits long (because
the machine has other work) gives its core away between looks. The threads are the caller's own: nothing stays behind
when they end, so several models may train at once and a process may fork.
"""

from __future__ import annotations

import sys

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from onelayer.kernels.tiles import internal

_LINE = 16  # int64 per slot: two cache lines, so that slots never share one
ARRIVED, GENERATION, STOP, DECISION, ABORT = (slot * _LINE for slot in range(5))
_SPINS = 2000


def new() -> np.ndarray:
    """Return the shared state of a barrier. Writing 1 to its slot ``STOP`` asks the loop to end early.

    Writing 1 to ``ABORT`` ends every wait at once: a thread has failed, and nobody will use the result.
    """
    return np.zeros(5 * _LINE, dtype=np.int64)


@intrinsic
def _atomic_add(typingctx, state, slot, value):
    """Add to ``state[slot]`` in one step for all threads and return what was there before."""

    def codegen(context, builder, sig, args):
        array = context.make_array(sig.args[0])(context, builder, args[0])
        return builder.atomic_rmw("add", builder.gep(array.data, [args[1]]), args[2], "seq_cst")

    return types.int64(state, types.int64, types.int64), codegen


@intrinsic
def _atomic_load(typingctx, state, slot):
    """Return ``state[slot]`` as other threads last wrote it."""

    def codegen(context, builder, sig, args):
        array = context.make_array(sig.args[0])(context, builder, args[0])
        return builder.load_atomic(builder.gep(array.data, [args[1]]), "seq_cst", 8)

    return types.int64(state, types.int64), codegen


@intrinsic
def _give_way(typingctx):
    """Let another thread have the core."""
    name = "SwitchToThread" if sys.platform == "win32" else "sched_yield"

    def codegen(context, builder, sig, args):
        function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(ir.IntType(32), []), name)
        builder.call(function, [])
        return context.get_dummy_value()

    return types.void(), codegen


@internal
def wait(state, n_threads):
    """Return when all ``n_threads`` threads have called this; what they wrote before is then seen by all."""
    if n_threads == 1:
        return
    generation = _atomic_load(state, GENERATION)
    if _atomic_add(state, ARRIVED, 1) == n_threads - 1:
        _atomic_add(state, ARRIVED, -n_threads)
        _atomic_add(state, GENERATION, 1)
        return
    spins = 0
    while _atomic_load(state, GENERATION) == generation:
        if _atomic_load(state, ABORT):
            return
        spins += 1
        if spins > _SPINS:
            _give_way()


@internal
def decide(state):
    """Copy ``STOP`` to ``DECISION``; called by one thread before a wait, so that all then decide alike."""
    state[DECISION] = _atomic_load(state, STOP)
