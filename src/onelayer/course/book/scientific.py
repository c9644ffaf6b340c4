"""Very large and very small numbers as people write them: 4.2 × 10⁻¹⁸."""

from __future__ import annotations

import math

from onelayer.report.numbers import significant

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def power_of_ten(exponent: int) -> str:
    """Write a power of ten.

    Examples
    --------
    >>> power_of_ten(-18)
    '10⁻¹⁸'
    """
    return f"10{str(exponent).translate(_SUPERSCRIPTS)}"


def scientific(value: float, digits: int = 2) -> str:
    """Write a number with so many significant digits, those far from 1 with a power of ten.

    Examples
    --------
    >>> scientific(4.248e-18), scientific(-3.4028e38, 3), scientific(2.5), scientific(-0.0), scientific(float("-inf"))
    ('4.2 × 10⁻¹⁸', '−3.40 × 10³⁸', '2.5', '0', '−inf')
    """
    if value == 0:
        return "0"
    if math.isnan(value):
        return "nan"
    if not math.isfinite(value) or 1e-4 <= abs(value) < 1e7:
        text = f"{value}" if math.isinf(value) else significant(value, digits)
        return text.replace("-", "−")
    mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    return f"{mantissa} × {power_of_ten(int(exponent))}".replace("-", "−")
