"""What a model file says of a model besides its weights: an estimator in, JSON out, and back again."""

from __future__ import annotations

import importlib
import json
from types import NoneType
from typing import Any

import numpy as np

from onelayer.errors import InvalidParameterError, ModelFileError
from onelayer.table_description import wrapped

# What a file may ask for. The modules are imported when one does, so that this floor needs none above it.
ESTIMATORS = {
    "LinearRegression": "onelayer.estimators.linear_regression",
    "SoftmaxRegression": "onelayer.estimators.softmax_regression",
}

# The fields of the JSON object and the type of each.
FIELDS: dict[str, tuple[type, ...]] = {
    "estimator": (str,),
    "parameters": (dict,),
    "n_features": (int,),
    "feature_names": (list, NoneType),
    "classes": (dict, NoneType),
    "n_iter": (int,),
    "converged": (bool,),
    "training": (dict,),
    "history": (list,),
    "stream": (list, NoneType),
    "fit": (dict, NoneType),
}

# The names of the arrays of a fit begin with this.
_OF_FIT = "fit."

# What class labels can be, in NumPy's words; "object" is text in an object array, as pandas has it.
LABEL_TYPES = (
    *("str", "object", "bool", "float16", "float32", "float64"),
    *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
)


def describe(model: Any, data: dict[str, Any] | None, table: dict[str, Any] | None = None) -> str:
    """Return all that a file says of a fitted model besides its weights, as JSON.

    Parameters
    ----------
    model : LinearRegression or SoftmaxRegression
    data : dict or None
        Takes the place of ``training_["data"]``.
    table : dict or None
        Of a TableModel, what ``table_description`` says besides its estimator.

    Raises
    ------
    InvalidParameterError
        A model of another class, even a subclass, since it would be loaded as another; a parameter or a class
        label that has no JSON form.
    """
    _check_class(type(model))
    fitted = vars(model)
    description = {
        "estimator": type(model).__name__,
        "parameters": {name: _stored(value) for name, value in model.get_params(deep=False).items()},
        "n_features": model.n_features_in_,
        "feature_names": _stored_names(fitted.get("feature_names_in_")),
        "names": None if table else _given_names(model),
        "classes": _stored_classes(fitted.get("classes_")),
        "n_iter": model.n_iter_,
        "converged": model.converged_,
        "training": model.training_ if data is None else {**model.training_, "data": data},
        "history": model.history_,
        "stream": None if fitted.get("_stream") is None else fitted["_stream"].numbers(),
        "fit": model.facts()[0],
        **({} if table is None else {"table": table}),
    }
    try:
        return json.dumps(description, ensure_ascii=False, default=_plain)
    except TypeError as error:
        raise InvalidParameterError(f"the model cannot be stored in a file: {error}") from None


def weights_of(model: Any) -> dict[str, np.ndarray]:
    """Return the tensors of a fitted model: ``coef_``, ``intercept_``, what its fit goes on from."""
    tensors = {"coef_": np.asarray(model.coef_), "intercept_": np.asarray(model.intercept_)}
    for name, tensor in tensors.items():
        if not np.isfinite(tensor).all():
            raise InvalidParameterError(f"the model cannot be stored in a file: {name} holds NaN or infinity")
    tensors |= {f"{_OF_FIT}{name}": array for name, array in model.facts()[1].items()}
    stream = vars(model).get("_stream")
    return tensors if stream is None else {**tensors, "stream": stream.columns()}


def _check_class(cls: type) -> None:
    """Refuse a class of which :func:`build` would make another."""
    if ESTIMATORS.get(cls.__name__) != cls.__module__:
        raise InvalidParameterError(
            f"a {cls.__name__} of the module {cls.__module__} cannot be stored in a file, only a "
            f"{' or '.join(ESTIMATORS)} of onelayer itself; store it as one of these"
        )


def build(text: str, tensors: dict[str, np.ndarray]) -> Any:
    """Build the estimator that a file describes, once every part of it fits the others.

    Parameters
    ----------
    text : str
        The JSON that :func:`describe` wrote.
    tensors : dict of str to ndarray
        Those of :func:`weights_of`.

    Raises
    ------
    ModelFileError
        An estimator or parameter that there is none of, or parts that do not belong together.
    """
    from sklearn.base import is_classifier

    document = parse_object(text)
    for name, types in FIELDS.items():
        if not isinstance(document.get(name), types):
            raise ModelFileError(f"its field {name!r} is missing or of the wrong type")
    model = _estimator(document["estimator"], document["parameters"])
    arrays = {name: array for name, array in tensors.items() if name.startswith(_OF_FIT)}
    tensors = {name: array for name, array in tensors.items() if name not in arrays}
    coef, intercept = _weights(tensors, document["n_features"])
    stream = _stream(
        tensors.get("stream"), document["stream"], document["n_features"], len(np.atleast_2d(coef))
    )
    model.coef_ = coef
    model.intercept_ = intercept[()]
    model.n_features_in_ = document["n_features"]
    model.n_iter_ = document["n_iter"]
    model.converged_ = document["converged"]
    model.training_ = document["training"]
    model.history_ = document["history"]
    model._stream = stream
    if document["feature_names"] is not None:
        model.feature_names_in_ = _loaded_names(document["feature_names"], document["n_features"])
    if document.get("names") is not None:  # a file of before there were any has none
        model.named(_loaded_names(document["names"], document["n_features"]))
    if is_classifier(model) != (document["classes"] is not None):
        raise ModelFileError("it has class labels and no classifier, or a classifier and no class labels")
    if document["classes"] is not None:
        model.classes_ = _loaded_classes(document["classes"], len(coef))
    try:
        model.recall(
            document.get("fit") or {}, {name.removeprefix(_OF_FIT): array for name, array in arrays.items()}
        )
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise ModelFileError(f"what it says of the fit is damaged ({error})") from None
    return wrapped(model, document.get("table"))


def parse_object(text: bytes | str) -> dict[str, Any]:
    """Parse a JSON object.

    Raises
    ------
    ModelFileError
        It is something else.

    Examples
    --------
    >>> parse_object('{"n_iter": 10}')
    {'n_iter': 10}
    """
    try:
        parsed = json.loads(text.decode("utf-8") if isinstance(text, bytes) else text)
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        raise ModelFileError("its header is damaged, or it is not a onelayer model file")
    return parsed


def _estimator(name: str, parameters: dict[str, Any]) -> Any:
    """Build an unfitted estimator of the whitelist."""
    if name not in ESTIMATORS:
        raise ModelFileError(
            f"it holds an estimator {name!r} that this onelayer does not have; upgrade onelayer"
        )
    estimator = getattr(importlib.import_module(ESTIMATORS[name]), name)
    unknown = sorted(set(parameters) - set(estimator().get_params(deep=False)))
    if unknown:
        raise ModelFileError(
            f"it holds a parameter {unknown[0]!r} that {name} does not have; upgrade onelayer"
        )
    try:
        return estimator(**{name: _loaded(value) for name, value in parameters.items()})
    except (KeyError, TypeError, ValueError) as error:
        raise ModelFileError(f"its parameters are malformed ({error})") from error


def _stream(columns: np.ndarray | None, numbers: list[Any] | None, n_features: int, n_outputs: int) -> Any:
    """Return the Stream of a file, None for a model without."""
    from onelayer.solvers.solution import Stream

    if columns is None and numbers is None:
        return None
    if columns is None or columns.dtype != np.float64 or columns.shape != (4, n_features):
        raise ModelFileError("what it says of the columns of the training data does not belong to the model")
    try:
        stream = Stream.of(columns, [None if n is None else float(n) for n in numbers or ()])
    except (TypeError, ValueError):
        raise ModelFileError("its field 'stream' is damaged") from None
    if stream.scale is not None and not (
        len(stream.scale) == n_outputs and np.isfinite(stream.scale).all() and (stream.scale >= 0).all()
    ):
        raise ModelFileError("its field 'stream' does not belong to the model")
    return stream


def _weights(tensors: dict[str, np.ndarray], n_features: int) -> tuple[np.ndarray, np.ndarray]:
    """Return ``coef_`` and ``intercept_``, of shapes that agree and with finite values."""
    if set(tensors) - {"stream"} != {"coef_", "intercept_"}:
        raise ModelFileError(f"it holds the tensors {sorted(tensors)} in place of coef_ and intercept_")
    coef, intercept = (np.require(tensors[name], requirements="W") for name in ("coef_", "intercept_"))
    if coef.ndim not in (1, 2) or coef.shape[-1] != n_features or intercept.shape != coef.shape[:-1]:
        raise ModelFileError(
            f"coef_ of shape {coef.shape} and intercept_ of shape {intercept.shape} do not belong to a model "
            f"of {n_features} features"
        )
    for name, tensor in (("coef_", coef), ("intercept_", intercept)):
        if tensor.dtype.kind != "f" or tensor.size == 0 or not np.isfinite(tensor).all():
            raise ModelFileError(f"{name} holds values that are not finite numbers")
    return coef, intercept


def _stored(value: Any) -> Any:
    """Return the JSON form of a parameter; a dict's keys need not be text, so its items become pairs."""
    return {"items": list(value.items())} if isinstance(value, dict) else value


def _loaded(value: Any) -> Any:
    """Undo :func:`_stored`."""
    return dict(value["items"]) if isinstance(value, dict) else value


def _plain(value: Any) -> Any:
    """Return the Python value of a NumPy scalar, the list of an array, and None for a random number generator."""
    if isinstance(value, np.random.RandomState):
        return None
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    raise TypeError(f"{value!r} has no JSON form")


def _stored_names(names: np.ndarray | None) -> list[str] | None:
    return None if names is None else [str(name) for name in names]


def _given_names(model: Any) -> list[str] | None:
    """Return the names that were given to columns without any; those of a table come from its preparation."""
    names = vars(model).get("_names", [])
    return names if len(names) == model.n_features_in_ else None


def _loaded_names(names: Any, n_features: int) -> np.ndarray:
    if (
        not isinstance(names, list)
        or len(names) != n_features
        or not all(isinstance(name, str) for name in names)
    ):
        raise ModelFileError(f"its feature names are not {n_features} pieces of text")
    return np.array(names, dtype=object)


def _stored_classes(classes: np.ndarray | None) -> dict[str, Any] | None:
    """Return labels with their type: text, whole numbers, floating-point numbers or truth values."""
    if classes is None:
        return None
    name = "str" if classes.dtype.kind == "U" else classes.dtype.name
    if name not in LABEL_TYPES:
        raise InvalidParameterError(f"class labels of type {classes.dtype} cannot be stored in a model file")
    return {"dtype": name, "labels": classes.tolist()}


def _loaded_classes(stored: dict[str, Any], rows: int) -> np.ndarray:
    """Undo :func:`_stored_classes`, for a ``coef_`` of so many rows: one for each class, but one for two."""
    name, labels = stored.get("dtype"), stored.get("labels")
    if name not in LABEL_TYPES or not isinstance(labels, list):
        raise ModelFileError("its class labels are malformed")
    try:
        classes = np.array(labels, dtype=name)
        distinct = np.array_equal(np.unique(classes), classes)
    except (TypeError, ValueError, OverflowError):
        raise ModelFileError(f"its class labels are not of the type {name}") from None
    if classes.tolist() != labels or not distinct or rows != (1 if len(classes) == 2 else len(classes)):
        raise ModelFileError("its class labels are not different ones, as many as coef_ is for")
    return classes
