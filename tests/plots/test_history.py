import pytest

from onelayer.errors import InvalidDataError, InvalidParameterError
from onelayer.plots.history import HistoryDisplay, Series, series

HISTORY = [
    {"epoch": 1, "train_loss": 0.75, "val_loss": None, "val_score": None},
    {"epoch": 2, "train_loss": 0.5, "val_loss": 0.625, "val_score": 0.25},
    {"epoch": 3, "train_loss": 0.25, "val_loss": 0.5, "val_score": 0.5},
]


def test_series_leave_out_what_was_not_recorded():
    assert series(HISTORY, "loss") == [
        Series("train_loss", [1, 2, 3], [0.75, 0.5, 0.25]),
        Series("val_loss", [2, 3], [0.625, 0.5]),
    ]
    assert series(HISTORY, "score") == [Series("val_score", [2, 3], [0.25, 0.5])]
    assert series(HISTORY[:1], "score") == []


def test_series_leave_out_what_is_not_finite():
    history = [
        {"epoch": k, "val_score": score} for k, score in enumerate([float("nan"), 0.5, float("inf")], 1)
    ]
    assert series(history, "score") == [Series("val_score", [2], [0.5])]


def test_refuses_another_quantity():
    with pytest.raises(InvalidParameterError, match="quantity must be 'loss' or 'score', not 'accuracy'"):
        series(HISTORY, "accuracy")


def test_draws_what_the_model_remembers(digits):
    model = digits[2]
    display = HistoryDisplay.from_estimator(model)
    training, validation = display.lines_
    assert list(training.get_xdata()) == [1, 2, 3]
    assert list(training.get_ydata()) == [epoch["train_loss"] for epoch in model.history_]
    assert list(validation.get_ydata()) == [epoch["val_loss"] for epoch in model.history_]
    assert display.figure_ is display.ax_.figure
    assert [text.get_text() for text in display.ax_.get_legend().get_texts()] == ["training", "validation"]


def test_draws_on_the_axes_given(digits):
    from matplotlib.figure import Figure

    ax = Figure().subplots()
    assert HistoryDisplay.from_estimator(digits[2], quantity="score", ax=ax).ax_ is ax
    assert ax.get_ylabel() == "Score"


def test_says_when_there_is_nothing_to_draw():
    with pytest.raises(InvalidDataError, match="holds no score; fit it with X_val and y_val"):
        HistoryDisplay(HISTORY[:1], quantity="score").plot()
