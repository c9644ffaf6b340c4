"""How good a model is on a data set: the object that ``--json`` prints, and the same for people."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from onelayer.strict_json import dumps

if TYPE_CHECKING:
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
    epochs : int
        Epochs that the model was trained for.
    seconds : float
        Time that the training took, or the evaluation.
    converged : bool
        Whether the training came to its end by itself.
    model, report : Path or None
        Files with the model and its report.
    """

    source: str
    data: str
    train: Evaluation | None
    test: Evaluation | None
    epochs: int
    seconds: float
    converged: bool
    model: Path | None
    report: Path | None = None
    test_name: str = "test"

    def show(self, *, as_json: bool) -> None:
        """Print it to standard output."""
        click.echo(dumps(self.record()) if as_json else "\n".join(self.lines()))

    def record(self) -> dict[str, Any]:
        """Return the object that ``--json`` prints."""
        return {
            "model": None if self.model is None else str(self.model),
            "report": None if self.report is None else str(self.report),
            "source": self.source,
            "n_train": None if self.train is None else self.train.n_rows,
            "n_test": None if self.test is None else self.test.n_rows,
            "epochs": self.epochs,
            "seconds": self.seconds,
            "converged": self.converged,
            "train": None if self.train is None else self.train.record(),
            "test": None if self.test is None else self.test.record(),
        }

    def lines(self) -> list[str]:
        """Return a line for each part of the data, for the time, and for each file."""
        entries = {
            "train": None if self.train is None else _figures(self.train),
            self.test_name: None if self.test is None else _figures(self.test),
            "time": f"{self.seconds:.2f} s",
            "data": self.data,
            "model": None if self.model is None else f"{self.model} ({count(self.epochs, 'epoch')})",
            "report": self.report,
        }
        return [f"{name:<12}{text}" for name, text in entries.items() if text is not None]


def _figures(evaluation: Evaluation) -> str:
    """Return the score, the loss and the number of rows of one part."""
    rows = count(evaluation.n_rows, "row")
    if evaluation.bits is not None:
        loss = f"cross-entropy {evaluation.loss:.4f} nats = {evaluation.bits:.4f} bits"
        return f"accuracy {evaluation.accuracy:.4f}   {loss}   {rows}"
    score = "undefined" if evaluation.r2 is None else f"{evaluation.r2:.4f}"
    return f"R² {score}   squared loss {evaluation.loss:.6g}   {rows}"


def count(number: int, noun: str) -> str:
    """Return a number of things in words.

    Examples
    --------
    >>> count(1, "row"), count(60_000, "row")
    ('1 row', '60,000 rows')
    """
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
