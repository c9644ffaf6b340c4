"""``onelayer``: the commands, and how each kind of failure ends.

Exit status: 0 success, 1 an error, 2 a wrong use of the command line, 3 training diverged, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
import traceback
import warnings
from contextlib import ExitStack, redirect_stderr
from typing import TextIO

import click

from onelayer.cli.course import course
from onelayer.cli.datasets import datasets
from onelayer.cli.evaluate import evaluate
from onelayer.cli.exit_status import DIVERGED, FAILURE, INTERRUPTED, SUCCESS, WRONG_USE
from onelayer.cli.fit import fit
from onelayer.cli.inspect import inspect
from onelayer.cli.predict import predict
from onelayer.cli.report import report
from onelayer.cli.search import search
from onelayer.cli.wording import in_flags
from onelayer.errors import DivergenceError, OnelayerError


@click.group(
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(package_name="onelayer", message="%(package)s %(version)s")
@click.pass_context
def program(context: click.Context) -> None:
    """The single-layer neural network: linear and softmax regression, fast, exact and calibrated.

    \b
    onelayer fit fashion-mnist                  train, leave a model file and a page of pictures
    onelayer evaluate fashion-mnist.onelayer fashion-mnist

    Results go to standard output, progress and messages to standard error. Exit status: 0 success, 1 an
    error, 2 a wrong use of the command line, 3 training diverged, 130 interrupted (a fit keeps what it has).
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


for command in (fit, search, evaluate, predict, inspect, report, datasets, course):
    program.add_command(command)


def run(arguments: list[str]) -> int:
    """Run a command, with each warning as one line, and return its exit status."""
    if sys.stdout is None:
        return _fail("standard output is closed", FAILURE)
    with ExitStack() as stack:
        if sys.stderr is None:
            stack.enter_context(redirect_stderr(stack.enter_context(open(os.devnull, "w"))))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = _Warnings().show
        return _run(arguments)


def _run(arguments: list[str]) -> int:
    """Run a command and turn its failure into one line and an exit status."""
    said = str if arguments[:1] == ["course"] else in_flags  # the course's parameters are no options
    try:
        with program.make_context("onelayer", arguments) as context:
            program.invoke(context)
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "onelayer"
        return _fail(f"{error.format_message().rstrip('.')} (see '{command} --help')", WRONG_USE)
    except DivergenceError as error:
        return _fail(said(str(error)), DIVERGED)
    except OnelayerError as error:
        return _fail(said(str(error)), FAILURE)
    except (KeyboardInterrupt, click.Abort):
        return _fail("interrupted; nothing was written", INTERRUPTED)
    except BrokenPipeError:
        # Whoever read standard output has seen enough: `onelayer predict … | head`.
        _discard_output()
    except OSError as error:
        if error.filename is None:
            _discard_output()
        return _fail(f"{error.filename or 'standard output'}: {error.strerror or error}", FAILURE)
    except MemoryError as error:
        return _fail(f"not enough memory ({error})" if str(error) else "not enough memory", FAILURE)
    except Exception as error:
        if os.environ.get("ONELAYER_DEBUG") == "1":
            traceback.print_exc()
        return _fail(
            f"this should not happen, please report it ({type(error).__name__}: {error}); "
            "ONELAYER_DEBUG=1 shows where it happened",
            FAILURE,
        )
    return SUCCESS


def _fail(message: str, status: int) -> int:
    """Write one line to standard error."""
    click.echo(f"Error: {' '.join(message.split())}", err=True)
    return status


class _Warnings:
    """Shows each warning of a command once, as one line, without the place in the code that it comes from."""

    def __init__(self) -> None:
        self._shown: set[str] = set()

    def show(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        """Write a warning to standard error, unless it has been shown."""
        text = in_flags(" ".join(str(message).split()))
        if text not in self._shown:
            self._shown.add(text)
            click.echo(f"Warning: {text}", err=True)


def _discard_output() -> None:
    """Send to nowhere what Python would still try to write to a closed standard output when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
