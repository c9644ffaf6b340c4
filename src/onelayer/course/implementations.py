"""The three implementations of training behind one call: the compiled loop, from scratch, and concisely."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from numpy.typing import ArrayLike

from onelayer.errors import InvalidParameterError, optional_dependency
from onelayer.estimators.single_layer import SingleLayer
from onelayer.solvers.events import Callback, Epoch
from onelayer.solvers.fused import FusedLoop
from onelayer.solvers.loop import Loop

IMPLEMENTATIONS = ("fast", "scratch", "concise")

Model = TypeVar("Model", bound=SingleLayer)


def check_installed(implementation: str) -> None:
    """Refuse an implementation that is not known or cannot run here.

    Raises
    ------
    InvalidParameterError
        There is none of this name.
    MissingDependencyError
        It needs PyTorch, which is not installed.

    Examples
    --------
    >>> check_installed("fast")
    >>> check_installed("quick")
    Traceback (most recent call last):
    ...
    onelayer.errors.InvalidParameterError: implementation='quick': expected 'fast', 'scratch' or 'concise'
    """
    if implementation not in IMPLEMENTATIONS:
        raise InvalidParameterError(
            f"implementation={implementation!r}: expected 'fast', 'scratch' or 'concise'"
        )
    if implementation != "fast":
        optional_dependency("torch", "torch")


def fit(
    model: Model,
    X: ArrayLike,
    y: ArrayLike,
    *,
    implementation: str = "fast",
    X_val: ArrayLike | None = None,
    y_val: ArrayLike | None = None,
    callbacks: Sequence[Callback | Callable[[Epoch], bool | None]] = (),
) -> Model:
    """Train a model with one of the implementations.

    From the same data, the same start and the same ``random_state`` all three come to the same parameters, up to
    rounding. The outcome is an ordinary model; ``training_["implementation"]`` says who trained it.

    Parameters
    ----------
    model : SoftmaxRegression or LinearRegression
    X, y, X_val, y_val, callbacks
        As for ``model.fit``.
    implementation : {"fast", "scratch", "concise"}
        The compiled loop, the functions of ``onelayer.course.scratch``, or those of ``onelayer.course.concise``.

    Returns
    -------
    model
        The same, fitted.

    Raises
    ------
    InvalidParameterError
        An implementation that there is none of, or what the course does not have: weights of rows or classes, and
        from scratch momentum.
    MissingDependencyError
        PyTorch is not installed.
    InvalidDataError, DivergenceError
        As from ``model.fit``.

    Notes
    -----
    "scratch" and "concise" hold a copy of X in floating point.

    Examples
    --------
    >>> import numpy as np
    >>> from onelayer import LinearRegression
    >>> X = np.linspace(0, 1, 100)[:, None]
    >>> y = 2 * X[:, 0] + 1
    >>> fits = [fit(LinearRegression(random_state=0), X, y, implementation=name) for name in IMPLEMENTATIONS]
    >>> [model.coef_.round(3).tolist() for model in fits] == [fits[0].coef_.round(3).tolist()] * 3
    True
    >>> [model.training_["implementation"] for model in fits]
    ['fast', 'scratch', 'concise']
    """
    return model._fit(X, y, X_val=X_val, y_val=y_val, callbacks=callbacks, loop=_loop(implementation))


def _loop(implementation: str) -> type[Loop]:
    """Return the loop of an implementation."""
    check_installed(implementation)
    if implementation == "fast":
        return FusedLoop
    from onelayer.course.loops import ConciseLoop, ScratchLoop

    return {"scratch": ScratchLoop, "concise": ConciseLoop}[implementation]
