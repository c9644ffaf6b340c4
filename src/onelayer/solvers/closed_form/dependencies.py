"""Which columns depend on which, and the warnings that say so."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

_SHOWN = 3  # relations that a message spells out
_TERMS = 4  # columns of a relation that it spells out
_ROUNDING = 1e-29  # relative error of the coefficients, as a multiple of the squared condition number


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
            f"{_count(p, 'column')} and only {_count(n_rows, 'row')}: many coefficients fit alike, and those of least "
            f"norm are returned; give more rows or alpha > 0"
        )
    shown = "; ".join(dependency.relation(names) for dependency in dependencies[:_SHOWN])
    more = f"; and {missing - _SHOWN} more" if missing > _SHOWN else ""
    verb, these = ("depends", "the column") if missing == 1 else ("depend", "these columns")
    return (
        f"{missing} of {_count(p, 'column')} {verb} on others ({shown}{more}), so many coefficients fit "
        f"alike: those of least norm are returned; drop {these}, or give alpha > 0"
    )


def condition_message(condition: float, weakest: int, names: Sequence[str], resolution: float) -> str:
    """Return what a ``ConditionWarning`` says: how near the columns are to depending on each other, and which does.

    Of float64, how many digits are left: by the rounding of the values of X, and by that of the equations.

    Examples
    --------
    >>> condition_message(3e7, 1, ["a", "b"], 2.0**-23)
    'the columns depend on each other but for the rounding of their values (condition number 3e+07, float32 resolves \
8e+06), b the most: coefficients are exact for the numbers as given but mean little; drop b, or give X as float64'
    >>> condition_message(2e12, 0, ["a", "b"], 2.0**-52)
    'the columns nearly depend on each other (condition number 2e+12), a the most: about 3 digits of the coefficients \
survive rounding; drop a, or give alpha > 0'
    """
    worst = names[weakest]
    if resolution > 1e-10:
        return (
            f"the columns depend on each other but for the rounding of their values (condition number {condition:.2g}, "
            f"float32 resolves {1 / resolution:.1g}), {worst} the most: coefficients are exact for the numbers as "
            f"given but mean little; drop {worst}, or give X as float64"
        )
    error = max(condition * resolution, _ROUNDING * condition**2)
    digits = max(0, math.floor(-math.log10(error)))
    return (
        f"the columns nearly depend on each other (condition number {condition:.2g}), {worst} the most: about "
        f"{_count(digits, 'digit')} of the coefficients {'survives' if digits == 1 else 'survive'} rounding; drop "
        f"{worst}, or give alpha > 0"
    )


def _count(number: int, noun: str) -> str:
    """Return a number of things in words."""
    return f"{number} {noun}" + ("" if number == 1 else "s")
