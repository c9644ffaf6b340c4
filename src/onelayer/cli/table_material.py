"""A table to train on: its columns prepared, its rows in memory or, if they need not be, read as they are needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import click

from onelayer.cli.loading import about
from onelayer.cli.material import Material, best_loss, check_classes
from onelayer.cli.option_owners import check_calibrates
from onelayer.cli.table_options import READING
from onelayer.cli.tables import Part, Rows, open_source, rows_for

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from onelayer.data.dataset import Dataset
    from onelayer.data.tables import Table
    from onelayer.evaluation import Evaluation

_CLASSES = ("text", "boolean")
_NAMED = 12


class TableMaterial(Material):
    """A CSV or Parquet file with the preparation that its rows to train on ask for.

    Of a table that is read batch by batch, because it is large, evenly spread rows stand for all where these would have
    to be in memory: in the report, for a temperature, and to validate on after each epoch.

    Parameters
    ----------
    path : str
    given : mapping
        The options of ``onelayer fit``.
    """

    def __init__(self, path: str, given: Mapping[str, Any]) -> None:
        reading = {name: given[name] for name in READING}
        table = open_source(path, given["categories"] or (), **reading)
        table.begin_fingerprint()  # goes on during the imports, which take seconds

        from onelayer.data.preparation.options import Options
        from onelayer.data.preparation.preparation import Preparation
        from onelayer.data.preparation.weight import Weight
        from onelayer.estimators.one_pass import of_large
        from onelayer.estimators.streamed_table import is_too_large

        self.options = {
            field.name: given[field.name] for field in fields(Options) if given.get(field.name) is not None
        }
        self.source, self.parameters = path, {}
        target = _target(table, given["target"])
        weight = None
        if given["weights"] is not None:
            weight = Weight.of(table, given["weights"])
            if weight.column == target or weight.column in (given["features"] or ()):
                role = "target" if weight.column == target else "features"
                raise click.UsageError(f"--weights and --{role} both name {weight.column!r}")
            self.options["drop"] = (*self.options.get("drop", ()), weight.column)
        self.loss = given["loss"] or _usual_loss(table, target)
        rows, held_out, validation = table, None, given["validation"]
        classes = self.loss == "cross-entropy"
        check_calibrates(given, self.loss)
        if isinstance(validation, float):
            rows, held_out = table.split(
                validation, given["random_state"], stratify=target if classes else None
            )
        to_calibrate = None
        if given["calibrate"] is not None:
            rows, to_calibrate = rows.split(given["calibrate"], given["random_state"], stratify=target)
        preparation = None
        if self.loss == "squared" and weight is None and validation is None:
            preparation = of_large(rows, target, Options(**self.options))
        self.surveyed = preparation is None
        if preparation is None:
            preparation = Preparation.fit(rows, target, Options(**self.options), labels=classes)
        if held_out is None and validation is not None:
            held_out = rows_for(preparation, validation, **reading)
        self.part = Part(rows, preparation, "train", weight)
        self.part_held_out = None if held_out is None else Part(held_out, preparation, "test", weight)
        self.part_to_calibrate = (
            None if to_calibrate is None else Part(to_calibrate, preparation, "test", weight)
        )
        self.target = f"log({target})" if preparation.target and preparation.target.log else target
        self.streamed = False
        if self.loss == "auto":
            compared = self.part.shown if is_too_large(preparation) else self.part.held
            self.loss, self.parameters = best_loss(compared.data, given, compared.weights)

    def _rows(self, part: Part) -> Rows:
        """Return the rows of a part that are in memory."""
        return part.shown if self.streamed else part.held

    @property
    def train(self) -> Dataset:
        """The rows to train on."""
        return self._rows(self.part).data

    @property
    def weights(self) -> NDArray | None:
        """How much each of them counts."""
        return self._rows(self.part).weights

    @property
    def held_out(self) -> Dataset | None:
        """The rows to validate on."""
        return None if self.part_held_out is None else self._rows(self.part_held_out).data

    @property
    def weights_held_out(self) -> NDArray | None:
        """How much each of them counts."""
        return None if self.part_held_out is None else self._rows(self.part_held_out).weights

    @property
    def to_calibrate(self) -> tuple[Dataset, NDArray | None] | None:
        """The rows to calibrate on, and how much each of them counts."""
        return None if self.part_to_calibrate is None else self._rows(self.part_to_calibrate)[:2]

    def fit(self, model: Any, *, validate: bool, **keywords: Any) -> Any:
        """Return the estimator, fitted: batch by batch where the rows need not be in memory, or do not fit into it."""
        from onelayer.estimators.one_pass import LARGE, fit_in_one_pass
        from onelayer.estimators.streamed_table import goes_by_batches, is_too_large

        callbacks, fast = keywords["callbacks"], keywords["implementation"] == "fast"
        exact = fast and self.loss == "squared" and model.solves_exactly
        exact = exact and not isinstance(model.alpha, list)
        if not self.surveyed:
            self.streamed = exact and fit_in_one_pass(
                model, self.part.table, self.part.preparation, callbacks=callbacks
            )
            if self.streamed:
                return model
            self._survey()
        preparation = self.part.preparation
        n_rows = preparation.n_kept
        if exact:
            self.streamed = n_rows * len(self.names) * 8 > LARGE or is_too_large(preparation)
        else:
            self.streamed = fast and goes_by_batches(model, preparation, self.source, asked=False)
        self.check_labels()
        if not self.streamed:
            return super().fit(model, validate=validate, **keywords)
        watched = self.watched() if validate and not exact else {}
        with about(self.source):
            model.named(self.names)
            return model.fit_batches(self.part.blocks, n_rows=n_rows, callbacks=callbacks, **watched)

    def check_labels(self) -> None:
        """Refuse classes that a trained model could not be judged on or calibrated with, before the training."""
        import numpy as np

        from onelayer.labels import check_known

        parts = [part for part in (self.part_held_out, self.part_to_calibrate) if part is not None]
        if self.loss != "cross-entropy" or not parts:
            return
        classes = np.unique(np.concatenate([np.unique(labels) for labels in self._labels(self.part)]))
        for part in parts:
            n_rows = 0
            with about(str(part.table.path)):
                for labels in self._labels(part):
                    check_known(labels, classes, n_rows)
                    n_rows += len(labels)
        if self.to_calibrate is not None:
            check_classes(self.to_calibrate[0])

    def _labels(self, part: Part) -> Iterable[NDArray]:
        """Return the labels of a part, batch by batch or in one array."""
        if self.streamed:
            return (labels for _, labels, *_ in part.blocks)
        labels = self._rows(part).data.y
        assert labels is not None
        return [labels]

    def _survey(self) -> None:
        """Look at the columns after all."""
        from onelayer.data.preparation.preparation import Preparation

        before = self.part.preparation
        assert before.target is not None
        preparation = Preparation.fit(self.part.table, before.target.name, before.options)
        self.part, self.surveyed = replace(self.part, preparation=preparation), True

    @property
    def names(self) -> tuple[str, ...]:  # type: ignore[override]
        """The names of the columns of the matrix."""
        return self.part.preparation.names

    def evaluations(self, model: Any) -> tuple[Evaluation, Evaluation | None]:
        """Return how good the model is on the rows it was trained on, and on those it was not."""
        if not self.streamed:
            return super().evaluations(model)
        from onelayer.evaluation import evaluate_batches, of_fit

        held_out = self.part_held_out
        on_test = None if held_out is None else evaluate_batches(model, held_out.blocks)
        known = vars(model).get("least_squares_")
        if self.part.weight is None and known is not None:
            return of_fit(known), on_test
        return evaluate_batches(model, self.part.blocks), on_test

    @property
    def described(self) -> str:
        """Where the rows come from, and how many lack a value and are left out."""
        preparation = self.part.preparation
        n_left_out = preparation.n_rows - preparation.n_kept
        if not n_left_out:
            return self.source
        return f"{self.source}; {n_left_out:,} of {preparation.n_rows:,} rows to train on lack a value and are left out"

    def whole(self, model: Any) -> Any:
        """Return the model of the table."""
        from sklearn.base import clone

        from onelayer.estimators.table_model import TableModel

        return TableModel(clone(model), **self.options).of_parts(model, self.part.preparation)

    def report(self, path: Any, model: Any, **keywords: Any) -> None:
        """Write the report, of a streamed table from evenly spread rows."""
        from onelayer import report

        numbers = self._rows(self.part).numbers
        keywords |= {"groups": self.part.preparation.groups, "row_numbers": numbers, "targets": [self.target]}
        report.write(path, model, self.train, self.held_out, **keywords)

    @property
    def provenance(self) -> dict[str, Any]:
        """Where the rows came from, for the model file."""
        return self.part.provenance


def _target(table: Table, target: str | None) -> str:
    """Return the column to predict."""
    if target is None:
        columns = ", ".join(table.columns[:_NAMED]) + (", …" if len(table.columns) > _NAMED else "")
        raise click.UsageError(
            f"--target COLUMN says which column of {table.path} is to be predicted; it has {columns}"
        )
    return target


def _usual_loss(table: Table, target: str) -> str:
    """Return the loss that fits the target: squared for numbers."""
    known = target in table.columns  # one that is not there is refused with a hint later
    return "cross-entropy" if known and table.select([target]).schema[target] in _CLASSES else "squared"
