"""``onelayer inspect``: what a model file holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from onelayer.cli.options import JSON, MODEL
from onelayer.cli.outcome import count
from onelayer.strict_json import dumps


@click.command(short_help="Show what a model file holds.")
@MODEL
@JSON
def inspect(model_path: Path, as_json: bool) -> None:
    """Show what MODEL is: estimator, shape, classes, parameters, how and on what it was trained."""
    from onelayer import model_files

    record = _record(model_path, model_files.load(model_path))
    click.echo(dumps(record) if as_json else "\n".join(_lines(record)))


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
        "training": model.training_,
        "history": model.history_,
    }


def _lines(record: dict[str, Any]) -> list[str]:
    """Return the record for people, a line for each thing there is to know."""
    training, data = record["training"], record["training"]["data"] or {}
    classes = record["class_names"] or []
    width = f"{len(classes):,} classes" if classes else count(record["n_outputs"], "output")
    entries = {
        "model": f"{record['model']} ({record['bytes']:,} bytes)",
        "estimator": f"{record['estimator']}, {count(record['n_features'], 'feature')}, {width}",
        "classes": ", ".join(classes),
        "parameters": _pairs(record["parameters"]),
        "training": f"{training['n_rows']:,} rows, epochs: {record['epochs']}, {training['seconds']:.2f} s, "
        f"threads: {training['n_threads']}, seed: {training['random_state']}, {training['stopped']}, "
        f"implementation: {training.get('implementation', 'fast')}",
        "last epoch": _pairs(record["history"][-1]) if record["history"] else "",
        "created": training["created"],
        "versions": " ".join(f"{name} {version}" for name, version in training["versions"].items()),
        "data": data.get("source", ""),
        "fingerprint": data.get("fingerprint", ""),
    }
    return [f"{name:<13}{text}" for name, text in entries.items() if text]


def _pairs(values: dict[str, Any]) -> str:
    """Return names and values; six digits are enough for people."""
    shown = {name: f"{value:.6g}" if isinstance(value, float) else value for name, value in values.items()}
    return ", ".join(f"{name}={value}" for name, value in shown.items())
