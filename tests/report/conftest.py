"""What the tests of the report share: small data sets of every kind, and models of them."""

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_digits, load_linnerud

from onelayer.data.dataset import ClassNames, Dataset
from onelayer.estimators.linear_regression import LinearRegression
from onelayer.estimators.softmax_regression import SoftmaxRegression

DIGITS = ClassNames(
    en=("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    zh=("零", "一", "二", "三", "四", "五", "六", "七", "八", "九"),
)


def halves(name, X, y, *, classes=None, image_shape=None):
    """Return the even rows as training set and the odd ones as test set."""
    return [
        Dataset(
            name=name,
            part=part,
            X=X[first::2],
            y=y[first::2],
            classes=classes,
            image_shape=image_shape,
            source=f"rows {first}, {first + 2}, … of {name}",
            fingerprint=f"{first:x}" * 64,
            subset=False,
        )
        for first, part in enumerate(("train", "test"))
    ]


def fitted(model, train, test):
    model.fit(train.X, train.y, X_val=test.X, y_val=test.y)
    return SimpleNamespace(model=model, train=train, test=test)


@pytest.fixture(scope="session")
def images():
    """Images of 8 × 8 pixels with class names."""
    X, y = load_digits(return_X_y=True)
    train, test = halves("digits", (X * 15).astype(np.uint8), y, classes=DIGITS, image_shape=(8, 8))
    return fitted(SoftmaxRegression(epochs=4, random_state=7), train, test)


@pytest.fixture(scope="session")
def numbers():
    """One numeric target."""
    train, test = halves("diabetes", *load_diabetes(return_X_y=True))
    return fitted(LinearRegression(epochs=4, random_state=0), train, test)


@pytest.fixture(scope="session")
def three_numbers():
    """Three numeric targets and only twenty rows."""
    train, test = halves("linnerud", *load_linnerud(return_X_y=True))
    return fitted(LinearRegression(epochs=4, random_state=0), train, test)
