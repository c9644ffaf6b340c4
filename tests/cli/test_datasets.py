"""``onelayer datasets``: which there are, where they are, fetching them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from onelayer.cli.loading import download_progress
from onelayer.data import datasets
from onelayer.data.registry import BUNDLED_FOLDER

from .conftest import Run


def test_list(run: Run) -> None:
    result = run("datasets", "list")
    assert (result.status, result.err) == (0, "")
    names = [line.split()[0] for line in result.out.splitlines() if not line.startswith(" ")]
    assert names == ["fashion-mnist", "mnist", "house-prices", "synthetic-regression"]
    assert result.out.count("60,000 + 10,000 rows   not on this machine") == 2
    assert f"21,613 rows   {BUNDLED_FOLDER / 'house-prices.csv.gz'}\n" in result.out
    assert "1,000 + 1,000 rows   computed when it is loaded\n" in result.out


def test_list_as_json(run: Run) -> None:
    records = json.loads(run("datasets", "list", "--json").out)
    assert [(record["name"], record["n_train"], record["n_test"]) for record in records] == [
        ("fashion-mnist", 60_000, 10_000),
        ("mnist", 60_000, 10_000),
        ("house-prices", 21_613, 0),
        ("synthetic-regression", 1_000, 1_000),
    ]
    assert [record["place"] for record in records] == ["download", "download", "bundled", "computed"]
    house_prices = str(BUNDLED_FOLDER / "house-prices.csv.gz")
    assert [record["path"] for record in records] == [None, None, house_prices, None]


def test_path_of_a_set_that_is_not_there(run: Run) -> None:
    result = run("datasets", "path", "mnist")
    assert result.status == 1
    assert "onelayer datasets fetch mnist" in result.error


@pytest.mark.parametrize("command", ["path", "fetch"])
def test_an_unknown_set(command: str, run: Run) -> None:
    result = run("datasets", command, "cifar")
    assert result.status == 1
    assert result.error == (
        "there is no data set 'cifar'; known are fashion-mnist, house-prices, mnist and synthetic-regression"
    )


@pytest.mark.parametrize("command", ["path", "fetch"])
def test_sets_that_need_nothing_from_outside(command: str, run: Run) -> None:
    result = run("datasets", command, "house-prices")
    assert (result.status, result.out, result.err) == (0, f"{BUNDLED_FOLDER / 'house-prices.csv.gz'}\n", "")
    result = run("datasets", command, "synthetic-regression")
    assert result.status == 1
    assert result.error == "Synthetic regression has no files: its rows are computed when it is loaded"


def test_fetch_without_a_network(run: Run) -> None:
    result = run("datasets", "fetch", "mnist")
    assert result.status == 1
    assert result.error


def test_folders_go_to_standard_output(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch(name: str, progress: Callable[..., object]) -> Path:
        progress("images", 1_000_000, 2_000_000)
        progress("images", 2_000_000, 2_000_000)
        progress("labels", 5, None)
        return Path("/the/cache") / name

    monkeypatch.setattr(datasets, "fetch", fetch)
    monkeypatch.setattr(datasets, "path", lambda name: Path("/the/cache") / name)
    fetched = run("datasets", "fetch", "mnist")
    assert fetched.out == "/the/cache/mnist\n"
    assert fetched.err == "downloading images\ndownloading labels\n"
    assert json.loads(run("datasets", "fetch", "mnist", "--json").out) == {
        "name": "mnist",
        "path": "/the/cache/mnist",
    }
    assert run("datasets", "path", "mnist").out == "/the/cache/mnist\n"


def test_a_terminal_gets_one_line_drawn_anew(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with download_progress() as progress:
        progress("images", 1_000_000, 4_400_000)
        progress("images", 1_000_001, 4_400_000)
        progress("images", 4_400_000, 4_400_000)
        progress("labels", 5_000, None)
    assert capsys.readouterr().err.replace("\x1b[K", "").split("\r")[1:] == [
        "downloading images: 1.0 of 4.4 MB",
        "downloading images: 4.4 of 4.4 MB",
        "downloading labels: 0.0 MB\n",
    ]
