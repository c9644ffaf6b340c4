"""A figure to reach: what was asked, what a run measured, and whether it was reached."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One row of the table.

    Attributes
    ----------
    what, asked, measured : str
        The row, for people.
    met : bool
        Whether the measurement reaches what was asked.
    """

    what: str
    asked: str
    measured: str
    met: bool
