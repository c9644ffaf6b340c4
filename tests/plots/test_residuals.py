import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression

from onelayer.errors import InvalidDataError, InvalidParameterError
from onelayer.plots.residuals import ResidualsDisplay, residual_histogram, residuals


@given(st.lists(st.floats(-1e9, 1e9), min_size=1), st.integers(1, 50))
def test_every_residual_is_counted_in_bins_about_zero(values, n_bins):
    counts, edges = residual_histogram(values, n_bins=n_bins)
    assert counts.sum() == len(values)
    assert len(edges) == n_bins + 1
    np.testing.assert_allclose(edges, -edges[::-1], rtol=1e-12, atol=1e-12 * edges[-1])


def test_refuses_what_cannot_be_counted():
    with pytest.raises(InvalidParameterError, match="n_bins must be at least 1, not 0"):
        residual_histogram([1.0], n_bins=0)
    with pytest.raises(InvalidDataError, match="finite numbers"):
        residual_histogram([1.0, np.nan])
    with pytest.raises(InvalidDataError, match="at least one"):
        residual_histogram([])
    with pytest.raises(InvalidDataError, match=r"y_true has shape \(1,\), but y_pred has \(2,\)"):
        ResidualsDisplay.from_predictions([1.0], [1.0, 2.0])


def test_a_residual_is_what_was_observed_less_what_was_predicted():
    assert residuals([[3.0, 1.0]], [[1.0, 4.0]]).tolist() == [[2.0, -3.0]]
    with pytest.raises(InvalidDataError, match="there are no rows to draw"):
        residuals([], [])
    with pytest.raises(InvalidDataError, match="y_pred contains NaN in row 1"):
        residuals([1.0, 2.0], [1.0, np.nan])


def test_draws_observed_minus_predicted():
    X, y = np.array([[0.0], [1.0], [2.0]]), np.array([0.0, 1.0, 2.0])
    model = LinearRegression().fit(X, y)
    display = ResidualsDisplay.from_estimator(model, X, y - [2.0, 0.0, 0.0], n_bins=2)
    assert display.counts.tolist() == [1, 2]
    assert [bar.get_height() for bar in display.bars_] == [1, 2]
    assert display.edges[-1] == pytest.approx(2.0)
    assert display.figure_ is display.ax_.figure
