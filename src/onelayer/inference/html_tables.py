"""A summary as HTML tables, for notebooks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from onelayer.inference import wording
from onelayer.inference.summary import OutputSummary, Summary

_NUMBER = ' style="text-align: right"'
_NAME = ' style="text-align: left"'


def html_tables(summary: Summary, lang: str) -> str:
    """Return a summary as HTML: for each output a heading, its figures, and the table of coefficients."""
    parts = [_output(summary, output, lang) for output in summary.outputs]
    parts += [f"<p>{escape(note)}</p>" for note in wording.notes(summary, lang)]
    return f'<div lang="{lang}">' + "".join(parts) + "</div>"


def _output(summary: Summary, output: OutputSummary, lang: str) -> str:
    """Return one output."""
    table = output.coefficients
    caption = f"<caption>{escape(wording.title(summary, output, lang))}</caption>"
    head = _row("th", wording.header(summary, table, lang))
    return (
        f"<table>{caption}<tbody>{_rows(wording.figures(summary, output, lang))}</tbody></table>"
        f"<table><thead>{head}</thead><tbody>{_rows(wording.body(table, lang))}</tbody></table>"
    )


def _rows(rows: Iterable[Sequence[str]]) -> str:
    return "".join(_row("td", row) for row in rows)


def _row(tag: str, cells: Sequence[str]) -> str:
    """Return a row whose first cell is a name and whose others are numbers."""
    name, *numbers = cells
    inner = (
        f'<th scope="row"{_NAME}>{escape(name)}</th>' if tag == "td" else f"<th{_NAME}>{escape(name)}</th>"
    )
    return f"<tr>{inner}{''.join(f'<{tag}{_NUMBER}>{escape(number)}</{tag}>' for number in numbers)}</tr>"
