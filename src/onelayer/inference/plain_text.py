"""A summary as plain text in aligned columns."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from onelayer.inference import wording
from onelayer.inference.summary import OutputSummary, Summary

_WIDTH = 100
_GAP = 2
_LEAST_NAME = 12


def plain_text(summary: Summary, lang: str) -> str:
    """Return a summary as text of at most 100 columns, with a table for each output.

    Names too long for the table are cut in the middle. A Chinese character counts for two columns, as in terminals.
    """
    lines: list[str] = []
    for output in summary.outputs:
        lines += [*_output(summary, output, lang), ""]
    for note in wording.notes(summary, lang):
        lines += [*_wrapped(note), ""]
    return "\n".join(lines[:-1])


def _output(summary: Summary, output: OutputSummary, lang: str) -> Iterator[str]:
    """Yield the lines of one output."""
    table = output.coefficients
    rows = [wording.header(summary, table, lang), *wording.body(table, lang)]
    widths = [max(map(columns, cells)) for cells in zip(*rows, strict=True)]
    others = sum(widths[1:]) + _GAP * len(widths[1:])
    widths[0] = min(widths[0], max(_LEAST_NAME, _WIDTH - others))
    figures = wording.figures(summary, output, lang)
    half = (len(figures) + 1) // 2
    pairs = _beside(figures[:half]), _beside(figures[half:])
    total = max(widths[0] + others, sum(columns(pair[0]) for pair in pairs) + 2 * _GAP)
    yield shortened(wording.title(summary, output, lang), total)
    yield "─" * total
    for first, second in zip_longest(*pairs, fillvalue=""):
        yield (first + " " * (total - columns(first) - columns(second)) + second).rstrip()
    yield "─" * total
    for i, (name, *cells) in enumerate(rows):
        name = shortened(name, widths[0])
        line = name + " " * (widths[0] - columns(name))
        for cell, width in zip(cells, widths[1:], strict=True):
            line += " " * (_GAP + width - columns(cell)) + cell
        yield line.rstrip()
        if i == 0:
            yield "─" * total
    yield "─" * total


def _beside(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """Return labels with their values, the former flush left and the latter flush right."""
    width = max(columns(label) + _GAP + columns(value) for label, value in pairs)
    label_width = max(columns(label) for label, _ in pairs)
    width = max(width, label_width + _GAP + max(columns(value) for _, value in pairs))
    return [label + " " * (width - columns(label) - columns(value)) + value for label, value in pairs]


def columns(text: str) -> int:
    """Return how many columns of a terminal a text takes.

    Examples
    --------
    >>> columns("R²"), columns("标准误")
    (2, 6)
    """
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def shortened(text: str, width: int) -> str:
    """Return a text of at most so many columns, with an ellipsis in the place of its middle.

    Examples
    --------
    >>> shortened("distance_to_the_city_centre", 15), shortened("距离市中心的公里数", 11)
    ('distanc…_centre', '距离…公里数')
    """
    if columns(text) <= width:
        return text
    start, end = 0, len(text)
    while columns(text[: start + 1]) <= (width - 1) - (width - 1) // 2:
        start += 1
    while columns(text[:start]) + 1 + columns(text[end - 1 :]) <= width:
        end -= 1
    return f"{text[:start]}…{text[end:]}"


def _wrapped(note: str) -> list[str]:
    """Return a remark in lines of the text's width, broken at spaces and between Chinese characters."""
    lines = [""]
    for piece in re.findall(r"[\u2e80-\uffff][，。；：、）]*|[^\s\u2e80-\uffff]+[，。；：、）]*|\s", note):
        if columns((lines[-1] + piece).rstrip()) > _WIDTH:
            lines.append("")
        lines[-1] += piece
    return [line.strip() for line in lines]
