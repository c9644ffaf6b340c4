"""What a model's classes are called."""

from __future__ import annotations

from typing import Any

from onelayer.data.dataset import ClassNames, Dataset


def class_names(model: Any, data: Dataset | None = None, lang: str = "en") -> list[str]:
    """Name a classifier's classes: as the data do, else as its training data did, else by their labels.

    Parameters
    ----------
    model : SoftmaxRegression, fitted
        Its training record may say where its data came from.
    data : Dataset or None
        The data set that it is applied to.
    lang : {"en", "zh"}
        Language of the names: English or Chinese.

    Returns
    -------
    list of str
        A name for each of ``classes_``. Names belong to the labels 0, 1, …; where a label has none, all are
        called by their labels.

    Examples
    --------
    >>> from onelayer import SoftmaxRegression
    >>> model = SoftmaxRegression(random_state=0).fit([[0.0], [1.0]], [3, 4])
    >>> class_names(model)
    ['3', '4']
    """
    names = _names(model, data)
    labels = model.classes_
    if names is None or labels.dtype.kind not in "iu" or not 0 <= labels.min() <= labels.max() < len(names):
        return [str(label) for label in labels.tolist()]
    translated = {"en": names.en, "zh": names.zh}[lang]
    return [str(translated[label]) for label in labels.tolist()]


def _names(model: Any, data: Dataset | None) -> ClassNames | None:
    """Return the names that the data have, or else those of the training record."""
    if data is not None and data.classes is not None:
        return data.classes
    recorded = (model.training_["data"] or {}).get("classes")
    return None if recorded is None else ClassNames(en=tuple(recorded["en"]), zh=tuple(recorded["zh"]))
