"""``onelayer fit``: trains, says how good the result is, leaves a model file and a report."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

import click
import numpy as np
import pytest

import onelayer as ol
from onelayer.cli.fit import fit
from onelayer.estimators.linear_regression import LinearRegression
from onelayer.estimators.softmax_regression import SoftmaxRegression
from onelayer.solvers.events import Epoch

from .conftest import Run, squares, write_folder

KEYS = [
    *(
        "model",
        "report",
        "source",
        "target",
        "n_train",
        "n_test",
        "epochs",
        "seconds",
        "converged",
        "train",
        "test",
        "temperature",
        "calibration",
    ),
]


def files(folder: Path) -> set[str]:
    """Return the names of the files in a folder, hidden ones too."""
    return {path.name for path in folder.iterdir() if path.is_file()}


def test_the_optimum_is_sought_unless_an_option_speaks_of_epochs(toy: str, run: Run) -> None:
    lines = {line.split()[0]: line for line in run("fit", toy).out.splitlines()}
    model = ol.load("toy.onelayer")
    assert model.training_["solver"] == "lbfgs"
    assert model.converged_
    assert 0 <= model.optimality_gap_ < 1e-6
    assert lines["model"].endswith(f"({model.n_iter_} iterations, gap {model.optimality_gap_:.1g})")
    record = json.loads(run("fit", toy, "--json").out)
    assert record["iterations"] == model.n_iter_
    assert "epochs" not in record
    assert run("fit", toy, "--max-iter", "2", "--tol", "1e-4", "--json").status == 0
    assert ol.load("toy.onelayer").get_params().items() >= {"max_iter": 2, "tol": 1e-4}.items()


def test_one_command_leaves_a_model_and_a_page(toy: str, run: Run, workplace: Path) -> None:
    result = run("fit", toy, "--epochs", "10")
    assert result.status == 0
    assert files(workplace) == {"toy.onelayer", "toy.html"}
    lines = {line.split()[0]: line for line in result.out.splitlines()}
    assert list(lines) == ["train", "test", "time", "data", "model", "report"]
    assert lines["train"].endswith("90 rows")
    assert lines["test"].endswith("30 rows")
    assert lines["model"].split() == ["model", "toy.onelayer", "(10", "epochs)"]
    assert lines["report"].split() == ["report", "toy.html"]
    epochs = result.err.splitlines()
    assert len(epochs) == 10
    assert epochs[0].startswith("epoch  1/10  loss ")
    assert "val accuracy" in epochs[0]
    assert "\x1b" not in result.err


def test_json_is_one_object_that_the_model_agrees_with(toy: str, run: Run) -> None:
    result = run("fit", toy, "--json", "--epochs", "3", "--model", "m", "--report", "r")
    record = json.loads(result.out)
    assert list(record) == KEYS
    assert (record["model"], record["report"], record["source"]) == ("m", "r", "toy")
    assert (record["n_train"], record["n_test"], record["epochs"]) == (90, 30, 3)
    model = ol.load("m")
    for part, (images, labels) in {"train": squares(90, seed=0), "test": squares(30, seed=1)}.items():
        probabilities = model.predict_proba(images.reshape(len(images), -1))
        assert record[part]["accuracy"] == np.mean(probabilities.argmax(axis=1) == labels)
        likelihood = np.log(probabilities[np.arange(len(labels)), labels].astype(float))
        assert record[part]["loss"] == pytest.approx(-likelihood.mean(), rel=1e-5)
    assert record["seconds"] == model.training_["seconds"]
    assert len(model.history_) == 3
    assert model.training_["data"]["fingerprint"]


def test_loss_is_shown_in_nats_and_in_bits(toy: str, run: Run) -> None:
    train = run("fit", toy, "--no-report", "--no-model").out.splitlines()[0].split()
    nats, bits = float(train[train.index("nats") - 1]), float(train[train.index("bits") - 1])
    assert bits == pytest.approx(nats / np.log(2), abs=2e-4)


def test_the_same_seed_gives_the_same_model(toy: str, run: Run) -> None:
    for name, arguments in {"a": (), "b": ("--threads", "1"), "c": ("--seed", "1")}.items():
        assert run("fit", toy, "--no-report", "--batch-size", "8", "--model", name, *arguments).status == 0
    a, b, c = (ol.load(name).coef_.tobytes() for name in "abc")
    assert a == b
    assert a != c


def test_options_reach_the_estimator(toy: str, run: Run) -> None:
    options = {
        "epochs": 2,
        "batch_size": 7,
        "learning_rate": 0.01,
        "schedule": "cosine",
        "momentum": 0.5,
        "alpha": 0.001,
        "solver": "sgd",
    }
    words = [word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    assert run("fit", toy, "--no-report", "--model", "m", *words, "--seed", "3", "--threads", "1").status == 0
    parameters = ol.load("m").get_params()
    assert options.items() <= parameters.items()
    assert (parameters["random_state"], parameters["n_threads"]) == (3, 1)


@pytest.mark.parametrize("estimator", [SoftmaxRegression, LinearRegression])
def test_defaults_are_those_of_the_estimators(estimator: type) -> None:
    options = {option.name: option for option in fit.params if isinstance(option, click.Option)}
    parameters = estimator().get_params()
    shared = options.keys() & parameters.keys() - {"loss", "random_state", "early_stopping"}
    assert shared >= {"epochs", "batch_size", "learning_rate", "schedule", "momentum", "solver"}
    for name in shared - {"alpha", "n_threads", "max_iter", "tol"}:
        assert options[name].default == parameters[name], name


def test_squared_loss_is_linear_regression(numbers: str, run: Run) -> None:
    options = ["--loss", "squared", "--epochs", "60", "--batch-size", "20", "--model", "m"]
    result = run("fit", numbers, *options, "--json")
    record = json.loads(result.out)
    assert record["train"]["r2"] > 0.999
    assert record["test"] is None
    assert record["n_test"] is None
    model = ol.load("m")
    assert model.coef_ == pytest.approx([3, -2], abs=0.05)
    assert model.intercept_ == pytest.approx(0.5, abs=0.05)
    assert "R² 1.0000   squared loss " in run("fit", numbers, *options).out


def test_alpha_auto_is_what_the_help_says(numbers: str, toy: str, run: Run) -> None:
    coefficients = []
    for alpha in ("auto", "0"):
        options = ["--loss", "squared", "--alpha", alpha, "--no-report", "--model", "m"]
        assert run("fit", numbers, *options).status == 0
        coefficients.append(ol.load("m").coef_.tobytes())
    assert coefficients[0] == coefficients[1]
    assert run("fit", toy, "--alpha", "auto", "--no-report", "--model", "m").status == 0
    assert ol.load("m").alpha == "auto"


@pytest.mark.parametrize(("module", "name"), [("jinja2", "jinja2"), ("PIL.Image", "PIL")])
def test_what_the_report_needs_is_asked_for_before_the_training(
    module: str, name: str, toy: str, run: Run, workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    result = run("fit", toy)
    assert result.status == 1
    assert result.error == f"{name} is not installed; run: pip install 'onelayer[app]'"
    assert files(workplace) == set()
    assert run("fit", toy, "--no-report").status == 0


class TestValidation:
    """Where the rows to validate on come from."""

    def test_a_fraction_holds_out_the_same_share_of_each_class(self, toy: str, run: Run) -> None:
        result = run("fit", toy, "--validation", "0.2", "--json", "--no-report", "--model", "m")
        record = json.loads(result.out)
        assert (record["n_train"], record["n_test"]) == (72, 18)
        data = ol.load("m").training_["data"]
        assert data["n_rows"] == 72
        assert data["source"].endswith("without 18 of 90 rows held out by seed 0")

    def test_the_split_is_seeded_and_has_a_fingerprint_of_its_own(self, toy: str, run: Run) -> None:
        prints = []
        for seed in ("0", "0", "1"):
            run("fit", toy, "--validation", "0.2", "--no-report", "--model", "m", "--seed", seed)
            prints.append(ol.load("m").training_["data"]["fingerprint"])
        run("fit", toy, "--no-report", "--model", "m")
        prints.append(ol.load("m").training_["data"]["fingerprint"])
        assert prints[0] == prints[1]
        assert len(set(prints)) == 3

    def test_another_source(self, toy: str, run: Run, workplace: Path) -> None:
        write_folder(workplace / "other", *squares(12, seed=2))
        result = run("fit", toy, "--validation", "other", "--no-report", "--no-model")
        assert [line.split()[0] for line in result.out.splitlines()[:2]] == ["train", "validation"]
        assert result.out.splitlines()[1].endswith("12 rows")

    @pytest.mark.parametrize(
        ("lang", "validation", "test"), [("en", "Validation", "Test"), ("zh", "验证", "测试")]
    )
    def test_the_page_calls_it_what_it_is(
        self, lang: str, validation: str, test: str, toy: str, run: Run
    ) -> None:
        heading = {"en": "{} set", "zh": "{}集"}[lang]
        options = ["--lang", lang, "--no-model", "--epochs", "2"]
        run("fit", toy, "--validation", "0.3", "--early-stopping", *options)
        page = Path("toy.html").read_text("utf-8")
        assert heading.format(validation) in page
        assert heading.format(test) not in page
        run("fit", toy, *options)
        page = Path("toy.html").read_text("utf-8")
        assert heading.format(test) in page
        assert heading.format(validation) not in page

    def test_a_single_row(self, numbers: str, run: Run) -> None:
        result = run("fit", numbers, "--loss", "squared", "--validation", "0.005", "--json")
        assert result.status == 0
        record = json.loads(result.out)
        assert (record["n_test"], record["test"]["r2"]) == (1, None)
        inspected = run("inspect", "numbers.onelayer", "--json").out
        assert "NaN" not in inspected
        assert json.loads(inspected)["history"][0]["val_score"] is None

    def test_one_part_only_is_trained_on_without_a_test(self, run: Run, workplace: Path) -> None:
        write_folder(workplace / "single", *squares(30, seed=0))
        result = run("fit", "single", "--json")
        assert json.loads(result.out)["test"] is None
        assert "val" not in result.err
        assert files(workplace) == {"single.onelayer", "single.html"}

    def test_early_stopping_leaves_the_test_part_unseen(self, toy: str, run: Run) -> None:
        noise = np.random.RandomState(0).randint(0, 3, 90).astype(np.uint8)
        write_folder(Path(toy), squares(90, seed=0)[0], noise)
        options = ["--early-stopping", "--epochs", "200", "--no-report", "--model"]
        result = run("fit", toy, *options, "m")
        model = ol.load("m")
        assert model.n_iter_ < 200
        assert result.err.splitlines()[-1] == f"Stopped after epoch {model.n_iter_} of 200: early stopping."
        assert result.out.splitlines()[1].endswith("30 rows")
        assert result.status == 0

        write_folder(Path("toy"), *squares(60, seed=9), part="t10k")
        run("fit", toy, *options, "n")
        assert ol.load("n").coef_.tobytes() == model.coef_.tobytes()


class TestEnding:
    """How a run that does not go to its end is told of."""

    def test_ctrl_c_keeps_the_last_epoch(
        self, toy: str, run: Run, workplace: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def press(self: object, epoch: Epoch) -> None:
            if epoch.epoch == 2:
                signal.raise_signal(signal.SIGINT)

        monkeypatch.setattr(ol.callbacks.ProgressBar, "on_epoch", press)
        result = run("fit", toy, "--epochs", "1000")
        assert result.status == 130
        assert result.err == "Stopped after epoch 2 of 1000: interrupted.\n"
        assert files(workplace) == {"toy.onelayer", "toy.html"}
        assert ol.load("toy.onelayer").n_iter_ == 2

    def test_ctrl_c_before_the_first_epoch_leaves_nothing(
        self, toy: str, run: Run, workplace: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def press(*arguments: object, **options: object) -> None:
            signal.raise_signal(signal.SIGINT)

        monkeypatch.setattr(ol.callbacks.ProgressBar, "on_start", press)
        result = run("fit", toy)
        assert result.status == 130
        assert result.error == "interrupted; nothing was written"
        assert files(workplace) == set()

    def test_divergence(self, toy: str, run: Run, workplace: Path) -> None:
        result = run("fit", toy, "--learning-rate", "1e6", "--schedule", "constant")
        assert result.status == 3
        assert result.out == ""
        assert result.err.splitlines()[-1].startswith("Error: training diverged in epoch ")
        assert "; try --learning-rate " in result.err
        assert files(workplace) == set()


class TestSubset:
    """The bundled subset stands in, and the user is told."""

    def test_one_plain_line(self, run: Run, workplace: Path) -> None:
        result = run("fit", "fashion-mnist", "--epochs", "1")
        assert result.status == 0
        warning = result.err.splitlines()[0]
        assert warning.startswith("Warning: Fashion-MNIST: this is the bundled subset of 6,000 training and ")
        assert "apt install" in warning
        assert ".py" not in warning
        assert "Warning" not in "".join(result.err.splitlines()[1:])
        data = next(line for line in result.out.splitlines() if line.startswith("data"))
        assert "bundled subset: 6,000 of 60,000 training and 1,000 of 10,000 test images" in data
        assert files(workplace) == {"fashion-mnist.onelayer", "fashion-mnist.html"}
        assert ol.load("fashion-mnist.onelayer").training_["data"]["subset"] is True

    def test_a_set_that_is_nowhere(self, run: Run, workplace: Path) -> None:
        result = run("fit", "mnist")
        assert result.status == 1
        assert result.error.endswith("To get it, give the folder of its four files")
        assert files(workplace) == set()
