"""From one penalty to the next: what is known of the rows goes along, and leads to the same optimum sooner."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array
from tests.solvers.lbfgs.problems import objective, optimum, rows, value

from onelayer.solvers.lbfgs import LBFGS, ladder, leading_hessian
from onelayer.solvers.lbfgs.dense_design import DenseDesign
from onelayer.solvers.lbfgs.descent import Descent
from onelayer.solvers.lbfgs.diagonal import Diagonal
from onelayer.solvers.lbfgs.kronecker import Kronecker
from onelayer.solvers.lbfgs.leading_hessian import LeadingHessian
from onelayer.solvers.lbfgs.line_search import Point
from onelayer.solvers.lbfgs.memory import Memory
from onelayer.solvers.lbfgs.row_space import RowSpaceDesign
from onelayer.solvers.lbfgs.sparse_design import SparseDesign
from onelayer.solvers.lbfgs.uniform import Uniform
from onelayer.solvers.lbfgs.whole_hessian import WholeHessian

ALPHAS = [0.3, 0.1, 0.03, 0.01, 0.003, 0.001]
STANDS_FOR = {DenseDesign: WholeHessian, SparseDesign: Diagonal, RowSpaceDesign: Uniform}
DESIGNS = list(STANDS_FOR)


def problem(kind, alpha=ALPHAS[0], **options):
    """Return an objective whose rows a design of this kind holds."""
    wide = {"n_rows": 40, "n_features": 90} if kind is RowSpaceDesign else {"n_features": 8}
    X, targets = rows(**wide, **options)
    return objective(X if kind is DenseDesign else csr_array(X), targets, alpha)


@pytest.mark.parametrize("rung", [Diagonal, Kronecker, LeadingHessian, WholeHessian])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.uint8])
def test_each_optimum_is_that_of_newtons_method(rung, dtype, monkeypatch):
    monkeypatch.setattr(ladder, "_RUNGS", {DenseDesign: (rung,)})
    monkeypatch.setattr(DenseDesign, "uncorrelated", False)
    monkeypatch.setattr(ladder, "_AT_ONCE", 0.0)  # nothing is made anew because it is cheap
    monkeypatch.setattr(leading_hessian, "_FEWEST", 1)
    monkeypatch.setattr(leading_hessian, "_n_leading", lambda design: 3)
    F, before = problem(DenseDesign, dtype=dtype), None
    for alpha in ALPHAS:
        F = replace(F, alpha=alpha)
        before = LBFGS(tol=1e-14).solve(F, before=before)
        W, _, best = optimum(F)
        assert before.converged
        assert value(F, before.coef / F.X.unit, before.intercept) == pytest.approx(best, rel=1e-11)
        np.testing.assert_allclose(before.coef / F.X.unit, W, atol=1e-4 * np.abs(W).max())


@pytest.mark.parametrize("kind", DESIGNS)
def test_what_is_known_saves_iterations(kind):
    F, before, alone, along = problem(kind, n_outputs=3), None, 0, 0
    for alpha in np.geomspace(1, 1e-3, 12):
        F = replace(F, alpha=alpha)
        before, apart = LBFGS().solve(F, before=before), LBFGS().solve(F)
        assert before.objective == pytest.approx(apart.objective, rel=1e-8)
        alone, along = alone + len(apart.epochs), along + len(before.epochs)
    assert along < 0.8 * alone


@pytest.mark.parametrize("alpha", [1.0, 0.3, 0.0])
def test_a_penalty_that_does_not_fall_or_is_none(alpha):
    F = problem(DenseDesign)
    before = LBFGS().solve(replace(F, alpha=0.3))
    again = replace(F, alpha=alpha)
    found = LBFGS().solve(again, before=LBFGS().solve(replace(F, alpha=0.1), before=before))
    assert found.objective == pytest.approx(optimum(again)[2], rel=1e-8)


@pytest.mark.parametrize("kind", DESIGNS)
def test_value_and_gradient_with_another_penalty(kind):
    F = problem(kind)
    design = kind(F, np.dtype(np.float64))
    other = design.repenalised(replace(F, alpha=0.7))
    theta = design.renewed(np.random.RandomState(0).randn(*design.start(None).shape))
    (value, loss, gradient), (changed, same, there) = (
        each.value_and_gradient(theta) for each in (design, other)
    )
    more = other.penalty_gradient(theta) - design.penalty_gradient(theta)
    assert same == loss
    assert changed == pytest.approx(value + 0.5 * design.inner(theta, more))
    np.testing.assert_allclose(there, gradient + more - more.mean(axis=1, keepdims=True), atol=1e-12)
    W, _ = design.parameters(theta)
    assert value - loss == pytest.approx(0.5 * F.alpha * np.vdot(W, W))
    assert design.repenalised(F).penalty == pytest.approx(design.penalty)


@pytest.mark.parametrize("kind", DESIGNS)
@pytest.mark.parametrize("weighted", [False, True])
def test_curvature_along_a_direction(kind, weighted):
    F = problem(kind)
    F = replace(F, sample_weight=np.random.RandomState(1).rand(F.X.shape[0]) if weighted else None)
    design, random = kind(F, np.dtype(np.float64)), np.random.RandomState(0)
    theta, direction = (design.renewed(0.1 * random.randn(*design.start(None).shape)) for _ in range(2))
    theta, direction = (each - each.mean(axis=1, keepdims=True) for each in (theta, direction))
    step = 1e-4
    slopes = [
        design.inner(direction, design.value_and_gradient(theta + side * step * direction)[2])
        for side in (-1, 1)
    ]
    assert design.curvature(theta, direction) == pytest.approx((slopes[1] - slopes[0]) / (2 * step), rel=1e-6)


@pytest.mark.parametrize("kind", DESIGNS)
def test_steps_are_remembered_as_if_they_had_been_made_with_the_other_penalty(kind):
    F = problem(kind)
    design = kind(F, np.dtype(np.float64))
    other, random = design.repenalised(replace(F, alpha=0.01)), np.random.RandomState(0)
    first = design.start(None)
    step = design.renewed(0.1 * random.randn(*first.shape))
    step -= step.mean(axis=1, keepdims=True)
    second = first + step

    def point(each, theta):
        value, loss, gradient = each.value_and_gradient(theta)
        return Point(theta, value, loss, gradient)

    preconditioner = STANDS_FOR[kind].build(design, first)
    memory, expected = Memory(first.size, design.parts), Memory(first.size, other.parts)
    memory.add(point(design, first), point(design, second), preconditioner)
    expected.add(point(other, first), point(other, second), preconditioner)
    gradient = other.value_and_gradient(second)[2]
    found = memory.repenalised(design, other, preconditioner)
    np.testing.assert_allclose(
        found.direction(gradient, preconditioner), expected.direction(gradient, preconditioner), rtol=1e-6
    )


@pytest.mark.parametrize("alpha", [0.3, 1e-4])
def test_kronecker_with_another_penalty_is_the_one_made_for_it(alpha):
    F = problem(DenseDesign, spread=100.0)
    design = DenseDesign(F, np.dtype(np.float64))
    other = design.repenalised(replace(F, alpha=alpha))
    theta = design.start(None)
    gradient = np.random.RandomState(0).randn(*theta.shape)
    gradient -= gradient.mean(axis=1, keepdims=True)
    made, kept = (
        each.solve(gradient)
        for each in (Kronecker.build(other, theta), Kronecker.build(design, theta).repenalised(other, theta))
    )
    np.testing.assert_allclose(kept, made, rtol=1e-6, atol=1e-9 * np.abs(made).max())


@pytest.mark.parametrize("alpha", [3.0, 1e-2])
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_leading_hessian_with_another_penalty_is_the_one_made_for_it(alpha, fit_intercept, monkeypatch):
    monkeypatch.setattr(leading_hessian, "_n_leading", lambda design: 3)
    F = replace(problem(DenseDesign), fit_intercept=fit_intercept)
    design = DenseDesign(F, np.dtype(np.float64))
    other = design.repenalised(replace(F, alpha=alpha))
    theta = design.start(None)
    gradient = np.random.RandomState(0).randn(*theta.shape)
    gradient -= gradient.mean(axis=1, keepdims=True)
    gradient[-1] *= fit_intercept
    made, kept = (
        each.solve(gradient)
        for each in (
            LeadingHessian.build(other, theta),
            LeadingHessian.build(design, theta).repenalised(other, theta),
        )
    )
    np.testing.assert_allclose(kept, made, rtol=1e-3, atol=1e-4 * np.abs(made).max())


def test_where_the_path_leads():
    """The line through two optima begins nearer to the third than the second of them."""
    F, before = problem(DenseDesign), None
    for alpha in (0.1, 0.05):
        before = LBFGS(tol=1e-14).solve(replace(F, alpha=alpha), before=before)
    F = replace(F, alpha=0.025)
    least, last = optimum(F)[2], value(F, before.coef, before.intercept)
    began = Descent(F, None, 1e-14, before.known).point.value
    assert least < began < least + 0.2 * (last - least)


@pytest.mark.parametrize("kind", DESIGNS)
@pytest.mark.parametrize("n_outputs", [2, 3])
def test_the_first_trial_is_where_f_is_least_if_that_takes_no_pass(kind, n_outputs):
    F = problem(kind, n_outputs=n_outputs)
    descent = Descent(F, None, 1e-10)
    for _ in range(3):
        theta, gradient = descent.point.theta, descent.point.gradient
        design, direction = descent._design, -3.0 * gradient
        slope = design.inner(direction, gradient)
        length = design.length(theta, direction, slope)
        there = design.value_and_gradient(theta + length * direction)[-1]
        if kind is RowSpaceDesign:
            assert abs(design.inner(direction, there)) <= 0.1 * abs(slope)
        else:
            assert length == 1.0
        descent.step()
