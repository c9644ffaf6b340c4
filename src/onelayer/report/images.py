"""Images inside the page: PNG as data URIs, small enough for the page to stay small."""

from __future__ import annotations

import base64
from io import BytesIO

import numpy as np

from onelayer.errors import optional_dependency
from onelayer.plots.colors import BLUE, VERMILION

WEIGHT_SIDE, EXAMPLE_SIDE = 64, 96


def is_drawable(image_shape: tuple[int, ...] | None) -> bool:
    """Tell whether rows can be shown as images: grey, or of three colours.

    Examples
    --------
    >>> is_drawable((28, 28)), is_drawable((32, 32, 3)), is_drawable((784,)), is_drawable(None)
    (True, True, False, False)
    """
    return image_shape is not None and (
        len(image_shape) == 2 or (len(image_shape) == 3 and image_shape[2] == 3)
    )


def example_png(pixels: np.ndarray) -> str:
    """Return a (height, width) or (height, width, 3) uint8 image as a data URI, at most 96 × 96 pixels."""
    return _png(pixels, EXAMPLE_SIDE)


def weights_png(weights: np.ndarray, limit: float) -> str:
    """Return a (height, width) image of signed weights as a data URI, at most 64 × 64 pixels.

    The sign chooses the colour, and |weight|/limit how opaque it is, so that the image suits any background.
    """
    strength = np.clip(np.abs(weights) / (limit or 1.0), 0, 1)
    colored = np.empty((*weights.shape, 4), dtype=np.uint8)
    colored[..., :3] = np.where((weights > 0)[..., None], _rgb(BLUE), _rgb(VERMILION))
    colored[..., 3] = np.round(255 * strength)
    return _png(colored, WEIGHT_SIDE)


def _rgb(color: str) -> np.ndarray:
    return np.frombuffer(bytes.fromhex(color[1:]), dtype=np.uint8)


def _png(pixels: np.ndarray, side: int) -> str:
    image = optional_dependency("PIL.Image", "app").fromarray(np.ascontiguousarray(pixels))
    image.thumbnail((side, side))
    buffer = BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
