"""``onelayer inspect``: what a model file holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from onelayer.cli.options import JSON, LANGUAGE, MODEL
from onelayer.cli.outcome import count, how_trained, solver_of
from onelayer.cli.tables import estimator_of, preparation_of, target_of
from onelayer.errors import InvalidParameterError
from onelayer.strict_json import dumps


@click.command(short_help="Show what a model file holds.")
@MODEL
@click.option(
    "--summary",
    "with_summary",
    is_flag=True,
    help="Add the coefficients of a least-squares model with their errors.",
)
@LANGUAGE
@JSON
def inspect(model_path: Path, with_summary: bool, language: str, as_json: bool) -> None:
    """Show what MODEL is: estimator, shape, classes, parameters, how and on what it was trained."""
    from sklearn.base import is_classifier

    from onelayer import model_files

    model = model_files.load(model_path)
    estimator, target = estimator_of(model), target_of(model)
    if with_summary and (is_classifier(estimator) or estimator.statistics_ is None):
        raise InvalidParameterError(
            f"{model_path}: it was not fitted by least squares in closed form, so it does not know the errors of its "
            "coefficients"
        )
    summary = estimator.summary(outputs=None if target is None else [target]) if with_summary else None
    record = _record(model_path, estimator) | _table(model)
    if as_json:
        click.echo(dumps(record if summary is None else {**record, "summary": summary.record()}))
        return
    click.echo("\n".join(_lines(record, estimator)))
    if summary is not None:
        click.echo(f"\n{summary.text(language)}")


def _record(path: Path, model: Any) -> dict[str, Any]:
    """Return the object that ``--json`` prints."""
    from onelayer.class_names import class_names

    fitted = vars(model)
    is_classifier = "classes_" in fitted
    return {
        "model": str(path),
        "bytes": path.stat().st_size,
        "estimator": type(model).__name__,
        "n_features": model.n_features_in_,
        "n_outputs": 1 if model.coef_.ndim == 1 else len(model.coef_),
        "classes": fitted["classes_"].tolist() if is_classifier else None,
        "class_names": class_names(model) if is_classifier else None,
        "feature_names": fitted["feature_names_in_"].tolist() if "feature_names_in_" in fitted else None,
        "parameters": model.get_params(deep=False),
        "epochs": model.n_iter_,
        "converged": model.converged_,
        "solution": model.facts()[0],
        "training": model.training_,
        "history": model.history_,
    }


def _table(model: Any) -> dict[str, Any]:
    """Return what there is to say of the table that a model was made for."""
    preparation = preparation_of(model)
    if preparation is None:
        return {"target": None, "columns": None, "preparation": None}
    return {
        "target": target_of(model),
        "columns": list(preparation.columns),
        "feature_names": list(preparation.names),
        "preparation": preparation.options.to_json(),
    }


def _lines(record: dict[str, Any], estimator: Any) -> list[str]:
    """Return the record for people, a line for each thing there is to know."""
    from onelayer.data.preparation.options import Options

    exact = solver_of(estimator) != "sgd"
    steps = how_trained(estimator) if exact else f"epochs: {record['epochs']}"
    training, data = record["training"], record["training"]["data"] or {}
    classes = record["class_names"] or []
    width = f"{len(classes):,} classes" if classes else count(record["n_outputs"], "output")
    entries = {
        "model": f"{record['model']} ({record['bytes']:,} bytes)",
        "estimator": f"{record['estimator']}, {count(record['n_features'], 'feature')}, {width}",
        "target": record["target"] or "",
        "columns": ", ".join(record["columns"] or ()),
        "classes": ", ".join(classes),
        "options": _pairs(_changed(record["preparation"] or {}, Options().to_json())),
        "parameters": _pairs(
            _changed(record["parameters"], type(estimator)().get_params()) if exact else record["parameters"]
        ),
        "solution": _pairs(record["solution"]),
        "training": f"{training['n_rows']:,} rows, {steps}, {training['seconds']:.2f} s, "
        f"threads: {training['n_threads']}, seed: {training['random_state']}, {training['stopped']}, "
        f"implementation: {training.get('implementation', 'fast')}",
        "last epoch": "" if exact or not record["history"] else _pairs(record["history"][-1]),
        "created": training["created"],
        "versions": " ".join(f"{name} {version}" for name, version in training["versions"].items()),
        "data": data.get("source", ""),
        "fingerprint": data.get("fingerprint", ""),
    }
    return [f"{name:<13}{text}" for name, text in entries.items() if text]


def _changed(values: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    """Return those of the values that are not the defaults."""
    return {name: value for name, value in values.items() if value != defaults[name]}


def _pairs(values: dict[str, Any]) -> str:
    """Return names and values, those that there are; six digits are enough for people."""
    shown = {name: f"{value:.6g}" if isinstance(value, float) else value for name, value in values.items()}
    return ", ".join(f"{name}={value}" for name, value in shown.items() if value is not None)
