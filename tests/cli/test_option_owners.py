"""Options without effect are refused before anything is read; those that have one are taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from onelayer.cli.fit import fit
from onelayer.cli.option_owners import OWNERS, SGD
from onelayer.estimators.linear_regression import LinearRegression
from onelayer.estimators.sgd_parameters import OF_SGD
from onelayer.estimators.softmax_regression import SoftmaxRegression

from .conftest import Refused, Run

CLOSED_FORM = "the solver here is closed_form; leave it out"


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (
            "--quantile 0.1,0.9",
            "--quantile belongs to --loss quantile, and the loss here is squared or cross-entropy; leave it out",
        ),
        (
            "--delta 2 --loss squared",
            "--delta belongs to --loss huber, and the loss here is squared; leave it out",
        ),
        ("--scale auto --loss absolute", "--scale belongs to --loss huber, and the loss here is absolute"),
        (
            "--loss cross-entropy --delta 2",
            "--delta belongs to --loss huber, and the loss here is cross-entropy",
        ),
        (
            "--loss auto --quantile 0.5",
            "--quantile belongs to --loss quantile, and the loss here is squared or absolute or huber",
        ),
        ("--solver closed_form --epochs 5", f"--epochs belongs to --solver sgd, and {CLOSED_FORM}"),
        ("--solver closed_form --batch-size 3", f"--batch-size belongs to --solver sgd, and {CLOSED_FORM}"),
        (
            "--solver closed_form --learning-rate 2",
            f"--learning-rate belongs to --solver sgd, and {CLOSED_FORM}",
        ),
        (
            "--solver closed_form --early-stopping",
            f"--early-stopping belongs to --solver sgd, and {CLOSED_FORM}",
        ),
        (
            "--solver newton --loss huber --momentum 0.5",
            "--momentum belongs to --solver sgd, and the solver here is newton",
        ),
        ("--loss squared --tol 1e-3", f"--tol belongs to --solver newton or lbfgs, and {CLOSED_FORM}"),
        (
            "--loss huber --solver sgd --max-iter 5",
            "--max-iter belongs to --solver newton or lbfgs, and the solver here is sgd",
        ),
        (
            "--loss huber --epochs 5 --max-iter 5",
            "--max-iter belongs to --solver newton or lbfgs, and the solver here is sgd",
        ),
        (
            "--loss huber --implementation scratch --tol 0.1",
            "--tol belongs to --solver newton or lbfgs, and the solver here is sgd",
        ),
        (
            "--loss auto --solver newton",
            "--loss auto may choose a loss that --solver newton does not solve; leave --solver out",
        ),
    ],
)
def test_an_option_without_effect(options: str, line: str, refused: Refused) -> None:
    found = refused("fit", "never-read.csv", "--target", "y", *options.split(), status=2)
    assert found.startswith(line)
    assert found.endswith(" (see 'onelayer fit --help')")


@pytest.mark.parametrize(
    "options",
    [
        "--loss huber --delta 2 --scale 1 --max-iter 50 --tol 1e-6",
        "--loss quantile --quantile 0.1,0.9 --solver newton --tol 1e-6",
        "--loss quantile --quantile 0.9 --epochs 2",
        "--loss auto --delta 2 --scale 1 --tol 1e-6",
        "--loss auto --epochs 2",
        "--loss huber --delta 2 --solver sgd --epochs 2 --momentum 0.5",
    ],
)
def test_options_with_an_effect(options: str, numbers: str, run: Run) -> None:
    result = run("fit", numbers, "--no-report", *options.split())
    if "auto" in options.split():  # the numbers are a plane, whose noise has no scale
        assert "there is no noise to compare losses by" in result.error
    else:
        assert result.status == 0, result.err


def test_the_table_knows_every_parameter_that_not_all_fits_have() -> None:
    assert tuple(OF_SGD) == SGD
    assert OWNERS.keys() <= {option.name for option in fit.params}
    regression, softmax = (model().get_params() for model in (LinearRegression, SoftmaxRegression))
    options = {option.name for option in fit.params}
    assert (regression.keys() - softmax.keys()) & options - {"loss"} <= OWNERS.keys()


def test_a_comparison_of_losses_that_is_refused_is_one_line(refused: Refused, workplace: Path) -> None:
    rows = "\n".join(f"{k},{k * k % 7}" for k in range(8))
    (workplace / "few.csv").write_text(f"x,y\n{rows}\n")
    line = refused("fit", "few.csv", "--target", "y", "--loss", "auto")
    assert line.startswith("few.csv: 8 rows with a weight above 0 are too few")
