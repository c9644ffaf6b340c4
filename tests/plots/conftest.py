"""What the tests of figures share: no window opens, no figure stays, and a small classifier of images."""

import matplotlib
import pytest
from sklearn.datasets import load_digits

from onelayer.estimators.softmax_regression import SoftmaxRegression


@pytest.fixture(autouse=True)
def no_windows():
    from matplotlib import pyplot

    matplotlib.use("agg")
    yield
    pyplot.close("all")


@pytest.fixture(scope="session")
def digits():
    """Images of 8 × 8 pixels, their labels, and a model of them."""
    X, y = load_digits(return_X_y=True)
    X = X[:600].astype("uint8")
    y = y[:600]
    return X, y, SoftmaxRegression(epochs=3, random_state=0).fit(X[:400], y[:400], X_val=X, y_val=y)
