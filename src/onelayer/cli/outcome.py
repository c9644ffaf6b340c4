"""How good a model is on a data set: the object that ``--json`` prints, and the same for people."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from onelayer.strict_json import dumps

if TYPE_CHECKING:
    from onelayer.cli.calibration import Calibration
    from onelayer.evaluation import Evaluation


@dataclass(frozen=True)
class Outcome:
    """What ``fit`` and ``evaluate`` print.

    Attributes
    ----------
    source, data : str
        The data set as it was named, and where it was found.
    train, test : Evaluation or None
        On the training rows, and on the validation set or the test part.
    test_name : str
        "validation" or "test".
    estimator : SoftmaxRegression or LinearRegression
        The model of the matrix.
    seconds : float
        Time that the training took, or the evaluation.
    target : str or None
        What is predicted, where it has a name.
    calibration : Calibration or None
        What a temperature has changed, where one was asked for and found.
    model, report : Path or None
        Files with the model and its report.
    """

    source: str
    data: str
    train: Evaluation | None
    test: Evaluation | None
    estimator: Any
    seconds: float
    model: Path | None
    report: Path | None = None
    test_name: str = "test"
    target: str | None = None
    calibration: Calibration | None = None

    def show(self, *, as_json: bool) -> None:
        """Print it to standard output."""
        click.echo(dumps(self.record()) if as_json else "\n".join(self.lines()))

    def record(self) -> dict[str, Any]:
        """Return the object that ``--json`` prints."""
        return {
            "model": None if self.model is None else str(self.model),
            "report": None if self.report is None else str(self.report),
            "source": self.source,
            "target": self.target,
            "n_train": None if self.train is None else self.train.n_rows,
            "n_test": None if self.test is None else self.test.n_rows,
            "epochs" if solver_of(self.estimator) == "sgd" else "iterations": self.estimator.n_iter_,
            "seconds": self.seconds,
            "converged": self.estimator.converged_,
            "train": None if self.train is None else self.train.record(),
            "test": None if self.test is None else self.test.record(),
            "temperature": vars(self.estimator).get("temperature_"),
            "calibration": self.calibration and self.calibration.record(),
        }

    def lines(self) -> list[str]:
        """Return a line for each part of the data, for the time, and for each file."""
        entries = {
            "train": None if self.train is None else self._figures(self.train),
            self.test_name: None if self.test is None else self._figures(self.test),
            "calibration": self.calibration and self.calibration.text(),
            "target": self._task,
            "time": f"{self.seconds:.2f} s",
            "data": self.data,
            "model": None if self.model is None else f"{self.model} ({how_trained(self.estimator)})",
            "report": self.report,
        }
        return [f"{name:<12}{text}" for name, text in entries.items() if text is not None]

    @property
    def _task(self) -> str | None:
        """What is predicted, and from how much."""
        return self.target and f"{self.target}, from {count(self.estimator.n_features_in_, 'input')}"

    def _figures(self, evaluation: Evaluation) -> str:
        """Return the score, the loss and the number of rows of one part."""
        rows = count(evaluation.n_rows, "row")
        if evaluation.bits is not None:
            loss = f"cross-entropy {evaluation.loss:.4f} nats = {evaluation.bits:.4f} bits"
            return f"accuracy {evaluation.accuracy:.4f}   {loss}   {rows}"
        score = "" if evaluation.r2 is None else f"R² {evaluation.r2:.4f}   "
        return f"{score}{self.estimator.loss} loss {evaluation.loss:.6g}   {rows}"


def solver_of(estimator: Any) -> str:
    """Return which solver has trained a model: "sgd", "closed_form", "newton" or "lbfgs"."""
    return estimator.training_.get("solver", "sgd")


def how_trained(estimator: Any) -> str:
    """Return how a model was trained, and what was found on the way.

    Examples
    --------
    >>> from onelayer import LinearRegression
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]], [0.0, 1.0, 2.0, 4.0]
    >>> how_trained(LinearRegression(alpha=[0.1, 1.0]).fit(X, y)), how_trained(LinearRegression(epochs=1).fit(X, y))
    ('closed form, alpha 0.1', '1 epoch')
    """
    solver = solver_of(estimator)
    if solver == "sgd":
        return count(estimator.n_iter_, "epoch")
    known = vars(estimator)
    chosen = f", alpha {known['alpha_']:g}" if known.get("alpha_") else ""
    if solver == "closed_form":
        return f"closed form{chosen}"
    deltas = [f", δ {loss.delta:.4g}" for loss in known.get("losses_", ()) if loss.name == "huber"]
    gap = f"gap {estimator.optimality_gap_:.1g}"
    return f"{count(estimator.n_iter_, 'iteration')}, {gap}{chosen}{''.join(deltas)}"


def count(number: int, noun: str) -> str:
    """Return a number of things in words.

    Examples
    --------
    >>> count(1, "row"), count(60_000, "row")
    ('1 row', '60,000 rows')
    """
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
