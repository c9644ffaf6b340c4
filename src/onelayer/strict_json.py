"""JSON that every reader takes: numbers that are not finite, for which JSON has no form, become null."""

from __future__ import annotations

import json
import math
from typing import Any


def dumps(value: Any) -> str:
    """Return a value as JSON on one line.

    Examples
    --------
    >>> dumps({"epoch": 1, "val_score": float("nan")})
    '{"epoch": 1, "val_score": null}'
    """
    return json.dumps(_finite(value), allow_nan=False)


def _finite(value: Any) -> Any:
    """Return a value with None in the place of NaN and infinity."""
    match value:
        case float() if not math.isfinite(value):
            return None
        case dict():
            return {key: _finite(item) for key, item in value.items()}
        case list() | tuple():
            return [_finite(item) for item in value]
    return value
