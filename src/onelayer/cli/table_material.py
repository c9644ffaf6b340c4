"""A table to train on: its columns prepared, its rows in memory or, if they need not be, read as they are needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import click

from onelayer.cli.loading import about
from onelayer.cli.material import Material, best_loss, check_classes, check_held_out
from onelayer.cli.option_owners import check_calibrates
from onelayer.cli.table_options import READING
from onelayer.cli.tables import Part, Rows, open_source, rows_for

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from onelayer.data.dataset import Dataset
    from onelayer.data.tables import Table
    from onelayer.evaluation import Evaluation

SHOWN = 50_000  # rows of such a table that its report shows
_CLASSES = ("text", "boolean")
_NAMED = 12


class TableMaterial(Material):
    """A CSV or Parquet file with the preparation that its rows to train on ask for.

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
        calibrating = None if to_calibrate is None else Part(to_calibrate, preparation, "test", weight).held()
        self._to_calibrate = None if calibrating is None else calibrating[:2]
        self.target = f"log({target})" if preparation.target and preparation.target.log else target
        self.streamed = False
        if classes and self.held_out is not None:
            check_held_out(self.held_out, self.train, classifies=True)
        if self._to_calibrate is not None:
            check_held_out(self._to_calibrate[0], self.train, classifies=True)
            check_classes(self._to_calibrate[0])
        if self.loss == "auto":
            self.loss, self.parameters = best_loss(self.train, given, self._held.weights)

    @cached_property
    def _held(self) -> Rows:
        return self.part.held()

    @cached_property
    def _held_of_held_out(self) -> Rows | None:
        return None if self.part_held_out is None else self.part_held_out.held()

    @property
    def train(self) -> Dataset:
        """The rows to train on."""
        return self._held.data

    @property
    def weights(self) -> NDArray | None:
        """How much each of them counts."""
        return self._held.weights

    @property
    def held_out(self) -> Dataset | None:
        """The rows to validate on."""
        return None if self._held_of_held_out is None else self._held_of_held_out.data

    @property
    def weights_held_out(self) -> NDArray | None:
        """How much each of them counts."""
        return None if self._held_of_held_out is None else self._held_of_held_out.weights

    @property
    def to_calibrate(self) -> tuple[Dataset, NDArray | None] | None:
        """The rows to calibrate on, and how much each of them counts."""
        return self._to_calibrate

    def fit(self, model: Any, *, validate: bool, **keywords: Any) -> Any:
        """Return the estimator, fitted: least squares of many rows from one batch after the other."""
        from onelayer.estimators.one_pass import LARGE, fit_in_one_pass

        callbacks = keywords["callbacks"]
        exact = self.loss == "squared" and model.solves_exactly and not isinstance(model.alpha, list)
        exact = exact and keywords["implementation"] == "fast"
        if not self.surveyed:
            self.streamed = exact and fit_in_one_pass(
                model, self.part.table, self.part.preparation, callbacks=callbacks
            )
            if self.streamed:
                return model
            self._survey()
        n_rows = self.part.preparation.n_kept
        self.streamed = exact and n_rows * len(self.names) * 8 > LARGE
        if not self.streamed:
            return super().fit(model, validate=validate, **keywords)
        with about(self.source):
            model.named(self.names)
            return model.fit_batches(self.part.blocks, n_rows=n_rows, callbacks=callbacks)

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
        if self.part.weight is None:
            return of_fit(model.least_squares_), on_test
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

        held_out = self.part_held_out
        if self.streamed:
            train, _, numbers = self.part.sample(SHOWN)
            test = None if held_out is None else held_out.sample(SHOWN).data
        else:
            (train, _, numbers), test = self._held, self.held_out
        keywords |= {"groups": self.part.preparation.groups, "row_numbers": numbers, "targets": [self.target]}
        report.write(path, model, train, test, **keywords)

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
