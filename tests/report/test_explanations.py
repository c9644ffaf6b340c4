"""Why rows were taken for their class: which rows a page shows, and that its bars and pictures are the model's."""

import base64
import dataclasses
import re
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from onelayer.estimators.softmax_regression import SoftmaxRegression
from onelayer.evaluation import ClassPredictions, predict_classes
from onelayer.languages import texts
from onelayer.report import render
from onelayer.report.explanations import explained_rows, typical_rows

from .conftest import fitted, halves
from .reader import Page

ENGLISH = texts("onelayer.report.texts", "en")


def explained(case, **changes):
    train, test = (dataclasses.replace(part, **changes) for part in (case.train, case.test))
    found = predict_classes(case.model, test.X, test.y)
    names = [f"class {label}" for label in case.model.classes_]
    return explained_rows(case.model, train, test, found, names, ENGLISH), found


def predictions(true, predicted, confidence):
    likelihood = np.zeros(len(true))
    return ClassPredictions(
        np.array(true), np.array(predicted), np.log(confidence), likelihood, np.arange(max(true) + 1)
    )


def test_a_typical_row_is_the_right_one_of_median_confidence():
    found = predictions([0, 0, 0, 0, 1, 1, 2], [0, 0, 0, 1, 1, 1, 0], [0.9, 0.7, 0.8, 0.99, 0.6, 0.5, 0.9])
    np.testing.assert_array_equal(typical_rows(found, 5), [2, 5])  # no row of class 2 is right


def test_of_many_classes_evenly_spread_ones_are_shown():
    found = predictions(range(100), range(100), np.full(100, 0.5))
    np.testing.assert_array_equal(typical_rows(found, 4), [0, 25, 50, 75])
    assert len(typical_rows(predictions([0], [0], [0.5]), 10)) == 1


def test_the_bars_of_a_row_sum_to_its_margin(images):
    groups, found = explained(images, image_shape=None)
    margins = images.model.explain(images.test.X, reference=images.train.X).margin
    cards = [card for _, cards in groups for card in cards]
    assert len(cards) == 8
    for card in cards:
        row = int(card.row)
        amounts = [float(bar.amount.replace("−", "-")) for bar in card.bars]
        assert len(amounts) == 10  # eight features, all others, the mean row
        assert sum(amounts) == pytest.approx(margins[row], abs=0.06)
        assert card.margin == f"margin {margins[row]:#.3g}".rstrip(".")
        for bar, amount in zip(card.bars, amounts, strict=True):
            begin = card.zero if amount > 0 else card.zero - bar.width
            assert bar.left == pytest.approx(begin, abs=0.02)
            assert bar.look == ("right" if amount > 0 else "wrong") or amount == 0
            assert 0 <= bar.left <= bar.left + bar.width <= 100.02
        order = np.argsort(-found.log_confidence)
        assert (card.truth == "") == found.correct[row]
        assert card.truth in ("", f"in truth class {images.test.y[row]}")
    wrong = order[~found.correct[order]][:4]
    assert [int(card.row) for card in groups[0][1]] == wrong.tolist()


def test_the_picture_of_an_image_is_what_its_pixels_add(images):
    groups, _ = explained(images)
    (_, wrong), (_, right) = groups
    assert len(wrong) == 6
    assert [card.heading.split(" over ")[0] for card in right] == [f"class {k}" for k in range(10)]
    rows = [int(card.row) for card in right]
    wanted = images.model.explain(images.test.X[rows]).toward().reshape(-1, 8, 8)
    limit = np.percentile(np.abs(wanted), 99.5)
    for card, pixels in zip(right, wanted, strict=True):
        drawn = np.asarray(Image.open(BytesIO(base64.b64decode(card.picture.partition(",")[2]))), float)
        np.testing.assert_allclose(drawn[..., 3], 255 * np.clip(np.abs(pixels) / limit, 0, 1), atol=0.51)
        blue = drawn[..., 2] > drawn[..., 0]
        assert (blue == (pixels > 0))[pixels != 0].all()


def test_every_picture_has_words(images):
    page = Page(render(images.model, images.train, images.test))
    signed = page.all("img", "signed")
    assert len(signed) == 16
    assert all(re.match(r"What the pixels of row [\d,]+ add to \w+ over \w+", img["alt"]) for img in signed)


def test_two_classes_compete_with_each_other(images):
    rows = images.train.y < 2
    train, test = halves("two", images.train.X[rows], images.train.y[rows])
    case = fitted(SoftmaxRegression(epochs=1, random_state=0), train, test)
    groups, _ = explained(case)
    headings = {card.heading for _, cards in groups for card in cards}
    assert headings <= {"class 0 over class 1", "class 1 over class 0"}
    assert headings


def test_a_model_without_mistakes_shows_none():
    train, test = halves("simple", np.repeat(np.eye(3), 10, axis=0) * 100, np.repeat([0, 1, 2], 10))
    case = fitted(SoftmaxRegression(epochs=200, random_state=0), train, test)
    (_, wrong), (_, right) = explained(case)[0]
    assert wrong == []
    assert len(right) == 3
    assert "Why this class" in Page(render(case.model, train, test)).text


def test_names_of_features_are_text_and_never_markup(images):
    names = tuple(f"<b>{j}</b>" for j in range(64))
    train, test = (
        dataclasses.replace(part, image_shape=None, feature_names=names)
        for part in (images.train, images.test)
    )
    text = render(images.model, train, test)
    assert "&lt;b&gt;" in text
    assert "<b>1</b>" not in text
