import numpy as np
import pytest
from matplotlib.colors import to_hex

from onelayer.errors import InvalidDataError
from onelayer.explanation import Explanation
from onelayer.matrices import matrix_of
from onelayer.plots.colors import BLUE, VERMILION
from onelayer.plots.explanation import ExplanationDisplay, contribution_image


def one_row(n_features=3):
    """Contributions 0, 1, −2, 3, −4, … to the margin of "dog" over "cat"."""
    wanted = np.arange(n_features) * (-1.0) ** (1 + np.arange(n_features))
    coef = np.array([-wanted / 2, wanted / 2])
    names = [f"x{j}" for j in range(n_features)]
    return Explanation.of(matrix_of(np.ones((1, n_features))), coef, [0, 30], ["cat", "dog"], names).row(0)


def test_bars_are_the_largest_contributions_the_others_and_the_reference():
    display = ExplanationDisplay(one_row(5), n_features=2).plot()
    assert [label.get_text() for label in display.ax_.get_yticklabels()] == [
        "x4 = 1",
        "x3 = 1",
        "all others",
        "reference",
    ]
    np.testing.assert_allclose([bar.get_width() for bar in display.bars_], [-4, 3, -1, 30])
    colors = [to_hex(bar.get_facecolor()).upper() for bar in display.bars_]
    assert colors == [VERMILION, BLUE, VERMILION, BLUE]
    assert display.ax_.get_title() == "dog over cat, margin 28"
    assert sum(bar.get_width() for bar in display.bars_) == pytest.approx(display.explained.margin)


def test_all_features_need_no_bar_for_others():
    labels = ExplanationDisplay(one_row(3)).plot().ax_.get_yticklabels()
    assert [label.get_text() for label in labels] == ["x2 = 1", "x1 = 1", "reference"]


def test_a_picture_has_zero_in_the_middle(digits):
    X, _, model = digits
    display = ExplanationDisplay.from_estimator(model, X, row=5, image_shape=(8, 8))
    found = model.explain(X).row(5)
    np.testing.assert_array_equal(display.im_.get_array(), found.contributions.reshape(8, 8))
    low, high = display.im_.get_clim()
    assert low == -high == -np.abs(found.contributions).max()
    np.testing.assert_allclose(display.im_.to_rgba(np.array([0.0]))[0], [1, 1, 1, 1], atol=0.005)
    assert display.ax_.get_title() == f"{found.label} over {found.over}, margin {found.margin:.3g}"


def test_the_classes_to_compare_can_be_named(digits):
    X, _, model = digits
    display = ExplanationDisplay.from_estimator(model, X, row=1, label=3, over=8, reference=X)
    assert display.ax_.get_title().startswith("3 over 8, margin ")
    names = [f"digit {k}" for k in range(10)]
    named = ExplanationDisplay.from_estimator(model, X, row=1, label=3, over=8, class_names=names)
    assert named.ax_.get_title().startswith("digit 3 over digit 8, margin ")
    expected = model.explain(X, reference=X).row(1, 3, 8)
    np.testing.assert_array_equal(display.explained.contributions, expected.contributions)


def test_an_image_without_contributions_is_white():
    found = Explanation.of(matrix_of(np.zeros((1, 4))), np.eye(2, 4), [0, 1], ["a", "b"], "wxyz").row(0)
    display = ExplanationDisplay(found, image_shape=(2, 2)).plot()
    assert display.im_.get_clim() == (-1, 1)


@pytest.mark.parametrize("shape", [(2, 2), (3,), (1, 1, 1, 3)])
def test_refuses_another_shape(shape):
    with pytest.raises(InvalidDataError, match="3 features are not an image of shape"):
        contribution_image([1.0, 2.0, 3.0], shape)


def test_draws_on_the_axes_given():
    from matplotlib.figure import Figure

    ax = Figure().subplots()
    display = ExplanationDisplay(one_row()).plot(ax)
    assert display.ax_ is ax
    assert display.figure_ is ax.figure
