"""How good a fitted model is on given rows: loss, accuracy or R², and the same class by class."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import is_classifier

from onelayer.errors import InvalidDataError
from onelayer.labels import are_soft, check_known, soft_labels
from onelayer.losses import Squared
from onelayer.losses.regression import RegressionLoss

if TYPE_CHECKING:
    from onelayer.solvers.closed_form import LeastSquares

_VALUES_AT_ONCE = 1 << 20


@dataclass(frozen=True)
class Evaluation:
    """The result of :func:`evaluate`.

    Attributes
    ----------
    n_rows : int
    loss : float
        Mean over the rows of the model's loss: cross-entropy in nats, or that of a regression, such as ½‖s − y‖².
    bits : float or None
        Cross-entropy in bits, ``loss / log 2``; None for regression.
    accuracy : float or None
        Share of rows whose most probable class is the true one; None for regression.
    r2 : float or None
        Coefficient of determination, averaged over the outputs; None for classification, for a single row, and for
        several quantiles of one target.

    Examples
    --------
    >>> Evaluation(n_rows=4, loss=0.5, accuracy=0.75).record()
    {'loss': 0.5, 'accuracy': 0.75}
    """

    n_rows: int
    loss: float
    accuracy: float | None = None
    r2: float | None = None

    @property
    def bits(self) -> float | None:
        """Cross-entropy in bits; None for regression."""
        return None if self.accuracy is None else self.loss / math.log(2)

    def record(self) -> dict[str, float | None]:
        """Return what ``--json`` prints: the loss, and the accuracy or R²."""
        if self.accuracy is None:
            return {"loss": self.loss, "r2": self.r2}
        return {"loss": self.loss, "accuracy": self.accuracy}


@dataclass(frozen=True)
class ClassScores:
    """Precision, recall, F1 and support of each class; see :meth:`ClassPredictions.scores`.

    Attributes
    ----------
    precision, recall, f1 : (n_classes,) float64
        NaN where undefined: precision of a class never predicted, recall of a class that no row has.
    support : (n_classes,) int64
        Rows of each class.
    """

    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray
    support: np.ndarray


@dataclass(frozen=True)
class ClassPredictions:
    """What a classifier said of each row beside what was true, in O(n_rows) memory for any number of classes.

    Attributes
    ----------
    true, predicted : (n_rows,) int64
        Indices into ``classes``.
    log_confidence : (n_rows,) float64
        Log-probability of the predicted class, in nats.
    log_likelihood : (n_rows,) float64
        Log-probability of the true class, in nats.
    classes : (n_classes,) ndarray
        The model's labels.
    """

    true: np.ndarray
    predicted: np.ndarray
    log_confidence: np.ndarray
    log_likelihood: np.ndarray
    classes: np.ndarray

    @cached_property
    def correct(self) -> np.ndarray:
        """(n_rows,) bool: whether the predicted class is the true one."""
        return self.true == self.predicted

    @cached_property
    def confidence(self) -> np.ndarray:
        """(n_rows,) float64: the probability of the predicted class."""
        return np.exp(self.log_confidence)

    def evaluation(self) -> Evaluation:
        """Return mean cross-entropy and accuracy."""
        return Evaluation(
            n_rows=len(self.true),
            loss=float(-self.log_likelihood.mean()),
            accuracy=float(self.correct.mean()),
        )

    def confusion(self) -> np.ndarray:
        """Return the (n_classes, n_classes) counts: rows are true classes, columns predicted ones."""
        n_classes = len(self.classes)
        pairs = self.true * n_classes + self.predicted
        return np.bincount(pairs, minlength=n_classes**2).reshape(n_classes, n_classes)

    def mistakes(self) -> list[tuple[int, int, int]]:
        """Return (true class, predicted class, rows) of each confusion, the most frequent first."""
        n_classes = len(self.classes)
        wrong = ~self.correct
        pairs, counts = np.unique(self.true[wrong] * n_classes + self.predicted[wrong], return_counts=True)
        order = np.argsort(-counts, kind="stable")
        return [(*divmod(int(pairs[i]), n_classes), int(counts[i])) for i in order]

    def scores(self) -> ClassScores:
        """Return precision, recall, F1 and support of each class.

        With TP, FP, FN the true positives, false positives and false negatives of a class: precision
        TP/(TP + FP), recall TP/(TP + FN), F1 = 2·TP/(2·TP + FP + FN), their harmonic mean.
        """
        n_classes = len(self.classes)
        hits = np.bincount(self.true[self.correct], minlength=n_classes)
        support = np.bincount(self.true, minlength=n_classes)
        claimed = np.bincount(self.predicted, minlength=n_classes)
        with np.errstate(invalid="ignore"):
            return ClassScores(hits / claimed, hits / support, 2 * hits / (claimed + support), support)


@dataclass(frozen=True)
class ValuePredictions:
    """What a regressor said of each row beside what was true.

    Attributes
    ----------
    true, predicted : (n_rows, n_outputs) float64
        Several quantiles of one target have that target in every column.
    losses : tuple of Loss
        The model's loss in each output.
    """

    true: np.ndarray
    predicted: np.ndarray
    losses: tuple[RegressionLoss, ...]

    @cached_property
    def residuals(self) -> np.ndarray:
        """(n_rows, n_outputs) float64: predicted minus true."""
        return self.predicted - self.true

    def r2(self) -> np.ndarray:
        """Return R² of each output, (n_outputs,), by scikit-learn's conventions; NaN for a single row."""
        if len(self.true) < 2:
            return np.full(self.true.shape[1], np.nan)
        from sklearn.metrics import r2_score

        return np.asarray(r2_score(self.true, self.predicted, multioutput="raw_values"))

    def loss(self) -> float:
        """Return the mean loss, summed over the outputs."""
        outputs = zip(self.losses, self.predicted.T, self.true.T, strict=True)
        return sum(each.value(predicted[:, None], true) for each, predicted, true in outputs)

    def evaluation(self) -> Evaluation:
        """Return the mean loss, summed over the outputs, and the mean R² of the outputs."""
        n_rows = len(self.true)
        undefined = n_rows < 2 or _several_quantiles(self.losses)
        return Evaluation(n_rows=n_rows, loss=self.loss(), r2=None if undefined else float(self.r2().mean()))


def evaluate(model: Any, X: Any, y: Any) -> Evaluation:
    """Mean loss, and accuracy or R², of a fitted model on the rows X with targets y.

    Classifier: mean cross-entropy −(1/n)·Σᵢ log pᵢ(yᵢ) in nats, and accuracy. Regressor: (1/n)·Σᵢ ℓ(sᵢ, yᵢ) with the
    model's loss, half the squared error of a model that has none of its own, and R² averaged over the outputs. Cost:
    one pass of X through the model, without a copy of it.

    Parameters
    ----------
    model : SoftmaxRegression or LinearRegression, fitted
    X : (n_rows, n_features)
    y : (n_rows,) labels or (n_rows, n_classes) soft labels; (n_rows,) or (n_rows, n_outputs) numbers
        Of soft labels the accuracy is the mean probability that they give to the predicted class.

    Raises
    ------
    InvalidDataError
        No rows, no targets, another number of targets than of rows, a label that the model has not seen, a
        target that is not finite.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> model = LogisticRegression().fit([[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1])
    >>> evaluate(model, [[0.0], [3.0]], [0, 1]).accuracy
    1.0
    """
    if not is_classifier(model):
        return predict_values(model, X, y).evaluation()
    labels = _checked(X, y)
    return _of_soft(model, X, labels) if are_soft(labels) else predict_classes(model, X, labels).evaluation()


def _of_soft(model: Any, X: Any, y: np.ndarray) -> Evaluation:
    """Return the mean cross-entropy of soft labels, and the mean probability that they give to the predicted class."""
    q, n_classes = soft_labels(y, len(model.classes_), "y"), len(model.classes_)
    loss = right = 0.0
    block = max(1, _VALUES_AT_ONCE // n_classes)
    for start in range(0, len(q), block):
        share = q[start : start + block]
        log_proba = model.predict_log_proba(X[start : start + block])
        loss -= float(np.vdot(share, log_proba))
        right += float(share[np.arange(len(share)), log_proba.argmax(axis=1)].sum())
    return Evaluation(len(q), loss / len(q), accuracy=right / len(q))


def evaluate_batches(model: Any, batches: Iterable[Sequence[Any]]) -> Evaluation:
    """Return what :func:`evaluate` returns for the rows of all batches, of which one is in memory at a time.

    Parameters
    ----------
    model : SoftmaxRegression or LinearRegression, fitted
    batches : iterable of (X, y, …)

    Raises
    ------
    InvalidDataError
        As :func:`evaluate`.

    Examples
    --------
    >>> from onelayer import LinearRegression
    >>> X, y = np.arange(6.0)[:, None], np.array([0.0, 1.0, 2.0, 3.0, 4.0, 6.0])
    >>> model = LinearRegression().fit(X, y)
    >>> parts = evaluate_batches(model, [(X[:2], y[:2]), (X[2:], y[2:])])
    >>> round(parts.r2, 12) == round(evaluate(model, X, y).r2, 12)
    True
    """
    return (_of_classes if is_classifier(model) else _of_values)(model, batches)


def _of_classes(model: Any, batches: Iterable[Sequence[Any]]) -> Evaluation:
    """Return mean cross-entropy and accuracy on the rows of all batches."""
    n_rows, loss, right = 0, 0.0, 0.0
    for X, y, *_ in batches:
        labels = _checked(X, y)
        if not are_soft(labels):
            check_known(labels, np.asarray(model.classes_), n_rows)
        found = evaluate(model, X, labels)
        assert found.accuracy is not None
        loss += found.loss * found.n_rows
        right += found.accuracy * found.n_rows
        n_rows += found.n_rows
    if n_rows == 0:
        raise InvalidDataError("there are no rows to evaluate")
    return Evaluation(n_rows, loss / n_rows, accuracy=right / n_rows)


def _of_values(model: Any, batches: Iterable[Sequence[Any]]) -> Evaluation:
    """Return the mean loss and R² on the rows of all batches."""
    n_rows, loss, quantiles = 0, 0.0, False
    mean = squares = errors = np.zeros(1)
    low, high = np.full(1, np.inf), np.full(1, -np.inf)
    for X, y, *_ in batches:
        found = predict_values(model, X, y)
        true, count, quantiles = found.true, len(found.true), _several_quantiles(found.losses)
        loss += found.loss() * count
        errors = errors + np.square(found.residuals).sum(axis=0)
        apart = true.mean(axis=0) - mean
        squares = squares + np.square(true - true.mean(axis=0)).sum(axis=0)
        squares = squares + np.square(apart) * (n_rows * count / (n_rows + count))
        mean = mean + apart * (count / (n_rows + count))
        low, high = np.minimum(low, true.min(axis=0)), np.maximum(high, true.max(axis=0))
        n_rows += count
    if n_rows == 0:
        raise InvalidDataError("there are no rows to evaluate")
    if n_rows < 2 or quantiles:
        return Evaluation(n_rows, loss / n_rows)
    varies = low < high
    of_constants = np.where(errors == 0, 1.0, 0.0)  # as scikit-learn has it
    r2 = np.where(varies, 1 - errors / np.where(varies, squares, 1.0), of_constants)
    return Evaluation(n_rows, loss / n_rows, r2=float(r2.mean()))


def of_fit(least_squares: LeastSquares) -> Evaluation:
    """Return what :func:`evaluate` returns for the rows of an exact fit with an intercept, from what is known of it.

    Examples
    --------
    >>> from onelayer import LinearRegression
    >>> X, y = np.arange(6.0)[:, None], np.array([0.0, 1.0, 2.0, 3.0, 4.0, 6.0])
    >>> model = LinearRegression().fit(X, y)
    >>> round(of_fit(model.least_squares_).r2, 12) == round(evaluate(model, X, y).r2, 12)
    True
    """
    residual, total = np.diag(least_squares.residual), np.diag(least_squares.total)
    r2 = float((1 - residual / total).mean()) if (total > 0).all() else None
    return Evaluation(least_squares.n_rows, least_squares.mean_loss, r2=r2)


def predict_classes(model: Any, X: Any, y: Any) -> ClassPredictions:
    """Predicted class, its probability and the true class's probability of every row.

    Cost: one pass of X through the model, in blocks of rows, so that the (n_rows, n_classes) probabilities
    never stand in memory together.

    Raises
    ------
    InvalidDataError
        As :func:`evaluate`.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> model = LogisticRegression().fit([[0.0], [1.0], [2.0], [3.0]], ["no", "no", "yes", "yes"])
    >>> predict_classes(model, [[0.0], [2.5], [3.0]], ["no", "no", "yes"]).correct
    array([ True, False,  True])
    """
    true = _class_indices(_checked(X, y), model.classes_)
    n_rows = len(true)
    predicted = np.empty(n_rows, dtype=np.int64)
    log_confidence, log_likelihood = np.empty(n_rows), np.empty(n_rows)
    block = max(1, _VALUES_AT_ONCE // len(model.classes_))
    for start in range(0, n_rows, block):
        rows = slice(start, start + block)
        log_proba = model.predict_log_proba(X[rows])
        each = np.arange(len(log_proba))
        predicted[rows] = log_proba.argmax(axis=1)
        log_confidence[rows] = log_proba[each, predicted[rows]]
        log_likelihood[rows] = log_proba[each, true[rows]]
    return ClassPredictions(true, predicted, log_confidence, log_likelihood, np.asarray(model.classes_))


def predict_values(model: Any, X: Any, y: Any) -> ValuePredictions:
    """Predicted beside true values of every row.

    Cost: one pass of X through the model.

    Raises
    ------
    InvalidDataError
        As :func:`evaluate`, or another number of columns in y than the model has outputs.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> model = LinearRegression().fit([[0.0], [1.0]], [1.0, 3.0])
    >>> predict_values(model, [[2.0]], [4.0]).residuals.round(6)
    array([[1.]])
    """
    true = _targets(X, y)
    predicted = np.asarray(model.predict(X), dtype=np.float64).reshape(len(true), -1)
    losses = vars(model).get("losses_", (Squared(),) * predicted.shape[1])
    if _several_quantiles(losses) and true.shape[1] == 1:
        true = np.repeat(true, len(losses), axis=1)
    if predicted.shape != true.shape:
        raise InvalidDataError(
            f"y has {true.shape[1]} columns, but the model has {predicted.shape[1]} outputs"
        )
    return ValuePredictions(true, predicted, losses)


def _several_quantiles(losses: Sequence[RegressionLoss]) -> bool:
    """Tell whether the outputs are different quantiles of one target."""
    return losses[0].name == "quantile" and len(set(losses)) > 1


def _checked(X: Any, y: Any) -> np.ndarray:
    """Return y as an array with one entry or row for each row of X."""
    if y is None:
        raise InvalidDataError("there are no labels to evaluate against (y is None)")
    y = np.asarray(y)
    n_rows = np.shape(X)[0]
    if n_rows == 0:
        raise InvalidDataError("there are no rows to evaluate (X is empty)")
    if y.ndim == 0 or len(y) != n_rows:
        raise InvalidDataError(
            f"X has {n_rows} rows, but y has shape {y.shape}; give one target for each row"
        )
    return y


def _class_indices(y: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Index in the sorted ``classes`` of each label, every label known."""
    classes = np.asarray(classes)
    if y.ndim != 1:
        raise InvalidDataError(f"labels must be one column, but y has shape {y.shape}")
    check_known(y, classes)
    return np.searchsorted(classes, y).astype(np.int64, copy=False)


def _targets(X: Any, y: Any) -> np.ndarray:
    """Return y as (n_rows, n_outputs) float64, every value finite."""
    y = _checked(X, y)
    if y.ndim > 2 or y.dtype.kind not in "biuf":
        raise InvalidDataError(
            f"targets must be numbers in one or two dimensions, not {y.dtype} of shape {y.shape}"
        )
    y = y.reshape(len(y), -1).astype(np.float64, copy=False)
    bad = ~np.isfinite(y)
    if bad.any():
        row, column = (int(i) for i in np.argwhere(bad)[0])
        raise InvalidDataError(
            f"y holds {y[row, column]} in row {row}, column {column}; targets must be finite"
        )
    return y
