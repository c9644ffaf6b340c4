"""``onelayer evaluate``: how good a saved model is on a data set."""

from __future__ import annotations

import time
from pathlib import Path

import click

from onelayer.cli.loading import about, check_width, load_source, unseen_part
from onelayer.cli.options import JSON, MODEL, SOURCE
from onelayer.cli.outcome import Outcome


@click.command(short_help="Say how good a model is on a data set.")
@MODEL
@SOURCE
@JSON
def evaluate(model_path: Path, source_name: str, as_json: bool) -> None:
    """Say how good MODEL is on SOURCE: on its training and its test part, or on all of it as a test.

    The loss is in nats and in bits for a classifier, and half the mean squared error for a regression.
    """
    from onelayer import evaluation, model_files

    model = model_files.load(model_path)
    source = load_source(source_name)
    test = unseen_part(source)
    check_width(test, model.n_features_in_, f"the model {model_path}")
    start = time.perf_counter()
    with about(test.source):
        on_test = evaluation.evaluate(model, test.X, test.y)
    with about(source.train.source):
        on_train = None if source.test is None else evaluation.evaluate(model, source.train.X, source.train.y)
    outcome = Outcome(
        source=source_name,
        data=test.source,
        train=on_train,
        test=on_test,
        epochs=model.n_iter_,
        seconds=time.perf_counter() - start,
        converged=model.converged_,
        model=model_path,
    )
    outcome.show(as_json=as_json)
