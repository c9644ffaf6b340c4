import base64
import dataclasses
import re
import resource
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from onelayer.errors import InvalidDataError, InvalidParameterError, OutputError
from onelayer.estimators.softmax_regression import SoftmaxRegression
from onelayer.report import render, write

from .conftest import fitted, halves
from .reader import Page


def page_of(case, **changes):
    arguments = {"train": case.train, "test": case.test, "lang": "en"} | changes
    return Page(render(case.model, arguments["train"], arguments["test"], lang=arguments["lang"]))


IMAGE_SECTIONS = [
    "headline",
    "curves",
    "confusion",
    "weights",
    "gallery",
    "explanations",
    "calibration",
    "classes",
    "record",
]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_classifier_of_images_has_every_section(images, lang):
    page = page_of(images, lang=lang)
    assert page.sections == IMAGE_SECTIONS
    assert page.all("html") == [{"lang": lang}]
    name = {"en": "seven", "zh": "七"}[lang]
    assert name in page.text


def test_the_headline_tells_accuracy_and_cross_entropy_of_both_sets(images):
    from sklearn.metrics import log_loss

    text = page_of(images).text
    for data in (images.train, images.test):
        loss = log_loss(data.y, images.model.predict_proba(data.X))
        accuracy = images.model.score(data.X, data.y)
        assert f"{accuracy:.4f} {loss:.4f} {loss / np.log(2):.4f}" in text


def test_the_record_tells_how_the_model_was_made(images):
    text = page_of(images).text
    training = images.model.training_
    assert "Seed 7" in text
    assert "batch_size 256" in text
    assert f"numpy {np.__version__}" in text
    assert f"Created {training['created']}" in text
    assert images.train.source in text
    assert images.train.fingerprint in text
    assert images.test.fingerprint in text


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("kind", ["images", "numbers", "three_numbers"])
def test_every_figure_has_words_for_those_who_cannot_see_it(kind, lang, request):
    page = page_of(request.getfixturevalue(kind), lang=lang)
    charts = [svg for svg in page.all("svg") if "aria-hidden" not in svg]
    assert charts
    assert all(svg["role"] == "img" and svg["aria-label"] for svg in charts)
    assert all(img["alt"] for img in page.all("img"))


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("kind", ["images", "numbers", "three_numbers"])
def test_the_page_needs_nothing_but_itself(kind, lang, request):
    case = request.getfixturevalue(kind)
    text = render(case.model, case.train, case.test, lang=lang)
    page = Page(text)
    assert not {tag for tag, _ in page.tags} & {"script", "link", "iframe", "object", "base"}
    assert all(img["src"].startswith("data:image/png;base64,") for img in page.all("img"))
    assert not re.search(r"https?://|url\(|@import|@font-face", text)
    assert len(text.encode()) < 3e6
    assert not re.search(r"\bnan\b|\bNone\b", page.text.split("Parameters")[0])


def test_the_gallery_shows_the_images_of_its_rows(images):
    page = page_of(images)
    pictures = [img for img in page.all("img") if img["alt"].startswith("Row ")]
    assert len(pictures) == 32
    for img in pictures:
        row = int(img["alt"][4:].split(":")[0])
        png = Image.open(BytesIO(base64.b64decode(img["src"].partition(",")[2])))
        np.testing.assert_array_equal(np.asarray(png), images.test.X[row].reshape(8, 8))


def test_names_are_text_and_never_markup(images):
    name = '<script>alert("1")</script> & <b>'
    model = SoftmaxRegression(epochs=1, random_state=0)
    train, test = halves(name, images.train.X, np.where(images.train.y < 5, name, "<i>"))
    case = fitted(model, train, test)
    model.feature_names_in_ = np.array([f"<u>{j}" for j in range(64)], dtype=object)
    with pytest.warns(UserWarning, match="feature names"):
        page = page_of(case)
    assert not {tag for tag, _ in page.tags} & {"script", "u"}
    assert name in page.text
    assert "<u>" in page.text


def test_names_that_are_no_valid_text_can_still_be_written(images, tmp_path):
    train = dataclasses.replace(images.train, name="half a \ud800 pair")
    path = write(tmp_path / "page.html", images.model, train, None)
    assert "half a &#55296; pair" in path.read_text("utf-8")


def test_without_a_test_set_the_page_says_so(images):
    page = page_of(images, test=None)
    assert "There was no test set." in page.text
    assert "Test set" not in page.text
    assert "There was no test set." not in page_of(images).text


def test_another_name_for_the_part_is_refused(images):
    with pytest.raises(InvalidParameterError, match="part must be 'test' or 'validation', not 'dev'"):
        render(images.model, images.train, images.test, part="dev")


@pytest.mark.parametrize(("lang", "words"), [("en", "This is the bundled subset of digits"), ("zh", "子集")])
def test_the_bundled_subset_is_owned_up_to(images, lang, words):
    subset = dataclasses.replace(images.train, subset=True)
    text = page_of(images, train=subset, lang=lang).text
    assert words in text
    assert "onelayer datasets fetch digits" in text


def test_other_data_than_the_model_was_trained_on_are_owned_up_to(images):
    training = images.model.training_
    images.model.training_ = {**training, "data": {**images.train.provenance, "source": "elsewhere"}}
    try:
        assert "trained on other data" not in page_of(images).text
        other = dataclasses.replace(images.train, fingerprint="f" * 64)
        assert (
            "trained on other data than the training set shown here: elsewhere"
            in page_of(images, train=other).text
        )
    finally:
        images.model.training_ = training


def test_without_images_there_are_coefficients(images):
    train, test = (dataclasses.replace(part, image_shape=None) for part in (images.train, images.test))
    page = page_of(images, train=train, test=test)
    assert page.sections == [
        "headline",
        "curves",
        "confusion",
        "coefficients",
        "explanations",
        "calibration",
        "classes",
        "record",
    ]
    assert page.all("img") == []
    assert "These are the 20 of 64 features that do the most." in page.text


def test_colour_images(images):
    rng = np.random.default_rng(0)
    X = rng.integers(0, 256, (60, 4 * 5 * 3)).astype(np.uint8)
    train, test = halves("colours", X, np.repeat(["a", "b", "c"], 20), image_shape=(4, 5, 3))
    page = page_of(fitted(SoftmaxRegression(epochs=1, random_state=0), train, test))
    assert page.sections == IMAGE_SECTIONS
    png = next(img for img in page.all("img") if img["alt"].startswith("Row "))
    assert Image.open(BytesIO(base64.b64decode(png["src"].partition(",")[2]))).mode == "RGB"


def test_two_classes_have_one_weight_image(images):
    rows = images.train.y < 2
    train, test = halves("two", images.train.X[rows], images.train.y[rows], image_shape=(8, 8))
    page = page_of(fitted(SoftmaxRegression(epochs=1, random_state=0), train, test))
    assert [img["alt"] for img in page.all("img") if "Weight" in img["alt"]] == [
        "Weight image of the class 1"
    ]


def test_many_classes_keep_the_page_small():
    rng = np.random.default_rng(0)
    labels = np.array([f"class {k} of a name that is {'very ' * 30}long" for k in range(300)])
    X = rng.integers(0, 256, (1200, 100 * 100)).astype(np.uint8)
    train, test = halves("noise", X, labels[rng.permutation(1200) % 300], image_shape=(100, 100))
    model = SoftmaxRegression(epochs=1, random_state=0).fit(X, np.resize(labels, 1200))
    model.coef_ = rng.standard_normal(model.coef_.shape)
    text = render(model, train, test)
    assert len(text.encode()) < 3e6
    page = Page(text)
    assert "With 300 classes the matrix is too large to show" in page.text
    assert "The first 50 of 300 classes." in page.text
    assert "The 100 of 300 classes with the most rows." in page.text


@pytest.mark.parametrize("kind", ["numbers", "three_numbers"])
def test_a_regressor(kind, request):
    case = request.getfixturevalue(kind)
    page = page_of(case)
    assert page.sections == ["headline", "outputs", "noise", "coefficients", "influence", "curves", "record"]
    assert f"{case.model.score(case.test.X, case.test.y):.4f}" in page.text
    assert "Softmax" not in page.text


def test_a_model_without_history_has_no_curves(images):
    history = images.model.history_
    images.model.history_ = []
    try:
        assert page_of(images).sections == [name for name in IMAGE_SECTIONS if name != "curves"]
    finally:
        images.model.history_ = history


def test_a_perfect_model_has_no_mistakes():
    X = np.repeat(np.eye(3), 10, axis=0) * 100
    train, test = halves("simple", X, np.repeat([0, 1, 2], 10), image_shape=(1, 3))
    model = SoftmaxRegression(epochs=200, random_state=0)
    text = page_of(fitted(model, train, test)).text
    assert "There are no mistakes." in text
    assert "Wrong, and most sure of it None." in text


def test_a_single_test_row(images, numbers):
    for case in (images, numbers):
        one = dataclasses.replace(case.test, X=case.test.X[:1], y=case.test.y[:1])
        assert "nan" not in page_of(case, test=one).text


def test_refuses_another_language(images):
    with pytest.raises(InvalidParameterError, match="lang must be 'en' or 'zh', not 'fr'"):
        render(images.model, images.train, images.test, lang="fr")


def test_refuses_data_without_labels_and_writes_nothing(images, tmp_path):
    unlabelled = dataclasses.replace(images.test, y=None)
    with pytest.raises(InvalidDataError, match="no labels to evaluate against"):
        write(tmp_path / "page.html", images.model, images.train, unlabelled)
    assert list(tmp_path.iterdir()) == []


def test_writes_what_it_renders(images, tmp_path):
    path = write(str(tmp_path / "page.html"), images.model, images.train, images.test, lang="zh")
    assert path == tmp_path / "page.html"
    assert path.read_text("utf-8") == render(images.model, images.train, images.test, lang="zh")
    assert [entry.name for entry in tmp_path.iterdir()] == ["page.html"]


def test_a_path_that_cannot_be_written(images, tmp_path):
    (tmp_path / "file").write_text("old")
    with pytest.raises(OutputError, match=r"cannot write .*page\.html: .*file is not a folder") as caught:
        write(tmp_path / "file" / "page.html", images.model, images.train, images.test)
    assert "\n" not in str(caught.value)
    assert (tmp_path / "file").read_text() == "old"


def test_a_full_disk_leaves_the_old_page(images, tmp_path):
    path = tmp_path / "page.html"
    path.write_text("old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(OutputError, match=r"cannot write .*page\.html") as caught:
            write(path, images.model, images.train, images.test)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "\n" not in str(caught.value)
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["page.html"]
