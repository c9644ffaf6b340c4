"""``onelayer predict``: one line for each row of a data set."""

from __future__ import annotations

import codecs
import csv
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click

from onelayer.cli.loading import about, check_width, load_source, unseen_part
from onelayer.cli.options import JSON, MODEL, SOURCE
from onelayer.strict_json import dumps

if TYPE_CHECKING:
    import numpy as np

STANDARD_OUTPUT = Path("-")


class SupportsWrite(Protocol):
    """Something that takes text."""

    def write(self, text: str, /) -> object:
        """Take a piece of it."""


@click.command(short_help="Predict each row of a data set.")
@MODEL
@SOURCE
@click.option("--proba", is_flag=True, help="Add the probability of each class, a column for each.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, allow_dash=True),
    default=STANDARD_OUTPUT,
    metavar="FILE",
    help="Where to write.  [default: standard output]",
)
@JSON
def predict(model_path: Path, source_name: str, proba: bool, output: Path, as_json: bool) -> None:
    """Predict each row of SOURCE, in order; labels need not be there.

    These are the rows of its test part, or all of them when it has one part only. The result is CSV: a
    header, then for each row the predicted label or value. The columns of probabilities have the names of
    the classes where these are known, and their labels elsewhere.
    """
    from sklearn.base import is_classifier

    from onelayer import model_files
    from onelayer.class_names import class_names
    from onelayer.output_file import check_writable

    if output != STANDARD_OUTPUT:
        check_writable(output)
    model = model_files.load(model_path)
    if proba and not is_classifier(model):
        raise click.UsageError(f"--proba: {model_path} is a regression and has no probabilities")
    data = unseen_part(load_source(source_name, labels_required=False))
    check_width(data, model.n_features_in_, f"the model {model_path}")
    with about(data.source):
        predictions = model.predict(data.X)
        probabilities = model.predict_proba(data.X) if proba else None
    names = class_names(model) if proba else []
    with _opened(output) as file:
        write = _write_json if as_json else _write_csv
        write(file, predictions, names, probabilities)


def _write_json(
    file: SupportsWrite, predictions: np.ndarray, names: list[str], probabilities: np.ndarray | None
) -> None:
    """Write one object: the predictions, and with probabilities the classes and a list for each row."""
    record: dict[str, Any] = {"prediction": predictions.tolist()}
    if probabilities is not None:
        record |= {"classes": names, "proba": probabilities.tolist()}
    file.write(dumps(record) + "\n")


def _write_csv(
    file: SupportsWrite, predictions: np.ndarray, names: list[str], probabilities: np.ndarray | None
) -> None:
    """Write a header and a line for each row."""
    outputs = predictions.reshape(len(predictions), -1).T
    header = ["prediction"] if len(outputs) == 1 else [f"prediction_{k}" for k in range(len(outputs))]
    columns = [*outputs, *([] if probabilities is None else probabilities.T)]
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(header + names)
    writer.writerows(zip(*columns, strict=True))


@contextmanager
def _opened(output: Path) -> Iterator[SupportsWrite]:
    """Open standard output, or a file that appears whole or not at all."""
    from onelayer.output_file import replacing

    if output == STANDARD_OUTPUT:
        yield sys.stdout
        sys.stdout.flush()
    else:
        with replacing(output) as file:
            yield codecs.getwriter("utf-8")(file)
