"""Tables that are not held in memory: nobody can tell but by a notice."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import onelayer as ol
from onelayer import memory
from onelayer.cli import tables
from onelayer.data.preparation import preparation as preparation_module
from onelayer.data.preparation.blocks import Blocks
from onelayer.estimators import one_pass
from onelayer.estimators.linear_regression import LinearRegression

from .conftest import Run
from .test_tables import N, as_parquet, as_text, made

FORMS = {"csv": as_text, "parquet": as_parquet}


class TestLeastSquares:
    """A table that need not be held in memory is not."""

    @pytest.fixture
    def streamed(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
        """Let every table be a large one from now on."""

        def begin() -> None:
            monkeypatch.setattr(one_pass, "LARGE", 1000)
            monkeypatch.setattr(tables, "SHOWN", 50)
            monkeypatch.setattr(LinearRegression, "fit", None)

        return begin

    @pytest.mark.parametrize(
        "options", [[], ["--validation", "0.25"], ["--missing", "drop", "--weights", "rooms"]]
    )
    @pytest.mark.parametrize("suffix", ["csv", "parquet"])
    def test_the_same_figures(
        self, options: list[str], suffix: str, streamed: Callable[[], None], run: Run, workplace: Path
    ) -> None:
        gaps = (pl.int_range(pl.len()) % 10 == 3) & ("drop" in options)
        frame = made(noise=4.0).with_columns(size=pl.when(~gaps).then("size"))
        name = f"houses.{suffix}"
        (workplace / name).write_bytes(FORMS[suffix](frame))
        arguments = ["fit", name, "--target", "price", "--json", "--log", "price", *options]
        held = json.loads(run(*arguments).out)
        model, page = ol.load("houses.onelayer"), Path("houses.html").read_text("utf-8")
        streamed()
        result = run(*arguments)
        assert (result.status, result.err) == (0, "")
        record = json.loads(result.out)
        for part in ("train", "test"):
            assert record[part] == (held[part] and pytest.approx(held[part], rel=1e-9))
        assert (record["n_train"], record["n_test"]) == (held["n_train"], held["n_test"])
        found = ol.load("houses.onelayer")
        np.testing.assert_allclose(found.estimator_.coef_, model.estimator_.coef_, rtol=1e-8)
        assert found.estimator_.training_["data"] == model.estimator_.training_["data"]
        drawn = Path("houses.html").read_text("utf-8")
        assert len(drawn) < len(page)
        assert "evenly spread rows" not in page
        (notice,) = re.findall(r"evenly spread rows: ([^<]*)\.<", drawn)
        said = re.findall(r"([\d,]+) of ([\d,]+) (\w+) rows", notice)
        parts = {"training": record["n_train"], "validation": record["n_test"]}
        assert {name: int(n) for _, n, name in said} == {name: n for name, n in parts.items() if n and n > 50}
        assert all(int(shown) <= 50 for shown, _, _ in said)


def classed() -> pl.DataFrame:
    """Return houses whose size, rooms and garden tell the town more or less."""
    towns = np.array(["Bonn", "Kiel", "Ulm"])
    chance = np.random.RandomState(1)
    houses = made(noise=4.0).drop("sold", "town")
    scores = np.stack([houses["size"] / 30, houses["rooms"], 3.0 * houses["garden"].to_numpy()], axis=1)
    return houses.with_columns(
        town=pl.Series(towns[(scores + chance.gumbel(size=scores.shape)).argmax(axis=1)])
    )


class TestMinibatches:
    """A table whose matrix would take more than half of the memory is trained on batch by batch."""

    @pytest.fixture
    def little_memory(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
        """Let there be next to no memory from now on, and several batches; whoever makes the whole matrix fails."""

        def begin() -> None:
            monkeypatch.setattr(memory, "available", lambda: 1000)
            monkeypatch.setattr(preparation_module, "BLOCK", 2000)
            monkeypatch.setattr(tables, "SHOWN", 50)
            monkeypatch.setattr(Blocks, "numbered", None)

        return begin

    @pytest.mark.parametrize("suffix", FORMS)
    @pytest.mark.parametrize(
        "options", [[], ["--validation", "0.25"], ["--missing", "drop", "--weights", "rooms"]]
    )
    @pytest.mark.parametrize(
        "task", [["--target", "town"], ["--target", "price", "--loss", "huber", "--scale", "4"]]
    )
    def test_the_same_figures(
        self,
        task: list[str],
        options: list[str],
        suffix: str,
        little_memory: Callable[[], None],
        run: Run,
        workplace: Path,
    ) -> None:
        gaps = (pl.int_range(pl.len()) % 10 == 3) & ("drop" in options)
        frame = classed().with_columns(size=pl.when(~gaps).then("size"))
        (workplace / f"houses.{suffix}").write_bytes(FORMS[suffix](frame))
        arguments = ["fit", f"houses.{suffix}", *task, *options, "--json"]
        held = json.loads(run(*arguments, "--solver", "sgd").out)
        model = ol.load("houses.onelayer")
        little_memory()
        result = run(*arguments)
        assert result.status == 0, result.err
        warning, *epochs = result.err.splitlines()
        assert re.search(r"houses\.\w+: the matrix of \d+ rows and \d columns would take", warning)
        assert [line.split("  loss")[0] for line in epochs] == [f"epoch {n:2}/10" for n in range(1, 11)]
        record = json.loads(result.out)
        for part in ("train", "test"):
            assert record[part] == (held[part] and pytest.approx(held[part], rel=1e-6))
        for name in ("n_train", "n_test", "epochs", "converged"):
            assert record[name] == held[name]
        found = ol.load("houses.onelayer")
        np.testing.assert_allclose(found.estimator_.coef_, model.estimator_.coef_, rtol=1e-6)
        known = ("solver", "n_rows", "data", "random_state", "implementation", "stopped")
        assert [found.estimator_.training_[name] for name in known] == [
            model.estimator_.training_[name] for name in known
        ]
        whole = frame.drop_nulls()
        np.testing.assert_array_equal(found.predict(whole), model.predict(whole))
        drawn = re.findall(r"evenly spread rows: ([^<]*)\.<", Path("houses.html").read_text("utf-8"))
        assert f"of {record['n_train']} training rows" in drawn[0]

    def test_classes_that_no_row_to_train_on_has_are_refused_before_the_training(
        self, little_memory: Callable[[], None], run: Run, workplace: Path
    ) -> None:
        frame = classed()
        others = frame.with_columns(
            town=pl.when(pl.int_range(pl.len()) == 317).then(pl.lit("Rom")).otherwise("town")
        )
        (workplace / "houses.csv").write_bytes(as_text(frame))
        (workplace / "others.csv").write_bytes(as_text(others))
        little_memory()
        result = run("fit", "houses.csv", "--target", "town", "--validation", "others.csv")
        assert result.status == 1
        _, line = result.err.splitlines()
        assert (
            line
            == "Error: others.csv: label 'Rom' in row 317 of y is not one of the 3 classes ('Bonn', 'Kiel', 'Ulm')"
        )
        assert not list(workplace.glob("houses.onelayer"))
        assert run("fit", "houses.csv", "--target", "town", "--no-report").status == 0
        error = run("evaluate", "houses.onelayer", "others.csv").error
        assert error == line.removeprefix("Error: ")

    def test_a_temperature_and_early_stopping(
        self, little_memory: Callable[[], None], run: Run, workplace: Path
    ) -> None:
        (workplace / "houses.csv").write_bytes(as_text(classed()))
        little_memory()
        options = ["--validation", "0.2", "--calibrate", "0.2", "--epochs", "400", "--early-stopping"]
        result = run("fit", "houses.csv", "--target", "town", *options, "--json")
        assert result.status == 0, result.err
        record = json.loads(result.out)
        assert (record["n_train"], record["n_test"], record["converged"]) == (256, 80, True)
        assert record["temperature"] != 1
        assert record["calibration"]["n_rows"] <= 50

    def test_losses_are_compared_on_some_of_the_rows(
        self,
        little_memory: Callable[[], None],
        monkeypatch: pytest.MonkeyPatch,
        run: Run,
        workplace: Path,
    ) -> None:
        chance = np.random.RandomState(2)
        wild = np.where(chance.rand(N) < 0.2, 60 * chance.randn(N), 0)
        for noise, solver in ((np.zeros(N), "closed_form"), (wild, "sgd")):
            frame = made(noise=4.0).with_columns(price=pl.col("price") + pl.Series(noise))
            (workplace / "houses.csv").write_bytes(as_text(frame))
            little_memory()
            monkeypatch.setattr(tables, "SHOWN", 200)
            result = run("fit", "houses.csv", "--target", "price", "--loss", "auto", "--no-report")
            assert result.status == 0, result.err
            assert ol.load("houses.onelayer").estimator_.training_["solver"] == solver, result.err

    @pytest.mark.parametrize(
        "options", [["--target", "town", "--solver", "lbfgs"], ["--target", "price", "--alpha", "0.1,1"]]
    )
    def test_what_needs_all_rows_has_them(
        self, options: list[str], monkeypatch: pytest.MonkeyPatch, run: Run, workplace: Path
    ) -> None:
        (workplace / "houses.csv").write_bytes(as_text(classed()))
        monkeypatch.setattr(memory, "available", lambda: 1000)
        result = run("fit", "houses.csv", *options, "--no-report", "--json")
        assert (result.status, "epochs" in json.loads(result.out)) == (0, False)
