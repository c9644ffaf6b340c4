"""The source of the functions that a page uses, taken from their modules and coloured."""

from __future__ import annotations

import importlib
import inspect
from typing import Any

from onelayer.errors import optional_dependency


def source(*names: str) -> str:
    """Return the source of functions, classes or whole modules, one after the other, as HTML.

    Parameters
    ----------
    *names : str
        Full names, such as ``"onelayer.course.scratch.sgd"``.

    Examples
    --------
    >>> "settings" in source("onelayer.course.book.parameters.settings")
    True
    """
    return colored("\n\n".join(inspect.getsource(find(name)).rstrip() for name in names))


def find(name: str) -> Any:
    """Return the module, class, function or method of a full name.

    Examples
    --------
    >>> find("onelayer.course.book.source_code.find") is find
    True
    """
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for part in parts[end:]:
            found = getattr(found, part)
        return found
    raise ModuleNotFoundError(name)


def colored(code: str) -> str:
    """Return Python code as HTML, with a class for each kind of token.

    Examples
    --------
    >>> colored("b = 1")
    '<div class="code"><pre><code><span class="n">b</span>...</code></pre></div>'
    """
    pygments = optional_dependency("pygments", "app")
    lexer = optional_dependency("pygments.lexers", "app").PythonLexer()
    formatter = optional_dependency("pygments.formatters", "app").HtmlFormatter(nowrap=True)
    return f'<div class="code"><pre><code>{pygments.highlight(code, lexer, formatter).rstrip()}</code></pre></div>'
