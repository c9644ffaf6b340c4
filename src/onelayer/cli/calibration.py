"""Calibrating a model that was just trained, and what there is to say of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from onelayer.cli.material import Material
from onelayer.cli.outcome import count
from onelayer.errors import InvalidDataError

if TYPE_CHECKING:
    from onelayer.data.dataset import Dataset


@dataclass(frozen=True)
class Trust:
    """How far the probabilities of a model can be trusted on some rows.

    Attributes
    ----------
    error : float
        Expected calibration error.
    loss : float
        Cross-entropy in nats.
    """

    error: float
    loss: float

    @classmethod
    def on(cls, model: Any, data: Dataset) -> Trust:
        """Measure a model on a data set."""
        from onelayer.calibration import reliability_curve
        from onelayer.evaluation import predict_classes

        found = predict_classes(model, data.X, data.y)
        curve = reliability_curve(found.correct, found.confidence)
        return cls(curve.expected_calibration_error, found.evaluation().loss)


@dataclass(frozen=True)
class Calibration:
    """What a temperature has changed.

    Attributes
    ----------
    temperature : float
    n_rows : int
        Rows that it was found on.
    part : str
        What the rows are called on which both errors were measured.
    before, after : Trust
    """

    temperature: float
    n_rows: int
    part: str
    before: Trust
    after: Trust

    def record(self) -> dict[str, Any]:
        """Return the object that ``--json`` prints."""
        return {
            "n_rows": self.n_rows,
            "measured_on": self.part,
            "expected_calibration_error": {"before": self.before.error, "after": self.after.error},
            "loss": {"before": self.before.loss, "after": self.after.loss},
        }

    def text(self) -> str:
        """Return the same for people."""
        return (
            f"temperature {self.temperature:.4g}, found on {count(self.n_rows, 'row')}; {self.part}: expected "
            f"calibration error {self.before.error:.4f} → {self.after.error:.4f}, cross-entropy "
            f"{self.before.loss:.4f} → {self.after.loss:.4f} nats"
        )


def calibrate(model: Any, material: Material, test_name: str) -> Calibration | None:
    """Find the temperature of a trained model on the rows that were set aside; None where there are no such rows.

    Where these have no likeliest temperature, the model stays as it is, and standard error says why.
    """
    if material.to_calibrate is None:
        return None
    aside, weights = material.to_calibrate
    part, judged = ("calibration", aside) if material.held_out is None else (test_name, material.held_out)
    before = Trust.on(model, judged)
    try:
        model.calibrate(aside.X, aside.y, weights)
    except InvalidDataError as error:
        click.echo(f"Not calibrated: {error}.", err=True)
        return None
    return Calibration(model.temperature_, len(aside.X), part, before, Trust.on(model, judged))
