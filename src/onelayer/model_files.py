"""Save and load: a safetensors file that cannot execute code and cannot be damaged without notice.

The file holds the tensors ``coef_`` and ``intercept_``, and what the fit goes on from: with automatic rates ``stream``
(mean, sum of squares, smallest and largest value of each column), of exact least squares ``fit.gram`` and others, the
statistics of all rows seen. The header's ``__metadata__`` has four strings:

=========== ==========================================================================================
format      ``onelayer``
version     of this format: 1, or 2 of a file with a table
model       a JSON object: estimator, parameters, n_features, feature_names, classes, n_iter, converged,
            training (the record ``training_``, with where the data came from), history, stream; fit
            (scale, alpha, gap, rank and condition of a linear regression); and of a TableModel also
            table: its parameters, and the preparation that makes a matrix of the columns
sha256      of all the above, and of the tensors' names, types, shapes and bytes
=========== ==========================================================================================

Loading builds one of the two estimators, and the TableModel around it, from numbers and text: no pickle is read, and no
name that a file contains is imported.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from pathlib import Path
from typing import Any

import numpy as np

from onelayer.errors import DataNotFoundError, InvalidParameterError, ModelFileError
from onelayer.model_description import build, describe, parse_object, weights_of
from onelayer.output_file import replacing
from onelayer.table_description import unwrapped

FORMAT = "onelayer"
FORMAT_VERSION = 2
TABLE_VERSION = 2  # since then a file may hold a table, which a reader of version 1 would leave out
HEADER_LIMIT = 32 << 20

# How other files begin that people take for a model, for the message.
OTHER_FORMATS = {
    b"\x80": "a pickle, which can execute code and is never opened",
    b"PK\x03\x04": "a zip archive, as PyTorch, NumPy and Keras write",
    b"\x1f\x8b": "gzip",
    b"\x89HDF": "HDF5",
    b"<": "HTML or XML; was a web page downloaded in its place?",
}


def save(model: Any, path: str | os.PathLike[str], data: dict[str, Any] | None = None) -> None:
    """Write a fitted estimator to one file.

    Parameters
    ----------
    model : LinearRegression, SoftmaxRegression or TableModel
        A fitted estimator. A ``random_state`` that is a ``RandomState`` object is stored as None.
    path : path-like
        The file to write; an existing one is replaced as a whole. The usual suffix is ``.onelayer``.
    data : dict or None
        Where the training data came from, as JSON-able values (a data set's ``provenance``); it is stored as
        ``training_["data"]`` in place of what is there.

    Raises
    ------
    OutputError
        The file could not be written; nothing was left behind.
    InvalidParameterError
        A model of another class, weights that are not finite, a parameter or a class label that has no JSON
        form, or names and labels that take more than 32 MiB.

    Notes
    -----
    Killed at any moment, the old or the new file is there: a temporary file in the same folder is flushed to
    the disk before it takes the name. Memory: about twice the weights.

    Examples
    --------
    >>> import numpy as np, tempfile
    >>> from onelayer.estimators.softmax_regression import SoftmaxRegression
    >>> X = np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> model = SoftmaxRegression(random_state=0).fit(X, ["low", "low", "high", "high"])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(model, folder + "/levels.onelayer")
    ...     again = load(folder + "/levels.onelayer")
    >>> again.classes_
    array(['high', 'low'], dtype='<U4')
    >>> bool((again.coef_ == model.coef_).all())
    True
    """
    content = serialized(model, data)
    with replacing(path) as file:
        file.write(content)


def serialized(model: Any, data: dict[str, Any] | None = None) -> bytes:
    """Return the bytes that :func:`save` writes.

    Parameters
    ----------
    model, data
        As for :func:`save`.

    Raises
    ------
    InvalidParameterError
        A model of another class, weights that are not finite, a parameter or a class label that has no JSON
        form, or names and labels that take more than 32 MiB.
    """
    from safetensors.numpy import save as serialize
    from sklearn.utils.validation import check_is_fitted

    check_is_fitted(model)
    estimator, table = unwrapped(model)
    document = describe(estimator, data, table)
    version = str(1 if table is None else TABLE_VERSION)
    tensors = {name: _little_endian(tensor) for name, tensor in weights_of(estimator).items()}
    metadata = {
        "format": FORMAT,
        "version": version,
        "model": document,
        "sha256": _digest(version, document, tensors),
    }
    content = serialize(tensors, metadata)
    if int.from_bytes(content[:8], "little") > HEADER_LIMIT:
        raise InvalidParameterError(
            "the model cannot be stored in a file: feature names, class labels and history take more than "
            f"{HEADER_LIMIT >> 20} MiB"
        )
    return content


def load(path: str | os.PathLike[str]) -> Any:
    """Read a fitted estimator from a file that :func:`save` wrote.

    Parameters
    ----------
    path : path-like
        The model file.

    Returns
    -------
    LinearRegression, SoftmaxRegression or TableModel
        It predicts what the saved one did, to the bit.

    Raises
    ------
    DataNotFoundError
        There is no such file.
    ModelFileError
        Anything else than a whole and unchanged model file of a version that this onelayer knows.

    Notes
    -----
    Nothing in the file is executed. Sizes are checked before anything is read, the SHA-256 before anything
    is believed. Memory: about twice the file.

    Examples
    --------
    >>> load("no-such.onelayer")
    Traceback (most recent call last):
    ...
    onelayer.errors.DataNotFoundError: no-such.onelayer: there is no such file
    """
    path = Path(path)
    try:
        text, tensors = _read(path)
        return build(text, tensors)
    except ModelFileError as error:
        raise ModelFileError(f"{path}: {error}") from None
    except FileNotFoundError:
        raise DataNotFoundError(f"{path}: there is no such file") from None
    except OSError as error:
        raise ModelFileError(f"{path}: cannot be read: {error.strerror}") from error


def _read(path: Path) -> tuple[str, dict[str, np.ndarray]]:
    """Return the JSON text and the tensors of a file whose digest is right."""
    from safetensors import SafetensorError
    from safetensors.numpy import load as deserialize

    content = _content(path)
    metadata = _metadata(content)
    try:
        tensors = deserialize(content)
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise ModelFileError(f"its tensors are damaged ({error})") from error
    if _digest(metadata["version"], metadata["model"], tensors) != metadata["sha256"]:
        raise ModelFileError("it was damaged or changed after it was saved (its SHA-256 does not match)")
    return metadata["model"], tensors


def _content(path: Path) -> bytes:
    """Read a whole file, once its size and the length of its header make sense together."""
    with open(path, "rb", opener=_open_without_waiting) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise ModelFileError("it is not a file")
        if status.st_size == 0:
            raise ModelFileError("it is empty")
        start = file.read(8)
        header = int.from_bytes(start, "little")
        if not 2 <= header <= status.st_size - 8:
            raise ModelFileError(f"it is not a onelayer model file, or it was cut short{_likeness(start)}")
        if header > HEADER_LIMIT:
            raise ModelFileError(
                f"its header of {header:,} bytes is longer than the {HEADER_LIMIT:,} allowed"
            )
        file.seek(0)
        return file.read(status.st_size)


def _open_without_waiting(path: str, flags: int) -> int:
    """Open a path; a pipe that nobody writes to would otherwise be waited for without end."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _likeness(start: bytes) -> str:
    """Say which other format a file seems to have."""
    return next(
        (f" (it begins like {name})" for magic, name in OTHER_FORMATS.items() if start.startswith(magic)), ""
    )


def _metadata(content: bytes) -> dict[str, str]:
    """Return the four strings of the header, of a version that is known."""
    header = parse_object(content[8 : 8 + int.from_bytes(content[:8], "little")])
    metadata = header.get("__metadata__")
    if not isinstance(metadata, dict) or metadata.get("format") != FORMAT:
        raise ModelFileError("it is a safetensors file, but not a onelayer model")
    version = metadata.get("version")
    if not isinstance(version, str) or not (version.isascii() and version.isdecimal() and len(version) < 10):
        raise ModelFileError("its format version is damaged")
    if int(version) > FORMAT_VERSION:
        raise ModelFileError(
            f"it has format version {version} and this onelayer reads versions up to {FORMAT_VERSION}; "
            "run: pip install --upgrade onelayer"
        )
    if (
        set(metadata) != {"format", "version", "model", "sha256"}
        or version != str(int(version))
        or version == "0"
    ):
        raise ModelFileError("its header is damaged")
    return metadata


def _digest(version: str, document: str, tensors: dict[str, np.ndarray]) -> str:
    """SHA-256 of format, version, JSON text, and name, type, shape and bytes of each tensor."""
    table = [(name, tensors[name].dtype.str, tensors[name].shape) for name in sorted(tensors)]
    digest = hashlib.sha256()
    for part in (f"{FORMAT} {version}", document, json.dumps(table)):
        encoded = part.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(8, "little"))
        digest.update(encoded)
    for name in sorted(tensors):
        digest.update(tensors[name].reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def _little_endian(weights: Any) -> np.ndarray:
    """Return weights as the file holds them: contiguous, little-endian."""
    array = np.asarray(weights, order="C")
    return array.astype(array.dtype.newbyteorder("<"), copy=False)
