import numpy as np
import pytest
from statsmodels.stats.outliers_influence import OLSInfluence

from onelayer.errors import InvalidDataError, InvalidParameterError
from onelayer.inference.influence import influence

from .peers import design, statsmodels_fit
from .problems import least_squares, table


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_equal_to_statsmodels(weighted, fit_intercept, dtype):
    # With weights, those of the rows times √w: statsmodels' own class knows ordinary least squares only.
    X, targets, weights = table(weighted=weighted, dtype=dtype, n_outputs=2)
    ours = influence(least_squares(X, targets, weights, fit_intercept), X, targets, weights)
    root = np.ones(len(X)) if weights is None else np.sqrt(weights)
    for output in range(2):
        rows = design(X, fit_intercept) * root[:, None]
        peer = OLSInfluence(statsmodels_fit(rows, targets[:, output] * root, None, False))
        pairs = (
            (ours.leverage, peer.hat_matrix_diag),
            (ours.internal[:, output], peer.resid_studentized_internal),
            (ours.external[:, output], peer.resid_studentized_external),
            (ours.cooks_distance[:, output], peer.cooks_distance[0]),
            (ours.dffits[:, output], peer.dffits[0]),
        )
        for own, other in pairs:
            np.testing.assert_allclose(own, other, rtol=1e-9, atol=1e-12)
    assert ours.leverage.sum() == pytest.approx(4 + fit_intercept, rel=1e-12)


def test_equal_to_leaving_rows_out():
    X, targets, weights = table(12, 2, weighted=True)
    fit = least_squares(X, targets, weights)
    ours = influence(fit, X, targets, weights)
    Z = np.column_stack([np.ones(12), X])
    parameters = np.append(fit.intercept, fit.coef)
    variance = fit.residual[0, 0] / 9
    for row in range(12):
        others = np.arange(12) != row
        without = least_squares(X[others], targets[others], weights[others])
        moved = Z @ (parameters - np.append(without.intercept, without.coef))
        assert ours.cooks_distance[row, 0] == pytest.approx(weights @ moved**2 / (3 * variance), rel=1e-9)
        error = np.sqrt(without.residual[0, 0] / 8 * ours.leverage[row] / weights[row])
        assert ours.dffits[row, 0] == pytest.approx(moved[row] / error, rel=1e-9)


def test_most_influential_rows():
    X, targets, _ = table(500, 2)
    targets[[40, 7, 300], 0] += np.array([1000.0, 2000.0, 500.0])
    distance = (each := influence(least_squares(X, targets), X, targets)).cooks_distance[:, 0]
    for n in (1, 3, 500):
        np.testing.assert_array_equal(each.most(n), np.argsort(-distance, kind="stable")[:n])
    assert len(each.most(10_000)) == 500
    assert 7 in each.most(2)
    with pytest.raises(InvalidParameterError, match="n=0"):
        each.most(0)


def test_a_row_of_leverage_one_comes_first():
    X, targets, _ = table(20, 1)
    X = np.column_stack([X, np.zeros(20)])
    X[13, 1] = 1.0
    each = influence(least_squares(X, targets), X, targets)
    assert each.leverage[13] == pytest.approx(1, rel=1e-12)
    assert np.isnan([each.internal[13], each.external[13], each.cooks_distance[13], each.dffits[13]]).all()
    assert each.most(1).tolist() == [13]
    assert np.isfinite(np.delete(each.external, 13)).all()


def test_a_row_that_alone_is_off_the_line_has_no_external_residual_of_finite_size():
    # Without the last row the others lie on a line, with no noise left to measure it by.
    X, targets = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([[0.0], [1.0], [2.0], [8.0]])
    each = influence(least_squares(X, targets), X, targets)
    assert abs(each.external[3, 0]) > 1e6
    assert np.isfinite(each.internal).all()


def test_refusals():
    X, targets, _ = table()
    fit = least_squares(X, targets)
    with pytest.raises(InvalidDataError, match="X has 59 rows; the model was fitted to 60"):
        influence(fit, X[1:], targets[1:])
    with pytest.raises(InvalidParameterError, match="alpha=1"):
        influence(least_squares(X, targets, alpha=1.0), X, targets)
