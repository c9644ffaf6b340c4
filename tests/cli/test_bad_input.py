"""Bad input: one clear line, exit status 1 or 2, no traceback, nothing written."""

from __future__ import annotations

import gzip
import io
import resource
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from .conftest import Run, everything, squares, write_folder, write_idx

IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"


@pytest.fixture
def folder(workplace: Path) -> Path:
    """A good folder of one part, for a test to spoil."""
    return write_folder(workplace / "data", *squares(30, seed=0))


class TestUse:
    """A wrong use of the command line has exit status 2."""

    @pytest.mark.parametrize(
        ("arguments", "reason"),
        [
            (["--epochs", "0"], "'--epochs': 0 is not in the range"),
            (["--epochs", "1.5"], "'--epochs': '1.5' is not a valid integer"),
            (["--batch-size", "-1"], "'--batch-size': -1 is not in the range"),
            (["--learning-rate", "nan"], "'nan' is not a finite number above 0, or 'auto'"),
            (["--learning-rate", "inf"], "'inf' is not a finite number above 0, or 'auto'"),
            (["--learning-rate", "1e999"], "'1e999' is not a finite number above 0, or 'auto'"),
            (["--learning-rate", "0"], "'0' is not a finite number above 0, or 'auto'"),
            (["--learning-rate", "fast"], "'fast' is not a finite number above 0, or 'auto'"),
            (["--momentum", "1"], "'1' is not a finite number of at least 0 and below 1"),
            (["--alpha", "-0.1"], "'-0.1' is not a finite number of at least 0, or 'auto'"),
            (["--alpha", "nan"], "'nan' is not a finite number of at least 0"),
            (["--threads", "0"], "'--threads': 0 is not in the range"),
            (["--seed", "-1"], "'--seed': -1 is not in the range"),
            (["--validation", "1.5"], "'1.5' is not a fraction between 0 and 1, nor a data set"),
            (["--validation", "nan"], "'nan' is not a fraction between 0 and 1, nor a data set"),
            (["--loss", "cubed"], "'cubed' is not one of"),
            (["--schedule", "never"], "'never' is not one of"),
            (["--magic"], "No such option"),
            (["--model"], "requires an argument"),
            (["more"], "unexpected extra argument"),
            (["--model", "m", "--no-model"], "exclude each other"),
            (["--model", "same", "--report", "same"], "--model and --report both name same"),
        ],
    )
    def test_of_fit(
        self, arguments: list[str], reason: str, refused: Callable[..., str], folder: Path
    ) -> None:
        line = refused("fit", folder, *arguments, status=2)
        assert reason in line
        assert line.endswith((" (see 'onelayer fit --help')", " (see 'onelayer --help')"))

    @pytest.mark.parametrize(
        ("arguments", "reason"),
        [
            (["nonsense"], "No such command 'nonsense'"),
            (["fit"], "Missing argument 'SOURCE'"),
            (["evaluate", "model"], "Missing argument 'SOURCE'"),
            (["report", "model", "data"], "Missing option '-o'"),
            (["datasets", "nonsense"], "No such command 'nonsense'"),
        ],
    )
    def test_of_commands(self, arguments: list[str], reason: str, refused: Callable[..., str]) -> None:
        assert reason in refused(*arguments, status=2)


class TestSource:
    """What cannot be trained on."""

    def test_nothing_there(self, refused: Callable[..., str]) -> None:
        assert refused("fit", "nowhere").startswith("nowhere: there is no such folder or data set")

    def test_a_file(self, refused: Callable[..., str], workplace: Path) -> None:
        (workplace / "table.html").write_text("<table></table>\n")
        assert refused("fit", "table.html").startswith("table.html: this is a file")

    def test_an_empty_folder(self, refused: Callable[..., str], workplace: Path) -> None:
        (workplace / "empty").mkdir()
        assert "no IDX files in this folder" in refused("fit", "empty")

    @pytest.mark.parametrize("missing", [IMAGES, LABELS])
    def test_a_missing_file(self, missing: str, refused: Callable[..., str], folder: Path) -> None:
        (folder / missing).unlink()
        assert "missing" in refused("fit", folder)

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda content: b"\x01" + content[1:],
            lambda content: content[:2] + b"\x07" + content[3:],
            lambda content: content[:-1],
            lambda content: content[:10],
            lambda content: content[:3],
            lambda content: b"",
            lambda content: content + b"\0",
            lambda content: content[:4] + b"\xff" * 12 + content[16:],
            lambda content: content[:4] + struct.pack(">I", 10**6) + content[8:],
            lambda content: b"<!DOCTYPE html><title>Not found</title>",
            lambda content: gzip.compress(content)[:-20],
            lambda content: gzip.compress(content)[:100] + bytes(50),
            lambda content: gzip.compress(content + bytes(100_000)),
        ],
        ids=[
            *(
                "magic",
                "type",
                "a byte short",
                "in the header",
                "in the magic number",
                "empty",
                "a byte more",
            ),
            *("overflow", "dimensions", "web page", "short gzip", "corrupt gzip", "gzip holds more"),
        ],
    )
    def test_a_damaged_file(
        self, spoil: Callable[[bytes], bytes], refused: Callable[..., str], folder: Path
    ) -> None:
        path = folder / IMAGES
        path.write_bytes(spoil(path.read_bytes()))
        assert refused("fit", folder).startswith(f"{path}: ")

    def test_a_bomb(self, refused: Callable[..., str], folder: Path) -> None:
        packed = io.BytesIO()
        with gzip.open(packed, "wb") as file:
            file.write((folder / IMAGES).read_bytes())
            for _ in range(64):
                file.write(bytes(1 << 20))
        (folder / IMAGES).unlink()
        (folder / f"{IMAGES}.gz").write_bytes(packed.getvalue())
        assert refused("fit", folder).startswith(f"{folder / IMAGES}.gz: ")

    def test_other_numbers_of_images_and_labels(self, refused: Callable[..., str], folder: Path) -> None:
        write_idx(folder / LABELS, np.zeros(29, np.uint8))
        line = refused("fit", folder)
        assert "29 labels" in line
        assert "30 images" in line

    def test_labels_with_nan(self, refused: Callable[..., str], folder: Path) -> None:
        labels = np.arange(30, dtype=np.float32) % 3
        labels[7] = np.nan
        write_idx(folder / LABELS, labels)
        for loss in ("cross-entropy", "squared"):
            line = refused("fit", folder, "--loss", loss)
            assert "row 7" in line
            assert "nan" in line

    def test_labels_that_are_no_classes(self, refused: Callable[..., str], folder: Path) -> None:
        write_idx(folder / LABELS, np.arange(30) / 2.0)
        line = refused("fit", folder)
        assert "row 1 (counted from 0) is 0.5, which is no class; --loss squared fits such numbers" in line

    @pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
    def test_inputs_that_are_not_finite(
        self, value: float, refused: Callable[..., str], folder: Path
    ) -> None:
        images = squares(30, seed=0)[0].astype(np.float32)
        images[4, 1, 2] = value
        write_idx(folder / IMAGES, images)
        for loss in ("cross-entropy", "squared"):
            line = refused("fit", folder, "--loss", loss)
            assert "row 4" in line
            assert "column 6" in line

    def test_one_class_only(self, refused: Callable[..., str], folder: Path) -> None:
        write_idx(folder / LABELS, np.full(30, 4, np.uint8))
        line = refused("fit", folder)
        assert line.startswith(f"IDX files in the folder {folder}: ")
        assert "one class only" in line

    def test_an_empty_set(self, refused: Callable[..., str], folder: Path) -> None:
        write_folder(folder, np.zeros((0, 4, 4), np.uint8), np.zeros(0, np.uint8))
        assert "empty" in refused("fit", folder)

    def test_a_test_label_that_was_not_trained_on(self, refused: Callable[..., str], folder: Path) -> None:
        write_folder(folder, squares(6, seed=0)[0], np.arange(6, dtype=np.uint8), part="t10k")
        for options in ([], ["--early-stopping"]):
            line = refused("fit", folder, *options)
            assert line.startswith(f"IDX files in the folder {folder}: label 3 in row 3 ")
            assert line.endswith("is not one of the 3 classes (0, 1, 2)")

    def test_test_inputs_that_are_not_finite(self, refused: Callable[..., str], folder: Path) -> None:
        images, labels = squares(6, seed=0)
        images = images.astype(np.float32)
        images[4, 1, 2] = np.nan
        write_folder(folder, images, labels, part="t10k")
        line = refused("fit", folder)
        assert line.startswith(f"IDX files in the folder {folder}: X contains NaN in row 4, column 6")

    def test_too_few_rows_to_hold_out(self, refused: Callable[..., str], folder: Path) -> None:
        labels = np.zeros(30, np.uint8)
        labels[0] = 1
        write_idx(folder / LABELS, labels)
        line = refused("fit", folder, "--validation", "0.2")
        assert line.endswith("cannot hold out 0.2 of 30 rows: there is only one of class 1")

    @pytest.mark.parametrize(
        ("fraction", "shares"),
        [("0.99", "0 to train on and 30 to validate on"), ("0.05", "28 to train on and 2 to validate on")],
    )
    def test_a_fraction_that_leaves_a_part_without_rows(
        self, fraction: str, shares: str, refused: Callable[..., str], folder: Path
    ) -> None:
        line = refused("fit", folder, "--validation", fraction)
        assert f"cannot hold out {fraction} of 30 rows: that makes {shares}" in line
        assert "test_size" not in line

    def test_validation_of_another_width(
        self, refused: Callable[..., str], folder: Path, workplace: Path
    ) -> None:
        write_folder(workplace / "wide", np.zeros((3, 5, 5), np.uint8), np.arange(3, dtype=np.uint8))
        line = refused("fit", folder, "--validation", "wide")
        assert "rows of 25 features" in line
        assert "has 16" in line

    def test_validation_that_is_not_there(self, refused: Callable[..., str], folder: Path) -> None:
        assert refused("fit", folder, "--validation", "nowhere").startswith("nowhere: ")


class TestModel:
    """What is no model file, or not one for these data."""

    @pytest.mark.parametrize("command", ["evaluate", "predict", "inspect", "report"])
    def test_files_that_are_no_models(
        self, command: str, refused: Callable[..., str], folder: Path, workplace: Path
    ) -> None:
        others = {
            "empty": b"",
            "text": b"hello, world, this is no model",
            "pickle": b"\x80\x04\x95\x0f\x00\x00\x00\x00\x00\x00\x00\x8c\x02os\x94.",
            "page": b"<html></html>",
            "zip": b"PK\x03\x04" + bytes(100),
        }
        rest = {"inspect": [], "report": [folder, "-o", "page.html"]}.get(command, [folder])
        for name, content in others.items():
            (workplace / name).write_bytes(content)
            assert refused(command, name, *rest).startswith(f"{name}: it is ")
        assert refused(command, "nowhere", *rest) == "nowhere: there is no such file"
        assert refused(command, workplace, *rest).endswith("Is a directory")

    def test_a_damaged_model(self, refused: Callable[..., str], model: str, toy: str) -> None:
        content = bytearray(Path(model).read_bytes())
        content[-1] ^= 1
        Path(model).write_bytes(content)
        assert "SHA-256 does not match" in refused("evaluate", model, toy)

    def test_a_newer_version(self, refused: Callable[..., str], model: str, toy: str) -> None:
        content = Path(model).read_bytes()
        Path(model).write_bytes(content.replace(b'"version":"1"', b'"version":"7"'))
        assert "pip install --upgrade onelayer" in refused("predict", model, toy)

    @pytest.mark.parametrize("command", ["evaluate", "predict", "report"])
    def test_data_of_another_width(
        self, command: str, refused: Callable[..., str], model: str, workplace: Path
    ) -> None:
        write_folder(workplace / "wide", np.zeros((3, 5, 5), np.uint8), np.arange(3, dtype=np.uint8))
        options = ["-o", "page.html"] if command == "report" else []
        line = refused(command, model, "wide", *options)
        assert "rows of 25 features, but the model toy.model has 16" in line

    @pytest.mark.parametrize("command", ["evaluate", "report"])
    def test_labels_of_another_set(
        self, command: str, refused: Callable[..., str], model: str, workplace: Path
    ) -> None:
        write_folder(workplace / "other", squares(6, seed=0)[0], np.arange(6, dtype=np.uint8))
        options = ["-o", "page.html"] if command == "report" else []
        line = refused(command, model, "other", *options)
        assert "other: label 3 in row 3" in line

    def test_a_regression_has_no_probabilities(
        self, refused: Callable[..., str], numbers: str, run: Run
    ) -> None:
        run("fit", numbers, "--loss", "squared", "--no-report")
        line = refused("predict", "numbers.onelayer", numbers, "--proba", status=2)
        assert "is a regression and has no probabilities" in line


class TestOutput:
    """What cannot be written is refused before the training."""

    @pytest.mark.parametrize("option", ["--model", "--report"])
    def test_of_fit(self, option: str, refused: Callable[..., str], folder: Path) -> None:
        for path, reason in {
            "missing/file": "the folder missing does not exist",
            f"{folder}/{IMAGES}/file": "is not a folder",
            str(folder): "it is a folder; name a file",
            "/dev/null": "it is a device or pipe; name a file",
            "/proc/file": "cannot write /proc/file: ",
        }.items():
            assert reason in refused("fit", folder, option, path)

    @pytest.mark.parametrize("command", ["predict", "report"])
    def test_of_others(self, command: str, refused: Callable[..., str], model: str, toy: str) -> None:
        assert "does not exist" in refused(command, model, toy, "-o", "missing/file")

    @pytest.mark.parametrize("space", [1_000, 10_000])
    def test_a_full_disk_leaves_neither_model_nor_page(self, space: int, toy: str, run: Run) -> None:
        assert run("fit", toy).status == 0
        before = everything(Path())
        sizes = {name: len(content) for name, content in before.items() if not name.startswith("toy/")}
        assert sizes["toy.onelayer"] < 10_000 < sizes["toy.html"]
        limit = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (space, limit[1]))
        try:
            result = run("fit", toy, "--seed", "5")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        assert result.status == 1
        assert result.out == ""
        assert result.err.splitlines()[-1].endswith("File too large")
        assert everything(Path()) == before

    def test_a_full_disk_leaves_no_predictions(self, model: str, toy: str, run: Run) -> None:
        shutil.rmtree("out", ignore_errors=True)
        Path("out").mkdir()
        limit = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (50, limit[1]))
        try:
            result = run("predict", model, toy, "--proba", "-o", "out/predictions.csv")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        assert result.status == 1
        assert result.error == "cannot write out/predictions.csv: File too large"
        assert not list(Path("out").iterdir())
