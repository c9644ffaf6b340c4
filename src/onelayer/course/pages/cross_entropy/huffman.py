"""A code of whole bits: the shortest in which each symbol has a word of its own, and no word begins another.

Source: Huffman, "A method for the construction of minimum-redundancy codes", 1952.

>>> huffman([0.5, 0.25, 0.125, 0.125])
['0', '10', '110', '111']
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def huffman(probabilities: Sequence[float]) -> list[str]:
    """Give each symbol a word of zeros and ones: join the two rarest, again and again."""
    words = [""] * len(probabilities)
    heap = [(p, -symbol, [symbol]) for symbol, p in enumerate(probabilities)]
    heapq.heapify(heap)
    while len(heap) > 1:
        (p, place, rarest), (q, _, next_rarest) = heapq.heappop(heap), heapq.heappop(heap)
        for symbol in rarest:
            words[symbol] = "1" + words[symbol]
        for symbol in next_rarest:
            words[symbol] = "0" + words[symbol]
        heapq.heappush(heap, (p + q, place, rarest + next_rarest))
    return words


def mean_length(probabilities: Sequence[float]) -> float:
    """Return the bits that a symbol takes on average in its Huffman code.

    Examples
    --------
    >>> mean_length([0.1] * 10)
    3.4
    """
    words = huffman(probabilities)
    return sum(p * len(word) for p, word in zip(probabilities, words, strict=True))


def bits_of_labels(probabilities: NDArray, labels: NDArray) -> int:
    """Return the bits for all labels, each in the Huffman code of its own row of probabilities."""
    rows = zip(probabilities.tolist(), labels.tolist(), strict=True)
    return sum(len(huffman(row)[label]) for row, label in rows)


def bits_per_toss(heads: float, block: int) -> float:
    """Return the bits that a toss of a coin takes if the tosses are coded in blocks of so many.

    Examples
    --------
    >>> bits_per_toss(0.9, 1), round(bits_per_toss(0.9, 2), 3)
    (1.0, 0.645)
    """
    blocks = itertools.product((heads, 1 - heads), repeat=block)
    return mean_length([float(np.prod(each)) for each in blocks]) / block
