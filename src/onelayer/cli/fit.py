"""``onelayer fit``: train, show progress, say how good the result is, leave a model file and a report."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from onelayer.cli.calibration import calibrate
from onelayer.cli.estimator import chosen_estimator
from onelayer.cli.exit_status import INTERRUPTED
from onelayer.cli.loading import files_of, name_of
from onelayer.cli.material import Material, SetMaterial
from onelayer.cli.option_owners import check_owners, refuse_table_options
from onelayer.cli.options import JSON, LANGUAGE, SOURCE, grouped
from onelayer.cli.outcome import Outcome
from onelayer.cli.output_paths import check_outputs
from onelayer.cli.sections import Sectioned
from onelayer.cli.table_material import TableMaterial
from onelayer.cli.table_options import PREPARATION, READING
from onelayer.cli.training_options import LOSS, SCORES, TRAINING

SECTIONS = {
    "Table": (*PREPARATION, *READING),
    "Loss": LOSS,
    "Training": [name for name in TRAINING if name not in LOSS],
}


@click.command(
    cls=Sectioned,
    sections=SECTIONS,
    rest="Output",
    short_help="Train a model; leave a model file and a page of pictures.",
)
@SOURCE
@grouped(PREPARATION, READING, TRAINING)
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
    implementation: str,
    model_path: Path | None,
    no_model: bool,
    report_path: Path | None,
    no_report: bool,
    language: str,
    as_json: bool,
    **given: Any,
) -> None:
    """Train a model on SOURCE: a table, a data set's name (see onelayer datasets list) or a folder of IDX files.

    \b
    onelayer fit houses.csv --target price --log price --validation 0.2
    onelayer fit fashion-mnist

    A table is a CSV file (plain, gzip or zstd) or a Parquet file; its rows become inputs as the options from --target
    to --rare say. Model and report go to the current folder unless told otherwise; either both are written or
    neither. Ctrl-C ends the training early: the last finished epoch is kept and saved, and the exit status is 130.
    """
    from onelayer.data.tables import is_table

    if (no_model and model_path) or (no_report and report_path):
        raise click.UsageError("a file to write and the option not to write it exclude each other", context)
    check_owners(context, given, implementation)
    if implementation != "fast":
        from onelayer.course.implementations import check_installed

        check_installed(implementation)
    given["language"] = language
    if not is_table(source_name):
        refuse_table_options(context, source_name)
    model_path = None if no_model else model_path or Path(f"{name_of(source_name)}.onelayer")
    report_path = None if no_report else report_path or Path(f"{name_of(source_name)}.html")
    validation = given["validation"] if isinstance(given["validation"], str) else None
    check_outputs(
        {"--model": model_path, "--report": report_path},
        {"SOURCE": files_of(source_name), "--validation": files_of(validation) if validation else []},
    )
    if report_path is not None:
        from onelayer import report

        report.check_installed()
    material = (TableMaterial if is_table(source_name) else SetMaterial)(source_name, given)
    test_name = "validation" if given["validation"] else "test"
    model = _train(context, material, implementation, given)
    calibration = calibrate(model, material, test_name)
    on_train, on_test = material.evaluations(model)
    outcome = Outcome(
        source=source_name,
        data=material.described,
        train=on_train,
        test=on_test,
        test_name=test_name,
        calibration=calibration,
        estimator=model,
        seconds=model.training_["seconds"],
        model=model_path,
        report=report_path,
        target=material.target,
    )
    _write(model, material, outcome, language)
    outcome.show(as_json=as_json)
    _say_why_it_ended(context, model, given["epochs"])


def _train(context: click.Context, material: Material, implementation: str, given: dict[str, Any]) -> Any:
    """Return the fitted estimator."""
    from onelayer.callbacks import ProgressBar

    model = chosen_estimator(context, material, given)
    validate = bool(given["validation"]) or not given["early_stopping"]
    steps = material.loss != "squared" or not model.solves_exactly or implementation != "fast"
    bars = [ProgressBar(score=SCORES[material.loss])] if steps else []  # reading a table has a bar of its own
    return material.fit(model, validate=validate, implementation=implementation, callbacks=bars)


def _write(model: Any, material: Material, outcome: Outcome, language: str) -> None:
    """Write model file and report, or neither: the model takes its name when the report is there."""
    from onelayer import model_files
    from onelayer.output_file import replacing

    with ExitStack() as stack:
        if outcome.model is not None:
            file = stack.enter_context(replacing(outcome.model))
            file.write(model_files.serialized(material.whole(model), material.provenance))
            file.flush()
        if outcome.report is not None:
            material.report(outcome.report, model, part=outcome.test_name, lang=language)


def _say_why_it_ended(context: click.Context, model: Any, epochs: int) -> None:
    """Say so when not all epochs were trained; an interrupted fit has an exit status of its own."""
    stopped = model.training_["stopped"]
    if stopped != "finished":
        of = f" of {epochs}" if model.training_["solver"] == "sgd" else ""
        click.echo(
            f"Stopped after {'epoch' if of else 'iteration'} {model.n_iter_}{of}: {stopped}.", err=True
        )
    if stopped == "interrupted":
        context.exit(INTERRUPTED)
