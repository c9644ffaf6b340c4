"""A suite: parts that measure, and the page that they make together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Results = dict[str, Any]


@dataclass(frozen=True)
class Suite:
    """Measurements that go together.

    Attributes
    ----------
    name : str
        What the command line calls it.
    stems : (str, str)
        Names of its files in ``results/``, of a whole run and of a quick one.
    parts : callable
        ``parts(quick)`` returns the parts of a run by name, in order; each puts what it measures into the results.
    versions : callable
        Returns the versions of the packages that took part in results.
    page : callable
        Returns results as Markdown.
    summary : callable
        Returns the figures to reach, for the JSON file.
    """

    name: str
    stems: tuple[str, str]
    parts: Callable[[bool], dict[str, Callable[[Results], None]]]
    versions: Callable[[Results], dict[str, str]]
    page: Callable[[Results], str]
    summary: Callable[[Results], dict[str, Any]]
