"""How the model was made: notices, parameters, data, training and versions, as the page lists them."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Any

from onelayer import __version__
from onelayer.data.dataset import Dataset
from onelayer.report.numbers import significant

Texts = dict[str, str]
Facts = list[tuple[str, str]]


@dataclass(frozen=True)
class Record:
    """What stands at the head and at the foot of the page.

    Attributes
    ----------
    notices : list of str
        What a reader must know before believing the page.
    groups : list of (str, list of (str, str))
        Headings, each with its names and values.
    made_with : str
    """

    notices: list[str]
    groups: list[tuple[str, Facts]]
    made_with: str


def record_of(model: Any, train: Dataset, test: Dataset | None, part: str, t: Texts) -> Record:
    """Collect what is known of a fitted model and its data."""
    parts = {"train": train} if test is None else {"train": train, part: test}
    groups = [(t["training_run"], _training(model, t)), (t["parameters"], _parameters(model, t))]
    groups += [(t[f"data_{name}"], _data(data, t)) for name, data in parts.items()]
    groups.append((t["versions"], list(model.training_["versions"].items())))
    return Record(_notices(model, train, test, t), groups, t["made_with"].format(version=__version__))


def _notices(model: Any, train: Dataset, test: Dataset | None, t: Texts) -> list[str]:
    notices = []
    if train.subset:
        notices.append(t["notice_subset"].format(name=train.name))
    if test is None:
        notices.append(t["notice_no_test"])
    origin = model.training_["data"]
    if origin is not None and origin["fingerprint"] != train.fingerprint:
        notices.append(
            t["notice_other_data"].format(source=origin["source"], fingerprint=origin["fingerprint"])
        )
    return notices


def _training(model: Any, t: Texts) -> Facts:
    training, history = model.training_, model.history_
    facts = [
        (t["time"], t["seconds"].format(value=significant(training["seconds"], 3))),
        (t["n_train"], f"{training['n_rows']:,}"),
        (t["epochs_run"], f"{model.n_iter_:,}"),
        (t["stopped"], t.get(f"stopped_{training['stopped']}", str(training["stopped"]))),
        (t["converged"], t["yes"] if model.converged_ else t["no"]),
    ]
    if history:
        first, last = (significant(history[i]["learning_rate"], 3) for i in (0, -1))
        seconds = significant(median(epoch["seconds"] for epoch in history), 3)
        speed = median(epoch["rows_per_second"] for epoch in history)
        facts += [
            (t["learning_rate"], first if first == last else f"{first} → {last}"),
            (t["epoch_time"], t["seconds"].format(value=seconds)),
            (t["rows_per_second"], f"{speed:,.0f}"),
        ]
    implementation = training.get("implementation", "fast")  # model files of before there was a choice
    return [
        *facts,
        (
            t["implementation"],
            ", ".join(t.get(f"implementation_{name}", name) for name in implementation.split(", ")),
        ),
        (t["threads"], str(training["n_threads"])),
        (t["seed"], _shown(training["random_state"], t)),
        (t["created"], str(training["created"])),
    ]


def _parameters(model: Any, t: Texts) -> Facts:
    return [(name, _shown(value, t)) for name, value in model.get_params(deep=False).items()]


def _data(data: Dataset, t: Texts) -> Facts:
    n_rows, n_features = data.X.shape
    facts = [(t["name"], data.name), (t["source"], data.source), (t["shape"], f"{n_rows:,} × {n_features:,}")]
    if data.image_shape is not None:
        facts.append((t["image_shape"], " × ".join(map(str, data.image_shape))))
    return [*facts, (t["subset"], t["yes"] if data.subset else t["no"]), (t["fingerprint"], data.fingerprint)]


def _shown(value: Any, t: Texts) -> str:
    return t["not_set"] if value is None else str(value)
