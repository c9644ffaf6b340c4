"""``onelayer evaluate``: how good a saved model is on a data set."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from onelayer.cli.loading import about, check_width, load_source, unseen_part
from onelayer.cli.options import JSON, MODEL, SOURCE, grouped
from onelayer.cli.outcome import Outcome
from onelayer.cli.table_options import READING
from onelayer.cli.tables import check_kind, estimator_of, part_for, target_of

if TYPE_CHECKING:
    from onelayer.evaluation import Evaluation


@click.command(short_help="Say how good a model is on a data set.")
@MODEL
@SOURCE
@grouped(READING)
@JSON
def evaluate(model_path: Path, source_name: str, as_json: bool, **reading: Any) -> None:
    """Say how good MODEL is on SOURCE: on its training and its test part, or on all of it as a test.

    The loss is in nats and in bits for a classifier, and the model's own for a regression, such as half the mean
    squared error.
    """
    from onelayer import model_files

    model = model_files.load(model_path)
    start = time.perf_counter()
    if check_kind(model, model_path, source_name):
        place, on_train, on_test = source_name, None, _on_table(model, source_name, reading)
    else:
        place, on_train, on_test = _on_set(model, source_name, model_path)
    estimator = estimator_of(model)
    outcome = Outcome(
        source=source_name,
        data=place,
        train=on_train,
        test=on_test,
        estimator=estimator,
        seconds=time.perf_counter() - start,
        model=model_path,
        target=target_of(model),
    )
    outcome.show(as_json=as_json)


def _on_table(model: Any, source: str, reading: dict[str, Any]) -> Evaluation:
    """Return how good the model of a table is on all rows of a file."""
    from onelayer.evaluation import evaluate_batches

    part = part_for(model, source, **reading)
    with about(source):
        return evaluate_batches(model.estimator_, part.blocks)


def _on_set(model: Any, source_name: str, model_path: Path) -> tuple[str, Evaluation | None, Evaluation]:
    """Return where a data set comes from, and how good the model is on its training and its test part."""
    from onelayer.evaluation import evaluate

    source = load_source(source_name)
    test = unseen_part(source)
    check_width(test, model.n_features_in_, f"the model {model_path}")
    with about(test.source):
        on_test = evaluate(model, test.X, test.y)
    with about(source.train.source):
        on_train = None if source.test is None else evaluate(model, source.train.X, source.train.y)
    return test.source, on_train, on_test
