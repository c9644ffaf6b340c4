"""A model of a table: columns of every kind in, predictions in the units of the target column out."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.utils import Tags, get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from onelayer import model_files, validation
from onelayer.data.preparation.blocks import Blocks
from onelayer.data.preparation.options import Options
from onelayer.data.preparation.place import called, rows
from onelayer.data.preparation.preparation import Preparation
from onelayer.data.tables import Table, open_table
from onelayer.errors import InvalidDataError, TableWarning, optional_dependency, warn
from onelayer.estimators.linear_regression import LinearRegression
from onelayer.estimators.one_pass import fit_in_one_pass, of_large
from onelayer.estimators.single_layer import SingleLayer
from onelayer.estimators.softmax_regression import SoftmaxRegression
from onelayer.estimators.streamed_table import goes_by_batches

if TYPE_CHECKING:
    from onelayer.explanation import Explanation


def _has_probabilities(model: TableModel) -> bool:
    return is_classifier(model)


def _is_softmax_regression(model: TableModel) -> bool:
    return isinstance(model.estimator, SoftmaxRegression)


class TableModel(BaseEstimator):
    """A linear model of a table with numbers, truth values, dates and categories.

    The columns become a matrix (:class:`onelayer.data.preparation.preparation.Preparation`), an estimator is fitted to
    it, and both are one model: it takes the raw table, goes by the names of its columns, and is saved as one file.

    Parameters
    ----------
    estimator : estimator or None
        ``LinearRegression`` or ``SoftmaxRegression``, or another in scikit-learn's shape; None for
        ``LinearRegression()``. It is cloned, not changed.
    features, drop, categories, date_parts, log, poly, missing, rare, max_levels, unseen
        What becomes of the columns: see :class:`onelayer.data.preparation.options.Options`.

    Attributes
    ----------
    estimator_ : estimator
        Fitted to the matrix, and to the logarithm of a target that is named in ``log``.
    preparation_ : Preparation
        ``names`` are those of the columns of the matrix, ``groups`` says where they come from.
    feature_names_in_ : (n_features_in_,) array of str
        The columns of the table that predictions are made from.
    n_features_in_ : int
    classes_ : (n_classes,) array
        Of a classifier.

    Notes
    -----
    Cost: one pass over the table to learn the preparation, and one to fit. Least squares (``LinearRegression()`` with
    its exact solver) are fitted from batches, and memory does not grow with the table. For all else the matrix is held
    in memory, unless it would take more than half of what is available: then the table is read in each epoch of
    minibatch SGD, provided that the solver is "sgd" or "auto", and a warning says so. ``buffer_size`` asks for that.

    Examples
    --------
    >>> import polars as pl
    >>> houses = pl.DataFrame(
    ...     {
    ...         "size": [50, 80, 120, 60, 90, 100],
    ...         "garden": [False, True, True, False, False, True],
    ...         "price": [150, 260, 340, 170, 230, 300],
    ...     }
    ... )
    >>> model = TableModel().fit(houses, "price")
    >>> model.predict(pl.DataFrame({"garden": [True], "size": [110]})).round(6)
    array([320.])
    """

    # set by fit
    estimator_: Any
    preparation_: Preparation
    feature_names_in_: NDArray
    n_features_in_: int

    def __init__(
        self,
        estimator: Any = None,
        *,
        features: Sequence[str] | None = None,
        drop: Sequence[str] = (),
        categories: Sequence[str] = (),
        date_parts: Sequence[str] = (),
        log: Sequence[str] = (),
        poly: int = 1,
        missing: str = "refuse",
        rare: int | str = "auto",
        max_levels: int = 200,
        unseen: str = "warn",
    ) -> None:
        self.estimator = estimator
        self.features = features
        self.drop = drop
        self.categories = categories
        self.date_parts = date_parts
        self.log = log
        self.poly = poly
        self.missing = missing
        self.rare = rare
        self.max_levels = max_levels
        self.unseen = unseen

    def fit(
        self,
        X: Any,
        y: str | ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        X_val: Any = None,
        y_val: str | ArrayLike | None = None,
        sample_weight_val: ArrayLike | None = None,
        **keywords: Any,
    ) -> Self:
        """Learn the preparation from a table, and fit the estimator.

        Parameters
        ----------
        X : Table, path, frame or array
            A CSV or Parquet file, a frame of polars, pandas or pyarrow, or an array, with columns x0, x1, ….
        y : str or array
            Name of the target column, or the targets themselves.
        sample_weight : (n_rows,) array, optional
        X_val, y_val, sample_weight_val : optional
            A table for validation, for estimators whose ``fit`` takes one; ``y_val`` is None for the column of the same
            name.
        **keywords
            Passed on to the estimator's ``fit``, such as ``callbacks``; with ``buffer_size`` among them, to its
            ``fit_batches``.

        Raises
        ------
        InvalidDataError, InvalidParameterError, DataFileError
            Before anything is trained.
        """
        table = self._table(X)
        base = LinearRegression() if self.estimator is None else self.estimator
        name, targets = _target(y)
        if (
            name is not None
            and sample_weight is X_val is None
            and _streams(base)
            and set(keywords) <= {"callbacks"}
        ):
            unread, estimator = of_large(table, name, self._options()), clone(base)
            if unread is not None and fit_in_one_pass(estimator, table, unread, **keywords):
                return self.of_parts(estimator, unread)
        preparation = Preparation.fit(table, name, self._options(), labels=is_classifier(base))
        weights = validation.check_weights(sample_weight, preparation.n_rows)
        _check_length(targets, preparation.n_rows, "y")
        blocks = preparation.blocks(table, weights, targets)
        if X_val is not None:
            keywords |= self._validation(preparation, X_val, y_val, sample_weight_val)
        estimator = _named(clone(base), preparation)
        exact = _streams(estimator) and set(keywords) <= {"callbacks"}
        if exact or goes_by_batches(estimator, preparation, called(table), asked="buffer_size" in keywords):
            estimator.fit_batches(blocks, n_rows=preparation.n_kept, **keywords)
        else:
            matrix, outcome, weights = blocks.held()
            keywords |= {} if weights is None else {"sample_weight": weights}
            estimator.fit(matrix, outcome, **keywords)
        return self.of_parts(estimator, preparation)

    def of_parts(self, estimator: Any, preparation: Preparation) -> Self:
        """Take a fitted estimator and the preparation that makes its matrix."""
        self.estimator_, self.preparation_ = _named(estimator, preparation), preparation
        self.feature_names_in_ = np.array(preparation.columns, dtype=object)
        self.n_features_in_ = len(preparation.columns)
        return self

    def predict(self, X: Any, **keywords: Any) -> Any:
        """Return a prediction for each row, in the units of the target column.

        Parameters
        ----------
        X : Table, path, frame or array
            Its columns go by their names; those that the model does not need are not read.
        **keywords
            Passed on to the estimator's ``predict``, such as ``interval=0.95``, which gives bounds as well.

        Returns
        -------
        (n_rows,) array, or a tuple of such
            Where the model is one of the logarithm, the exponential of its prediction: the median of the target if the
            noise is symmetric. NaN in rows that lack a value, with ``missing="drop"``.

        Raises
        ------
        InvalidDataError
            A column that is missing or of another type; a missing value of which the model knows nothing.

        Warns
        -----
        TableWarning
            Columns and levels that the table of the fit did not have; rows without a prediction.
        """
        check_is_fitted(self)
        parts = self._on_each_batch(X, lambda matrix: self.estimator_.predict(matrix, **keywords))
        target = self.preparation_.target
        inverse = np.asarray if target is None else target.inverse
        if isinstance(parts[0], tuple):
            return type(parts[0])(*(inverse(np.concatenate(part)) for part in zip(*parts, strict=True)))
        return inverse(np.concatenate(parts))

    @available_if(_has_probabilities)
    def predict_proba(self, X: Any) -> NDArray:
        """Return the probability of each class, shape (n_rows, n_classes); NaN in rows that lack a value."""
        check_is_fitted(self)
        return np.concatenate(self._on_each_batch(X, self.estimator_.predict_proba))

    @available_if(_is_softmax_regression)
    def calibrate(
        self, X_val: Any, y_val: str | ArrayLike | None = None, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Find the temperature of the probabilities on a table that was held out; see ``SoftmaxRegression.calibrate``.

        Parameters
        ----------
        X_val : Table, path, frame or array
        y_val : str, array or None
            Name of the target column, or the labels; None for the column that the model was fitted to.
        sample_weight : (n_rows,) array, optional
        """
        check_is_fitted(self)
        self.estimator_.calibrate(*self._blocks(X_val, y_val, sample_weight).held())
        return self

    @available_if(_is_softmax_regression)
    def explain(self, X: Any, *, reference: Any = None) -> Explanation:
        """Return what each column of the matrix adds to the score of each class; see ``SoftmaxRegression.explain``.

        Parameters
        ----------
        X : Table, path, frame or array
        reference : Table, path, frame or array, optional
            Rows with whose mean those of X are compared, such as the table of the fit; zeros by default.
        """
        check_is_fitted(self)
        rows, others = (
            None if table is None else np.concatenate(self._on_each_batch(table, np.array))
            for table in (X, reference)
        )
        return self.estimator_.explain(rows, reference=others)

    def score(
        self, X: Any, y: str | ArrayLike | None = None, sample_weight: ArrayLike | None = None
    ) -> float:
        """Return R², or the accuracy of a classifier, of the predictions for the rows of a table.

        Of several quantiles it is the mean share of the pinball loss that is explained. R² is that of ``predict``, in
        the units of the target column, also where the model is one of the logarithm; ``summary`` has R² on logarithms.
        Rows that are left out with ``missing="drop"`` do not count.

        Parameters
        ----------
        X : Table, path, frame or array
        y : str, array or None
            Name of the target column, or the targets; None for the column that the model was fitted to.
        sample_weight : (n_rows,) array, optional
        """
        from sklearn.metrics import accuracy_score, d2_pinball_score, r2_score

        check_is_fitted(self)
        parts = [
            (self.estimator_.predict(matrix), truth, weights)
            for matrix, truth, weights in self._blocks(X, y, sample_weight)
        ]
        if not parts:
            raise InvalidDataError("there are no rows to score")
        predicted, truth = (np.concatenate([part[k] for part in parts]) for k in (0, 1))
        weights = None if parts[0][2] is None else np.concatenate([part[2] for part in parts])
        if is_classifier(self):
            return float(accuracy_score(truth, predicted, sample_weight=weights))
        target = self.preparation_.target
        if target is not None and target.log:
            predicted, truth = target.inverse(predicted), target.inverse(truth)
        if predicted.ndim == truth.ndim:
            return float(r2_score(truth, predicted, sample_weight=weights))
        quantiles = zip(self.estimator_.quantile, predicted.T, strict=True)
        shares = [d2_pinball_score(truth, s, sample_weight=weights, alpha=q) for q, s in quantiles]
        return float(np.mean(shares))

    def summary(
        self,
        X: Any = None,
        y: str | ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        **keywords: Any,
    ) -> Any:
        """Return the coefficients with their standard errors, and the figures of the fit.

        They are those of the model of the logarithm, if it is one.

        Parameters
        ----------
        X, y, sample_weight : optional
            The table that the model was fitted to, for what needs its rows.
        **keywords
            As for ``LinearRegression.summary``.
        """
        check_is_fitted(self)
        held = () if X is None else self._blocks(X, y, sample_weight).held()
        target = self.preparation_.target
        if target is not None and np.ndim(self.estimator_.intercept_) == 0:
            keywords = {"outputs": [f"log({target.name})" if target.log else target.name], **keywords}
        return self.estimator_.summary(*held, **keywords)

    def save(self, path: str | Path, data: dict[str, Any] | None = None) -> None:
        """Write preparation and estimator to one file that ``onelayer.load`` reads; see ``LinearRegression.save``."""
        check_is_fitted(self)
        model_files.save(self, path, data)

    @property
    def classes_(self) -> NDArray:
        """The classes of a classifier."""
        return self.estimator_.classes_

    def __sklearn_is_fitted__(self) -> bool:
        """Tell scikit-learn whether ``fit`` has been called."""
        return "estimator_" in vars(self)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        inner = get_tags(LinearRegression() if self.estimator is None else self.estimator)
        tags.estimator_type = inner.estimator_type
        tags.classifier_tags, tags.regressor_tags = inner.classifier_tags, inner.regressor_tags
        tags.target_tags = inner.target_tags
        tags.input_tags.string = tags.input_tags.categorical = True
        tags.input_tags.allow_nan = self.missing != "refuse"
        return tags

    def _blocks(self, X: Any, y: str | ArrayLike | None, sample_weight: ArrayLike | None) -> Blocks:
        """Return the rows of a table as matrices, targets as the estimator knows them, and weights."""
        table, target = self._table(X), self.preparation_.target
        name, targets = (None, None) if y is None else _target(y)
        if name is not None and (target is None or name != target.name):
            raise InvalidDataError(f"{called(table)}: the model does not predict the column {name!r}")
        if targets is None and target is None:
            raise InvalidDataError("the model was fitted to targets beside the table; give y")
        _check_length(targets, table.n_rows, "y")
        if targets is not None and target is not None:
            targets = target.forward(targets)
        weights = validation.check_weights(sample_weight, table.n_rows)
        return self.preparation_.blocks(table, weights, targets)

    def _options(self) -> Options:
        """Return the parameters that speak of columns."""
        parameters = self.get_params(deep=False)
        del parameters["estimator"]
        return Options(**parameters)

    def _table(self, X: Any) -> Table:
        """Return a table of whatever holds one; what is a category to the model is text in it."""
        match X:
            case Table():
                return X
            case str() | os.PathLike():
                path = Path(X)
                columns = open_table(path).columns
                return open_table(path, categories=[name for name in self._categories() if name in columns])
            case np.ndarray() | list():
                return Table.of(_frame(X))
        table = Table.of(X)
        asked = [name for name in self._options().categories if name in table.columns]
        return Table.of(X, categories=asked) if asked else table

    def _categories(self) -> tuple[str, ...]:
        """Return the columns that are names of levels, asked for or found."""
        asked = self._options().categories
        if not self.__sklearn_is_fitted__():
            return asked
        fields = (feature.field for feature in self.preparation_.features)
        return (*asked, *(field.column for field in fields if field.kind == "text"))

    def _validation(
        self, preparation: Preparation, X: Any, y: str | ArrayLike | None, sample_weight: ArrayLike | None
    ) -> dict[str, Any]:
        """Return the keywords of validation data."""
        table = self._table(X)
        _, targets = (None, None) if y is None else _target(y)
        _check_length(targets, table.n_rows, "y_val")
        weights = validation.check_weights(sample_weight, table.n_rows, "sample_weight_val")
        matrix, outcome, weights = preparation.blocks(table, weights, targets).held()
        return {"X_val": matrix, "y_val": outcome, "sample_weight_val": weights}

    def _on_each_batch(self, X: Any, function: Callable[[NDArray], Any]) -> list[Any]:
        """Return what a function makes of the matrix of each batch, with NaN in rows that lack a value."""
        table, parts = self._table(X), []
        n_rows = n_lacking = 0
        for prepared in self.preparation_.matrices(table, filled=True):
            n_rows += len(prepared.X)
            kept = prepared.kept
            if kept is not None:
                n_lacking += len(kept) - int(kept.sum())
            parts.append(_with_gaps(function(prepared.X), kept, called(table)))
        if n_lacking:
            warn(
                f"{called(table)}: {rows(n_lacking)} of {n_rows:,} lack a value, and have NaN for a prediction",
                TableWarning,
            )
        return parts


def _target(y: str | ArrayLike) -> tuple[str | None, NDArray | None]:
    """Return the name of the target column, or the targets."""
    return (y, None) if isinstance(y, str) else (None, np.asarray(y))


def _check_length(targets: NDArray | None, n_rows: int, name: str) -> None:
    if targets is not None and (targets.ndim == 0 or len(targets) != n_rows):
        n_targets = len(targets) if targets.ndim else 1
        raise InvalidDataError(f"{name} has {rows(n_targets)}, the table has {n_rows:,}")


def _frame(array: ArrayLike) -> Any:
    """Return an array as a frame with the columns x0, x1, …, as scikit-learn calls them."""
    polars = optional_dependency("polars", "app")
    values = np.asarray(array)
    if values.ndim != 2 or values.dtype.kind not in "biufU":
        raise InvalidDataError(
            f"X has shape {values.shape} and type {values.dtype}; expected a frame, or rows and columns of numbers"
        )
    return polars.DataFrame({f"x{place}": column for place, column in enumerate(values.T)})


def _streams(estimator: Any) -> bool:
    """Return whether an estimator is fitted from batches: least squares with one penalty."""
    return (
        type(estimator) is LinearRegression
        and estimator.loss == "squared"
        and np.ndim(estimator.alpha) == 0
        and estimator._method() == "closed_form"
    )


def _named(estimator: Any, preparation: Preparation) -> Any:
    """Return the estimator, which calls the columns of the matrix by their names if it is one of onelayer's."""
    return estimator.named(preparation.names) if isinstance(estimator, SingleLayer) else estimator


def _with_gaps(predicted: Any, kept: NDArray[np.bool_] | None, table: str) -> Any:
    """Return predictions with NaN in the rows that are not kept; of a tuple of them each."""
    if kept is None:
        return predicted
    if isinstance(predicted, tuple):
        return type(predicted)(*(_with_gaps(part, kept, table) for part in predicted))
    if predicted.dtype.kind != "f":
        raise InvalidDataError(
            f"{table}: {rows(len(kept) - int(kept.sum()))} lack a value, and no class stands for that; fill the values "
            "in, or fit the model with missing=mean or indicator"
        )
    return np.where(kept.reshape(-1, *[1] * (predicted.ndim - 1)), predicted, np.nan)
