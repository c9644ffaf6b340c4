"""Which columns depend on which, and the warnings that say so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_SHOWN = 5  # relations that a message spells out
_TERMS = 8  # columns of a relation that it spells out


@dataclass(frozen=True)
class Dependency:
    """A column that others determine: x_column = Σ factor·x_k + constant, to rounding.

    Attributes
    ----------
    column : int
    factors : dict of int to float
        Column to factor; empty for a constant column.
    constant : float
        0 without an intercept.

    Examples
    --------
    >>> Dependency(2, {0: 1.0, 1: -2.5}, 0.0).relation(["length", "width", "girth"])
    'girth = length - 2.5·width'
    >>> Dependency(0, {}, 7.0).relation(["floors"])
    'floors = 7 in every row'
    """

    column: int
    factors: dict[int, float]
    constant: float

    def relation(self, names: Sequence[str]) -> str:
        """Return the relation in words, with the names of the columns."""
        if not self.factors:
            return f"{names[self.column]} = {self.constant:.6g} in every row"
        if len(self.factors) > _TERMS:
            return f"{names[self.column]} = a combination of {len(self.factors)} other columns"
        text = ""
        for k, factor in self.factors.items():
            size = "" if abs(abs(factor) - 1) < 1e-9 else f"{abs(factor):.6g}·"
            text += (" - " if factor < 0 else " + ") + size + names[k]
        if self.constant:
            text += (" - " if self.constant < 0 else " + ") + f"{abs(self.constant):.6g}"
        return f"{names[self.column]} = " + ("-" + text[3:] if text.startswith(" - ") else text[3:])


def rank_message(
    dependencies: Sequence[Dependency], names: Sequence[str], rank: int, n_rows: int, fit_intercept: bool
) -> str:
    """Return what a ``RankWarning`` says: how many columns depend on others, and how.

    Examples
    --------
    >>> rank_message([Dependency(1, {0: 2.0}, 0.0)], ["a", "b"], 1, 9, True)
    '1 of 2 columns depends on others (b = 2·a), so many coefficients fit alike: those of least norm are returned; \
drop the column, or give alpha > 0'
    """
    p, missing = len(names), len(names) - rank
    if n_rows - fit_intercept < p:
        return (
            f"{p} columns and only {n_rows} rows: many coefficients fit alike, and those of least norm are returned; "
            f"give more rows or alpha > 0"
        )
    shown = "; ".join(dependency.relation(names) for dependency in dependencies[:_SHOWN])
    more = f"; and {missing - _SHOWN} more" if missing > _SHOWN else ""
    verb, these = ("depends", "the column") if missing == 1 else ("depend", "these columns")
    return (
        f"{missing} of {p} columns {verb} on others ({shown}{more}), so many coefficients fit alike: those of least "
        f"norm are returned; drop {these}, or give alpha > 0"
    )


def condition_message(condition: float, weakest: int, names: Sequence[str], resolution: float) -> str:
    """Return what a ``ConditionWarning`` says: how near the columns are to depending on each other, and which does.

    Examples
    --------
    >>> condition_message(3e7, 1, ["a", "b"], 2.0**-23)
    'the columns depend on each other but for the rounding of their values (condition number 3e+07, float32 resolves \
8e+06), b the most: coefficients are exact for the numbers as given but mean little; drop b, or give X as float64'
    """
    number = "float32" if resolution > 1e-10 else "float64"
    advice = ", or give X as float64" if number == "float32" else ", or give alpha > 0"
    return (
        f"the columns depend on each other but for the rounding of their values (condition number {condition:.2g}, "
        f"{number} resolves {1 / resolution:.1g}), {names[weakest]} the most: coefficients are exact for the numbers "
        f"as given but mean little; drop {names[weakest]}{advice}"
    )
