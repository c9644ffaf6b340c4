"""Softmax regression: the classifier of one layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets

from onelayer import validation
from onelayer.errors import InvalidDataError
from onelayer.estimators.class_weights import class_weighted
from onelayer.estimators.single_layer import SingleLayer
from onelayer.labels import are_soft, soft_labels
from onelayer.losses import CrossEntropy
from onelayer.solvers.events import Callback

_TEXT = "USO"  # kinds of arrays of text


class SoftmaxRegression(ClassifierMixin, SingleLayer):
    """Multinomial logistic regression: one linear layer, a softmax, cross-entropy.

    Scores S = XW + b; probabilities p = softmax(S); objective
    F(W, b) = Σᵢ wᵢ·(log Σₖ exp Sᵢₖ − Sᵢ,yᵢ) / Σᵢ wᵢ + α/2·‖W‖². The intercept is not penalised. For uint8 inputs W
    belongs to X/255; for two classes it is the weight of the difference of their scores, as in scikit-learn.

    Parameters
    ----------
    alpha : float or "auto", default "auto"
        Weight of the L2 penalty. "auto" is 1/Σw, scikit-learn's C = 1.
    solver : {"auto", "sgd"}, default "auto"
        Minibatch stochastic gradient descent in either case.
    fit_intercept : bool, default True
    epochs : int, default 10
        Passes over the data.
    batch_size : int, default 256
        Rows of a minibatch.
    learning_rate : float or "auto", default "auto"
        Size of a step. "auto" standardises the inputs internally (sparse ones are scaled, not centred) and sets the
        rate from the curvature of the data.
    schedule : {"auto", "constant", "step", "cosine", "1/t"}, default "auto"
        How the rate changes from epoch to epoch; "auto" is "constant" for a given rate, else "cosine".
    momentum : float, default 0.0
        In [0, 1).
    early_stopping : bool, default False
        Stop after ``n_iter_no_change`` epochs without a lower validation loss and keep the best epoch's parameters.
        The validation data are those given to ``fit``, else ``validation_fraction`` of the rows, set aside.
    n_iter_no_change : int, default 5
    validation_fraction : float, default 0.1
    warm_start : bool, default False
        Go on from the last fit; the classes stay.
    random_state : int, RandomState or None, default None
        Order of the rows.
    n_threads : int or None, default None
        Threads; all cores by default. The result is the same to the bit for any number.
    class_weight : dict, "balanced" or None, default None
        Factor of each class's rows; "balanced" is n_rows / (n_classes · rows of the class), rows counted by their
        weights and classes without any left out. A row of soft labels is a row for each class, weighted by its
        probability, and each gets the factor of its class.

    Attributes
    ----------
    classes_ : (n_classes,) array
    coef_ : (n_classes, n_features) array, (1, n_features) for two classes
        Weights in units of X as given.
    intercept_ : (n_classes,) array, (1,) for two classes
    n_features_in_ : int
    feature_names_in_ : (n_features_in_,) array of str
        When X has column names.
    n_iter_ : int
        Epochs done.
    converged_ : bool
        Whether early stopping ended the run.
    history_ : list of dict
        One record per epoch: epoch, seconds, train_loss, val_loss, val_score, learning_rate, rows_per_second.
    training_ : dict
        Seconds, rows, threads, seed, versions, implementation, how the run ended.

    Notes
    -----
    Cost of an epoch: 4·n_rows·n_features·n_classes floating-point operations; of a sparse X, the values that are stored
    in place of n_rows·n_features. Memory: X is not copied; some MB and a few times the size of W.

    y may also have a probability for each class in each row (soft labels), which sum to 1; a label is a row with a
    single 1. Then ``classes_`` are 0, 1, …, and the loss of a row is −Σₖ yₖ·log pₖ.

    References
    ----------
    Zhang, Lipton, Li and Smola, *Dive into Deep Learning*, chapter 4. Bishop, *Pattern Recognition and Machine
    Learning*, 4.3.4.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> model = SoftmaxRegression(epochs=200, random_state=0).fit(X, y)
    >>> model.score(X, y) > 0.95
    True
    >>> model.predict_proba(X[:1]).sum().round(6)
    np.float64(1.0)
    """

    classes_: NDArray

    def __init__(
        self,
        *,
        alpha: float | Literal["auto"] = "auto",
        solver: str = "auto",
        fit_intercept: bool = True,
        epochs: int = 10,
        batch_size: int = 256,
        learning_rate: float | Literal["auto"] = "auto",
        schedule: str = "auto",
        momentum: float = 0.0,
        early_stopping: bool = False,
        n_iter_no_change: int = 5,
        validation_fraction: float = 0.1,
        warm_start: bool = False,
        random_state: int | np.random.RandomState | None = None,
        n_threads: int | None = None,
        class_weight: Mapping[Any, float] | Literal["balanced"] | None = None,
    ) -> None:
        self.alpha = alpha
        self.solver = solver
        self.fit_intercept = fit_intercept
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.momentum = momentum
        self.early_stopping = early_stopping
        self.n_iter_no_change = n_iter_no_change
        self.validation_fraction = validation_fraction
        self.warm_start = warm_start
        self.random_state = random_state
        self.n_threads = n_threads
        self.class_weight = class_weight

    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        *,
        callbacks: Sequence[Callback] = (),
    ) -> Self:
        """Go on for one epoch over these rows.

        Parameters
        ----------
        X, y, sample_weight
            As for ``fit``. The columns of soft labels are those of ``classes_``, in order.
        classes : array, optional
            All classes, if known at the first call. Labels not seen before are taken in as they come, with weights
            zero; then ``coef_`` grows.
        callbacks : sequence of Callback

        Notes
        -----
        With automatic rate, the standardisation and the rate rest on all rows of the stream so far. The rate is
        constant, or η/t at the t-th call with schedule "1/t"; velocities of the momentum are not kept between calls,
        and "balanced" class weights are those of the rows given.
        """
        with self._unchanged_on_failure():
            known = self._named_classes(y, classes)
            if self.__sklearn_is_fitted__():
                if (known.dtype.kind in _TEXT) != (self.classes_.dtype.kind in _TEXT):
                    raise InvalidDataError(
                        f"y has labels such as {known[:1].tolist()[0]!r}; the model's classes are of another kind, "
                        f"such as {self.classes_[:1].tolist()[0]!r}"
                    )
                self._grow(np.union1d(self.classes_, known))
            else:
                self.classes_ = np.unique(known)
            return self._go_on(X, y, sample_weight, callbacks, targets_known=True)

    def _named_classes(self, y: ArrayLike, classes: ArrayLike | None) -> NDArray:
        """Return the classes of a part of a stream: those given, its labels, or for unnamed soft labels 0, 1, …."""
        given = None if classes is None else self._label_array(classes, "classes")
        labels = np.asarray(y)
        if not are_soft(labels):
            known = self._label_array(y, "y")
            return known if given is None else np.union1d(known, given)
        if given is None:
            given = self.classes_ if self.__sklearn_is_fitted__() else np.arange(labels.shape[1])
        return given

    def _grow(self, classes: NDArray) -> None:
        """Take in new classes: rows of zeros in ``coef_``, which is one row only for two classes."""
        if len(classes) == len(self.classes_):
            return
        coef, intercept = self._get_coef(len(self.classes_))
        places = np.searchsorted(classes, self.classes_)
        grown = np.zeros((len(classes), coef.shape[1]), coef.dtype)
        grown_intercept = np.zeros(len(classes), intercept.dtype)
        grown[places], grown_intercept[places] = coef, intercept
        self.classes_ = classes
        self._set_coef(grown, grown_intercept)

    def decision_function(self, X: ArrayLike) -> NDArray:
        """Return the scores X @ coef_.T + intercept_, shape (n_rows, n_classes), or (n_rows,) for two classes."""
        scores = self._scores(X)
        return scores[:, 0] if scores.shape[1] == 1 and len(self.classes_) == 2 else scores

    def predict_log_proba(self, X: ArrayLike) -> NDArray:
        """Return the logarithms of the probabilities, finite for any finite scores; shape (n_rows, n_classes)."""
        scores = self._scores(X)
        if len(self.classes_) == 2:
            scores = np.hstack([np.zeros_like(scores), scores])
        return self._loss.log_probabilities(scores)

    def predict_proba(self, X: ArrayLike) -> NDArray:
        """Return the probability of each class, shape (n_rows, n_classes); each row sums to one."""
        return np.exp(self.predict_log_proba(X))

    def predict(self, X: ArrayLike) -> NDArray:
        """Return the most probable class of each row."""
        scores = self._scores(X)
        best = (scores[:, 0] > 0).astype(np.intp) if len(self.classes_) == 2 else scores.argmax(axis=1)
        return self.classes_[best]

    def score(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Return the accuracy; of soft labels the mean probability that y gives to the predicted class.

        That is the accuracy to be expected of labels drawn from y, and for rows with a single one it is the same.
        """
        labels = np.asarray(y)
        if not are_soft(labels):
            return super().score(X, y, sample_weight)
        targets = soft_labels(labels, len(self.classes_), "y")
        weights = validation.check_weights(sample_weight, len(targets))
        best = np.searchsorted(self.classes_, self.predict(X))
        return self._score_of(np.eye(len(self.classes_))[best], targets, weights)

    @property
    def _loss(self) -> CrossEntropy:
        return CrossEntropy()

    def _check_alpha(self) -> None:
        validation.check_real("alpha", self.alpha, 0, low_included=True, word="auto")

    @staticmethod
    def _label_array(y: ArrayLike, name: str) -> NDArray:
        labels = column_or_1d(y, warn=True)
        validation.check_finite(labels, name)
        check_classification_targets(labels)
        return labels

    def _learn_targets(self, y: NDArray, *, again: bool) -> None:
        if again:
            return
        if are_soft(y):
            self.classes_ = np.arange(y.shape[1])
            return
        classes = np.unique(self._label_array(y, "y"))
        if len(classes) < 2:
            raise InvalidDataError(
                f"y has one class only ({classes.tolist()[0]!r}); a classifier needs rows of at least two classes"
            )
        self.classes_ = classes

    def _read_targets(self, y: NDArray, name: str) -> NDArray:
        if are_soft(y):
            return soft_labels(y, len(self.classes_), name)
        labels = self._label_array(y, name)
        places = np.searchsorted(self.classes_, labels).clip(0, len(self.classes_) - 1)
        known = self.classes_[places] == labels
        if not known.all():
            row = int(np.argmin(known))
            label = labels[row : row + 1].tolist()[0]
            raise InvalidDataError(
                f"{name} has the label {label!r} in row {row}, which is not one of the model's "
                f"{len(self.classes_)} classes"
            )
        return places.astype(np.float64)[:, None]

    def _weighted(self, targets: NDArray, weights: NDArray | None) -> tuple[NDArray, NDArray | None]:
        if self.class_weight is None:
            return targets, weights
        return class_weighted(self.class_weight, self.classes_, targets, weights)

    def _n_outputs(self, targets: NDArray) -> int:
        return len(self.classes_)

    def _objective_alpha(self, total_weight: float) -> float:
        """Return α; for two classes twice as much: each takes half of the weight, so a quarter of its square."""
        alpha = 1 / total_weight if self.alpha == "auto" else float(self.alpha)
        return 2 * alpha if len(self.classes_) == 2 else alpha

    def _set_coef(self, coef: NDArray, intercept: NDArray) -> None:
        two = len(self.classes_) == 2
        self.coef_ = coef[1:] - coef[:1] if two else coef
        self.intercept_ = intercept[1:] - intercept[:1] if two else intercept

    def _get_coef(self, n_outputs: int) -> tuple[NDArray, NDArray]:
        if n_outputs == 2:
            return np.vstack([-self.coef_, self.coef_]) / 2, np.hstack(
                [-self.intercept_, self.intercept_]
            ) / 2
        return self.coef_, self.intercept_

    def _score_of(self, scores: NDArray, targets: NDArray, weights: NDArray | None) -> float:
        best = scores.argmax(axis=1)
        right = (
            np.take_along_axis(targets, best[:, None], axis=1)[:, 0]
            if are_soft(targets)
            else targets[:, 0] == best
        )
        return float(np.average(right, weights=weights))
