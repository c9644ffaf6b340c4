"""One pass over all rows, dense and sparse, against the losses' own formulas in float64."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array, random_array

from onelayer.kernels import full_pass, lines, row_losses, scoring, sparse_pass
from onelayer.losses import LOSSES, CrossEntropy

SHAPES = [  # rows, features, outputs
    (1, 1, 2),
    (40, 3, 3),
    (33, 16, 5),
    (300, 17, 10),
    (45, 100, 11),
    (70, 1024, 2),  # rows a multiple of 4096 bytes apart, gathered
    (1100, 9, 4),  # several segments
    (129, 30, 24),  # from here on the BLAS
    (600, 20, 101),
]


def problem(n_rows, n_features, n_outputs, dtype, kind):
    """Return random X, targets of a kind, weights, W and b."""
    random = np.random.RandomState(n_rows)
    raw = (
        random.randint(0, 256, (n_rows, n_features))
        if dtype == np.uint8
        else random.randn(n_rows, n_features)
    )
    if kind == "labels":
        targets = random.randint(0, n_outputs, (n_rows, 1)).astype(float)
    elif kind == "soft":
        targets = random.dirichlet(np.ones(n_outputs), n_rows).astype(np.float32).astype(float)
    else:
        targets = random.randn(n_rows, n_outputs)
    W = random.randn(n_outputs, n_features) / np.sqrt(n_features)
    return raw.astype(dtype), targets, random.randint(0, 3, n_rows).astype(float), W, random.randn(n_outputs)


def assert_sums(found, Z, targets, weights, loss, W, b, number):
    """Hold the sums of a pass against those over scores in float64."""
    scores = Z @ W.T + b
    expected = loss.value(scores, targets, weights) * weights.sum() if weights.any() else 0.0
    D = loss.gradient(scores, targets) * weights[:, None]
    eps = np.finfo(number).eps
    size = np.abs(D).T @ np.abs(Z)
    total, G, g = found
    np.testing.assert_allclose(total, expected, rtol=30 * eps, atol=30 * eps * weights.sum())
    assert (np.abs(G - D.T @ Z) <= 100 * eps * (size + np.abs(Z).max())).all()
    np.testing.assert_allclose(g, D.sum(axis=0), atol=100 * eps * (np.abs(D).sum() + 1))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("standardised", [False, True])
@pytest.mark.parametrize("kind", ["labels", "soft"])
def test_dense(shape, dtype, standardised, kind):
    X, targets, weights, W, b = problem(*shape, dtype, kind)
    loss = CrossEntropy()
    for number in map(np.dtype, [np.float64] if dtype == np.float64 else [np.float32, np.float64]):
        center = X.mean(axis=0).astype(number) if standardised else np.zeros(0, number)
        scale = np.full(X.shape[1], 0.5 if dtype != np.uint8 else 1 / 64, number) if standardised else center
        unit = 1.0 if standardised or dtype != np.uint8 else 1 / 255
        rows = scoring.Rows(
            X,
            center,
            scale,
            number.type(unit),
            targets.astype(number),
            weights.astype(number),
            np.arange(len(X)),
        )
        told = row_losses.RowLoss(loss.code, number.type(0), np.zeros(0, number))
        cut = full_pass.plan(X, shape[2], standardised, number)
        found = full_pass.full_pass(rows, told, W, b, cut)
        Z = X.astype(float)
        Z = (Z - center.astype(float)) * scale.astype(float) if standardised else Z * unit
        assert_sums(found, Z, targets, weights, loss, W, b, number)
        for n_threads in (1, 3):
            again = full_pass.full_pass(rows, told, W, b, cut, n_threads)
            assert again[0] == found[0]
            assert all((a == b).all() for a, b in zip(again[1:], found[1:], strict=True))


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_every_loss(name):
    loss = LOSSES[name]
    X, targets, weights, W, b = problem(
        300, 7, 3, np.float64, "labels" if name == "cross-entropy" else "numbers"
    )
    nothing = np.zeros(0)
    rows = scoring.Rows(X, nothing, nothing, np.float64(1), targets, weights, np.arange(len(X)))
    told = row_losses.RowLoss(loss.code, loss.parameter(np.dtype(float)), nothing)
    found = full_pass.full_pass(rows, told, W, b, full_pass.plan(X, 3, False, np.dtype(float)))
    assert_sums(found, X, targets, weights, loss, W, b, np.float64)


@pytest.mark.parametrize("shape", [(1, 1, 2), (40, 3, 3), (300, 1700, 10), (1100, 9, 25)], ids=str)
@pytest.mark.parametrize("number", [np.float32, np.float64])
@pytest.mark.parametrize("density", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("kind", ["labels", "soft"])
def test_sparse(shape, number, density, kind):
    _, targets, weights, W, b = problem(*shape, np.float64, kind)
    X = csr_array(random_array(shape[:2], density=density, rng=np.random.default_rng(0)).astype(number))
    columns = X.tocsc()
    told = row_losses.RowLoss(CrossEntropy.code, number(0), np.zeros(0, number))
    labelled = sparse_pass.Labelled(targets.astype(number), weights.astype(number))
    theta = np.vstack([W.T, b]).astype(number).astype(float)
    unit = np.ones(1, number)
    parts = [
        lines.Entries(part.data, part.indices.astype(np.int32), part.indptr.astype(np.int64), unit)
        for part in (X, columns)
    ]

    def run(n_threads):
        W = lines.of(theta[:-1].T.astype(number))
        slopes = sparse_pass.product(parts[0], W, n_threads)
        total = sparse_pass.losses(slopes, theta[-1].astype(number), labelled, told, n_threads)
        G = sparse_pass.product(parts[1], slopes, n_threads)[:, : shape[2]]
        return total, G.T, slopes[:, : shape[2]].sum(axis=0, dtype=float)

    found = run(None)
    Z = X.toarray().astype(float)
    assert_sums(found, Z, targets, weights, CrossEntropy(), theta[:-1].T, theta[-1], number)
    for n_threads in (1, 3):
        again = run(n_threads)
        assert again[0] == found[0]
        assert (again[1] == found[1]).all()
