"""Factors of classes, as weights of rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import compute_class_weight

from onelayer.errors import InvalidDataError, InvalidParameterError
from onelayer.labels import are_soft
from onelayer.losses.cross_entropy import weight_of_classes


def class_weighted(
    class_weight: Mapping[Any, float] | str, classes: NDArray, targets: NDArray, weights: NDArray | None
) -> tuple[NDArray, NDArray]:
    """Return targets and weights with the factor of each class.

    A row of soft labels q counts as a row for each class k, with the weight qₖ. Each of these gets the factor cₖ, so
    that its loss is −Σₖ cₖqₖ·log pₖ: that of a row of weight Σⱼ cⱼqⱼ with soft labels cₖqₖ / Σⱼ cⱼqⱼ.

    Parameters
    ----------
    class_weight : dict or "balanced"
        "balanced" is Σw / (n · Σ of the w of the class), n the number of classes that have a row with a weight.
    classes : (n_classes,) array
    targets : (n_rows, 1) class indices, or (n_rows, n_classes) soft labels
    weights : (n_rows,) array or None

    Raises
    ------
    InvalidParameterError
        Factors that are no numbers of at least 0, or all 0.

    Examples
    --------
    >>> class_weighted({0: 1.0, 1: 3.0}, np.arange(2), np.array([[0.5, 0.5]]), None)
    (array([[0.25, 0.75]]), array([2.]))
    >>> class_weighted("balanced", np.arange(2), np.array([[0.0], [0.0], [1.0]]), None)[1]
    array([0.75, 0.75, 1.5 ])
    """
    sums = weight_of_classes(targets, weights, len(classes))
    return factored(class_factors(class_weight, classes, sums), targets, weights)


def class_factors(class_weight: Mapping[Any, float] | str, classes: NDArray, sums: NDArray) -> NDArray:
    """Return the factor of each class, of which ``sums`` are the weights of its rows; see ``class_weighted``.

    Examples
    --------
    >>> class_factors("balanced", np.arange(3), np.array([2.0, 1.0, 0.0]))
    array([0.75, 1.5 , 1.  ])
    """
    present = sums > 0
    factors = np.ones(len(classes))
    if class_weight == "balanced":
        factors[present] = sums.sum() / (np.count_nonzero(present) * sums[present])
    else:
        factors[present] = compute_class_weight(class_weight, classes=classes[present], y=classes[present])
    if not (np.isfinite(factors).all() and (factors >= 0).all() and factors[present].any()):
        raise InvalidParameterError(
            f"class_weight={class_weight!r}: expected finite factors, at least 0 and not all 0"
        )
    return factors


def factored(factors: NDArray, targets: NDArray, weights: NDArray | None) -> tuple[NDArray, NDArray]:
    """Return targets and weights of rows of which each class has a factor; see ``class_weighted``."""
    given = np.ones(len(targets)) if weights is None else weights
    if not are_soft(targets):
        return targets, factors[targets[:, 0].astype(np.intp)] * given
    shares = targets * factors
    total = shares.sum(axis=1)
    kept = total > 0
    shares[kept] /= total[kept, None]
    shares[~kept] = targets[~kept]
    return shares, total * given


def added_weights(sums: NDArray, targets: NDArray, weights: NDArray | None) -> NDArray:
    """Return the sums of the weights of each class's rows with those of more rows, added one row after the other.

    So it does not matter to the last bit which rows are added together.

    Examples
    --------
    >>> added_weights(np.array([1.0, 0.0]), np.array([[0.0], [1.0], [1.0]]), np.array([1.0, 2.0, 3.0])).tolist()
    [2.0, 5.0]
    """
    given = np.ones(len(targets)) if weights is None else weights
    if are_soft(targets):
        return np.cumsum(np.vstack([sums, given[:, None] * targets]), axis=0)[-1]
    added = sums.copy()
    np.add.at(added, targets[:, 0].astype(np.intp), given)
    return added


def check_every_class(classes: NDArray, sums: NDArray) -> None:
    """Refuse a class that has no row with a weight: nothing would tell how improbable it is.

    Parameters
    ----------
    classes : (n_classes,) array
    sums : (n_classes,) array
        The weight of the rows of each.

    Raises
    ------
    InvalidDataError
    """
    missing = np.flatnonzero(sums == 0)
    if len(missing):
        label = classes[missing[:1]].tolist()[0]
        others = f", and {len(missing) - 1} classes more" if len(missing) > 1 else ""
        raise InvalidDataError(
            f"the class {label!r} has no rows with a weight{others}; leave its rows out, or give them weights"
        )


def check_several(classes: NDArray) -> None:
    """Refuse targets of one class only.

    Raises
    ------
    InvalidDataError
    """
    if len(classes) < 2:
        raise InvalidDataError(
            f"y has one class only ({classes.tolist()[0]!r}); a classifier needs rows of at least two classes"
        )
