"""Markdown with formulas: CommonMark, tables, and LaTeX between dollars, which becomes MathML."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from onelayer.course.book.source_code import colored
from onelayer.errors import optional_dependency

if TYPE_CHECKING:
    from markdown_it import MarkdownIt


def html(text: str) -> str:
    """Return the HTML of a Markdown text.

    Examples
    --------
    >>> html("A *rate* of **0.1**.")
    '<p>A <em>rate</em> of <strong>0.1</strong>.</p>\\n'
    >>> "<msup><mi>x</mi><mn>2</mn></msup>" in html("$x^2$")
    True
    """
    return _parser().render(text)


@cache
def _parser() -> MarkdownIt:
    convert = optional_dependency("latex2mathml.converter", "app").convert
    dollars = optional_dependency("mdit_py_plugins.dollarmath", "app").dollarmath_plugin
    parser = optional_dependency("markdown_it", "app").MarkdownIt("commonmark", {"html": True})

    def formula(latex: str, options: dict[str, Any]) -> str:
        return convert(latex, display="block" if options["display_mode"] else "inline")

    parser.enable("table").use(dollars, renderer=formula, double_inline=False)
    parser.add_render_rule("fence", lambda _, tokens, index, *rest: colored(tokens[index].content))
    return parser
