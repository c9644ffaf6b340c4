"""Tables from the command line: fit, evaluate, predict, inspect and report, from any form of file."""

from __future__ import annotations

import csv
import gzip
import io
import json
import signal
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import zstandard
from scipy import stats

import onelayer as ol
from onelayer.estimators.softmax_regression import SoftmaxRegression
from onelayer.estimators.table_model import TableModel
from onelayer.losses import Huber
from onelayer.solvers.events import Epoch

from .conftest import Run

N = 400
EFFECTS = {"Bonn": 0.0, "Kiel": 5.0, "Ulm": -3.0}


def made(noise: float = 0.0) -> pl.DataFrame:
    """Return a table whose price is 100 + 2·size − 3·rooms + 7·garden + 0.01·days + the effect of the town."""
    chance = np.random.RandomState(0)
    sold = [date(2014, 1, 1) + timedelta(days=int(day)) for day in chance.randint(0, 700, N)]
    houses = pl.DataFrame(
        {
            "size": chance.uniform(40, 200, N).round(2),
            "rooms": chance.randint(1, 8, N),
            "garden": chance.rand(N) < 0.5,
            "sold": sold,
            "town": chance.choice(["Bonn", "Bonn", "Kiel", "Ulm"], N),
        }
    )
    days = np.array([(day - date(1970, 1, 1)).days for day in sold])
    town = np.array([EFFECTS[name] for name in houses["town"]])
    price = 100 + 2 * houses["size"] - 3 * houses["rooms"] + 7 * houses["garden"].cast(int)
    return houses.with_columns(price=price + 0.01 * days + town + noise * chance.randn(N))


TRUTH = {"size": 2, "rooms": -3, "garden": 7, "sold": 0.01, "town=Kiel": 5, "town=Ulm": -3}


def as_text(frame: pl.DataFrame, separator: str = ",") -> bytes:
    """Return a frame as the standard library's csv module writes it."""
    file = io.StringIO()
    writer = csv.writer(file, delimiter=separator, lineterminator="\n")
    writer.writerow(frame.columns)
    writer.writerows(frame.rows())
    return file.getvalue().encode()


def as_parquet(frame: pl.DataFrame) -> bytes:
    """Return a frame as a Parquet file."""
    file = io.BytesIO()
    frame.write_parquet(file, row_group_size=100)
    return file.getvalue()


@pytest.fixture
def houses(workplace: Path) -> str:
    """The table with noise, as a file."""
    (workplace / "houses.csv").write_bytes(as_text(made(noise=4.0)))
    return "houses.csv"


def fit(run: Run, source: str, *options: str) -> TableModel:
    """Fit a model of the price without a report, and return it."""
    result = run("fit", source, "--target", "price", "--no-report", "--model", "houses.onelayer", *options)
    assert result.status == 0, result.err
    model = ol.load("houses.onelayer")
    assert isinstance(model, TableModel)
    return model


def coefficients(model: TableModel) -> dict[str, float]:
    """Return the coefficients by name."""
    return dict(zip(model.preparation_.names, model.estimator_.coef_.tolist(), strict=True))


class TestForms:
    """The same table in every form of file is the same model."""

    @pytest.mark.parametrize(
        ("name", "content", "options"),
        [
            ("houses.csv", as_text(made()), []),
            ("houses.txt", as_text(made(), ";"), []),
            ("houses.tsv", as_text(made(), "\t"), []),
            ("bar.csv", as_text(made(), "|"), ["--delimiter", "|"]),
            ("tab.csv", as_text(made(), "\t"), ["--delimiter", "tab"]),
            ("mark.csv", b"\xef\xbb\xbf" + as_text(made()), []),
            ("windows.csv", as_text(made()).replace(b"\n", b"\r\n"), []),
            ("houses.csv.gz", gzip.compress(as_text(made())), []),
            ("houses.csv.zst", zstandard.compress(as_text(made())), []),
            ("houses.parquet", as_parquet(made()), []),
            ("houses", as_parquet(made()), []),
        ],
    )
    def test_of_a_file(
        self, name: str, content: bytes, options: list[str], run: Run, workplace: Path
    ) -> None:
        (workplace / name).write_bytes(content)
        found = fit(run, name, *options)
        assert coefficients(found) == pytest.approx(TRUTH, abs=1e-8)
        assert found.estimator_.intercept_ == pytest.approx(100, abs=1e-5)
        (workplace / "plain.csv").write_bytes(as_text(made()))
        assert fit(run, "plain.csv").estimator_.coef_.tobytes() == found.estimator_.coef_.tobytes()

    def test_without_a_header(self, run: Run, workplace: Path) -> None:
        (workplace / "houses.csv").write_bytes(as_text(made()).partition(b"\n")[2])
        options = ["--target", "column_6", "--no-header", "--no-report"]
        assert run("fit", "houses.csv", *options).status == 0
        assert ol.load("houses.onelayer").estimator_.coef_[0] == pytest.approx(2)
        assert run("evaluate", "houses.onelayer", "houses.csv", "--no-header").out.startswith(
            "test        R² 1.0"
        )

    def test_words_for_missing_values(self, run: Run, workplace: Path) -> None:
        text = as_text(made()).replace(b"true", b"True").splitlines()
        text[3:5] = [b"--," + line.partition(b",")[2] for line in text[3:5]]
        (workplace / "houses.csv").write_bytes(b"\n".join(text))
        words = ["--missing-values", "--,?", "--missing", "drop"]
        model = fit(run, "houses.csv", *words)
        assert (model.preparation_.n_rows, model.preparation_.n_kept) == (N, N - 2)
        result = run("predict", "houses.onelayer", "houses.csv", "--missing-values", "--")
        assert result.out.splitlines()[3:5] == ["nan", "nan"]
        assert "2 rows of 400 lack a value, and have NaN for a prediction" in result.err


class TestOptions:
    """What the options of a table do."""

    def test_columns(self, houses: str, run: Run) -> None:
        assert fit(run, houses, "--features", "rooms,size").preparation_.names == ("rooms", "size")
        assert fit(run, houses, "--drop", "town,sold,garden").preparation_.names == ("size", "rooms")

    def test_a_name_with_a_comma(self, run: Run, workplace: Path) -> None:
        (workplace / "houses.csv").write_bytes(as_text(made().rename({"size": "size, m²"})))
        assert fit(run, "houses.csv", "--features", 'rooms,"size, m²"').preparation_.names == (
            "rooms",
            "size, m²",
        )

    def test_logarithms(self, houses: str, run: Run) -> None:
        model = fit(run, houses, "--features", "size,rooms", "--log", "price,size", "--validation", "0.2")
        frame = made(noise=4.0)
        rows = np.array(model.estimator_.training_["n_rows"])
        assert rows == N - 80
        assert model.preparation_.names == ("log(size)", "rooms")
        design = np.column_stack([np.ones(N), np.log(frame["size"]), frame["rooms"]])
        whole = np.linalg.lstsq(design, np.log(frame["price"].to_numpy()), rcond=None)[0]
        found = fit(run, houses, "--features", "size,rooms", "--log", "price,size")
        assert [found.estimator_.intercept_, *found.estimator_.coef_] == pytest.approx(whole)
        lines = run("predict", "houses.onelayer", houses).out.splitlines()
        np.testing.assert_allclose([float(line) for line in lines[1:]], np.exp(design @ whole))

    def test_the_rest(self, houses: str, run: Run) -> None:
        names = fit(run, houses, "--features", "size,rooms", "--poly", "2").preparation_.names
        assert len(names) == 5
        names = fit(run, houses, "--features", "rooms", "--category", "rooms").preparation_.names
        assert len(names) == 6
        names = fit(run, houses, "--features", "sold", "--date-parts", "sold").preparation_.names
        assert names[:2] == ("sold", "year(sold)")
        names = fit(run, houses, "--features", "town", "--rare", "150").preparation_.names
        assert names == ("town=(other)",)

    @pytest.mark.parametrize("missing", ["drop", "mean", "indicator"])
    def test_missing_values(self, missing: str, run: Run, workplace: Path) -> None:
        gaps = pl.int_range(pl.len()) % 10 == 3
        frame = made().with_columns(size=pl.when(~gaps).then("size"))
        (workplace / "houses.csv").write_bytes(as_text(frame))
        out = run("fit", "houses.csv", "--target", "price", "--missing", missing, "--no-report").out
        assert ("data        houses.csv; 40 of 400 rows to train on lack a value" in out) == (
            missing == "drop"
        )
        model = ol.load("houses.onelayer")
        assert model.estimator_.training_["n_rows"] == (360 if missing == "drop" else N)
        assert ("missingindicator_size" in model.preparation_.names) == (missing == "indicator")

    @pytest.mark.parametrize("solver", [[], ["--loss", "absolute"], ["--solver", "sgd", "--epochs", "30"]])
    def test_weights(self, solver: list[str], run: Run, workplace: Path) -> None:
        frame = made(noise=4.0).with_columns(w=pl.int_range(pl.len()) % 3)
        (workplace / "houses.csv").write_bytes(as_text(frame))
        model = fit(run, "houses.csv", "--weights", "w", *solver)
        assert "w" not in model.preparation_.names
        (workplace / "repeated.csv").write_bytes(
            as_text(pl.concat([frame.filter(pl.col("w") >= k) for k in (1, 2)]).drop("w"))
        )
        repeated = fit(run, "repeated.csv", *solver)
        assert coefficients(model) == pytest.approx(
            coefficients(repeated), rel=0.05 if "sgd" in solver else 1e-6
        )
        fit(run, "houses.csv", "--weights", "w", *solver)
        assert run("predict", "houses.onelayer", "repeated.csv").err == ""

    def test_validation(self, houses: str, run: Run, workplace: Path) -> None:
        (workplace / "new.csv").write_bytes(as_text(made(noise=4.0).head(50).select(pl.all().reverse())))
        result = run("fit", houses, "--target", "price", "--validation", "new.csv", "--json")
        record = json.loads(result.out)
        assert (record["n_train"], record["n_test"]) == (N, 50)
        again = json.loads(run("evaluate", "houses.onelayer", "new.csv", "--json").out)
        assert again["test"] == pytest.approx(record["test"])


class TestLosses:
    """Every loss and solver, and what is said of it."""

    def test_least_squares_is_exact_and_quiet(self, houses: str, run: Run, workplace: Path) -> None:
        result = run("fit", houses, "--target", "price", "--validation", "0.25")
        assert (result.status, result.err) == (0, "")
        lines = dict(line.split(maxsplit=1) for line in result.out.splitlines())
        assert list(lines) == ["train", "validation", "target", "time", "data", "model", "report"]
        assert lines["train"].endswith("300 rows")
        assert lines["target"] == "price, from 6 inputs"
        assert lines["model"] == "houses.onelayer (closed form)"
        assert {path.name for path in workplace.iterdir()} == {"houses.csv", "houses.onelayer", "houses.html"}

    def test_one_penalty_of_several(self, houses: str, run: Run) -> None:
        result = run("fit", houses, "--target", "price", "--no-report", "--alpha", "0.001,1000")
        assert "(closed form, alpha 0.001)" in result.out

    @pytest.mark.parametrize("loss", ["absolute", "huber", "quantile"])
    def test_robust_losses(self, loss: str, run: Run, workplace: Path) -> None:
        frame = made()
        worst = pl.int_range(pl.len()) % 20 == 0
        frame = frame.with_columns(price=pl.when(worst).then(pl.col("price") + 1e4).otherwise("price"))
        (workplace / "houses.csv").write_bytes(as_text(frame))
        model = fit(run, "houses.csv", "--loss", loss)
        assert coefficients(model) == pytest.approx(TRUTH, abs=1e-3)
        record = json.loads(run("evaluate", "houses.onelayer", "houses.csv", "--json").out)
        assert record["iterations"] == model.estimator_.n_iter_

    def test_iterations_are_counted_on_ever_fewer_lines(self, houses: str, run: Run) -> None:
        result = run("fit", houses, "--target", "price", "--loss", "absolute", "--no-report")
        lines = result.err.splitlines()
        n_iterations = ol.load("houses.onelayer").estimator_.n_iter_
        assert [line.split()[1] for line in lines[:2]] == ["1", "2"]
        assert lines[-1].split()[:3] == ["iteration", str(n_iterations), "loss"]
        assert len(lines) <= 8
        assert "rows/s" not in result.err
        assert f"({n_iterations} iterations, gap " in result.out

    def test_several_quantiles(self, houses: str, run: Run) -> None:
        options = ["--target", "price", "--loss", "quantile", "--quantile", "0.1,0.5,0.9"]
        result = run("fit", houses, *options)
        assert result.status == 0
        assert result.out.startswith("train       quantile loss ")
        header, *lines = run("predict", "houses.onelayer", houses).out.splitlines()
        assert header == "prediction at 0.1,prediction at 0.5,prediction at 0.9"
        record = json.loads(run("predict", "houses.onelayer", houses, "--json").out)
        assert record["quantiles"] == [0.1, 0.5, 0.9]
        assert record["prediction"] == [[float(value) for value in line.split(",")] for line in lines]
        values = np.array([line.split(",") for line in lines], dtype=float)
        below = (made(noise=4.0)["price"].to_numpy()[:, None] < values).mean(axis=0)
        assert below == pytest.approx([0.1, 0.5, 0.9], abs=0.03)
        evaluated = run("evaluate", "houses.onelayer", houses).out
        assert evaluated.splitlines()[0].split(maxsplit=1)[1].startswith("quantile loss ")

    def test_the_loss_that_the_rows_favour(self, run: Run, workplace: Path) -> None:
        frame = made().with_columns(
            price=pl.col("price") + pl.Series(np.random.RandomState(1).laplace(size=N))
        )
        (workplace / "houses.csv").write_bytes(as_text(frame))
        result = run("fit", "houses.csv", "--target", "price", "--loss", "auto", "--no-report")
        assert "the absolute loss" in result.err.splitlines()[0]
        assert "comparing" not in result.err
        assert ol.load("houses.onelayer").estimator_.loss == "absolute"

    def test_what_is_given_of_huber_holds_where_it_is_chosen(self, run: Run, workplace: Path) -> None:
        size = np.random.RandomState(0).randn(2000)
        frame = pl.DataFrame({"size": size, "price": size + Huber(1.5).noise.sample(2000, random_state=1)})
        (workplace / "houses.csv").write_bytes(as_text(frame))
        found = fit(run, "houses.csv", "--loss", "auto").estimator_
        assert (found.loss, found.scale == "auto") == ("huber", False)
        chosen = fit(run, "houses.csv", "--loss", "auto", "--delta", "1.2").estimator_
        assert (chosen.loss, chosen.delta, chosen.scale) == ("huber", 1.2, "auto")
        same = fit(run, "houses.csv", "--loss", "huber", "--delta", "1.2").estimator_
        assert chosen.coef_.tobytes() == same.coef_.tobytes()

    def test_an_option_of_sgd_asks_for_it_with_the_usual_value_too(self, houses: str, run: Run) -> None:
        for option in (
            ["--epochs", "10"],
            ["--learning-rate", "auto"],
            ["--loss", "huber", "--batch-size", "256"],
        ):
            assert fit(run, houses, *option).estimator_.training_["solver"] == "sgd"

    @pytest.mark.parametrize("implementation", ["fast", "scratch", "concise"])
    def test_gradient_descent(self, implementation: str, houses: str, run: Run) -> None:
        model = fit(run, houses, "--solver", "sgd", "--implementation", implementation)
        assert model.estimator_.training_["implementation"] == implementation
        exact = coefficients(fit(run, houses))
        found = dict(zip(exact, model.estimator_.coef_, strict=True))
        assert found["size"] == pytest.approx(exact["size"], rel=0.02)

    def test_ctrl_c_keeps_the_last_iteration(
        self, houses: str, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def press(self: object, epoch: Epoch) -> None:
            if epoch.epoch == 2:
                signal.raise_signal(signal.SIGINT)

        monkeypatch.setattr(ol.callbacks.ProgressBar, "on_epoch", press)
        result = run("fit", houses, "--target", "price", "--loss", "absolute", "--no-report")
        assert result.status == 130
        assert result.err == "Stopped after iteration 2: interrupted.\n"
        assert ol.load("houses.onelayer").estimator_.n_iter_ == 2

    def test_more_columns_than_rows(self, run: Run, workplace: Path) -> None:
        frame = pl.DataFrame({f"x{k}": np.random.RandomState(k).rand(6) for k in range(9)})
        (workplace / "wide.csv").write_bytes(as_text(frame))
        result = run("fit", "wide.csv", "--target", "x0")
        assert result.status == 0
        assert "Warning: 8 columns and only 6 rows" in result.err


class TestClasses:
    """A target of text is a classification."""

    @pytest.fixture
    def labelled(self, workplace: Path) -> pl.DataFrame:
        """A table whose town is told by the size."""
        sizes = np.random.RandomState(0).uniform(0, 90, N)
        frame = pl.DataFrame(
            {"size": sizes, "town": [("Bonn", "Kiel", "Ulm")[int(size // 30)] for size in sizes]}
        )
        (workplace / "towns.csv").write_bytes(as_text(frame))
        return frame

    def test_from_fit_to_report(self, labelled: pl.DataFrame, run: Run) -> None:
        options = ["--validation", "0.25", "--epochs", "40"]
        record = json.loads(run("fit", "towns.csv", "--target", "town", "--json", *options).out)
        assert (record["target"], record["n_train"], record["n_test"], record["epochs"]) == (
            "town",
            300,
            100,
            40,
        )
        assert record["test"]["accuracy"] > 0.9
        assert isinstance(ol.load("towns.onelayer").estimator_, SoftmaxRegression)
        header, *lines = run("predict", "towns.onelayer", "towns.csv", "--proba").out.splitlines()
        assert header == "prediction,Bonn,Kiel,Ulm"
        predicted = [line.split(",")[0] for line in lines]
        accuracy = np.mean(np.array(predicted) == labelled["town"].to_numpy())
        evaluated = json.loads(run("evaluate", "towns.onelayer", "towns.csv", "--json").out)
        assert evaluated["test"]["accuracy"] == accuracy
        assert run("report", "towns.onelayer", "towns.csv", "-o", "page.html").status == 0

    def test_each_class_is_held_out_alike(self, run: Run, workplace: Path) -> None:
        frame = pl.DataFrame({"x": np.arange(100.0), "y": ["often"] * 90 + ["seldom"] * 10})
        (workplace / "towns.csv").write_bytes(as_text(frame))
        for seed in ("0", "1", "2"):
            options = ["--target", "y", "--validation", "0.2", "--seed", seed, "--json", "--no-report"]
            record = json.loads(run("fit", "towns.csv", *options, "--epochs", "1").out)
            assert (record["n_train"], record["n_test"]) == (80, 20)
            model = ol.load("towns.onelayer")
            share = np.mean(model.predict_proba(frame)[:, 1])
            assert 0 < share < 1

    def test_a_class_that_only_the_validation_has(self, labelled: pl.DataFrame, run: Run) -> None:
        Path("new.csv").write_bytes(as_text(labelled.with_columns(town=pl.lit("Jena"))))
        result = run("fit", "towns.csv", "--target", "town", "--validation", "new.csv")
        assert result.status == 1
        assert result.error.startswith("new.csv: label 'Jena' in row 0")


class TestSavedModels:
    """The commands on the file of a model."""

    @pytest.fixture
    def model(self, houses: str, run: Run) -> TableModel:
        """A model of the noisy table."""
        return fit(run, houses)

    def test_predictions_go_by_names(self, model: TableModel, run: Run, workplace: Path) -> None:
        columns = ["town", "sold", "garden", "rooms", "size"]
        (workplace / "new.csv").write_bytes(as_text(made(noise=4.0).select(columns)))
        new, old = (run("predict", "houses.onelayer", f"{name}.csv") for name in ("new", "houses"))
        assert (new.status, new.err, new.out) == (0, "", old.out)
        lines = np.array(new.out.splitlines()[1:], dtype=float)
        np.testing.assert_array_equal(lines, model.predict(made(noise=4.0)))

    def test_columns_that_are_new_are_told(self, model: TableModel, run: Run, workplace: Path) -> None:
        (workplace / "new.csv").write_bytes(as_text(made(noise=4.0).with_columns(pool=True)))
        result = run("predict", "houses.onelayer", "new.csv")
        assert result.status == 0
        assert result.err == (
            "Warning: new.csv: not in the table that the model was fitted to, and not read: 'pool'\n"
        )

    def test_text_that_looks_like_truth_values(self, run: Run, workplace: Path) -> None:
        frame = made(noise=4.0).with_columns(town=pl.Series(["true", "false", "perhaps", "no"] * (N // 4)))
        (workplace / "houses.csv").write_bytes(as_text(frame))
        fit(run, "houses.csv")
        (workplace / "new.csv").write_bytes(as_text(frame.filter(pl.col("town") == "true")))
        result = run("predict", "houses.onelayer", "new.csv")
        assert (result.status, result.err) == (0, "")

    def test_intervals(self, model: TableModel, houses: str, run: Run) -> None:
        record = json.loads(run("predict", "houses.onelayer", houses, "--interval", "0.9", "--json").out)
        lower, upper = np.array(record["lower"]), np.array(record["upper"])
        truth = made(noise=4.0)["price"].to_numpy()
        assert np.mean((lower < truth) & (truth < upper)) == pytest.approx(0.9, abs=0.03)
        half = stats.t.ppf(0.95, N - 7) * 4.0
        assert (upper - lower).mean() / 2 == pytest.approx(half, rel=0.1)

    def test_inspect(self, model: TableModel, run: Run) -> None:
        lines = dict(line.split(maxsplit=1) for line in run("inspect", "houses.onelayer").out.splitlines())
        assert lines["target"] == "price"
        assert lines["columns"] == "size, rooms, garden, sold, town"
        assert "400 rows, closed form, " in lines["training"]
        assert "last" not in lines
        record = json.loads(run("inspect", "houses.onelayer", "--json", "--summary").out)
        assert record["preparation"] == model.preparation_.options.to_json()
        assert record["solution"]["rank"] == 6
        assert record["summary"]

    @pytest.mark.parametrize(("language", "word"), [("en", "Least squares"), ("zh", "最小二乘")])
    def test_the_summary(self, language: str, word: str, model: TableModel, run: Run) -> None:
        out = run("inspect", "houses.onelayer", "--summary", "--lang", language).out
        assert f"{word}" in out
        assert all(name in out for name in model.preparation_.names)

    @pytest.mark.parametrize("covariance", ["classical", "HC3"])
    @pytest.mark.parametrize("language", ["en", "zh"])
    def test_report(self, covariance: str, language: str, model: TableModel, houses: str, run: Run) -> None:
        options = ["-o", "page.html", "--covariance", covariance, "--lang", language]
        result = run("report", "houses.onelayer", houses, *options)
        assert (result.status, result.err) == (0, "report      page.html\n")
        page = Path("page.html").read_text("utf-8")
        assert "town" in page
        assert "price" in page

    def test_robust_errors_need_the_rows_of_the_fit(
        self, model: TableModel, run: Run, workplace: Path
    ) -> None:
        (workplace / "new.csv").write_bytes(as_text(made(noise=4.0).head(90)))
        result = run("report", "houses.onelayer", "new.csv", "-o", "page.html", "--covariance", "HC0")
        assert (result.status, result.error) == (
            1,
            "new.csv: --covariance HC0 needs the rows of the fit, of which there were 400, and here are 90",
        )

    def test_robust_errors_refuse_another_table_of_the_same_length(
        self, model: TableModel, run: Run, workplace: Path
    ) -> None:
        other = made(noise=4.0).with_columns(pl.col("price").reverse())
        (workplace / "other.csv").write_bytes(as_text(other))
        result = run("report", "houses.onelayer", "other.csv", "-o", "page.html", "--covariance", "HC3")
        assert result.status == 1
        reason = (
            "other.csv: these are not the rows that the model was fitted to: the sum of squared residuals is "
        )
        assert result.error.startswith(reason)
        assert not Path("page.html").exists()

    def test_robust_errors_need_the_weights_of_the_fit(self, run: Run, workplace: Path) -> None:
        frame = made(noise=4.0).with_columns(w=pl.int_range(pl.len()) % 3 + 1)
        (workplace / "houses.csv").write_bytes(as_text(frame))
        fit(run, "houses.csv", "--weights", "w")
        options = ["report", "houses.onelayer", "houses.csv", "-o", "page.html", "--covariance", "HC0"]
        assert run(*options).error.endswith("name the column of its weights with --weights COLUMN")
        assert run(*options, "--weights", "w").status == 0
