"""``onelayer search``: train a grid of candidates together and keep the best."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from onelayer.cli.estimator import chosen_estimator
from onelayer.cli.grid_option import Grid
from onelayer.cli.holdout import hold_out
from onelayer.cli.loading import about, files_of
from onelayer.cli.material import Material, SetMaterial
from onelayer.cli.option_owners import SGD, check_owners, refuse_table_options
from onelayer.cli.options import JSON, LANGUAGE, SOURCE, Number, asked, grouped
from onelayer.cli.outcome import count
from onelayer.cli.output_paths import check_outputs
from onelayer.cli.sections import Sectioned
from onelayer.cli.table_material import TableMaterial
from onelayer.cli.table_options import PREPARATION, READING
from onelayer.cli.training_options import LOSS, SCORES, TRAINING
from onelayer.strict_json import dumps

if TYPE_CHECKING:
    from onelayer.data.dataset import Dataset

OPTIONS = {
    name: entry
    for name, entry in TRAINING.items()
    if name not in ("implementation", "early_stopping", "calibrate")
}
SECTIONS = {
    "Table": (*PREPARATION, *READING),
    "Loss": LOSS,
    "Training": [name for name in OPTIONS if name not in LOSS],
}
HELD_OUT = 0.2  # share of the training rows that judges the candidates unless told otherwise


@click.command(
    cls=Sectioned,
    sections=SECTIONS,
    rest="Search",
    short_help="Train a grid of candidates together; keep the best.",
)
@SOURCE
@click.option(
    "--grid",
    "grid",
    type=Grid(),
    multiple=True,
    required=True,
    metavar="NAME=VALUES",
    help="Values of a parameter: a,b,c or LOW:HIGH:logN or LOW:HIGH:linN. Once for each parameter.",
)
@click.option(
    "--cv", type=click.IntRange(min=2), metavar="N", help="Judge by N folds in place of rows held out."
)
@click.option(
    "--factor",
    type=Number(1.0, low_open=True),
    default=3.0,
    show_default=True,
    help="One of so many candidates goes on after epoch 1, FACTOR, FACTOR², ….",
)
@click.option("--all", "to_the_end", is_flag=True, help="Train every candidate to the end.")
@grouped(PREPARATION, READING, OPTIONS)
@click.option(
    "--model", "model_path", type=click.Path(path_type=Path), metavar="FILE", help="Where to save the best."
)
@click.option(
    "--report",
    "report_path",
    type=click.Path(path_type=Path),
    metavar="FILE.html",
    help="Where to write the picture of the search.",
)
@LANGUAGE
@JSON
@click.pass_context
def search(
    context: click.Context,
    source_name: str,
    grid: tuple[tuple[str, list[Any]], ...],
    cv: int | None,
    factor: float,
    to_the_end: bool,
    model_path: Path | None,
    report_path: Path | None,
    language: str,
    as_json: bool,
    **given: Any,
) -> None:
    """Train every combination of the --grid values on SOURCE, side by side, and keep the best.

    \b
    onelayer search fashion-mnist --grid alpha=1e-6:1e-2:log5 --grid learning_rate=0.01,0.03,0.1
    onelayer search houses.csv --target price --grid alpha=0,1e-3,1e-2 --cv 5 --model best.onelayer

    Candidates are judged by --validation or --cv, else by a fifth of the training rows, held out. The hopeless are
    stopped early unless --all is given. Files are written where --model and --report name them.
    """
    from onelayer.data.tables import is_table

    values = _distinct(grid)
    if cv is not None and given["validation"] is not None:
        raise click.UsageError("--cv and --validation exclude each other", context)
    if to_the_end and asked(context, "factor"):
        raise click.UsageError("--all and --factor exclude each other", context)
    given |= {"language": language, "early_stopping": False, "calibrate": None}
    if given["solver"] == "auto" and not values.keys().isdisjoint(SGD):
        given["solver"] = "sgd"
    check_owners(context, given, "fast")
    table = is_table(source_name)
    if not table:
        refuse_table_options(context, source_name)
    held = given["validation"] if isinstance(given["validation"], str) else None
    check_outputs(
        {"--model": model_path, "--report": report_path},
        {"SOURCE": files_of(source_name), "--validation": files_of(held) if held else []},
    )
    if report_path is not None:
        from onelayer import report

        report.check_installed()
    if table and cv is None and given["validation"] is None:
        given["validation"] = HELD_OUT
    material = (TableMaterial if table else SetMaterial)(source_name, given)
    sweep, train, held_out = _swept(context, material, given, values, cv, None if to_the_end else factor)
    test = None if material.held_out is held_out else material.held_out
    record = _record(sweep, source_name, train, test, model_path, report_path)
    _write(sweep, material, train, held_out, model_path, report_path, language)
    click.echo(dumps(record) if as_json else "\n".join(_lines(record, SCORES[material.loss])))


def _distinct(grid: tuple[tuple[str, list[Any]], ...]) -> dict[str, list[Any]]:
    """Return the grid, none of whose parameters may be given twice."""
    names = [name for name, _ in grid]
    for name in names:
        if names.count(name) > 1:
            raise click.UsageError(f"--grid has {name} twice; give all of its values at once")
    return dict(grid)


def _swept(
    context: click.Context,
    material: Material,
    given: dict[str, Any],
    values: dict[str, list[Any]],
    cv: int | None,
    factor: float | None,
) -> tuple[Any, Dataset, Dataset | None]:
    """Return the sweep, the rows that it was trained on, and those that judged it, if they are not folds."""
    from onelayer.callbacks import SweepTable
    from onelayer.estimators.sweep.grid_sweep import GridSweep

    estimator = chosen_estimator(context, material, given)
    known = sorted(estimator.get_params(deep=False))
    for name in values:
        if name not in known:
            raise click.UsageError(
                f"--grid has {name!r}, which is no parameter of {type(estimator).__name__}; it has {', '.join(known)}"
            )
    material.check_labels()
    train = material.train
    held_out: Dataset | None = None
    if cv is None:
        held_out = material.held_out
        if given["validation"] is None:
            stratified = material.loss == "cross-entropy"
            train, held_out = hold_out(train, HELD_OUT, given["random_state"], stratified=stratified)
    rows: dict[str, Any] = {"sample_weight": material.weights}
    if held_out is not None:
        rows |= {"X_val": held_out.X, "y_val": held_out.y, "sample_weight_val": material.weights_held_out}
    sweep = GridSweep(estimator, values, cv=cv, factor=factor)
    assert train.y is not None
    with about(material.source), SweepTable(score=SCORES[material.loss]) as shown:
        sweep.fit(train.X, train.y, **rows, listeners=[shown])
    if material.names:
        sweep.best_estimator_.named(material.names)
    return sweep, train, held_out


def _record(
    sweep: Any,
    source: str,
    train: Dataset,
    test: Dataset | None,
    model_path: Path | None,
    report_path: Path | None,
) -> dict[str, Any]:
    """Return the object that ``--json`` prints."""
    from onelayer.evaluation import evaluate

    results, best = sweep.cv_results_, sweep.best_estimator_
    candidates = [
        {
            "params": params,
            "state": str(results["state"][i]),
            "epochs": int(results["n_epochs"][i]),
            "validation_loss": float(results["mean_test_loss"][i]),
            "validation_score": float(results["mean_test_score"][i]),
            "rank": int(results["rank_test_score"][i]),
        }
        for i, params in enumerate(results["params"])
    ]
    return {
        "model": None if model_path is None else str(model_path),
        "report": None if report_path is None else str(report_path),
        "source": source,
        "n_train": len(train.X),
        "n_test": None if test is None else len(test.X),
        "n_splits": sweep.n_splits_,
        "seconds": float(results["mean_fit_time"].sum() * sweep.n_splits_ + sweep.refit_time_),
        "best": candidates[sweep.best_index_],
        "train": evaluate(best, train.X, train.y).record(),
        "test": None if test is None else evaluate(best, test.X, test.y).record(),
        "candidates": candidates,
    }


def _lines(record: dict[str, Any], score: str) -> list[str]:
    """Return the same for people."""
    from onelayer.callbacks.sweep_table import words

    best, states = record["best"], [each["state"] for each in record["candidates"]]
    name = "accuracy" if score == "accuracy" else "r2"
    entries = {
        "best": words(best["params"]),
        "validation": f"{score} {best['validation_score']:.4f}   loss {best['validation_loss']:.6g}",
        "test": None if record["test"] is None else f"{score} {record['test'][name]:.4f}",
        "candidates": f"{len(states)}: "
        + ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(sorted(states))),
        "time": f"{record['seconds']:.2f} s   {count(record['n_train'], 'row')}",
        "model": record["model"],
        "report": record["report"],
    }
    return [f"{label:<12}{text}" for label, text in entries.items() if text is not None]


def _write(
    sweep: Any,
    material: Material,
    train: Dataset,
    held_out: Dataset | None,
    model_path: Path | None,
    report_path: Path | None,
    language: str,
) -> None:
    """Write model file and report, or neither."""
    from onelayer import model_files
    from onelayer.output_file import replacing
    from onelayer.report.sweep import write_sweep

    with ExitStack() as stack:
        if model_path is not None:
            file = stack.enter_context(replacing(model_path))
            file.write(model_files.serialized(material.whole(sweep.best_estimator_), train.provenance))
            file.flush()
        if report_path is not None:
            write_sweep(report_path, sweep, train, held_out, lang=language)
