"""Tables that a command is given: rows of a file, made into a matrix by a preparation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from onelayer.errors import InvalidDataError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from onelayer.data.dataset import Dataset
    from onelayer.data.preparation.blocks import Blocks
    from onelayer.data.preparation.preparation import Preparation
    from onelayer.data.preparation.weight import Weight
    from onelayer.data.tables import Table
    from onelayer.estimators.table_model import TableModel

SHOWN = 50_000  # rows at most that stand for those of a long table


class Rows(NamedTuple):
    """Rows of a table in memory: a data set, a weight for each or None, and their numbers in the file."""

    data: Dataset
    weights: NDArray[np.float64] | None
    numbers: NDArray[np.int64]


@dataclass(frozen=True)
class Part:
    """Some rows of a table with the preparation that makes a matrix of them.

    Attributes
    ----------
    table : Table
    preparation : Preparation
    name : {"train", "test"}
    weight : Weight or None
        The column that says how much each row counts in a fit.
    """

    table: Table
    preparation: Preparation
    name: str
    weight: Weight | None = None

    @property
    def blocks(self) -> Blocks:
        """The rows, batch by batch."""
        return self.preparation.blocks(self.table, self.weight)

    @cached_property
    def held(self) -> Rows:
        """All rows in memory."""
        X, y, weights, rows = self.blocks.numbered()
        return Rows(self._dataset(X, y), weights, self.table.row_numbers[rows])

    @cached_property
    def shown(self) -> Rows:
        """Evenly spread rows, at most about so many as are to stand for a long table."""
        import numpy as np

        step = max(1, -(-self.table.n_rows // SHOWN))
        chosen, n_kept = [], 0
        for X, y, weights, rows in self.blocks.parts():
            these = rows % step == 0
            each = np.ones(len(X)) if weights is None else weights
            chosen.append((X[these], y[these], each[these], rows[these]))
            n_kept += len(X)
        X, y, each, rows = (np.concatenate(parts) for parts in zip(*chosen, strict=True))
        data = replace(self._dataset(X, y), drawn_from=n_kept if len(X) < n_kept else None)
        return Rows(data, None if self.weight is None else each, self.table.row_numbers[rows])

    @property
    def provenance(self) -> dict[str, Any]:
        """Where the rows come from, for a model file."""
        import numpy as np

        nothing = np.empty((0, len(self.preparation.names)))
        return {**self._dataset(nothing, np.empty(0)).provenance, "n_rows": self.preparation.n_kept}

    def _dataset(self, X: NDArray, y: NDArray) -> Dataset:
        from onelayer.data.dataset import Dataset, fingerprint

        target = self.preparation.target
        return Dataset(
            name=self.table.name,
            part=self.name,
            X=X,
            y=y,
            classes=None,
            image_shape=None,
            source=str(self.table.path),
            fingerprint=self.table.fingerprint or fingerprint(),
            feature_names=self.preparation.names,
            regression=target is not None and not target.labels,
        )


def open_source(
    path: str, categories: tuple[str, ...] = (), *, delimiter: str | None = None, **reading: Any
) -> Table:
    """Open a table that a user names; the keywords are those of ``open_table``."""
    from onelayer.callbacks.reading_progress import ReadingProgress
    from onelayer.data.tables import open_table

    character = "\t" if delimiter in ("tab", "\\t") else delimiter
    table = open_table(Path(path), delimiter=character, categories=categories, **reading)
    table.listen(ReadingProgress())
    return table


def rows_for(preparation: Preparation, source: str, **reading: Any) -> Table:
    """Return the table of a file, with those columns as text that are categories to a model.

    A column that was text to it is so too where a few words happen to be all true or false; not where they are numbers.
    """
    fields = [feature.field for feature in preparation.features]
    table = open_source(source, **reading)
    asked = [field.column for field in fields if field.kind == "category" and field.column in table.columns]
    table = open_source(source, tuple(dict.fromkeys(asked)), **reading) if asked else table
    texts = [field.column for field in fields if field.kind == "text" and field.column in table.columns]
    for column in texts:
        table.require(column, "text")
    truths = [column for column in texts if table.select([column]).schema[column] == "boolean"]
    return open_source(source, (*dict.fromkeys(asked), *truths), **reading) if truths else table


def part_for(model: TableModel, source: str, weights: str | None = None, **reading: Any) -> Part:
    """Return the rows of a file, prepared as a model has learnt to, with the weights in a column of it."""
    from onelayer.data.preparation.weight import Weight

    if model.preparation_.target is None:
        raise InvalidDataError(f"{source}: the model does not know which column holds what it predicts")
    table = rows_for(model.preparation_, source, **reading)
    weight = None if weights is None else Weight.of(table, weights)
    return Part(table, model.preparation_, "test", weight)


def preparation_of(model: Any) -> Preparation | None:
    """Return the preparation of a model of a table, None of any other model."""
    return vars(model).get("preparation_")


def estimator_of(model: Any) -> Any:
    """Return the estimator of the matrix: that of a model of a table, or the model itself."""
    return model if preparation_of(model) is None else model.estimator_


def target_of(model: Any) -> str | None:
    """Return what a model of a table predicts, as it was fitted to it."""
    preparation = preparation_of(model)
    if preparation is None or preparation.target is None:
        return None
    return f"log({preparation.target.name})" if preparation.target.log else preparation.target.name


def check_kind(model: Any, model_path: Path, source: str) -> bool:
    """Return whether a source is a table; refuse one for which the model was not made.

    Raises
    ------
    InvalidDataError
    """
    from onelayer.data.tables import is_table

    table, prepared = is_table(source), preparation_of(model) is not None
    if table and not prepared:
        raise InvalidDataError(
            f"{source}: the model {model_path} was fitted to rows of {model.n_features_in_:,} numbers, not to the "
            "columns of a table"
        )
    if prepared and not table:
        raise InvalidDataError(
            f"{source}: the model {model_path} was fitted to a table; give a CSV or Parquet file"
        )
    return table
