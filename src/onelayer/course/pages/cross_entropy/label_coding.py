"""What it takes to send the labels of images to someone who has the images, with and without a model."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from onelayer.course.pages.cross_entropy import arithmetic_coding
from onelayer.course.pages.cross_entropy.huffman import bits_of_labels, mean_length
from onelayer.losses import CrossEntropy


@dataclass(frozen=True, eq=False)
class LabelCoding:
    """Labels, and the scores that a model gives to each class before and after training.

    Attributes
    ----------
    labels : (n,) int array
    before, after : (n, n_classes) arrays
        Scores.
    """

    labels: NDArray
    before: NDArray
    after: NDArray

    @cached_property
    def probabilities(self) -> NDArray:
        """Probabilities after training, by which labels are coded and decoded."""
        return CrossEntropy().probabilities(self.after)

    @cached_property
    def surprises(self) -> NDArray:
        """Bits of surprise at each label after training."""
        return bits(self.after, self.labels)

    @cached_property
    def message(self) -> str:
        """The labels in an arithmetic code, as zeros and ones."""
        return arithmetic_coding.encode(self.labels, self.probabilities)

    @cached_property
    def arrived(self) -> bool:
        """Whether decoding the message gives the labels again."""
        return bool((arithmetic_coding.decode(self.message, self.probabilities) == self.labels).all())

    @cached_property
    def ways(self) -> dict[str, float]:
        """Bits of a label in several ways of sending it, from the crudest to the best."""
        n, n_classes = self.after.shape
        return {
            "text": 8.0,
            "fixed": float((n_classes - 1).bit_length()),
            "huffman-equal": mean_length([1 / n_classes] * n_classes),
            "before": float(bits(self.before, self.labels).mean()),
            "equal": float(np.log2(n_classes)),
            "huffman-after": bits_of_labels(self.probabilities, self.labels) / n,
            "message": len(self.message) / n,
            "after": float(self.surprises.mean()),
        }


def bits(scores: NDArray, labels: NDArray) -> NDArray:
    """Return the surprise at each label, in bits: cross-entropy divided by log 2.

    Examples
    --------
    >>> bits(np.zeros((1, 8)), np.array([3])).round(9).tolist()
    [3.0]
    """
    return CrossEntropy().rows(scores, labels) / np.log(2)
