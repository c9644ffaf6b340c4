"""Figures for a page: matplotlib in the colours of the report, as SVG that follows the page from light to dark.

A figure is drawn with fixed colours, each of which stands for a variable of the page's style sheet and is replaced by
it in the SVG. Text stays text, so that the reader's fonts, Chinese ones too, show it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import AbstractContextManager
from io import StringIO
from typing import TYPE_CHECKING, Any

from onelayer.course.book.page import Drawing
from onelayer.course.book.scientific import power_of_ten
from onelayer.errors import optional_dependency
from onelayer.fonts import boxes_allowed
from onelayer.plots import colors

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 4.8, 3.0
BLUE, VERMILION, GREEN, PURPLE = colors.BLUE, colors.VERMILION, "#009E73", "#CC79A7"
INK, SOFT, RULE, PAPER = "#1c1d1f", "#5c6166", "#e4e3dd", "#fdfdfb"
SERIES = (BLUE, VERMILION, GREEN, PURPLE, SOFT)
MARKERS = ("o", "s", "^", "D", "v")
STYLES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.2)), (0, (5, 1.5, 1, 1.5)), "-")

_VARIABLES = {
    BLUE: "right",
    VERMILION: "wrong",
    GREEN: "third",
    PURPLE: "fourth",
    INK: "ink",
    SOFT: "soft",
    RULE: "rule",
    PAPER: "paper",
}
_THEME = {
    "svg.fonttype": "none",
    "font.size": 10.0,
    "axes.titlesize": 10.0,
    "axes.labelsize": 10.0,
    "xtick.labelsize": 9.2,
    "ytick.labelsize": 9.2,
    "legend.fontsize": 9.2,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.edgecolor": SOFT,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "grid.color": RULE,
    "grid.linewidth": 0.8,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelcolor": SOFT,
    "ytick.labelcolor": SOFT,
    "figure.facecolor": "none",
    "figure.edgecolor": "none",
    "savefig.facecolor": "none",
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "lines.markersize": 4.5,
    "patch.edgecolor": PAPER,
    "image.interpolation": "nearest",
}
_WIDE = 420  # points; a wider drawing scrolls on a narrow screen rather than shrink
_FONT = re.compile(
    r"font-family: ?[^;\"]+;?|"
    r"font: (?P<rest>[^;\"]*?) ?(?:'[^']*'|[A-Za-z-]+)(?:, ?(?:'[^']*'|[A-Za-z -]+))*(?=[;\"])"
)
# what matplotlib writes that a page with several drawings must not have: styles for all, names of groups, empty lines
_NOISE = re.compile(
    r"\s*<metadata>.*?</metadata>|\s*<style.*?</style>|(?<=<g) id=\"[^\"]*\"|\n\s*(?=\n)", re.DOTALL
)


def themed() -> AbstractContextManager[None]:
    """Return a context in which figures are drawn in the page's style."""
    return optional_dependency("matplotlib", "app").rc_context(
        {**_THEME, "axes.prop_cycle": optional_dependency("cycler", "app").cycler(color=SERIES)}
    )


def figure(
    n_rows: int = 1, n_columns: int = 1, *, width: float = WIDTH, height: float = HEIGHT, **options: Any
) -> tuple[Figure, Any]:
    """Return a new figure and its axes, as ``pyplot.subplots`` does, without pyplot's list of open figures.

    The default size suits one of two drawings side by side; text is legible when it shrinks to 360 pixels. Wider ones
    are for what needs the room.
    """
    drawn = optional_dependency("matplotlib.figure", "app").Figure(
        figsize=(width, height), layout="constrained"
    )
    return drawn, drawn.subplots(n_rows, n_columns, **options)


def log_ticks(*axes: Axis) -> None:
    """Write the ticks of logarithmic axes as 10⁻³, in plain text."""
    ticker = optional_dependency("matplotlib.ticker", "app")

    def power(value: float, _: int) -> str:
        exponent = f"{value:.0e}".partition("e")
        text = power_of_ten(int(exponent[2]))
        return text if exponent[0] == "1" else ""

    for axis in axes:
        axis.set_major_formatter(ticker.FuncFormatter(power))
        axis.set_minor_formatter(ticker.NullFormatter())


def image_grid(images: Iterable[Any], captions: Iterable[str], *, columns: int, width: float = 9.4) -> Figure:
    """Return a figure of grey images, dark on light, each with a caption above it."""
    pairs = list(zip(images, captions, strict=True))
    n_rows = -(-len(pairs) // columns)
    drawn, axes = figure(
        n_rows, columns, width=width, height=n_rows * (width / columns + 0.32), squeeze=False
    )
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, (image, caption) in zip(axes.flat, pairs, strict=False):
        axis.imshow(image, cmap="gray_r", vmin=0, vmax=255)
        axis.set_title(caption, fontsize=8.5)
    return drawn


def svg(drawing: Drawing, name: str) -> str:
    """Return a drawing as an SVG element for a page; ``name`` tells it from the others of the page."""
    buffer = StringIO()
    matplotlib = optional_dependency("matplotlib", "app")
    with matplotlib.rc_context({**_THEME, "svg.hashsalt": name}), boxes_allowed():
        drawing.figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    for color, variable in _VARIABLES.items():
        text = re.sub(color, f"var(--{variable})", text, flags=re.IGNORECASE)
    text = _FONT.sub(lambda match: f"font: {match['rest']} var(--sans)" if match["rest"] else "", text)
    head = re.match(r"<svg[^>]*viewBox=\"(?P<box>0 0 (?P<width>[\d.]+) [\d.]+)\"[^>]*>", text)
    assert head is not None
    label = drawing.description.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    look = "drawing wide" if float(head["width"]) > _WIDE else "drawing"
    opening = (
        f'<svg class="{look}" viewBox="{head["box"]}" role="img" aria-label="{label}" '
        'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
    )
    return opening + _NOISE.sub("", text[head.end() :]).strip()


def label_axes(axes: Axes, x: str, y: str) -> None:
    """Name the axes; the vertical one above its end, where it reads without turning the head."""
    axes.set_xlabel(x, loc="right")
    axes.set_title(y, loc="left")
