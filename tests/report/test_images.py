import base64
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from onelayer.report.images import example_png, weights_png


def decoded(uri):
    kind, _, data = uri.partition(",")
    assert kind == "data:image/png;base64"
    return np.asarray(Image.open(BytesIO(base64.b64decode(data))))


@pytest.mark.parametrize("shape", [(28, 28), (5, 9), (4, 4, 3)])
def test_pixels_come_back_as_they_were(shape):
    pixels = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    np.testing.assert_array_equal(decoded(example_png(pixels)), pixels)


def test_large_images_are_made_smaller():
    assert decoded(example_png(np.zeros((300, 150), dtype=np.uint8))).shape == (96, 48)
    assert decoded(weights_png(np.zeros((128, 256)), 1.0)).shape == (32, 64, 4)


def test_the_sign_is_the_colour_and_the_size_the_opacity():
    image = decoded(weights_png(np.array([[0.5, -1.0], [0.0, 7.0]]), 1.0))
    blue, vermilion = [0x00, 0x72, 0xB2], [0xD5, 0x5E, 0x00]
    np.testing.assert_array_equal(image[0], [[*blue, 128], [*vermilion, 255]])
    assert image[1, 0, 3] == 0
    np.testing.assert_array_equal(image[1, 1], [*blue, 255])


def test_weights_that_are_all_zero_are_transparent():
    assert decoded(weights_png(np.zeros((2, 2)), 0.0))[..., 3].max() == 0
