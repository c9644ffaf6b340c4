"""Minibatch SGD on rows that come in batches, with memory that does not grow with their number."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_random_state

from onelayer import validation
from onelayer.errors import InvalidDataError, InvalidParameterError
from onelayer.estimators.single_layer import Task, Weighting
from onelayer.estimators.stream_batches import Batches, Given
from onelayer.estimators.stream_survey import Survey, set_aside
from onelayer.solvers.events import Callback, Epoch, listeners
from onelayer.solvers.labelled import Labelled
from onelayer.solvers.shuffled import Shuffled

if TYPE_CHECKING:
    from onelayer.estimators.single_layer import SingleLayer


def fit_stream(
    model: SingleLayer,
    batches: Given,
    classes: ArrayLike | None,
    n_rows: int,
    buffer_size: int | None,
    validation_data: tuple[Any, Any, Any],
    callbacks: Sequence[Callback | Callable[[Epoch], bool | None]],
) -> None:
    """Train a model by minibatch SGD on the rows of all batches.

    Batches may have any number of rows, one or millions: the rows go through a buffer of ``buffer_size`` rows, from
    which minibatches are drawn at random (``onelayer.solvers.shuffled.Shuffled``). The seed and the order of the rows
    decide on the result; where one batch ends and another begins does not matter. Rows that belong together should not
    lie together over more than a buffer, such as all rows of one class: each minibatch would know some classes only.

    Batches that can be gone through more than once are, one time more than there are epochs: the first pass checks all
    rows, and finds out their number and weight, the classes, the range of each column, and a sample of up to
    ``buffer_size`` rows, from which standardisation and automatic rate follow. Where all rows fit into the buffer,
    this is the fit of ``SingleLayer.fit`` with the same seed. Batches that come only once are trained on as they come,
    for one epoch; their first ``buffer_size`` rows are the sample.

    Parameters
    ----------
    model : SingleLayer
    batches : iterable of (X, y) or (X, y, sample_weight), or function that returns one
        A list, a ``Blocks`` of a table, a data loader: anything that begins anew each time it is gone through; a
        function is called for each pass. X as for ``fit``, of one type in all batches.
    classes : array or None
        All classes, if known; a label that is none of them is refused.
    n_rows : int
        About how many rows there are, or 0: of batches that come only once, alpha="auto" follows from it.
    buffer_size : int or None
        Rows of the buffer, at least a minibatch; None for 65,536, or of long dense rows as many as take 64 MiB.
    validation_data : (X_val, y_val, sample_weight_val)
        Without X_val, early stopping sets ``validation_fraction`` of the rows aside, chosen by their places in the
        stream, of which up to ``buffer_size`` are kept.
    callbacks : sequence of Callback or functions

    Notes
    -----
    Memory: four buffers at most, and two batches.
    """
    sgd, random_state = model._check_parameters(), check_random_state(model.random_state)
    n_rows = validation.check_integer("n_rows", n_rows, 0)
    size = None if buffer_size is None else validation.check_integer("buffer_size", buffer_size)
    if (validation_data[0] is None) != (validation_data[1] is None):
        raise InvalidDataError("X_val and y_val go together: give both or neither")
    warm = model.warm_start and model.__sklearn_is_fitted__()
    if not warm:
        for name in ("classes_", "_one_dimensional"):
            model.__dict__.pop(name, None)
    checked = Batches(model, batches, classes, warm)
    if not checked.repeatable and sgd.epochs > 1:
        raise InvalidParameterError(
            f"epochs={sgd.epochs}: batches can be gone through only once; give a list of them, or a function that "
            f"returns a new iterator, or epochs=1"
        )
    fraction = 0.0
    if model.early_stopping and validation_data[0] is None and checked.repeatable:
        fraction = float(model.validation_fraction)
    source: Callable[[], Iterable[Labelled]]
    if checked.repeatable:
        survey = Survey.of(model, checked, fraction, size, sgd.batch_size)
        n_rows, source = survey.n_rows, partial(_trained_on, checked, fraction)
    else:
        survey, rest = Survey.of_first(model, checked, size, sgd.batch_size)
        n_rows = survey.n_rows if rest is None else max(survey.n_rows, _expected(model, n_rows))
        source = partial(chain, [survey.sample.rows()], rest or ())
    checked.learning = False

    sample = _sample(model, survey, fraction)
    known = not checked.repeatable or classes is not None or warm
    weighting, total = model._weighting(survey.tally, survey.weight, whole=not known)
    total *= n_rows / survey.n_rows
    sample = _weighted(weighting, sample)
    objective = model._weighted_objective(sample, total, sgd)
    held_out = model._held_out(validation_data, objective.n_outputs)
    if fraction:
        held_out = survey.held_out.rows()
    heard = listeners(callbacks)
    shuffled = Shuffled(
        lambda: (_weighted(weighting, rows) for rows in source()),
        survey.size,
        sgd.batch_size,
        n_rows,
        checked.repeatable,
        n_rows / total,
        survey.moments(sample, total),
        heard,
    )
    start = model._get_coef(objective.n_outputs) if warm else None
    stream = vars(model).get("_stream") if warm else None
    task = Task(objective, random_state, start, held_out, heard, stream, shuffled)
    model._conclude(model._run(sgd, "sgd", task, n_rows))
    model.training_["n_rows"] = shuffled.n_rows


def _trained_on(batches: Batches, fraction: float) -> Iterator[Labelled]:
    """Yield the rows of a pass that are not held out."""
    place = 0
    for rows in batches:
        stop = place + len(rows)
        out = set_aside(place, stop, fraction)
        place = stop
        yield rows.part(np.flatnonzero(~out)) if out.any() else rows
        del rows


def _expected(model: SingleLayer, n_rows: int) -> int:
    """Return about how many rows will come, refusing to guess where the penalty follows from it."""
    if not n_rows and model.alpha == "auto":
        raise InvalidParameterError(
            "alpha='auto' is 1/Σw, which batches that can be gone through only once do not tell before; give alpha, or "
            "about how many rows there are as n_rows"
        )
    return n_rows


def _sample(model: SingleLayer, survey: Survey, fraction: float) -> Labelled:
    """Return the sample of a survey, refusing rows that nothing can be learnt from."""
    if not survey.n_rows or (fraction and not len(survey.held_out)):
        raise InvalidDataError(
            f"validation_fraction={fraction:g} of {survey.n_rows + len(survey.held_out):,} rows leaves a part without "
            f"rows; give X_val and y_val"
        )
    if not survey.weight:
        raise InvalidDataError("sample_weight is zero in every row; at least one row must count")
    sample = survey.sample.rows()
    if model._loss.name == "squared":
        validation.check_range(sample.targets, sample.X.dtype, "y")
    if sample.weights is not None and not sample.weights.any():
        return Labelled(sample.X, sample.targets, None)
    return sample


def _weighted(weighting: Weighting, rows: Labelled) -> Labelled:
    """Return rows with targets and weights as they enter the objective."""
    return Labelled(rows.X, *weighting(rows.targets, rows.weights))
