"""The rows of the races, in memory as a user has them, and the penalty: alpha = 1/n_rows, scikit-learn's C = 1."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from benchmarks import problems as images

Arrays = dict[str, Any]
_FEWEST_ROWS = 1_000


@dataclass(frozen=True)
class Problem:
    """Rows, labels, and for some a test set.

    Attributes
    ----------
    name, title : str
        Its name on the command line, and in the tables.
    n_rows, n_features, n_classes : int
        Their size.
    make : callable
        Returns the arrays ``X``, ``y``, and ``X_test``, ``y_test`` where there is a test set.
    """

    name: str
    title: str
    n_rows: int
    n_features: int
    n_classes: int
    make: Callable[[Problem], Arrays]

    @property
    def alpha(self) -> float:
        """Weight of the penalty."""
        return 1 / self.n_rows

    def shorter(self, times: int) -> Problem:
        """Return the same with fewer rows, but not fewer than a thousand."""
        return replace(self, n_rows=max(self.n_rows // times, _FEWEST_ROWS))

    def write(self, folder: Path) -> None:
        """Write each array, for the workers to read."""
        for name, array in self.make(self).items():
            if sparse.issparse(array):
                sparse.save_npz(folder / f"{name}.npz", array)
            else:
                np.save(folder / f"{name}.npy", array)


def read(folder: Path, name: str) -> Any:
    """Return an array that was written."""
    packed = folder / f"{name}.npz"
    return sparse.load_npz(packed) if packed.exists() else np.load(folder / f"{name}.npy")


def fashion(problem: Problem) -> Arrays:
    """Return the first images of Fashion-MNIST as uint8, and its test set."""
    arrays = images.fashion()
    return {**arrays, "X": arrays["X"][: problem.n_rows], "y": arrays["y"][: problem.n_rows]}


def balanced_fashion(problem: Problem) -> Arrays:
    """Return the first images of each class of Fashion-MNIST, as many of one as of another, as float64 in [0, 1]."""
    arrays = images.fashion()
    each = problem.n_rows // problem.n_classes
    rows = np.sort(
        np.concatenate([np.flatnonzero(arrays["y"] == label)[:each] for label in range(problem.n_classes)])
    )
    return {"X": arrays["X"][rows] / 255, "y": arrays["y"][rows]}


def two_classes(problem: Problem) -> Arrays:
    """Return correlated normal columns, and labels drawn from a logistic model of them."""
    draw = np.random.default_rng(0)
    p = problem.n_features
    mixing = np.eye(p) + 0.3 * draw.standard_normal((p, p))
    X = draw.standard_normal((problem.n_rows, p)) @ mixing
    scores = X @ draw.standard_normal(p)
    return {"X": X, "y": (scores + draw.logistic(size=problem.n_rows) > 0).astype(np.int64)}


def ten_classes(problem: Problem) -> Arrays:
    """Return independent normal columns, and labels drawn from a softmax model of them."""
    draw = np.random.default_rng(0)
    X = draw.standard_normal((problem.n_rows, problem.n_features))
    W = 0.3 * draw.standard_normal((problem.n_features, problem.n_classes))
    return {"X": X, "y": (X @ W + draw.gumbel(size=(problem.n_rows, problem.n_classes))).argmax(axis=1)}


def embeddings(problem: Problem) -> Arrays:
    """Return float32 features like the last layer of a large network, and as many rows again to test on.

    256 hidden directions of falling strength, normal around a centre for each class, are mixed into all features,
    and a rectifier makes half of the values zeros. The noise is such that the optimum is right on 70 to 90 % of
    the rows of the test.
    """
    draw = np.random.default_rng(0)
    hidden = 256
    centres = draw.standard_normal((problem.n_classes, hidden))
    strengths = 1 / np.sqrt(1 + np.arange(hidden))
    mixing = 0.3 * strengths[:, None] * draw.standard_normal((hidden, problem.n_features))

    def rows(n: int) -> tuple[np.ndarray, np.ndarray]:
        y = draw.permutation(np.arange(n) % problem.n_classes)
        signal = (centres[y] + EMBEDDING_NOISE * draw.standard_normal((n, hidden))) @ mixing
        noise = 0.3 * draw.standard_normal((n, problem.n_features))
        return np.maximum(signal + noise + 0.1, 0).astype(np.float32), y

    X, y = rows(problem.n_rows)
    X_test, y_test = rows(5_000)
    return {"X": X, "y": y, "X_test": X_test, "y_test": y_test}


def text(problem: Problem) -> Arrays:
    """Return TF-IDF of made-up documents: words by Zipf's law, and one in eight from the 2,000 words of the class."""
    from sklearn.feature_extraction.text import TfidfTransformer

    draw = np.random.default_rng(0)
    n, p, topic_size = problem.n_rows, problem.n_features, 2_000
    y = draw.permutation(np.arange(n) % problem.n_classes)
    lengths = np.maximum(10, draw.lognormal(np.log(WORDS), 0.7, n).astype(np.int64))
    row = np.repeat(np.arange(n), lengths)
    frequencies = (1 / np.arange(1, p + 1)) ** 1.05
    ranks = np.searchsorted(np.cumsum(frequencies) / frequencies.sum(), draw.random(len(row))).clip(max=p - 1)
    topics = np.stack([draw.choice(p, topic_size, replace=False) for _ in range(problem.n_classes)])
    topical = topics[y[row], (topic_size * draw.random(len(row)) ** 2).astype(np.int64)]
    columns = np.where(draw.random(len(row)) < 1 / 8, topical, draw.permutation(p)[ranks])
    counts = sparse.csr_matrix((np.ones(len(row)), (row, columns)), shape=(n, p))
    counts.sum_duplicates()
    return {"X": TfidfTransformer(sublinear_tf=True).fit_transform(counts), "y": y}


EMBEDDING_NOISE = 3.3
WORDS = 170  # the median length of a document; some 150 of its words differ

FASHION = Problem("fashion", "Fashion-MNIST, 60,000 × 784 uint8, 10 classes", 60_000, 784, 10, fashion)
TWO = Problem("two-classes", "100,000 × 10 float64, 2 classes", 100_000, 10, 2, two_classes)
TEN = Problem("ten-classes", "1,000 × 100 float64, 10 classes", 1_000, 100, 10, ten_classes)
EMBEDDINGS = Problem("embeddings", "20,000 × 2,048 float32, 100 classes", 20_000, 2_048, 100, embeddings)
TEXT = Problem("text", "sparse text, 11,000 × 100,000, 20 classes", 11_000, 100_000, 20, text)
ALPHAS = Problem(
    "alphas", "12 penalties by 5-fold cross-validation, 5,000 × 784 float64, 10 classes",
    5_000, 784, 10, balanced_fashion,
)  # fmt: skip
