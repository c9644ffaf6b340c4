"""How the model was made: notices, parameters, data, training and versions, as the page lists them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from onelayer import __version__
from onelayer.data.dataset import Dataset
from onelayer.report.numbers import significant

Texts = dict[str, str]
"""The words of a page."""

_FULL_STOPS = "。！？；：，、）”"
Facts = list[tuple[str, str]]

_ITERATIVE = ("newton", "lbfgs")  # solvers that go to the optimum step by step


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


def joined(sentences: Sequence[str]) -> str:
    """Join sentences by a space where the script has one between them, and drop the empty ones.

    Examples
    --------
    >>> joined(["One.", "", "Two."]), joined(["一。", "二。"])
    ('One. Two.', '一。二。')
    """
    return without_stray_spaces(" ".join(each.strip() for each in sentences if each.strip()))


def without_stray_spaces(text: str) -> str:
    """Return a text with single spaces, and none after the punctuation of Chinese, which has its space in itself.

    Examples
    --------
    >>> without_stray_spaces(" One.\\n  Two. "), without_stray_spaces("一。\\n二， 三")
    ('One. Two.', '一。二，三')
    """
    return type(text)(re.sub(rf"(?<=[{_FULL_STOPS}])\s+", "", re.sub(r"\s+", " ", text.strip())))


def record_of(model: Any, train: Dataset, test: Dataset | None, part: str, t: Texts) -> Record:
    """Collect what is known of a fitted model and its data."""
    parts = {"train": train} if test is None else {"train": train, part: test}
    groups = [(t["training_run"], _training(model, t)), (t["parameters"], _parameters(model, t))]
    groups += [(t[f"data_{name}"], _data(data, t)) for name, data in parts.items()]
    groups.append((t["versions"], list(model.training_["versions"].items())))
    return Record(_notices(model, parts, t), groups, t["made_with"].format(version=__version__))


def _notices(model: Any, parts: Mapping[str, Dataset], t: Texts) -> list[str]:
    notices, train = [], parts["train"]
    if train.subset:
        notices.append(t["notice_subset"].format(name=train.name))
    if len(parts) == 1:
        notices.append(t["notice_no_test"])
    drawn = [
        t["drawn"].format(shown=f"{len(data.X):,}", n=f"{data.drawn_from:,}", part=t[f"part_{name}"])
        for name, data in parts.items()
        if data.drawn_from is not None
    ]
    if drawn:
        notices.append(t["notice_drawn"].format(parts=t["drawn_and"].join(drawn)))
    if _is_exact(model) and not model.converged_:
        notices.append(t["notice_not_converged"].format(gap=_gap_text(model, t), ended=_ended_by(model, t)))
    origin = model.training_["data"]
    if origin is not None and origin["fingerprint"] != train.fingerprint:
        notices.append(
            t["notice_other_data"].format(source=origin["source"], fingerprint=origin["fingerprint"])
        )
    return notices


def _training(model: Any, t: Texts) -> Facts:
    training, solver = model.training_, solver_of(model)
    facts = [
        (t["time"], t["seconds"].format(value=significant(training["seconds"], 3))),
        (t["n_train"], f"{training['n_rows']:,}"),
        (t["solver"], t.get(f"solver_{solver}", solver)),
    ]
    if solver != "closed_form":
        facts.append((t["epochs_run" if solver == "sgd" else "iterations_run"], _steps(model)))
    facts += [
        (t["stopped"], _ended_by(model, t)),
        (t["converged"], t["yes"] if model.converged_ else t["no"]),
    ]
    if vars(model).get("temperature_", 1.0) != 1:
        facts.append((t["temperature"], significant(model.temperature_, 4)))
    if solver in _ITERATIVE:
        facts.append((t["figure_gap"], _gap_text(model, t)))
    if solver == "sgd":
        implementation = training.get("implementation", "fast")  # model files of before there was a choice
        names = [t.get(f"implementation_{name}", name) for name in implementation.split(", ")]
        facts += [*_rates(model.history_, t), (t["implementation"], ", ".join(names))]
    elif solver in _ITERATIVE:
        facts += _speed(model.history_, t["iteration_time"], t)
    return [
        *facts,
        (t["threads"], str(training["n_threads"])),
        (t["seed"], _shown(training["random_state"], t)),
        (t["created"], str(training["created"])),
    ]


def solver_of(model: Any) -> str:
    """Return which solver has trained a model: "sgd", "closed_form", "newton" or "lbfgs"."""
    return str(model.training_.get("solver", "sgd"))


def parts_of(model: Any) -> list[dict[str, Any]]:
    """Return the record of each of several fits that a model joins; an empty list for one fit, or where it is unknown.

    Examples
    --------
    >>> from onelayer import LinearRegression
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]], [0.0, 1.0, 2.0, 4.0]
    >>> [sorted(each) for each in parts_of(LinearRegression(loss="quantile", quantile=[0.25, 0.75]).fit(X, y))]
    [['converged', 'gap', 'n_iter', 'others_loss', 'others_val_loss'], ['converged', 'gap', ...]]
    """
    parts = model.training_.get("parts", [])
    return parts if sum(part["n_iter"] for part in parts) == len(model.history_) else []


def _is_exact(model: Any) -> bool:
    return solver_of(model) != "sgd"


def _steps(model: Any) -> str:
    """Return the number of epochs or iterations, of several fits with that of each."""
    parts = parts_of(model)
    each = " + ".join(f"{part['n_iter']:,}" for part in parts)
    return f"{model.n_iter_:,}" + (f" = {each}" if len(parts) > 1 else "")


def _ended_by(model: Any, t: Texts) -> str:
    """Say what ended the training: of an exact solver the optimum, or what kept it from there."""
    training, solver = model.training_, solver_of(model)
    stopped = training["stopped"]
    if solver == "sgd" or stopped != "finished":
        return t.get(f"stopped_{stopped}", str(stopped))
    if solver == "closed_form":
        return t["stopped_solved"]
    if model.converged_:
        bound = f"{model.tol:g}" if solver == "newton" else _gap_text(model, t)
        return t["stopped_optimum"].format(tol=bound)
    most = max([part["n_iter"] for part in parts_of(model)] or [model.n_iter_])
    return t["stopped_precision"] if most < model.max_iter else t["stopped_max_iter"].format(n=model.max_iter)


def _gap_text(model: Any, t: Texts) -> str:
    gap = model.optimality_gap_
    if gap is None or not math.isfinite(gap):
        return t["unknown"]
    return significant(gap, 2)


def _rates(history: Sequence[dict[str, Any]], t: Texts) -> Facts:
    if not history:
        return []
    first, last = (significant(history[i]["learning_rate"], 3) for i in (0, -1))
    rates = first if first == last else f"{first} → {last}"
    return [(t["learning_rate"], rates), *_speed(history, t["epoch_time"], t)]


def _speed(history: Sequence[dict[str, Any]], called: str, t: Texts) -> Facts:
    if not history:
        return []
    seconds = significant(median(epoch["seconds"] for epoch in history), 3)
    speed = median(epoch["rows_per_second"] for epoch in history)
    return [(called, t["seconds"].format(value=seconds)), (t["rows_per_second"], f"{speed:,.0f}")]


def _parameters(model: Any, t: Texts) -> Facts:
    return [(name, _shown(value, t)) for name, value in model.get_params(deep=False).items()]


def _data(data: Dataset, t: Texts) -> Facts:
    n_rows, n_features = data.drawn_from or len(data.X), data.X.shape[1]
    facts = [(t["name"], data.name), (t["source"], data.source), (t["shape"], f"{n_rows:,} × {n_features:,}")]
    if data.image_shape is not None:
        facts.append((t["image_shape"], " × ".join(map(str, data.image_shape))))
    return [*facts, (t["subset"], t["yes"] if data.subset else t["no"]), (t["fingerprint"], data.fingerprint)]


def _shown(value: Any, t: Texts) -> str:
    return t["not_set"] if value is None else str(value)
