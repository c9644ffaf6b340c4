"""Which loss or solver an option of the training belongs to; given with another it is refused, not ignored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from onelayer.cli.options import asked
from onelayer.cli.table_options import PREPARATION, READING
from onelayer.cli.training_options import TRAINING

SGD = ("epochs", "batch_size", "learning_rate", "schedule", "momentum", "early_stopping")

OWNERS: dict[str, tuple[str, str]] = {
    "delta": ("loss", "huber"),
    "scale": ("loss", "huber"),
    "quantile": ("loss", "quantile"),
    "calibrate": ("loss", "cross-entropy"),
    "max_iter": ("solver", "newton or lbfgs"),
    "tol": ("solver", "newton or lbfgs"),
    **dict.fromkeys(SGD, ("solver", "sgd")),
}
"""Parameter to the option that it belongs to and the value, or values, of that."""

_LOSSES = {None: ("squared", "cross-entropy"), "auto": ("squared", "absolute", "huber")}
"""The losses that there may be where --loss does not name one."""

_USUAL_SOLVER = {"squared": "closed_form", "cross-entropy": "lbfgs"}


def check_owners(context: click.Context, given: Mapping[str, Any], implementation: str) -> None:
    """Refuse options that would have no effect, and a solver that does not solve each loss which there may be.

    Parameters
    ----------
    context : click.Context
        Knows which options were given.
    given : mapping
        The options of ``onelayer fit``.
    implementation : str

    Raises
    ------
    click.UsageError
    """
    losses = _LOSSES.get(given["loss"], (given["loss"],))
    if given["loss"] == "auto" and given["solver"] not in ("auto", "sgd"):
        raise click.UsageError(
            f"--loss auto may choose a loss that --solver {given['solver']} does not solve; leave --solver out",
            context,
        )
    here = {"loss": losses, "solver": _solvers(context, given, losses, implementation)}
    for name, (option, owner) in OWNERS.items():
        if asked(context, name) and not set(owner.split(" or ")) & set(here[option]):
            raise _refusal(name, here[option], context)


def check_calibrates(given: Mapping[str, Any], loss: str) -> None:
    """Refuse a calibration of what turned out to have no probabilities, where --loss did not name the loss.

    Raises
    ------
    click.UsageError
    """
    if given["calibrate"] is not None and loss != OWNERS["calibrate"][1]:
        raise _refusal("calibrate", (loss,))


def _refusal(name: str, here: tuple[str, ...], context: click.Context | None = None) -> click.UsageError:
    """Return the error that says to whom a parameter belongs, and what is here instead."""
    option, owner = OWNERS[name]
    return click.UsageError(
        f"{TRAINING[name]['flags'][0]} belongs to --{option} {owner}, and the {option} here is "
        f"{' or '.join(here)}; leave it out",
        context,
    )


def asks_for_sgd(context: click.Context) -> bool:
    """Return whether an option of sgd is given."""
    return any(asked(context, name) for name in SGD)


def refuse_table_options(context: click.Context, source_name: str) -> None:
    """Refuse options that speak of columns where there are none."""
    for name in (*PREPARATION, *READING):
        if asked(context, name):
            flag = {**PREPARATION, **READING}[name]["flags"][0].partition("/")[0]
            raise click.UsageError(
                f"{flag} is for tables, and {source_name} is no CSV or Parquet file", context
            )


def _solvers(
    context: click.Context, given: Mapping[str, Any], losses: tuple[str, ...], implementation: str
) -> tuple[str, ...]:
    """Return the solvers that there may be."""
    if given["solver"] != "auto":
        return (given["solver"],)
    if asks_for_sgd(context) or implementation != "fast":
        return ("sgd",)
    return tuple(dict.fromkeys(_USUAL_SOLVER.get(loss, "newton") for loss in losses))
