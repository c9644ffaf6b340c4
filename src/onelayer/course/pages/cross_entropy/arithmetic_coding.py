"""A code without whole bits for each symbol: the whole message becomes one number between 0 and 1.

Each symbol narrows an interval to the part that its probability makes up; any number of the last interval is the
message. The narrower that is, the more bits the number needs: the sum of −log₂ p over the symbols, and one more at
most. Source: Witten, Neal and Cleary, "Arithmetic coding for data compression", 1987; here without their tricks for
short integers, as those of Python grow.

>>> encode(np.array([1, 1, 0]), np.full((3, 2), 0.5))
'110'
>>> decode("110", np.full((3, 2), 0.5)).tolist()
[1, 1, 0]
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

_TOTAL = 24  # bits in which probabilities are counted
_WIDTH = 48  # bits of the width of the interval


def steps(probabilities: NDArray) -> NDArray[np.int64]:
    """Return for each row where its symbols begin and end, in whole numbers from 0 to 2²⁴; none is left without room.

    Examples
    --------
    >>> steps(np.array([[0.5, 0.5, 0.0]])).tolist()
    [[0, 8388607, 16777215, 16777216]]
    """
    n_symbols = probabilities.shape[1]
    cumulative = np.cumsum(probabilities, axis=1) / probabilities.sum(axis=1, keepdims=True)
    ends = (cumulative * (2**_TOTAL - n_symbols)).astype(np.int64) + np.arange(1, n_symbols + 1)
    return np.concatenate(
        [np.zeros((len(ends), 1), np.int64), ends[:, :-1], np.full((len(ends), 1), 2**_TOTAL)], axis=1
    )


def encode(symbols: NDArray, probabilities: NDArray) -> str:
    """Return the message as zeros and ones; row i of the probabilities belongs to symbol i."""
    low, width, length = 0, 2**_WIDTH, _WIDTH
    for symbol, ends in zip(symbols.tolist(), steps(probabilities).tolist(), strict=True):
        start, end = (width * each >> _TOTAL for each in ends[symbol : symbol + 2])
        low, width = low + start, end - start
        grow = _WIDTH + 1 - width.bit_length()
        low, width, length = low << grow, width << grow, length + grow
    spare = width.bit_length() - 1
    return f"{-(-low >> spare):0{length - spare}b}"


def decode(message: str, probabilities: NDArray) -> NDArray[np.int64]:
    """Return the symbols of a message, from the same probabilities as it was made with."""
    bits = _bits(message)
    inside, width = sum(next(bits) << place for place in reversed(range(_WIDTH))), 2**_WIDTH
    symbols = []
    for ends in steps(probabilities).tolist():
        scaled = [width * end >> _TOTAL for end in ends]
        symbol = next(k for k, end in enumerate(scaled[1:]) if inside < end)
        inside, width = inside - scaled[symbol], scaled[symbol + 1] - scaled[symbol]
        while width < 2**_WIDTH:
            inside, width = inside << 1 | next(bits), width << 1
        symbols.append(symbol)
    return np.array(symbols)


def _bits(message: str) -> Iterator[int]:
    """Give the bits of a message, and zeros without end after them."""
    yield from map(int, message)
    while True:
        yield 0
