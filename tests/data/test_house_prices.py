"""House prices: the figures that are published of them, and a file that is not what it should be."""

from __future__ import annotations

import csv
import gzip
import io
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from onelayer.data import house_prices as module
from onelayer.data.dataset import Dataset
from onelayer.data.house_prices import FILE, N_ROWS, house_prices
from onelayer.errors import DataFileError, DataNotFoundError


@pytest.fixture(scope="module")
def houses() -> Dataset:
    return house_prices()


@pytest.fixture(scope="module")
def columns() -> dict[str, list[str]]:
    """The file as the standard library reads it."""
    header, *rows = csv.reader(io.StringIO(gzip.decompress(FILE.read_bytes()).decode("ascii")))
    return dict(zip(header, map(list, zip(*rows, strict=True)), strict=True))


@pytest.fixture(scope="module")
def features(houses: Dataset) -> dict[str, np.ndarray]:
    assert houses.feature_names is not None
    return dict(zip(houses.feature_names, houses.X.T, strict=True))


def test_shape_and_names(houses: Dataset, columns: dict[str, list[str]]) -> None:
    assert houses.y is not None
    assert (houses.X.shape, houses.X.dtype, houses.X.flags.c_contiguous) == ((21_613, 19), np.float64, True)
    assert (houses.y.shape, houses.y.dtype) == ((21_613,), np.float64)
    assert len(houses.X) == N_ROWS
    assert (houses.name, houses.part, houses.regression) == ("house-prices", "train", True)
    assert (houses.classes, houses.image_shape, houses.subset) == (None, None, False)
    assert len(columns) == 21
    assert houses.feature_names == tuple(name for name in columns if name not in ("id", "price"))


def test_published_prices(houses: Dataset) -> None:
    assert houses.y is not None
    assert houses.y.mean() == pytest.approx(540_088.1, abs=0.05)
    assert houses.y.std(ddof=1) == pytest.approx(367_127.2, abs=0.05)
    assert (houses.y.min(), np.median(houses.y), houses.y.max()) == (75_000, 450_000, 7_700_000)


def test_published_figures_of_the_houses(features: dict[str, np.ndarray]) -> None:
    ranges = {name: (values.min(), values.max()) for name, values in features.items()}
    assert ranges["yr_built"] == (1900, 2015)
    assert ranges["bedrooms"] == (0, 33)
    assert ranges["bathrooms"] == (0, 8)
    assert ranges["sqft_living"] == (290, 13_540)
    assert ranges["grade"] == (1, 13)
    assert ranges["condition"] == (1, 5)
    assert ranges["view"] == (0, 4)
    assert ranges["waterfront"] == (0, 1)
    assert ranges["lat"] == (47.1559, 47.7776)
    assert ranges["long"] == (-122.519, -121.315)
    assert features["waterfront"].sum() == 163
    assert len(np.unique(features["zipcode"])) == 70
    assert features["sqft_living"].mean() == pytest.approx(2079.9, abs=0.05)
    assert features["yr_built"].mean() == pytest.approx(1971.0, abs=0.05)


def test_dates_count_from_the_first_sale(
    features: dict[str, np.ndarray], columns: dict[str, list[str]]
) -> None:
    assert (min(columns["date"]), max(columns["date"])) == ("2014-05-02", "2015-05-27")
    assert features["date"].max() == (date(2015, 5, 27) - date(2014, 5, 2)).days
    days = [date(2014, 5, 2) + timedelta(days) for days in features["date"]]
    assert [day.isoformat() for day in days] == columns["date"]


def test_the_first_house(houses: Dataset) -> None:
    """The first line of the file that Kaggle has: sold 164 days after 2 May 2014, on 13 October, for $221,900."""
    assert houses.y is not None
    assert houses.y[0] == 221_900
    assert houses.X[0].tolist() == [
        *(164, 3, 1, 1180, 5650, 1, 0, 0, 3, 7, 1180, 0, 1955, 0, 98178, 47.5112, -122.257, 1340, 5650)
    ]


def test_nothing_is_missing_and_nothing_is_rounded(
    houses: Dataset, features: dict[str, np.ndarray], columns: dict[str, list[str]]
) -> None:
    assert houses.y is not None
    assert np.isfinite(houses.X).all()
    for name, values in {**features, "price": houses.y}.items():
        if name != "date":
            assert values.tolist() == [float(text) for text in columns[name]]


def test_the_two_areas_add_up(features: dict[str, np.ndarray]) -> None:
    total = features["sqft_above"] + features["sqft_basement"]
    np.testing.assert_array_equal(total, features["sqft_living"])


def test_houses_that_were_sold_twice(columns: dict[str, list[str]]) -> None:
    assert len(columns["id"]) - len(set(columns["id"])) == 177


class TestDamage:
    """The bundled file is verified whenever it is read."""

    @pytest.fixture
    def copy(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        path = tmp_path / FILE.name
        path.write_bytes(FILE.read_bytes())
        monkeypatch.setattr(module, "FILE", path)
        return path

    def test_a_changed_price(self, copy: Path) -> None:
        content = gzip.decompress(copy.read_bytes())
        copy.write_bytes(gzip.compress(content.replace(b",221900,", b",321900,", 1), 1))
        with pytest.raises(
            DataFileError, match="not the house sales that come with onelayer: its SHA-256 is "
        ):
            house_prices()

    def test_a_line_more(self, copy: Path) -> None:
        content = gzip.decompress(copy.read_bytes())
        copy.write_bytes(gzip.compress(content + content.splitlines()[-1] + b"\n", 1))
        with pytest.raises(DataFileError, match="SHA-256"):
            house_prices()

    def test_cut_short(self, copy: Path) -> None:
        copy.write_bytes(copy.read_bytes()[:-100_000])
        with pytest.raises(DataFileError, match="cut short"):
            house_prices()

    def test_not_there(self, copy: Path) -> None:
        copy.unlink()
        with pytest.raises(DataNotFoundError, match="there is no such file"):
            house_prices()

    def test_packed_in_another_way(self, copy: Path, houses: Dataset) -> None:
        copy.write_bytes(gzip.decompress(copy.read_bytes()))
        assert house_prices().fingerprint == houses.fingerprint
