"""What the parameters of a linear regression ask for: losses, weights of the penalty, and a solver."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from onelayer.errors import InvalidParameterError
from onelayer.estimators.sgd_parameters import asks_for_sgd
from onelayer.losses import Absolute, Huber, Quantile, Squared
from onelayer.losses.regression import RegressionLoss
from onelayer.solvers.fused import FusedLoop
from onelayer.solvers.loop import Loop
from onelayer.validation import check_choice, check_real

LOSSES = ("squared", "absolute", "huber", "quantile")
SOLVERS = ("auto", "closed_form", "newton", "sgd")

MOST_COLUMNS = 1 << 11
"""The columns of a sparse X up to which the closed form makes their square matrix."""


def several(value: object) -> bool:
    """Tell a list of numbers from a number.

    Examples
    --------
    >>> several(0.5), several([0.5]), several(np.array([0.1, 0.9])), several("auto")
    (False, True, True, False)
    """
    return isinstance(value, list | tuple) or np.ndim(value) > 0  # type: ignore[arg-type]


def losses_of(loss: object, delta: object, quantile: Any) -> tuple[RegressionLoss, ...]:
    """Return the losses to fit: one, or one for each quantile; δ of Huber's in units of the scale.

    Raises
    ------
    InvalidParameterError

    Examples
    --------
    >>> losses_of("quantile", 1.35, [0.1, 0.9])
    (Quantile(q=0.1), Quantile(q=0.9))
    """
    name = check_choice("loss", loss, LOSSES)
    if name == "huber":
        return (Huber(check_real("delta", delta, 0)),)
    if name != "quantile":
        return (Squared() if name == "squared" else Absolute(),)
    quantiles = quantile if several(quantile) else [quantile]
    losses = tuple(Quantile(check_real("quantile", q, 0, 1)) for q in quantiles)
    if not losses or len(set(losses)) < len(losses):
        raise InvalidParameterError(
            f"quantile={quantile!r}: expected a number between 0 and 1, or a list of different ones"
        )
    return losses


def alphas_of(alpha: Any) -> tuple[float, ...]:
    """Return the weights of the penalty to choose from, one where a number is given.

    Raises
    ------
    InvalidParameterError

    Examples
    --------
    >>> alphas_of([0, 0.5])
    (0.0, 0.5)
    """
    if not several(alpha):
        return (check_real("alpha", alpha, 0, low_included=True),)
    if not len(alpha):
        raise InvalidParameterError("alpha=[]: expected a finite number of at least 0, or a list of them")
    return tuple(check_real("alpha", each, 0, low_included=True) for each in alpha)


def solver_of(loss: object, solver: object, parameters: Mapping[str, Any], loop: type[Loop]) -> str:
    """Return the solver: the one asked for, else the exact one unless a parameter speaks of SGD.

    Parameters
    ----------
    loss, solver : str
    parameters : mapping
        Holds those of ``OF_SGD``.
    loop : type of Loop
        The implementation of the pass over the rows.

    Raises
    ------
    InvalidParameterError

    Examples
    --------
    >>> from onelayer.estimators.sgd_parameters import OF_SGD
    >>> solver_of("huber", "auto", OF_SGD, FusedLoop), solver_of("huber", "auto", {**OF_SGD, "epochs": 5}, FusedLoop)
    ('newton', 'sgd')
    """
    asked = check_choice("solver", solver, SOLVERS)
    exact = "closed_form" if loss == "squared" else "newton"
    if asked == "auto":
        return "sgd" if asks_for_sgd(parameters, loop) else exact
    if asked not in (exact, "sgd"):
        raise InvalidParameterError(
            f"solver={asked!r} does not solve the loss {loss!r}; expected 'auto', {exact!r} or 'sgd'"
        )
    if asked != "sgd" and loop is not FusedLoop:
        raise InvalidParameterError(f"solver={asked!r} has no other implementation than onelayer's own")
    return asked


def solver_of_sparse(asked: object, solver: str, n_features: int) -> str:
    """Return the solver for a sparse X in place of one that would have to fill it, if the choice was left to us.

    Parameters
    ----------
    asked : str
        The parameter.
    solver : str
        What ``solver_of`` has made of it.
    n_features : int

    Raises
    ------
    InvalidParameterError

    Examples
    --------
    >>> solver_of_sparse("auto", "closed_form", 100_000), solver_of_sparse("auto", "closed_form", 100)
    ('sgd', 'closed_form')
    """
    if solver == "sgd" or (solver == "closed_form" and n_features <= MOST_COLUMNS):
        return solver
    if asked == "auto":
        return "sgd"
    why = "reads every value of X" if solver == "newton" else "makes a square matrix of the columns"
    raise InvalidParameterError(
        f"solver={solver!r} {why}, and X is sparse with {n_features:,} columns; use solver='sgd', or give X.toarray()"
    )


def check_alpha_for(solver: str, alpha: Any) -> None:
    """Refuse several weights of the penalty where the solver does not choose one.

    Examples
    --------
    >>> check_alpha_for("closed_form", [0.0, 1.0])
    """
    if several(alpha) and solver != "closed_form":
        raise InvalidParameterError(
            f"alpha={alpha!r}: expected a finite number of at least 0; a list is for the solver 'closed_form'"
        )
