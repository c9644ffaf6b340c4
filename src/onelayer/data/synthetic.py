"""Data made by a linear model of known weights, with the kind of noise that one asks for."""

from __future__ import annotations

import hashlib
import math
import numbers
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onelayer.data.dataset import Dataset, fingerprint
from onelayer.errors import InvalidParameterError
from onelayer.validation import LARGEST_SIZE, check_choice, check_integer, check_random_state, check_real

NAME = "synthetic-regression"

_SHOWN_WEIGHTS = 6


def _gaussian(random: np.random.RandomState, n: int) -> NDArray:
    return random.standard_normal(n)


def _laplace(random: np.random.RandomState, n: int) -> NDArray:
    return random.laplace(size=n)


def _student_t(random: np.random.RandomState, n: int) -> NDArray:
    return random.standard_t(3, n)


def _contaminated(random: np.random.RandomState, n: int) -> NDArray:
    wild = random.random_sample(n) < 0.1
    return np.where(wild, 10.0, 1.0) * random.standard_normal(n)


FAMILIES: dict[str, Callable[[np.random.RandomState, int], NDArray]] = {
    "gaussian": _gaussian,
    "laplace": _laplace,
    "student-t": _student_t,
    "contaminated": _contaminated,
}


def synthetic_regression(
    w: ArrayLike = (2.0, -3.4),
    b: float = 4.2,
    n: int = 1000,
    noise: float = 0.01,
    family: str = "gaussian",
    *,
    random_state: int | np.random.RandomState | None = None,
) -> Dataset:
    """Make data of a linear model whose weights are known: y = Xw + b + noise·ε.

    The columns of X are independent and standard normal. Whoever fits these data can hold the result against
    ``w`` and ``b``, which real data never allow.

    Parameters
    ----------
    w : (n_features,) array
        The weights, at least one.
    b : float
        The intercept.
    n : int
        How many rows.
    noise : float
        The scale σ of the noise, in the units of y; 0 for none. It multiplies ε, which each family draws in its
        standard form, so that ``noise`` is the scale parameter of the family's density:

        ============== ============================================================ ==================
        family         ε                                                            standard deviation
        ============== ============================================================ ==================
        "gaussian"     N(0, 1)                                                      noise
        "laplace"      density ½·exp(−|ε|)                                          √2·noise = 1.41·noise
        "student-t"    Student's t with 3 degrees of freedom                        √3·noise = 1.73·noise
        "contaminated" N(0, 1), and in one row of ten, by chance, N(0, 10²) instead √10.9·noise = 3.30·noise
        ============== ============================================================ ==================
    family : {"gaussian", "laplace", "student-t", "contaminated"}
        The kind of noise.
    random_state : int, RandomState or None
        The same number gives the same data, to the bit. X depends on it, ``n`` and the length of ``w`` alone, so
        data with another noise, family, w or b have the same rows.

    Returns
    -------
    Dataset
        X is float64, (n, n_features); y is float64, (n,).

    Raises
    ------
    InvalidParameterError
        A parameter outside its range, more rows than an array can have, or numbers so large that y would not be
        finite.

    Notes
    -----
    Cost: n·n_features normal numbers, about 10 ns each.

    References
    ----------
    The default values are those of Zhang, Lipton, Li and Smola, *Dive into Deep Learning*, chapter 3. The
    contaminated normal is that of J. W. Tukey, *A survey of sampling from contaminated distributions*, in
    Contributions to Probability and Statistics (1960), 448-485.

    Examples
    --------
    >>> data = synthetic_regression(random_state=0)
    >>> data.X.shape, data.y.shape
    ((1000, 2), (1000,))
    >>> residuals = data.y - (data.X @ [2.0, -3.4] + 4.2)
    >>> round(float(residuals.std()), 3)
    0.01
    """
    weights, n = _checked_weights(w), check_integer("n", n)
    b, noise = check_real("b", b, -math.inf), check_real("noise", noise, 0, low_included=True)
    check_choice("family", family, tuple(FAMILIES))
    if n > LARGEST_SIZE // len(weights):
        raise InvalidParameterError(f"n={n}: more rows of {len(weights)} features than an array can have")
    random = check_random_state(random_state)
    X = random.standard_normal((n, len(weights)))
    with np.errstate(over="ignore", invalid="ignore"):
        scores = np.einsum("ij,j->i", X, weights)  # X @ weights, but the same for any number of threads
        y = scores + b + noise * FAMILIES[family](random, n)
    if not np.isfinite(y).all():
        row = int(np.argmin(np.isfinite(y)))
        raise InvalidParameterError(f"w, b or noise is so large that y is not finite in row {row}")
    seed = f", random_state={random_state}" if isinstance(random_state, numbers.Integral) else ""
    return Dataset(
        name=NAME,
        part="train",
        X=X,
        y=y,
        classes=None,
        image_shape=None,
        source=(
            f"{NAME}: y = X·{_shown(weights)} {'−' if b < 0 else '+'} {abs(b):g} + {noise:g}·ε with {family} ε, "
            f"{n:,} {'row' if n == 1 else 'rows'}{seed}"
        ),
        fingerprint=fingerprint(_sha256(X), _sha256(y)),
        regression=True,
    )


def _checked_weights(w: ArrayLike) -> NDArray:
    try:
        given = np.asarray(w)
    except ValueError:  # rows of different lengths
        given = np.empty((0, 0))
    if given.ndim != 1 or not len(given):
        raise InvalidParameterError(f"w={w!r}: expected a sequence of numbers, at least one")
    if given.dtype.kind not in "iufO":  # O: whole numbers of more than 64 bits, or what is no number
        raise InvalidParameterError(f"w={w!r}: expected real numbers")
    return np.array([check_real(f"w[{j}]", weight, -math.inf) for j, weight in enumerate(given.tolist())])


def _shown(weights: NDArray) -> str:
    """Return the weights for people, the first few of many."""
    shown = [f"{weight:g}" for weight in weights[:_SHOWN_WEIGHTS].tolist()]
    return f"({', '.join([*shown, '…'] if len(weights) > _SHOWN_WEIGHTS else shown)})"


def _sha256(array: NDArray) -> str:
    return hashlib.sha256(array.astype("<f8", copy=False).tobytes()).hexdigest()
