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

from onelayer.cli.loading import about, check_width, files_of, load_source, unseen_part
from onelayer.cli.options import JSON, MODEL, SOURCE, Number, grouped
from onelayer.cli.output_paths import check_outputs
from onelayer.cli.table_options import READING
from onelayer.cli.tables import check_kind, estimator_of, rows_for
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
@grouped(READING)
@click.option(
    "--interval",
    type=Number(low_open=True, high=1.0),
    help="Add the bounds between which a new target lies with this probability, such as 0.95.",
)
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
def predict(
    model_path: Path,
    source_name: str,
    proba: bool,
    interval: float | None,
    output: Path,
    as_json: bool,
    **reading: Any,
) -> None:
    """Predict each row of SOURCE, in order; labels and targets need not be there.

    These are all rows of a table; of a data set those of its test part, or all of them when it has one part only. The
    result is CSV: a header, then for each row the predicted label or value. The columns of probabilities have the names
    of the classes where these are known, and their labels elsewhere. Predictions of a table are in the units of the
    target column. Several quantiles have a column each: prediction at 0.1, prediction at 0.9; several targets too:
    prediction_0, prediction_1.
    """
    from sklearn.base import is_classifier

    from onelayer import model_files
    from onelayer.class_names import class_names

    check_outputs(
        {"-o": None if output == STANDARD_OUTPUT else output},
        {"MODEL": [model_path], "SOURCE": files_of(source_name)},
    )
    model = model_files.load(model_path)
    if proba and not is_classifier(model):
        raise click.UsageError(f"{model_path} is a regression and has no probabilities; leave --proba out")
    if interval is not None and is_classifier(model):
        raise click.UsageError(f"{model_path} is a classifier and has no intervals; leave --interval out")
    rows = _rows(model, model_path, source_name, reading)
    keywords = {} if interval is None else {"interval": interval}
    with about(source_name):
        found = model.predict(rows, **keywords)
        probabilities = model.predict_proba(rows) if proba else None
    predictions, bounds = (
        (found, {}) if interval is None else (found[0], {"lower": found[1], "upper": found[2]})
    )
    names = class_names(estimator_of(model)) if proba else []
    quantiles = [] if is_classifier(model) else _quantiles(estimator_of(model))
    with _opened(output) as file:
        write = _write_json if as_json else _write_csv
        write(file, predictions, bounds, quantiles, names, probabilities)


def _rows(model: Any, model_path: Path, source_name: str, reading: dict[str, Any]) -> Any:
    """Return what the model is to predict: a table, or the rows of a data set."""
    if check_kind(model, model_path, source_name):
        return rows_for(model.preparation_, source_name, **reading)
    data = unseen_part(load_source(source_name, labels_required=False))
    check_width(data, model.n_features_in_, f"the model {model_path}")
    return data.X


def _quantiles(estimator: Any) -> list[float]:
    """Return the quantiles that a regression estimates, if there are several."""
    import numpy as np

    several = estimator.loss == "quantile" and np.ndim(estimator.quantile) > 0
    return [float(quantile) for quantile in estimator.quantile] if several else []


def _write_json(
    file: SupportsWrite,
    predictions: np.ndarray,
    bounds: dict[str, np.ndarray],
    quantiles: list[float],
    names: list[str],
    probabilities: np.ndarray | None,
) -> None:
    """Write one object: the predictions, their bounds or quantiles, and with probabilities the classes and lists."""
    record: dict[str, Any] = {"prediction": predictions.tolist()}
    record |= {name: bound.tolist() for name, bound in bounds.items()}
    record |= {"quantiles": quantiles} if quantiles else {}
    if probabilities is not None:
        record |= {"classes": names, "proba": probabilities.tolist()}
    file.write(dumps(record) + "\n")


def _write_csv(
    file: SupportsWrite,
    predictions: np.ndarray,
    bounds: dict[str, np.ndarray],
    quantiles: list[float],
    names: list[str],
    probabilities: np.ndarray | None,
) -> None:
    """Write a header and a line for each row."""
    header, columns = [], []
    for name, values in {"prediction": predictions, **bounds}.items():
        outputs = values.reshape(len(values), -1).T
        endings = [f" at {q:g}" for q in quantiles] or [f"_{k}" for k in range(len(outputs))]
        header += [f"{name}{ending}" for ending in endings] if quantiles or len(outputs) > 1 else [name]
        columns += list(outputs)
    columns += [] if probabilities is None else list(probabilities.T)
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
