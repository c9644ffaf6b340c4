"""Sources: a name, a folder, and everything else."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from onelayer.data.house_prices import house_prices
from onelayer.data.registry import REGISTRY
from onelayer.data.sources import load
from onelayer.errors import DataFileError, DataNotFoundError

from .tiny import TINY


def test_a_folder_needs_no_registration(tiny_folder: Path) -> None:
    source = load(tiny_folder)
    assert source.name == source.train.name == "tiny"
    assert source.test is not None
    assert source.train.X.shape == (7, 15)
    assert source.test.X.shape == (2, 15)
    assert source.train.classes is None
    assert load(str(tiny_folder)).train.fingerprint == source.train.fingerprint


def test_a_registered_name(tiny_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(REGISTRY, "tiny", dataclasses.replace(TINY, system_folders=(tiny_folder,)))
    source = load("tiny")
    assert source.train.classes == TINY.classes
    assert source.train.fingerprint == load(tiny_folder).train.fingerprint


def test_a_folder_in_the_way_of_a_name_is_told_apart_by_its_path(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(REGISTRY, "tiny", dataclasses.replace(TINY, system_folders=(tiny_folder,)))
    monkeypatch.chdir(tiny_folder.parent)
    assert load("tiny").train.classes == TINY.classes
    assert load("./tiny").train.classes is None


def test_house_prices_are_one_part() -> None:
    source = load("house-prices")
    assert source.name == source.train.name == "house-prices"
    assert source.train.fingerprint == house_prices().fingerprint
    assert source.test is None


def test_the_synthetic_parts_have_one_model_and_different_rows() -> None:
    """Least squares finds the same weights in both, each within five standard errors σ/√n."""
    source = load("synthetic-regression")
    assert source.test is not None
    assert (source.train.part, source.test.part) == ("train", "test")
    assert source.train.fingerprint != source.test.fingerprint
    assert not np.isin(source.train.X, source.test.X).any()
    for part in (source.train, source.test):
        assert part.X.shape == (1000, 2)
        design = np.column_stack([part.X, np.ones(1000)])
        found = np.linalg.lstsq(design, part.y, rcond=None)[0]
        np.testing.assert_allclose(found, [2.0, -3.4, 4.2], atol=5 * 0.01 / np.sqrt(1000))
    again = load("synthetic-regression")
    assert again.train.fingerprint == source.train.fingerprint


def test_images_alone(tiny_folder: Path) -> None:
    for name in ("train-labels-idx1-ubyte.gz", "t10k-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz"):
        (tiny_folder / name).unlink()
    source = load(tiny_folder, labels_required=False)
    assert source.train.y is None
    assert source.test is None
    with pytest.raises(DataNotFoundError, match="its labels are missing"):
        load(tiny_folder)


@pytest.mark.parametrize("name", ["nothing", "fashion_mnist", "Fashion-MNIST"])
def test_what_is_not_there(name: str) -> None:
    with pytest.raises(
        DataNotFoundError,
        match=rf"{name}: there is no such folder or data set; a source is the name of a data set "
        r"\(fashion-mnist, house-prices, mnist, synthetic-regression\) or a folder with "
        r"train-images-idx3-ubyte, .* each plain or .gz",
    ):
        load(name)


def test_a_file_is_not_a_source_yet(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("a,b\n1,2\n")
    with pytest.raises(DataFileError, match=r"table.csv: this is a file; a source is the name of a data set"):
        load(table)
