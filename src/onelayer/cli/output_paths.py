"""The files that a command is to write: none of them may be one that it reads, and each must be writable."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from itertools import combinations
from pathlib import Path

import click


def check_outputs(outputs: Mapping[str, Path | None], inputs: Mapping[str, Iterable[Path]]) -> None:
    """Refuse outputs that are one file with an input or with each other, or could not be written.

    Parameters
    ----------
    outputs : mapping
        Option to the file that it names, or None where there is nothing to write.
    inputs : mapping
        Argument or option to the files that are read for it.

    Raises
    ------
    click.UsageError
        Two are the same file, by whatever path or link.
    OutputError
        One could not be written.
    """
    from onelayer.output_file import check_writable

    named = {flag: path for flag, path in outputs.items() if path is not None}
    context = click.get_current_context()
    for flag, path in named.items():
        for argument, files in inputs.items():
            for file in files:
                if _same(path, file):
                    raise click.UsageError(
                        f"{flag} {path} would replace {file}, which is read for {argument}; name another file",
                        context,
                    )
    for (flag, path), (other, other_path) in combinations(named.items(), 2):
        if _same(path, other_path):
            raise click.UsageError(f"{flag} and {other} both name {path}", context)
    for path in named.values():
        check_writable(path)


def _same(path: Path, other: Path) -> bool:
    """Return whether two paths lead to one file, also where there is none yet."""
    try:
        return os.path.samefile(path, other)
    except OSError:
        return os.path.realpath(path) == os.path.realpath(other)
