"""A page as one self-contained HTML document, made by running its experiment here and now."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onelayer.course.book import catalogue, drawing, markdown, source_code
from onelayer.course.book.page import AnyPage, Drawing
from onelayer.course.book.parameters import Parameter, Settings, settings
from onelayer.course.book.scientific import scientific
from onelayer.course.book.words import Words
from onelayer.errors import optional_dependency
from onelayer.kernels import threads
from onelayer.languages import texts
from onelayer.output_file import replacing
from onelayer.report.numbers import decimals, percent, significant
from onelayer.report.page import environment

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATES = ("onelayer.course.book", "onelayer.report")  # the report's style sheet is the course's too
_VERSIONS = ("onelayer", "numpy", "torch")


@dataclass(frozen=True)
class Finding:
    """A page whose experiment has been run.

    Attributes
    ----------
    name : str
    page : Page
    settings : Settings
    found : object
        What the experiment returned.
    seconds : float
        How long it took.
    """

    name: str
    page: AnyPage
    settings: Settings
    found: Any
    seconds: float


def run(name: str, assignments: Sequence[str] = ()) -> Finding:
    """Run the experiment of a page, with one thread for PyTorch.

    Parameters
    ----------
    name : str
    assignments : sequence of str
        Parameters to change, each ``name=value``.

    Raises
    ------
    InvalidParameterError
        An unknown page or parameter, or a value that is not allowed.
    MissingDependencyError
        PyTorch or a library of the extra ``app`` is not installed.
    """
    catalogue.check_name(name)
    check_installed()
    from onelayer.course.torch_threads import torch_threads

    page = catalogue.page(name)
    chosen = settings(page.parameters, assignments)
    began = time.perf_counter()
    with torch_threads(1):
        found = page.run(chosen)
    return Finding(name, page, chosen, found, time.perf_counter() - began)


def render(finding: Finding, lang: str = "en", *, linked: bool = False) -> str:
    """Return the HTML document of a page in one language.

    Parameters
    ----------
    finding : Finding
    lang : {"en", "zh"}
    linked : bool
        Whether to link to the other pages, which then lie beside it.
    """
    t, words = texts("onelayer.course.book.texts", lang), Words(lang)
    prose = catalogue.prose(finding.name, lang)
    with drawing.themed():
        drawings = finding.page.figures(finding.settings, finding.found, words)
    slots = _Slots(finding, drawings, t)
    filled = (
        _prose_environment()
        .from_string(prose.body)
        .render(p=finding.settings, r=finding.found, t=words, **slots.functions())
    )
    return (
        environment(*_TEMPLATES)
        .get_template("page.html.jinja")
        .render(
            lang=lang,
            t=t,
            title=prose.title,
            summary=prose.summary,
            body=slots.fill(markdown.html(filled)),
            links=_links(finding.name, lang) if linked else None,
            name=finding.name,
            parameters=[
                _parameter(parameter, finding.settings, lang) for parameter in finding.page.parameters
            ],
            run=_record(finding, t),
        )
    )


def write(path: str | os.PathLike[str], finding: Finding, lang: str = "en", *, linked: bool = False) -> Path:
    """Write the document of a page; see :func:`render`.

    Raises
    ------
    OutputError
        It could not be written; nothing was left behind.
    """
    content = render(finding, lang, linked=linked).encode("utf-8", "xmlcharrefreplace")
    with replacing(path) as file:
        file.write(content)
    return Path(path)


def write_index(path: str | os.PathLike[str], lang: str = "en") -> Path:
    """Write the page that leads to all the others, which lie beside it."""
    entries = [(file_name(name, lang), catalogue.prose(name, lang)) for name in catalogue.NAMES]
    content = (
        environment(*_TEMPLATES)
        .get_template("index.html.jinja")
        .render(
            lang=lang,
            t=texts("onelayer.course.book.texts", lang),
            entries=entries,
            other=_other(lang, "index"),
        )
    )
    with replacing(path) as file:
        file.write(content.encode("utf-8"))
    return Path(path)


def file_name(name: str, lang: str) -> str:
    """Return the name of a page's file.

    Examples
    --------
    >>> file_name("softmax", "en"), file_name("softmax", "zh")
    ('softmax.html', 'softmax.zh.html')
    """
    return f"{name}.html" if lang == "en" else f"{name}.{lang}.html"


def check_installed() -> None:
    """Ask for what every page is made with, before its experiment runs.

    Raises
    ------
    MissingDependencyError
        The message names the extra to install.
    """
    for module in (
        "jinja2",
        "matplotlib",
        "PIL.Image",
        "markdown_it",
        "mdit_py_plugins",
        "latex2mathml",
        "pygments",
    ):
        optional_dependency(module, "app")
    optional_dependency("torch", "torch")


class _Slots:
    """Places in the Markdown that hold HTML: marked while Markdown is read, and filled afterwards."""

    def __init__(self, finding: Finding, drawings: Mapping[str, Drawing], t: Mapping[str, str]) -> None:
        self._finding, self._drawings, self._t = finding, drawings, t
        self._held: list[str] = []

    def functions(self) -> dict[str, Callable[..., str]]:
        """Return the functions that the prose may call."""
        return {"figure": self.figure, "source": self.source, "question": self.question}

    def figure(self, *names: str, caption: str = "") -> str:
        """Place drawings, side by side where there is room, with a caption in Markdown."""
        shown = "".join(
            f"<figure>{drawing.svg(self._drawings[name], f'{self._finding.name}-{name}')}</figure>"
            for name in names
        )
        words = f'<div class="caption">{markdown.html(caption)}</div>' if caption else ""
        return self._hold(f'<div class="drawings">{shown}</div>{words}')

    def source(self, *names: str) -> str:
        """Place the source of functions; those without a module are of the page's own."""
        own = type(self._finding.page).__module__
        return self._hold(source_code.source(*(name if "." in name else f"{own}.{name}" for name in names)))

    def question(self, text: str, *, change: str, caller: Callable[[], str]) -> str:
        """Place a question, its answer (what stands in the call block), and how to check it."""
        assignments = change.split()
        settings(self._finding.page.parameters, assignments)
        command = " ".join(
            [f"onelayer course {self._finding.name}", *(f"--set {each}" for each in assignments)]
        )
        return self._hold(
            f'<div class="question">{markdown.html(text)}<details><summary>{self._t["answer"]}</summary>'
            f"{markdown.html(caller().strip())}"
            f'<p class="check">{self._t["check"]} <code>{command}</code></p></details></div>'
        )

    def fill(self, html: str) -> str:
        """Put what is held into its places."""
        for number in reversed(range(len(self._held))):  # what is held last may hold what was held before it
            html = html.replace(f"<p>{_mark(number)}</p>", self._held[number])
        return html

    def _hold(self, html: str) -> str:
        self._held.append(html)
        return f"\n\n{_mark(len(self._held) - 1)}\n\n"


def _mark(number: int) -> str:
    return f"\N{WHITE SQUARE}{number}\N{WHITE SQUARE}"


def _parameter(parameter: Parameter, chosen: Settings, lang: str) -> dict[str, Any]:
    """Return what the page lists of a parameter."""
    return {
        "name": parameter.name,
        "value": chosen[parameter.name],
        "default": parameter.default,
        "changed": chosen[parameter.name] != parameter.default,
        "meaning": Words(lang)(parameter.en, parameter.zh),
    }


def _record(finding: Finding, t: Mapping[str, str]) -> str:
    """Return when and on what the page was made, as one line."""
    versions = ", ".join(f"{name} {version(name)}" for name in _VERSIONS)
    return t["made"].format(
        date=time.strftime("%Y-%m-%d"),
        seconds=significant(finding.seconds, 2),
        cores=threads.available(),
        machine=platform.machine(),
        versions=versions,
    )


def _links(name: str, lang: str) -> dict[str, Any]:
    """Return where to go from a page."""
    titles = catalogue.titles(lang)
    names = list(titles)
    place = names.index(name)
    before = names[place - 1] if place else None
    after = names[place + 1] if place + 1 < len(names) else None
    return {
        "index": file_name("index", lang),
        "other": _other(lang, name),
        "before": None if before is None else (file_name(before, lang), titles[before]),
        "after": None if after is None else (file_name(after, lang), titles[after]),
        "place": place + 1,
        "places": len(names),
    }


def _other(lang: str, name: str) -> tuple[str, str, str]:
    """Return the same page in the other language: its file, the language, and what that is called there."""
    other = "en" if lang == "zh" else "zh"
    return file_name(name, other), other, {"en": "English", "zh": "中文"}[other]


def _percent(share: float) -> str:
    """Write a share for Markdown, where a ">" at the head of a line would begin a quotation."""
    return percent(share).replace("<", "&lt;").replace(">", "&gt;")


@cache
def _prose_environment() -> Environment:
    """Return Jinja2 for prose: ``[[ value ]]`` and ``[% block %]``, so that LaTeX keeps its braces."""
    jinja2 = optional_dependency("jinja2", "app")
    prose = jinja2.Environment(
        variable_start_string="[[",
        variable_end_string="]]",
        block_start_string="[%",
        block_end_string="%]",
        comment_start_string="[#",
        comment_end_string="#]",
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )
    prose.filters |= {
        "percent": _percent,
        "decimals": decimals,
        "significant": significant,
        "scientific": scientific,
    }
    return prose
