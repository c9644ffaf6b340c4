import numpy as np
import pytest

from onelayer.course.pages.softmax.three_classes import ThreeClasses


def test_the_squared_loss_masks_the_middle_of_a_row():
    classes = ThreeClasses.of("row", seed=0)
    assert classes.right_squared[1] < 0.3
    assert classes.right_softmax.min() > 0.9


def test_a_triangle_masks_none():
    classes = ThreeClasses.of("triangle", seed=0)
    assert classes.right_squared.min() > 0.9
    assert classes.right_softmax.min() > 0.9


@pytest.mark.parametrize("layout", ["row", "triangle"])
def test_the_squared_model_is_the_least_squares_fit(layout):
    classes = ThreeClasses.of(layout, seed=1)
    A = np.column_stack([classes.X, np.ones(len(classes.X))])
    exact = A @ np.linalg.lstsq(A, np.eye(3)[classes.y], rcond=None)[0]
    np.testing.assert_allclose(classes.squared.predict(classes.X), exact, atol=0.01)
    np.testing.assert_allclose(classes.squared.predict(classes.X).sum(axis=1), 1, atol=1e-9)
