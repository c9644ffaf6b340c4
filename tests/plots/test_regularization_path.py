import numpy as np
import pytest
from matplotlib.figure import Figure

import onelayer as ol
from onelayer.errors import InvalidParameterError
from onelayer.plots import RegularizationPathDisplay

RANDOM = np.random.RandomState(0)


def path(n_features, **keywords):
    X = RANDOM.randn(60, n_features)
    y = RANDOM.randint(0, 3, 60)
    return ol.regularization_path(ol.SoftmaxRegression(), X, y, alphas=[0.1, 1.0], **keywords)


def test_draws_the_coefficients_of_an_output():
    found = path(4, X_val=RANDOM.randn(5, 4), y_val=[0, 1, 2, 0, 1])
    ax = Figure().subplots()
    display = RegularizationPathDisplay(found, output=2).plot(ax)
    assert display.ax_ is ax
    assert len(display.lines_) == 4
    for feature, line in enumerate(display.lines_):
        assert list(line.get_xdata()) == [1.0, 0.1]
        np.testing.assert_array_equal(line.get_ydata(), found.coefs[:, 2, feature])
    np.testing.assert_array_equal(display.score_line_.get_ydata(), found.val_scores)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["x0", "x1", "x2", "x3"]
    assert ax.xaxis_inverted()


def test_draws_the_norms_of_many_features():
    found = path(40)
    display = RegularizationPathDisplay(found).plot(Figure().subplots())
    assert len(display.lines_) == 3
    np.testing.assert_allclose(display.lines_[1].get_ydata(), np.linalg.norm(found.coefs[:, 1], axis=1))
    assert display.score_line_ is None


def test_refuses_an_output_that_there_is_not():
    with pytest.raises(InvalidParameterError, match="output=3: expected one of 0 to 2"):
        RegularizationPathDisplay(path(2), output=3).plot(Figure().subplots())


def test_leaves_out_no_penalty():
    X, y = RANDOM.randn(20, 2), RANDOM.randn(20)
    found = ol.regularization_path(ol.LinearRegression(), X, y, alphas=[0.0, 0.5, 0.1])
    line = RegularizationPathDisplay(found).plot(Figure().subplots()).lines_[0]
    assert list(line.get_xdata()) == [0.5, 0.1]
