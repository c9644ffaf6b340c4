"""Reading a page as a browser would: its elements, and the parts of it that are XML."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from xml.etree import ElementTree

_VOID = {"meta", "link", "br", "img", "hr", "input"}


@dataclass
class Document(HTMLParser):
    """What is in a page; made by :func:`read`, which fails if an element is not closed where it should be."""

    lang: str = ""
    text: str = ""  # without code
    addresses: list[str] = field(default_factory=list)
    questions: int = 0
    headings: list[str] = field(default_factory=list)
    codes: int = 0

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "html":
            self.lang = found["lang"] or ""
        for name in ("src", "href", "xlink:href"):
            if name in found:
                self.addresses.append(found[name] or "")
        self.questions += found.get("class") == "question"
        self.codes += found.get("class") == "code"
        if tag in ("h1", "h2", "h3"):
            self.headings.append(tag)
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        if not {"style", "script", "code"} & set(self._open):
            self.text += data


def read(html: str) -> Document:
    document = Document()
    document.feed(html)
    document.close()
    assert document._open == []
    return document


def drawings(html: str) -> list[ElementTree.Element]:
    """Every figure of the page, read as XML."""
    found = re.findall(r'<svg class="drawing.*?</svg>', html, flags=re.DOTALL)
    return [ElementTree.fromstring(text) for text in found]


def formulas(html: str) -> list[ElementTree.Element]:
    """Every formula of the page, read as XML."""
    return [ElementTree.fromstring(text) for text in re.findall(r"<math.*?</math>", html, flags=re.DOTALL)]
