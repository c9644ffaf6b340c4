"""The ways to compute a layer's scores agree, and the description of their times says what it should."""

from __future__ import annotations

import numpy as np
import pytest

from onelayer.course.pages.vectorisation.layer_scores import (
    KINDS,
    METHODS,
    Curve,
    by_loop,
    curves,
    row_by_row,
)


@pytest.fixture(scope="module")
def layer():
    random_state = np.random.RandomState(0)
    return (
        random_state.randint(0, 256, (9, 21)).astype(np.uint8),
        random_state.standard_normal((4, 21)).astype(np.float32),
        random_state.standard_normal(4).astype(np.float32),
    )


def expected(X, W, b):
    return np.einsum("ij,kj->ik", X.astype(np.float64), W.astype(np.float64)) + b


def test_the_loop(layer):
    X, W, b = layer
    np.testing.assert_allclose(by_loop(X.tolist(), W.tolist(), b.tolist()), expected(X, W, b), rtol=1e-12)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("singly", [False, True])
def test_each_method_with_each_type(layer, method, kind, singly):
    X, W, b = layer
    scores = METHODS[method]
    number = np.float64 if kind == "float64" else np.float32
    arguments = X.astype(kind), W.astype(number), b.astype(number)
    found = row_by_row(scores, *arguments) if singly else scores(*arguments)
    assert found.dtype == number
    np.testing.assert_allclose(found, expected(X, W, b), rtol=0, atol=1e-3 if number is np.float32 else 1e-11)


def test_a_curve_that_follows_the_model_exactly():
    sizes = 2 ** np.arange(13)
    seconds = 1e-5 / sizes + 1e-7
    curve = Curve("numpy", "float32", 40, 80, sizes, seconds)
    assert curve.overhead == pytest.approx(1e-5, rel=0.02)
    assert curve.floor == pytest.approx(1e-7, rel=0.05)
    assert curve.half == pytest.approx(100, rel=0.05)
    np.testing.assert_allclose(curve.model, seconds, rtol=0.05)


def test_curves_are_of_all_methods_and_types(layer):
    X, W, b = layer
    found = list(curves(X, W, b))
    assert [(curve.method, curve.kind) for curve in found] == [(m, k) for m in METHODS for k in KINDS]
    for curve, row_bytes in zip(found, 2 * (8 * 21, 4 * 21, 21), strict=True):
        assert curve.row_bytes == row_bytes
        assert curve.row_operations == 2 * 4 * 21
        assert curve.sizes.tolist() == [1, 2, 4, 8]
        assert (curve.seconds > 0).all()
