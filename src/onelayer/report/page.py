"""The page itself: model and data in, HTML out."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sklearn.base import is_classifier

from onelayer.data.dataset import Dataset
from onelayer.errors import optional_dependency
from onelayer.output_file import replacing
from onelayer.plots import colors
from onelayer.report import classification, regression
from onelayer.report.numbers import decimals, percent, significant
from onelayer.report.record import record_of
from onelayer.report.texts import texts

if TYPE_CHECKING:
    from jinja2 import Environment


def write(
    path: str | os.PathLike[str], model: Any, train: Dataset, test: Dataset | None, *, lang: str = "en"
) -> Path:
    """Write the report of a fitted model as one self-contained HTML page.

    Parameters
    ----------
    path : path-like
        The file to write; an existing one is replaced as a whole.
    model : SoftmaxRegression or LinearRegression, fitted
    train : Dataset
        What the model was trained on.
    test : Dataset or None
        What it is judged on; without one it is judged on ``train``, and the page says so.
    lang : {"en", "zh"}
        Language of the page: English or Chinese.

    Returns
    -------
    Path
        ``path``.

    Raises
    ------
    OutputError
        The page could not be written; nothing was left behind.
    InvalidDataError
        The data do not belong to the model, or have no labels; see ``evaluate``.
    InvalidParameterError
        An unknown language.
    MissingDependencyError
        Jinja2 or Pillow is not installed.

    Notes
    -----
    The page needs no network, no fonts and no scripts, and stays under 3 MB: it shows at most 50 weight
    images and 100 classes. Cost: one pass through the model over each of the two sets, and about 0.1 s.
    """
    path = Path(path)
    page = render(model, train, test, lang=lang).encode("utf-8", "xmlcharrefreplace")
    with replacing(path) as file:
        file.write(page)
    return path


def render(model: Any, train: Dataset, test: Dataset | None, *, lang: str = "en") -> str:
    """Return the HTML that :func:`write` writes."""
    t = texts(lang)
    kind = classification if is_classifier(model) else regression
    return (
        _environment()
        .get_template(kind.TEMPLATE)
        .render(
            lang=lang,
            t=t,
            record=record_of(model, train, test, t),
            page=kind.content(model, train, test, lang),
        )
    )


@cache
def _environment() -> Environment:
    """Return Jinja2 with the templates of this package: everything escaped, nothing undefined let through."""
    jinja2 = optional_dependency("jinja2", "app")
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("onelayer.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "colors": colors,
        "percent": percent,
        "decimals": decimals,
        "significant": significant,
    }
    return environment
