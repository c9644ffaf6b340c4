"""How numbers are written in the report."""

from __future__ import annotations

import math


def percent(share: float) -> str:
    """Write a share with one decimal, never rounding to certainty.

    Examples
    --------
    >>> percent(0.8415), percent(0.99999), percent(0.00001), percent(1.0), percent(float("nan"))
    ('84.2%', '>99.9%', '<0.1%', '100%', '–')
    """
    if math.isnan(share):
        return "–"
    if share in (0.0, 1.0):
        return f"{share:.0%}"
    if share > 0.9995:
        return ">99.9%"
    return "<0.1%" if share < 0.0005 else f"{share:.1%}"


def significant(value: float | None, digits: int = 4) -> str:
    """Write a number with so many significant digits, and a dash for none.

    Examples
    --------
    >>> significant(0.446881), significant(1234567.8), significant(None), significant(math.inf), significant(0.9996, 3)
    ('0.4469', '1,235,000', '–', '∞', '1.00')
    """
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if value == 0 or not 1e-4 <= abs(value) < 1e9:
        return f"{value:.{digits}g}"
    rounded = float(f"{value:.{digits - 1}e}")  # 0.9996 is 1.00 in three digits, and not 1.000
    decimals = digits - 1 - math.floor(math.log10(abs(rounded)))
    return f"{rounded:,.{max(decimals, 0)}f}"


def decimals(value: float | None, places: int = 4) -> str:
    """Write a number with so many decimals, and a dash for none.

    Examples
    --------
    >>> decimals(0.84), decimals(None)
    ('0.8400', '–')
    """
    return "–" if value is None or math.isnan(value) else f"{value:,.{places}f}"


def interval_text(low: float, high: float, digits: int = 3) -> str:
    """Write the ends of an interval, and a dash for none.

    Examples
    --------
    >>> interval_text(-1.25, 3.5), interval_text(float("nan"), 1.0)
    ('-1.25 … 3.50', '–')
    """
    if math.isnan(low) or math.isnan(high):
        return "–"
    return f"{significant(low, digits)} … {significant(high, digits)}"


def p_value(p: float) -> str:
    """Write a probability of chance, never as zero.

    Examples
    --------
    >>> p_value(0.0312), p_value(0.00042), p_value(1e-30), p_value(float("nan"))
    ('0.031', '<0.001', '<0.001', '–')
    """
    if math.isnan(p):
        return "–"
    return "<0.001" if p < 0.001 else f"{p:.3f}"
