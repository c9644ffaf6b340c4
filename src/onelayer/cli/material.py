"""What a model is trained on: the rows to learn from, those to validate and to calibrate on, and what a report says."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from onelayer.cli.holdout import hold_out
from onelayer.cli.loading import about, check_width, load_source, unseen_part
from onelayer.cli.option_owners import check_calibrates
from onelayer.errors import InvalidDataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from onelayer.data.dataset import Dataset
    from onelayer.evaluation import Evaluation


class Material(ABC):
    """Rows to train on, rows to validate on, and rows to calibrate on.

    Attributes
    ----------
    source : str
        Where the rows come from, as one line for people.
    loss : str
    parameters : mapping
        Those of the estimator that follow from the rows.
    target : str or None
        What is predicted, where it has a name.
    names : sequence of str or None
        Of the columns of the matrix, where they have any.
    """

    source: str
    loss: str
    parameters: Mapping[str, Any]
    target: str | None = None
    names: Sequence[str] | None = None

    @property
    @abstractmethod
    def train(self) -> Dataset:
        """The rows to train on, in memory."""

    @property
    @abstractmethod
    def held_out(self) -> Dataset | None:
        """The rows to validate on."""

    @property
    @abstractmethod
    def to_calibrate(self) -> tuple[Dataset, NDArray | None] | None:
        """The rows to calibrate on, and how much each of them counts, None for all the same."""

    @property
    def weights(self) -> NDArray | None:
        """How much each row to train on counts in the fit; None for all the same."""
        return None

    @property
    def weights_held_out(self) -> NDArray | None:
        """How much each row to validate on counts during the fit."""
        return None

    def check_labels(self) -> None:  # noqa: B027
        """Refuse classes that a trained model could not be judged on or calibrated with, unless that was done."""

    def fit(self, model: Any, *, validate: bool, **keywords: Any) -> Any:
        """Return the estimator, fitted; keywords are those of ``implementations.fit``."""
        from onelayer.course import implementations

        assert self.train.y is not None
        watched = self.watched() if validate else {}
        if self.names:
            model.named(self.names)
        with about(self.source):
            if self.weights is None:
                return implementations.fit(model, self.train.X, self.train.y, **watched, **keywords)
            if keywords.pop("implementation") != "fast":
                raise click.UsageError("--weights is for the implementation fast")
            return model.fit(self.train.X, self.train.y, self.weights, **watched, **keywords)

    def watched(self) -> dict[str, Any]:
        """Return the rows to validate on as keywords of a fit, none if there are none."""
        if self.held_out is None:
            return {}
        rows: dict[str, Any] = {"X_val": self.held_out.X, "y_val": self.held_out.y}
        weights = self.weights_held_out
        return rows if weights is None else {**rows, "sample_weight_val": weights}

    def evaluations(self, model: Any) -> tuple[Evaluation, Evaluation | None]:
        """Return how good the model is on the rows it was trained on, and on those it was not."""
        from onelayer.evaluation import evaluate

        on_test = None if self.held_out is None else evaluate(model, self.held_out.X, self.held_out.y)
        return evaluate(model, self.train.X, self.train.y), on_test

    @property
    def described(self) -> str:
        """Where the rows come from, and which of them take no part."""
        return self.source

    def whole(self, model: Any) -> Any:
        """Return the model as it is saved."""
        return model

    def report(self, path: Any, model: Any, **keywords: Any) -> None:
        """Write the report of the fitted estimator; keywords are those of ``report.write``."""
        from onelayer import report

        report.write(path, model, self.train, self.held_out, **keywords)

    @property
    def provenance(self) -> dict[str, Any]:
        """Where the rows came from, for the model file."""
        return self.train.provenance


class SetMaterial(Material):
    """A data set that is known by name, or a folder of IDX files.

    Parameters
    ----------
    source_name : str
    given : mapping
        The options of ``onelayer fit``.
    """

    def __init__(self, source_name: str, given: Mapping[str, Any]) -> None:
        source, validation = load_source(source_name), given["validation"]
        self.source, self.parameters = source.train.source, {}
        loss = given["loss"] or ("squared" if source.train.regression else "cross-entropy")
        classifies = loss == "cross-entropy"
        check_calibrates(given, loss)
        if classifies:
            _check_labels(source.train)
        self._train: Dataset = source.train
        self._held_out: Dataset | None = source.test
        self._to_calibrate: Dataset | None = None
        if isinstance(validation, float):
            self._train, self._held_out = hold_out(
                source.train, validation, given["random_state"], stratified=classifies
            )
        elif validation is not None:
            self._held_out = unseen_part(load_source(validation))
            check_width(self._held_out, source.train.X.shape[1], source.train.source)
        if given["calibrate"] is not None:
            self._train, self._to_calibrate = hold_out(
                self._train,
                given["calibrate"],
                given["random_state"],
                stratified=True,
                purpose="calibrate",
            )
        for part in (self._held_out, self._to_calibrate):
            if part is not None:
                check_held_out(part, self._train, classifies=classifies)
        self.loss = loss
        if loss == "auto":
            self.loss, self.parameters = best_loss(self._train, given)
        self.names = self._train.feature_names

    @property
    def train(self) -> Dataset:
        """The rows to train on."""
        return self._train

    @property
    def held_out(self) -> Dataset | None:
        """The rows to validate on."""
        return self._held_out

    @property
    def to_calibrate(self) -> tuple[Dataset, NDArray | None] | None:
        """The rows to calibrate on."""
        return None if self._to_calibrate is None else (self._to_calibrate, None)


def best_loss(
    train: Dataset, given: Mapping[str, Any], weights: NDArray | None = None
) -> tuple[str, dict[str, Any]]:
    """Return the loss that the rows favour and the parameters that go with it; say on standard error which and why."""
    from onelayer.loss_comparison import compare_losses

    assert train.y is not None
    with about(train.source), _passing("comparing losses: squared, absolute, huber …"):
        found = compare_losses(
            train.X, train.y, weights, random_state=given["random_state"], n_threads=given["n_threads"]
        )
    click.echo(found.text(given["language"]), err=True)
    parameters = dict(found.parameters)
    return parameters.pop("loss"), parameters


@contextmanager
def _passing(line: str) -> Iterator[None]:
    """Show a line on a terminal while work goes on, and take it away."""
    screen = sys.stderr.isatty()
    if screen:
        click.echo(f"{line}\r", err=True, nl=False)
    try:
        yield
    finally:
        if screen:
            click.echo("\x1b[K", err=True, nl=False)


def _check_labels(data: Dataset) -> None:
    """Refuse numbers that are no classes, and say which loss they are for."""
    assert data.y is not None
    fractional = (data.y % 1 != 0).nonzero()[0]
    if len(fractional):
        row = fractional[0]
        raise InvalidDataError(
            f"{data.source}: the label of row {row} (counted from 0) is {data.y[row]}, which is no class; "
            "--loss squared fits such numbers"
        )


def check_held_out(held_out: Dataset, train: Dataset, *, classifies: bool) -> None:
    """Refuse rows that the trained model could not be judged on, before the training."""
    import numpy as np

    from onelayer.labels import check_known
    from onelayer.validation import check_finite

    assert held_out.y is not None
    assert train.y is not None
    with about(held_out.source):
        check_finite(held_out.X, "X")
        if classifies:
            check_known(held_out.y, np.unique(train.y))


def check_classes(to_calibrate: Dataset) -> None:
    """Refuse rows of one class only, on which no temperature can be found, before the training."""
    assert to_calibrate.y is not None
    if (to_calibrate.y == to_calibrate.y[0]).all():
        raise InvalidDataError(
            f"{to_calibrate.source}: the {len(to_calibrate.y):,} rows set aside by --calibrate are all of the class "
            f"{to_calibrate.y[0]}; set more of them aside"
        )
