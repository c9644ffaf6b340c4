"""The numbers and words of a summary as people read them, the same in plain text and in HTML."""

from __future__ import annotations

import math
from collections.abc import Iterator

from onelayer.inference.coefficient_table import INTERCEPT
from onelayer.inference.summary import FIGURES, Coefficients, OutputSummary, Summary
from onelayer.languages import texts

_SMALLEST_P = 1e-4
_COLUMNS = ("coefficient", "standard_error", "t", "p", "low", "high", "variance_inflation")


def words(lang: str) -> dict[str, str]:
    """Return the words of a summary in a language."""
    return texts("onelayer.inference.texts", lang)


def title(summary: Summary, output: OutputSummary, lang: str) -> str:
    """Return the heading of one output."""
    t = words(lang)
    return t["title"].format(method=t[summary.loss], name=output.name)


def figures(summary: Summary, output: OutputSummary, lang: str) -> list[tuple[str, str]]:
    """Return labels with values: what the fit was made of, and how good it is."""
    t = words(lang)
    made_of = [
        (t["n_rows"], f"{summary.n_rows:,}"),
        (t["df_model"], f"{summary.df_model:,}"),
        (t["df_resid"], f"{summary.df_resid:,}"),
        (t["covariance"], t.get(summary.covariance, summary.covariance)),
    ]
    known = (("condition", summary.condition), ("gap", summary.gap))
    made_of += [(t[key], f"{value:.3g}") for key, value in known if not math.isnan(value)]
    return made_of + [(t[key], _figure(key, output.figures[key])) for key in FIGURES if key in output.figures]


def header(summary: Summary, table: Coefficients, lang: str) -> list[str]:
    """Return the heads of the columns of a table, the name's first."""
    t, percent = words(lang), f"{100 * summary.level:.4g}"
    return ["", *(t[key].format(percent=percent) for key in _shown(table))]


def body(table: Coefficients, lang: str) -> Iterator[list[str]]:
    """Yield the rows of a table, the name first; what has the unit of a coefficient has the decimals of its error."""
    shown = _shown(table)
    for i, name in enumerate(table.names):
        row = {key: float(getattr(table, key)[i]) for key in shown}
        error = row.get("standard_error", math.nan)
        unit = error if math.isfinite(error) else None
        first = words(lang)["intercept"] if (i, name) == (0, INTERCEPT) else name
        yield [first, *(_cell(key, value, unit) for key, value in row.items())]


def notes(summary: Summary, lang: str) -> list[str]:
    """Return the remarks in a language."""
    return [note.text(lang) for note in summary.notes]


def significant(value: float, unit: float | None = None) -> str:
    """Write a number with five significant digits, or with the decimals that show four of a unit.

    Examples
    --------
    >>> [significant(value) for value in (1234567.8, 3.14159265, 0.00012345678, -1.5e-9, 0.0, float("nan"))]
    ['1,234,568', '3.1416', '0.00012346', '-1.5000e-09', '0', '']
    >>> significant(1234.56784, unit=0.1)
    '1,234.5678'
    """
    if math.isnan(value):
        return ""
    if value == 0 or math.isinf(value):
        return f"{value:g}"
    size, digits = (abs(unit), 4) if unit else (abs(value), 5)
    power = math.floor(math.log10(float(f"{size:.{digits - 1}e}")))
    plain = power > -5 and abs(value) < 1e9
    return f"{value:,.{max(0, digits - 1 - power)}f}" if plain else f"{value:.{digits - 1}e}"


def probability(value: float) -> str:
    """Write a probability with four decimals, or as below the least that these can show.

    Examples
    --------
    >>> probability(0.03), probability(1e-9)
    ('0.0300', '<0.0001')
    """
    if math.isnan(value):
        return ""
    return f"{value:.4f}" if value >= _SMALLEST_P else f"<{_SMALLEST_P:.4f}"


def two_places(value: float) -> str:
    """Write a number with two decimals; nothing for NaN.

    Examples
    --------
    >>> two_places(-12345.678), two_places(float("inf")), two_places(4e12)
    ('-12,345.68', 'inf', '4.00e+12')
    """
    if math.isnan(value):
        return ""
    return f"{value:.2e}" if 1e6 <= abs(value) < math.inf else f"{value:,.2f}"


def _shown(table: Coefficients) -> list[str]:
    """Return the columns that hold a value."""
    return [key for key in _COLUMNS if any(not math.isnan(value) for value in getattr(table, key))]


def _cell(key: str, value: float, unit: float | None) -> str:
    """Write a number of the table."""
    if key in ("t", "variance_inflation"):
        return two_places(value)
    return probability(value) if key == "p" else significant(value, unit)


def _figure(key: str, value: float) -> str:
    """Write a figure of the whole fit."""
    if key in ("r2", "adjusted_r2", "pseudo_r2"):
        return "" if math.isnan(value) else f"{value:.4f}"
    if key == "f_p":
        return probability(value)
    return two_places(value) if key in ("f", "log_likelihood", "aic", "bic") else significant(value)
