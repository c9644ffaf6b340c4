"""The page itself: model and data in, HTML out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray
from sklearn.base import is_classifier

from onelayer.data.dataset import Dataset
from onelayer.errors import InvalidParameterError, optional_dependency
from onelayer.languages import texts
from onelayer.output_file import replacing
from onelayer.plots import colors
from onelayer.report import classification, regression
from onelayer.report.numbers import decimals, percent, significant
from onelayer.report.record import record_of, without_stray_spaces

if TYPE_CHECKING:
    from jinja2 import Environment

    from onelayer.data.preparation.preparation import Group
    from onelayer.inference.summary import Summary

PARTS = ("test", "validation")


def write(
    path: str | os.PathLike[str],
    model: Any,
    train: Dataset,
    test: Dataset | None,
    *,
    part: str = "test",
    lang: str = "en",
    summary: Summary | None = None,
    groups: Sequence[Group] = (),
    row_numbers: NDArray | None = None,
    targets: Sequence[str] | None = None,
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
    part : {"test", "validation"}
        What ``test`` is called: "validation" where the fit was watched or stopped by these rows.
    lang : {"en", "zh"}
        Language of the page: English or Chinese.
    summary : Summary, optional
        Of a regressor, as ``LinearRegression.summary`` returns it; without one, that of exact least squares is made.
    groups : sequence of Group
        Of a regressor on a prepared table, ``Preparation.groups``: which columns of X are levels of a category.
    row_numbers : (n_rows,) int, optional
        Of a regressor, the number that each row of ``train`` has in its file; without them rows are counted from 0.
    targets : sequence of str, optional
        Of a regressor, what each output is called.

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
        An unknown language, or another ``part``.
    MissingDependencyError
        Jinja2 or Pillow is not installed.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from onelayer import SoftmaxRegression
    >>> from onelayer.data import datasets
    >>> train, test = datasets.fashion_mnist(subset=True)
    >>> model = SoftmaxRegression(epochs=1, random_state=0).fit(train.X, train.y)
    >>> with TemporaryDirectory() as folder:
    ...     page = write(Path(folder, "report.html"), model, train, test)
    ...     "Confusion matrix" in page.read_text("utf-8")
    True

    Notes
    -----
    The page needs no network, no fonts and no scripts, and stays under 3 MB: it shows at most 50 weight
    images and 100 classes. Cost: one pass through the model over each of the two sets, and about 0.1 s.
    """
    path = Path(path)
    page = render(
        model,
        train,
        test,
        part=part,
        lang=lang,
        summary=summary,
        groups=groups,
        row_numbers=row_numbers,
        targets=targets,
    )
    with replacing(path) as file:
        file.write(page.encode("utf-8", "xmlcharrefreplace"))
    return path


def check_installed() -> None:
    """Ask for what the report is drawn with, before the work that it is to show is done.

    Raises
    ------
    MissingDependencyError
        Jinja2 or Pillow is not installed.
    """
    for module in ("jinja2", "PIL.Image"):
        optional_dependency(module, "app")


def render(
    model: Any,
    train: Dataset,
    test: Dataset | None,
    *,
    part: str = "test",
    lang: str = "en",
    summary: Summary | None = None,
    groups: Sequence[Group] = (),
    row_numbers: NDArray | None = None,
    targets: Sequence[str] | None = None,
) -> str:
    """Return the HTML that :func:`write` writes."""
    t = texts("onelayer.report.texts", lang)
    if part not in PARTS:
        raise InvalidParameterError(f"part must be 'test' or 'validation', not {part!r}")
    content: Any
    if is_classifier(model):
        template = classification.TEMPLATE
        content = classification.content(model, train, test, part, lang)
    else:
        template = regression.TEMPLATE
        content = regression.content(
            model,
            train,
            test,
            part,
            lang,
            summary=summary,
            groups=groups,
            row_numbers=row_numbers,
            targets=targets,
        )
    record = record_of(model, train, test, part, t)
    return (
        environment("onelayer.report")
        .get_template(template)
        .render(lang=lang, t=t, record=record, page=content)
    )


@cache
def environment(*packages: str) -> Environment:
    """Return Jinja2 with the templates of some packages: everything escaped, nothing undefined let through."""
    jinja2 = optional_dependency("jinja2", "app")
    templates = jinja2.Environment(
        loader=jinja2.ChoiceLoader([jinja2.PackageLoader(package) for package in packages]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["sentences"] = without_stray_spaces
    templates.globals |= {
        "colors": colors,
        "percent": percent,
        "decimals": decimals,
        "significant": significant,
    }
    return templates
