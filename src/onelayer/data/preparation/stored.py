"""A preparation as JSON, and back: every part is checked, and that the parts belong together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from onelayer.data.preparation.category import OTHER, Category
from onelayer.data.preparation.feature import Feature
from onelayer.data.preparation.field import ACCEPTED, PARTS, Field
from onelayer.data.preparation.number import Number
from onelayer.data.preparation.options import Options
from onelayer.data.preparation.products import Products
from onelayer.data.preparation.target import Target
from onelayer.errors import InvalidParameterError, ModelFileError

if TYPE_CHECKING:
    from onelayer.data.preparation.preparation import Preparation


def document(preparation: Preparation) -> dict[str, Any]:
    """Return a preparation as values that JSON has."""
    target = preparation.target
    return {
        "options": preparation.options.to_json(),
        "features": [feature.to_json() for feature in preparation.features],
        "products": preparation.products.to_json(),
        "target": None if target is None else target.to_json(),
        "ignored": list(preparation.ignored),
        "single": preparation.single,
        "n_rows": preparation.n_rows,
        "n_kept": preparation.n_kept,
    }


def parts(document: object) -> dict[str, Any]:
    """Return the parts of a preparation from what :func:`document` made of it.

    Raises
    ------
    ModelFileError
        Something is missing, of the wrong type, or does not belong to the rest.
    """
    try:
        return _parts(document)
    except (InvalidParameterError, KeyError, TypeError, ValueError) as error:
        raise ModelFileError(f"what it says of the columns of the table is damaged ({error})") from None


def _parts(document: Any) -> dict[str, Any]:
    target = document["target"]
    features = tuple(map(_feature, _list(document["features"])))
    return {
        "options": Options(**_mapping(document["options"])),
        "features": features,
        "products": _products(document["products"], sum(len(feature.names) for feature in features)),
        "target": None if target is None else Target(_field(target["field"]), _truth(target["labels"])),
        "ignored": _texts(document["ignored"]),
        "single": _truth(document["single"]),
        "n_rows": _whole(document["n_rows"]),
        "n_kept": _whole(document["n_kept"]),
    }


def _feature(document: Any) -> Feature:
    field = _field(document["field"])
    if not field.category:
        constant = _truth(document.get("constant", False))  # a file of before there were any does not say so
        return Number(field, _number(document["mean"]), _truth(document["indicator"]), constant)
    levels, rare = _texts(document["levels"]), _texts(document["rare"])
    shares = tuple(map(_number, _list(document["shares"])))
    most_frequent = _text(document["most_frequent"])
    if len(shares) != len(levels) or len({*levels, *rare}) != len(levels) + len(rare):
        raise ValueError(f"the levels of {field.column!r} are not different ones with a share each")
    if most_frequent not in (levels or (OTHER,)):
        raise ValueError(f"{most_frequent!r} is none of the levels of {field.column!r}")
    return Category(field, levels, shares, most_frequent, rare, _truth(document["missing"]))


def _field(document: Any) -> Field:
    kind, part = _text(document["kind"]), _text(document["part"])
    if kind not in ACCEPTED or part not in ("", *PARTS):
        raise ValueError(f"there is no column of the kind {kind!r} with the part {part!r}")
    return Field(_text(document["column"]), kind, part, _truth(document["log"]))


def _products(document: Any, n_columns: int) -> Products:
    columns = tuple(map(_whole, _list(document["columns"])))
    centres = tuple(map(_number, _list(document["centres"])))
    terms = tuple(tuple(map(_whole, _list(term))) for term in _list(document["terms"]))
    if len(centres) != len(columns) or any(column >= n_columns for column in columns):
        raise ValueError("the polynomial terms do not belong to the columns")
    if any(len(term) < 2 or max(term) >= len(columns) for term in terms):
        raise ValueError("a polynomial term has factors that there are not")
    return Products(columns, centres, terms)


def _list(value: Any) -> Sequence[Any]:
    if isinstance(value, list | tuple):
        return value
    raise TypeError(f"{value!r} is no list")


def _mapping(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise TypeError(f"{value!r} is no object")


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(map(_text, _list(value)))


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise TypeError(f"{value!r} is no text")


def _truth(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise TypeError(f"{value!r} is no truth value")


def _whole(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise TypeError(f"{value!r} is no number of rows or columns")


def _number(value: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    raise TypeError(f"{value!r} is no finite number")
