import numpy as np
import pytest

from onelayer.errors import InvalidDataError
from onelayer.plots.weights import WeightsDisplay, weight_images


def test_rows_become_images_on_one_symmetric_scale():
    coef = np.array([[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [-1.0, 0.0, 1.0, 0.0, -8.0, 0.0]])
    images, limit = weight_images(coef, (2, 3))
    np.testing.assert_array_equal(images, coef.reshape(2, 2, 3))
    assert limit == np.percentile(np.abs(coef), 99.5)


def test_colour_channels_are_averaged():
    images, _ = weight_images([[1.0, 2.0, 6.0, -3.0, 0.0, 0.0]], (1, 2, 3))
    np.testing.assert_array_equal(images, [[[3.0, -1.0]]])


@pytest.mark.parametrize("shape", [(2, 2), (6,), (1, 2, 3, 1)])
def test_refuses_a_shape_that_does_not_fit(shape):
    with pytest.raises(InvalidDataError, match="6 features are not an image of shape"):
        weight_images(np.ones((1, 6)), shape)


def test_draws_an_image_for_each_class(digits):
    model = digits[2]
    display = WeightsDisplay.from_estimator(model, image_shape=(8, 8))
    assert [part.get_title() for part in display.axes_] == [str(k) for k in range(10)]
    drawn = display.axes_[3].images[0]
    np.testing.assert_array_equal(drawn.get_array(), model.coef_[3].reshape(8, 8))
    assert drawn.get_clim() == (-display.limit, display.limit)


def test_two_classes_have_one_image(digits):
    from onelayer.estimators.softmax_regression import SoftmaxRegression

    X, y, _ = digits
    model = SoftmaxRegression(epochs=1, random_state=0).fit(X[y < 2], y[y < 2])
    display = WeightsDisplay.from_estimator(model, image_shape=(8, 8), class_names=["zero", "one"])
    assert [part.get_title() for part in display.axes_] == ["one"]
