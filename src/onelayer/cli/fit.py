"""``onelayer fit``: train, show progress, say how good the result is, leave a model file and a report."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from onelayer.cli.exit_status import INTERRUPTED
from onelayer.cli.holdout import hold_out
from onelayer.cli.loading import about, check_width, load_source, unseen_part
from onelayer.cli.options import JSON, LANGUAGE, SOURCE, Number, Validation
from onelayer.cli.outcome import Outcome
from onelayer.errors import InvalidDataError
from onelayer.solvers.schedules import SCHEDULES

if TYPE_CHECKING:
    from onelayer.data.dataset import Dataset
    from onelayer.data.sources import Source
    from onelayer.evaluation import Evaluation

AT_LEAST_ONE = click.IntRange(min=1)
SCORES = {"cross-entropy": "accuracy", "squared": "R²"}


@click.command(short_help="Train a model; leave a model file and a page of pictures.")
@SOURCE
@click.option(
    "--loss",
    type=click.Choice(list(SCORES)),
    help="cross-entropy: softmax regression on class labels; squared: linear regression on numbers.  "
    "[default: squared for data sets made for it, house-prices and synthetic-regression; else cross-entropy]",
)
@click.option(
    "--solver",
    type=click.Choice(["auto", "sgd"]),
    default="auto",
    show_default=True,
    help="How the optimum is sought.",
)
@click.option(
    "--implementation",
    type=click.Choice(["fast", "scratch", "concise"]),
    default="fast",
    show_default=True,
    help="Who takes the steps: the compiled loop, or the course's code, with tensors only or with torch.nn.",
)
@click.option(
    "--epochs",
    type=AT_LEAST_ONE,
    metavar="N",
    default=10,
    show_default=True,
    help="Passes over the training rows.",
)
@click.option(
    "--batch-size",
    type=AT_LEAST_ONE,
    metavar="N",
    default=256,
    show_default=True,
    help="Rows in a minibatch.",
)
@click.option(
    "--learning-rate",
    type=Number(low_open=True, word="auto"),
    default="auto",
    show_default=True,
    help="Step size; auto needs no tuning.",
)
@click.option(
    "--schedule",
    type=click.Choice(SCHEDULES),
    default="auto",
    show_default=True,
    help="How the learning rate changes over the epochs.",
)
@click.option(
    "--momentum",
    type=Number(high=1.0),
    default=0.0,
    show_default=True,
    help="Share of the last step that the next one keeps.",
)
@click.option(
    "--alpha",
    type=Number(word="auto"),
    help="Strength of the L2 penalty.  [default: auto = 1/rows for cross-entropy, 0 for squared]",
)
@click.option(
    "--seed",
    "random_state",
    type=click.IntRange(0, 2**32 - 1),
    metavar="N",
    default=0,
    show_default=True,
    help="Seed of all that is random: the same seed gives the same bits.",
)
@click.option(
    "--threads",
    "n_threads",
    type=AT_LEAST_ONE,
    metavar="N",
    help="Number of threads; the result of the compiled loop does not depend on it.  "
    "[default: all cores; one for scratch and concise]",
)
@click.option(
    "--validation",
    type=Validation(),
    metavar="FRACTION|SOURCE",
    help="Rows to validate on after every epoch: a fraction of the training rows, held out with the same "
    "share of every class, or another data set.  [default: the test part of SOURCE]",
)
@click.option(
    "--early-stopping",
    is_flag=True,
    help="Stop when the validation loss no longer falls. Without --validation this watches a tenth of the "
    "training rows, so that the test part stays unseen.",
)
@click.option(
    "--model",
    "model_path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where to save the model.  [default: the name of SOURCE with .onelayer]",
)
@click.option("--no-model", is_flag=True, help="Save no model.")
@click.option(
    "--report",
    "report_path",
    type=click.Path(path_type=Path),
    metavar="FILE.html",
    help="Where to write the report.  [default: the name of SOURCE with .html]",
)
@click.option("--no-report", is_flag=True, help="Write no report.")
@LANGUAGE
@JSON
@click.pass_context
def fit(
    context: click.Context,
    source_name: str,
    loss: str | None,
    implementation: str,
    validation: float | str | None,
    model_path: Path | None,
    no_model: bool,
    report_path: Path | None,
    no_report: bool,
    language: str,
    as_json: bool,
    **parameters: Any,
) -> None:
    """Train a model on SOURCE: a data set's name (see onelayer datasets list) or a folder of IDX files.

    Model and report go to the current folder unless told otherwise; either both are written or neither.
    Ctrl-C ends the training early: the last finished epoch is kept and saved, and the exit status is 130.
    """
    from onelayer.course.implementations import check_installed

    if (no_model and model_path) or (no_report and report_path):
        raise click.UsageError("a file to write and the option not to write it exclude each other", context)
    check_installed(implementation)
    source = load_source(source_name)
    model_path = None if no_model else model_path or Path(f"{source.name}.onelayer")
    report_path = None if no_report else report_path or Path(f"{source.name}.html")
    _check_outputs(model_path, report_path)
    loss = loss or ("squared" if source.train.regression else "cross-entropy")
    classifies = loss == "cross-entropy"
    if classifies:
        _check_labels(source.train)
    train, held_out = _parts(source, validation, parameters["random_state"], stratified=classifies)
    if held_out is not None:
        _check_held_out(held_out, train, classifies=classifies)
    watched = held_out if validation or not parameters["early_stopping"] else None
    model = _train(train, watched, loss, implementation, parameters)
    on_train, on_test = _evaluations(model, train, held_out)
    outcome = Outcome(
        source=source_name,
        data=train.source,
        train=on_train,
        test=on_test,
        test_name="validation" if validation else "test",
        epochs=model.n_iter_,
        seconds=model.training_["seconds"],
        converged=model.converged_,
        model=model_path,
        report=report_path,
    )
    _write(model, train, held_out, outcome, language)
    outcome.show(as_json=as_json)
    _say_why_it_ended(context, model, parameters["epochs"])


def _check_outputs(model: Path | None, report: Path | None) -> None:
    """Refuse files that could not be written, or not drawn, before the training."""
    from onelayer.output_file import check_writable
    from onelayer.report import check_installed

    for path in (model, report):
        if path is not None:
            check_writable(path)
    if model is not None and report is not None and model.resolve() == report.resolve():
        raise click.UsageError(f"--model and --report both name {model}")
    if report is not None:
        check_installed()


def _parts(
    source: Source, validation: float | str | None, seed: int, *, stratified: bool
) -> tuple[Dataset, Dataset | None]:
    """Return the rows to train on and those to validate on."""
    if isinstance(validation, float):
        return hold_out(source.train, validation, seed, stratified=stratified)
    if validation is not None:
        held_out = unseen_part(load_source(validation))
        check_width(held_out, source.train.X.shape[1], source.train.source)
        return source.train, held_out
    return source.train, source.test


def _check_labels(data: Dataset) -> None:
    """Refuse numbers that are no classes, and say which loss they are for."""
    assert data.y is not None
    fractional = (data.y % 1 != 0).nonzero()[0]
    if len(fractional):
        row = fractional[0]
        raise InvalidDataError(
            f"{data.source}: the label of row {row} (counted from 0) is {data.y[row]}, which is no class; "
            "--loss squared fits such numbers"
        )


def _check_held_out(held_out: Dataset, train: Dataset, *, classifies: bool) -> None:
    """Refuse rows that the trained model could not be judged on, before the training."""
    import numpy as np

    from onelayer.labels import check_known
    from onelayer.validation import check_finite

    assert held_out.y is not None
    assert train.y is not None
    with about(held_out.source):
        check_finite(held_out.X, "X")
        if classifies:
            check_known(held_out.y, np.unique(train.y))


def _train(
    train: Dataset, watched: Dataset | None, loss: str, implementation: str, parameters: dict[str, Any]
) -> Any:
    """Return the fitted estimator; what was not given or is "auto" is the estimator's own choice."""
    from onelayer.callbacks import ProgressBar
    from onelayer.course import implementations
    from onelayer.estimators.linear_regression import LinearRegression
    from onelayer.estimators.softmax_regression import SoftmaxRegression

    assert train.y is not None
    estimator = {"cross-entropy": SoftmaxRegression, "squared": LinearRegression}[loss]
    model = estimator(**{name: value for name, value in parameters.items() if value not in (None, "auto")})
    validation = {} if watched is None else {"X_val": watched.X, "y_val": watched.y}
    with about(train.source):
        bar = ProgressBar(score=SCORES[loss])
        return implementations.fit(
            model, train.X, train.y, implementation=implementation, **validation, callbacks=[bar]
        )


def _evaluations(
    model: Any, train: Dataset, held_out: Dataset | None
) -> tuple[Evaluation, Evaluation | None]:
    """Return how good the model is on the rows it was trained on, and on those it was not."""
    from onelayer.evaluation import evaluate

    on_test = None if held_out is None else evaluate(model, held_out.X, held_out.y)
    return evaluate(model, train.X, train.y), on_test


def _write(model: Any, train: Dataset, held_out: Dataset | None, outcome: Outcome, language: str) -> None:
    """Write model file and report, or neither: the model takes its name when the report is there."""
    from onelayer import model_files, report
    from onelayer.output_file import replacing

    with ExitStack() as stack:
        if outcome.model is not None:
            file = stack.enter_context(replacing(outcome.model))
            file.write(model_files.serialized(model, train.provenance))
            file.flush()
        if outcome.report is not None:
            report.write(outcome.report, model, train, held_out, part=outcome.test_name, lang=language)


def _say_why_it_ended(context: click.Context, model: Any, epochs: int) -> None:
    """Say so when not all epochs were trained; an interrupted fit has an exit status of its own."""
    stopped = model.training_["stopped"]
    if stopped != "finished":
        click.echo(f"Stopped after epoch {model.n_iter_} of {epochs}: {stopped}.", err=True)
    if stopped == "interrupted":
        context.exit(INTERRUPTED)
