"""What is taken from a caller, and the words in which the rest is refused."""

from __future__ import annotations

import subprocess
import sys
from contextlib import nullcontext

import numpy as np
import pytest

from onelayer.errors import InvalidDataError, InvalidParameterError
from onelayer.validation import as_numbers, check_random_state, check_range, check_size, check_weights


def test_random_states() -> None:
    expected = np.random.RandomState(7).random_sample(5)
    for seed in (7, np.int64(7), np.random.RandomState(7)):
        np.testing.assert_array_equal(check_random_state(seed).random_sample(5), expected)
    generator = np.random.RandomState(0)
    assert check_random_state(generator) is generator
    assert check_random_state(None) is check_random_state(None)  # NumPy's own, which goes on
    for seed in (0, 2**32 - 1):
        assert isinstance(check_random_state(seed), np.random.RandomState)


@pytest.mark.parametrize(
    "random_state", ["x", -1, 2**32, 0.0, True, np.True_, [0], np.random.default_rng(0)], ids=str
)
def test_refuses_random_states(random_state: object) -> None:
    with pytest.raises(
        InvalidParameterError,
        match=r"^random_state=.*: expected a whole number from 0 to 4294967295, a RandomState or None$",
    ):
        check_random_state(random_state)


@pytest.mark.parametrize(
    ("size", "shape"),
    [(0, (0,)), (3, (3,)), (np.int8(3), (3,)), ((), ()), ((2, 0), (2, 0)), (2**60 - 1,) * 2],
)
def test_sizes(size: object, shape: object) -> None:
    assert check_size("size", size) == (shape if isinstance(shape, tuple) else (shape,))


@pytest.mark.parametrize("size", [-1, 2.5, "a", None, True, (1, -1), (1, "a"), [2, 3]], ids=repr)
def test_refuses_sizes(size: object) -> None:
    with pytest.raises(
        InvalidParameterError, match=r"^size=.*: expected a whole number, at least 0, or a tuple of"
    ):
        check_size("size", size)


def test_refuses_sizes_beyond_any_array() -> None:
    for size in (2**60, (2**30, 2**30), 10**30):
        with pytest.raises(InvalidParameterError, match=r"^size=.*: more numbers than an array can hold$"):
            check_size("size", size)


def test_refuses_what_is_no_array_of_numbers() -> None:
    assert as_numbers("scores", [[1, 2], [3, 4]]).tolist() == [[1, 2], [3, 4]]
    with pytest.raises(InvalidDataError, match=r"^scores must be .* numbers, with rows of the same length$"):
        as_numbers("scores", [[1.0], [1.0, 2.0]])  # type: ignore[arg-type]
    with pytest.raises(InvalidDataError, match=r"^scores must be an array of real numbers, not of object$"):
        as_numbers("scores", [None, 1.0])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "weights", [["a", "b"], [[1.0], [1.0, 2.0]], [1j, 1.0], [{}, 1.0], [10**400, 1.0]], ids=str
)
def test_refuses_weights_that_are_no_numbers(weights: list) -> None:
    with pytest.raises(
        InvalidDataError, match=r"^sample_weight must be an array of real numbers, one weight for each row$"
    ):
        check_weights(weights, 2)


def test_weights() -> None:
    assert check_weights(None, 2) is None
    assert check_weights([1, 1], 2) is None
    assert check_weights(3, 2).tolist() == [3.0, 3.0]  # type: ignore[union-attr]
    with pytest.raises(
        InvalidDataError, match=r"has shape \(3,\); expected \(2,\), one weight for each row$"
    ):
        check_weights([1.0, 2.0, 3.0], 2)


@pytest.mark.parametrize(
    ("dtype", "start", "step", "refused"),
    [
        (np.float64, 1e15, 1.0, False),
        (np.float64, 1.7e18, 256.0, False),  # nanoseconds since 1970, as far as float64 has them
        (np.float64, 1e15, 0.125, True),
        (np.float32, 1e4, 1.0, False),
        (np.float32, 1e8, 8.0, True),
        (np.uint8, 1e8, 8.0, True),
    ],
)
def test_targets_must_vary_by_more_than_rounding(
    dtype: type, start: float, step: float, refused: bool
) -> None:
    targets = start + step * np.arange(7.0)[:, None]
    assert len(np.unique(targets)) == 7
    expectation = pytest.raises(InvalidDataError, match="cannot resolve") if refused else nullcontext()
    with expectation:
        check_range(targets, np.dtype(dtype), "y")


def test_importing_validation_does_not_bring_scikit_learn() -> None:
    code = "import sys, onelayer.validation; sys.exit('sklearn' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
