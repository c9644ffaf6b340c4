"""The way into the command line, which is there even where the extra that it needs is not."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from onelayer.cli.exit_status import FAILURE
from onelayer.errors import MissingDependencyError, optional_dependency


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    Parameters
    ----------
    arguments : sequence of str or None
        What follows the program's name; None takes it from ``sys.argv``.

    Returns
    -------
    int
        0 success, 1 an error, 2 a wrong use of the command line, 3 training diverged, 130 interrupted.

    Examples
    --------
    >>> main(["datasets", "path", "--help"])
    Usage: onelayer datasets path [OPTIONS] NAME
    ...
    0
    """
    try:
        optional_dependency("click", "app")
    except MissingDependencyError as error:
        print(f"Error: {error}", file=sys.stderr)
        return FAILURE
    if arguments is None:  # scikit-learn imports pandas where it is installed, and scipy.stats: a second each
        from onelayer.cli.deferred import Deferred
        from onelayer.cli.withheld import Withheld

        sys.meta_path[:0] = [Withheld("pandas"), Deferred("scipy.stats")]
    from onelayer.cli.program import run

    return run(sys.argv[1:] if arguments is None else list(arguments))
