"""The command as a whole: help, exit status, and what goes to which output, also in a process of its own."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from onelayer.cli import evaluate
from onelayer.cli.fit import fit

from .conftest import Result, Run


def process(*arguments: str, output: int = subprocess.PIPE) -> Result:
    """Run the command in a process of its own."""
    finished = subprocess.run(
        [sys.executable, "-m", "onelayer", *arguments],
        stdout=output,
        stderr=subprocess.PIPE,
        text=True,
        timeout=120,
    )
    return Result(finished.returncode, finished.stdout or "", finished.stderr)


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"], ["datasets"]])
def test_help(arguments: list[str], run: Run) -> None:
    result = run(*arguments)
    assert (result.status, result.err) == (0, "")
    assert result.out.startswith("Usage: onelayer")


@pytest.mark.parametrize("command", ["fit", "evaluate", "predict", "inspect", "report", "datasets"])
def test_every_command_has_help(command: str, run: Run) -> None:
    assert f"  {command}" in run("--help").out
    assert run(command, "--help").out.startswith(f"Usage: onelayer {command}")


def test_version(run: Run) -> None:
    from onelayer import __version__

    assert run("--version").out == f"onelayer {__version__}\n"


class TestUnexpected:
    """An error that nobody foresaw is one line too, unless the traceback is asked for."""

    @pytest.fixture(autouse=True)
    def bug(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*arguments: object) -> None:
            raise RuntimeError("two\nlines")

        monkeypatch.setattr(evaluate, "load_source", fail)

    def test_one_line(self, model: str, run: Run) -> None:
        result = run("evaluate", model, "data")
        assert result.status == 1
        assert result.error.startswith("this should not happen, please report it (RuntimeError: two lines)")
        assert "ONELAYER_DEBUG=1" in result.error

    def test_the_traceback_on_request(self, model: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ONELAYER_DEBUG", "1")
        result = run("evaluate", model, "data")
        assert result.status == 1
        assert result.err.startswith("Traceback (most recent call last)")

    def test_too_little_memory(self, model: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*arguments: object) -> None:
            raise MemoryError

        monkeypatch.setattr(evaluate, "load_source", fail)
        result = run("evaluate", model, "data")
        assert (result.status, result.error) == (1, "not enough memory")


class TestProcess:
    """What only a process of its own shows."""

    def test_results_and_messages_are_apart(self, model: str, toy: str) -> None:
        result = process("fit", toy, "--no-report", "--epochs", "1", "--json")
        assert result.status == 0
        assert result.out.startswith("{")
        assert result.out.count("\n") == 1
        assert result.err.startswith("epoch 1/1")

    def test_errors_have_no_traceback(self) -> None:
        result = process("fit", "nowhere")
        assert result.status == 1
        assert result.error.startswith("nowhere: there is no such folder or data set")

    def test_wrong_use(self) -> None:
        result = process("fit", "nowhere", "--epochs", "0")
        assert result.status == 2
        assert "--epochs" in result.error

    def test_a_reader_that_has_seen_enough(self, model: str, toy: str) -> None:
        command = [sys.executable, "-m", "onelayer", "predict", model, toy, "--proba"]
        reader, writer = os.pipe()
        os.close(reader)
        finished = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, timeout=120)
        os.close(writer)
        assert (finished.returncode, finished.stderr) == (0, "")

    def test_a_full_disk_behind_standard_output(self, model: str, toy: str) -> None:
        with open("/dev/full", "wb") as full:
            result = process("predict", model, toy, output=full.fileno())
        assert (result.status, result.error) == (1, "standard output: No space left on device")

    def test_a_full_disk_behind_the_summary(self, model: str) -> None:
        with open("/dev/full", "wb") as full:
            result = process("inspect", model, output=full.fileno())
        assert (result.status, result.error) == (1, "standard output: No space left on device")

    def test_a_closed_standard_output(self, model: str) -> None:
        command = f"{sys.executable} -m onelayer inspect {model} >&-"
        finished = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=120)
        assert (finished.returncode, finished.stderr) == (1, "Error: standard output is closed\n")

    def test_a_closed_standard_error(self, toy: str) -> None:
        command = f"{sys.executable} -m onelayer fit {toy} --epochs 1 --no-report --no-model --json 2>&-"
        finished = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=120)
        assert finished.returncode == 0
        assert json.loads(finished.stdout)["epochs"] == 1

    def test_without_the_extra(self) -> None:
        code = (
            "import sys; sys.modules['click'] = None; from onelayer.cli.main import main; sys.exit(main([]))"
        )
        finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
        assert (finished.returncode, finished.stdout) == (1, "")
        assert finished.stderr == "Error: click is not installed; run: pip install 'onelayer[app]'\n"

    def test_help_imports_nothing_heavy(self) -> None:
        heavy = "{'numpy', 'scipy', 'sklearn', 'numba', 'matplotlib', 'jinja2', 'rich'}"
        code = f"import sys, onelayer.cli.program; print({heavy} & set(sys.modules))"
        finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
        assert finished.stdout == "set()\n"

    def test_pandas_stays_out_and_is_not_missed(self, numbers: str) -> None:
        assert importlib.util.find_spec("pandas") is not None
        code = "import sys; from onelayer.cli.main import main; status = main(); print(status, 'pandas' in sys.modules)"
        command = [
            sys.executable,
            "-c",
            code,
            "fit",
            numbers,
            "--loss",
            "squared",
            "--no-model",
            "--no-report",
        ]
        finished = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert (finished.returncode, finished.stderr) == (0, "")
        assert finished.stdout.startswith("train       R² 1.0")
        assert finished.stdout.splitlines()[-1] == "0 False"

    def test_the_installed_command_is_the_same(self) -> None:
        installed = Path(sys.executable).with_name("onelayer")
        finished = subprocess.run([installed, "--version"], capture_output=True, text=True, timeout=60)
        assert finished.stdout == process("--version").out


def test_options_of_fit_are_in_sections(run: Run) -> None:
    result = run("fit", "--help")
    titles = [line for line in result.out.splitlines() if line and not line.startswith((" ", "Usage"))]
    assert titles == ["Table:", "Loss:", "Training:", "Output:"]
    sections = dict(
        zip(titles, re.split(r"\n(?:Table|Loss|Training|Output):\n", result.out)[1:], strict=True)
    )
    homes = {"--target": "Table:", "--missing-values": "Table:", "--alpha": "Loss:", "--epochs": "Training:"}
    homes |= {"--report": "Output:", "--help": "Output:"}
    for option, title in homes.items():
        assert [name for name, text in sections.items() if re.search(rf"^  .*{option}\b", text, re.M)] == [
            title
        ]
    for parameter in fit.params:
        if isinstance(parameter, click.Option):
            assert parameter.opts[0] in result.out
