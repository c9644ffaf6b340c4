import numpy as np
import pytest

from onelayer.errors import InvalidDataError, InvalidParameterError
from onelayer.evaluation import ClassPredictions
from onelayer.plots.gallery import GalleryDisplay, examples, gallery_rows, grey_levels


@pytest.fixture
def predictions():
    """Rows 0, 2, 4, 6 are right; the confidence rises 5, 6, 4, 2, 1, 0, 3."""
    confidence = np.array([0.9, 0.8, 0.7, 0.95, 0.6, 0.3, 0.4])
    true = np.array([0, 1, 0, 1, 0, 1, 0])
    log = np.log(confidence)
    return ClassPredictions(true, np.zeros(7, dtype=int), log, log, np.array([0, 1]))


@pytest.mark.parametrize(
    ("kind", "n_images", "rows"),
    [
        ("wrong", 2, [3, 1]),
        ("wrong", 10, [3, 1, 5]),
        ("least_certain", 3, [5, 6, 4]),
        ("most_certain", 3, [3, 0, 1]),
        ("right", 2, [4, 0]),
        ("right", 10, [6, 4, 2, 0]),
    ],
)
def test_chooses_by_confidence(predictions, kind, n_images, rows):
    assert gallery_rows(predictions, kind, n_images).tolist() == rows


def test_there_may_be_nothing_to_choose(predictions):
    perfect = ClassPredictions(*[np.zeros(3, dtype=int)] * 2, *[np.zeros(3)] * 2, np.array([0, 1]))
    assert gallery_rows(perfect, "wrong", 5).tolist() == []
    wrong = ClassPredictions(
        np.ones(3, dtype=int), np.zeros(3, dtype=int), *[np.zeros(3)] * 2, np.array([0, 1])
    )
    assert gallery_rows(wrong, "right", 5).tolist() == []


def test_refuses_another_kind(predictions):
    with pytest.raises(InvalidParameterError, match=r"kind must be one of 'wrong', .*, not 'best'"):
        gallery_rows(predictions, "best", 5)


def test_examples_show_the_most_probable_classes_and_the_true_one():
    class Model:
        def predict_proba(self, X):
            return np.array([[0.1, 0.2, 0.3, 0.4]])

    log = np.log([0.4])
    predictions = ClassPredictions(np.array([0]), np.array([3]), log, log, np.arange(4))
    X = np.array([[0, 50, 100, 255]], dtype=np.uint8)
    (example,) = examples(Model(), X, predictions, (2, 2), kind="wrong")
    assert (example.row, example.true, example.predicted) == (0, 0, 3)
    assert example.probabilities == [(3, 0.4), (2, 0.3), (0, 0.1)]
    np.testing.assert_array_equal(example.pixels, [[0, 50], [100, 255]])


def test_grey_levels():
    bytes_ = np.array([[3, 200]], dtype=np.uint8)
    np.testing.assert_array_equal(grey_levels(bytes_, (1, 2)), [[[3, 200]]])
    np.testing.assert_array_equal(
        grey_levels(np.array([[-1.0, 1.0, 0.0, 1.0]]), (2, 2)), [[[0, 255], [127, 255]]]
    )
    np.testing.assert_array_equal(grey_levels(np.full((1, 4), 7.0), (2, 2)), [[[0, 0], [0, 0]]])
    with pytest.raises(InvalidDataError, match=r"rows of 2 values are not images of shape \(2, 2\)"):
        grey_levels(bytes_, (2, 2))


def test_draws_images_with_their_predictions(digits):
    X, y, model = digits
    display = GalleryDisplay.from_estimator(model, X, y, image_shape=(8, 8), kind="wrong", n_images=3)
    assert len(display.axes_) == len(display.examples) == 3
    example = display.examples[0]
    probability = model.predict_proba(X[example.row : example.row + 1])[0]
    lines = display.axes_[0].get_title().splitlines()
    assert lines[0] == f"{example.predicted} {probability[example.predicted]:.2f}"
    assert lines[1] == f"not {y[example.row]} {probability[y[example.row]]:.2f}"
    np.testing.assert_array_equal(display.axes_[0].images[0].get_array(), X[example.row].reshape(8, 8))


def test_right_predictions_need_one_line(digits):
    X, y, model = digits
    names = [f"digit {k}" for k in range(10)]
    display = GalleryDisplay.from_estimator(
        model, X, y, image_shape=(8, 8), kind="right", n_images=2, class_names=names
    )
    assert display.axes_[0].get_title().startswith("digit ")
    assert "\n" not in display.axes_[0].get_title()


def test_says_when_there_is_nothing_to_show():
    with pytest.raises(InvalidDataError, match="nothing to show"):
        GalleryDisplay([], ["a", "b"]).plot()
