"""What a model's classes are called."""

from __future__ import annotations

from typing import Any


def class_names(model: Any) -> list[str]:
    """Return the names of a classifier's classes as its training data had them, or their labels.

    Parameters
    ----------
    model : SoftmaxRegression
        A model whose training record may say where its data came from.
    """
    data = model.training_["data"] or {}
    names = dict(enumerate((data.get("classes") or {}).get("en", [])))
    return [str(names.get(label, label)) for label in model.classes_.tolist()]
