"""The options that say how a model is trained."""

from __future__ import annotations

from typing import Any

import click

from onelayer.cli.options import Fraction, Number, Numbers, Validation
from onelayer.solvers.schedules import SCHEDULES

AT_LEAST_ONE = click.IntRange(min=1)
SCORES = {
    "cross-entropy": "accuracy",
    "squared": "R²",
    "absolute": "R²",
    "huber": "R²",
    "quantile": "R²",
}

LOSS = ("loss", "delta", "scale", "quantile", "alpha")

TRAINING: dict[str, dict[str, Any]] = {
    "loss": {
        "flags": ("--loss",),
        "type": click.Choice([*SCORES, "auto"]),
        "help": "cross-entropy: softmax regression on class labels; the others: linear regression on numbers; auto: of "
        "squared, absolute and huber the one under whose noise model rows held out are likeliest.  [default: "
        "squared where the target is a number that is no class, else cross-entropy]",
    },
    "delta": {
        "flags": ("--delta",),
        "type": Number(low_open=True),
        "default": 1.35,
        "show_default": True,
        "help": "Where Huber's loss turns from squared to absolute, in units of --scale. With --loss auto, --delta and "
        "--scale hold if huber is chosen; unless one of them is given, both are as the comparison finds them.",
    },
    "scale": {
        "flags": ("--scale",),
        "type": Number(low_open=True, word="auto"),
        "default": "auto",
        "show_default": True,
        "help": "Scale of the noise for Huber's loss; 1 for a --delta in units of the target.",
    },
    "quantile": {
        "flags": ("--quantile",),
        "type": Numbers(low_open=True, high=1.0),
        "default": 0.5,
        "show_default": True,
        "help": "Which quantile the quantile loss estimates; several, separated by commas, make a column for each, as "
        "prediction at 0.1.",
    },
    "solver": {
        "flags": ("--solver",),
        "type": click.Choice(["auto", "closed_form", "newton", "lbfgs", "sgd"]),
        "default": "auto",
        "show_default": True,
        "help": "How the optimum is sought: closed_form for the squared loss, newton for absolute, huber and quantile, "
        "lbfgs for cross-entropy, sgd for all. auto takes the exact one where there is one, unless an option of sgd "
        "is given.",
    },
    "implementation": {
        "flags": ("--implementation",),
        "type": click.Choice(["fast", "scratch", "concise"]),
        "default": "fast",
        "show_default": True,
        "help": "Who takes the steps of sgd: the compiled loop, or the course, with tensors only or with torch.nn.",
    },
    "max_iter": {
        "flags": ("--max-iter",),
        "type": AT_LEAST_ONE,
        "metavar": "N",
        "default": None,
        "help": "Steps of newton or lbfgs at most.  [default: 200, of lbfgs 1000]",
    },
    "tol": {
        "flags": ("--tol",),
        "type": Number(low_open=True),
        "default": None,
        "help": "How far above its least value the objective may be, relative to it, when newton or lbfgs stops.  "
        "[default: 1e-8, of lbfgs 1e-14 or, on bytes and float32, 1e-10]",
    },
    "epochs": {
        "flags": ("--epochs",),
        "type": AT_LEAST_ONE,
        "metavar": "N",
        "default": 10,
        "show_default": True,
        "help": "Passes of sgd over the training rows.",
    },
    "batch_size": {
        "flags": ("--batch-size",),
        "type": AT_LEAST_ONE,
        "metavar": "N",
        "default": 256,
        "show_default": True,
        "help": "Rows in a minibatch.",
    },
    "learning_rate": {
        "flags": ("--learning-rate",),
        "type": Number(low_open=True, word="auto"),
        "default": "auto",
        "show_default": True,
        "help": "Step size of sgd; auto needs no tuning.",
    },
    "schedule": {
        "flags": ("--schedule",),
        "type": click.Choice(SCHEDULES),
        "default": "auto",
        "show_default": True,
        "help": "How the learning rate changes over the epochs.",
    },
    "momentum": {
        "flags": ("--momentum",),
        "type": Number(high=1.0),
        "default": 0.0,
        "show_default": True,
        "help": "Share of the last step that the next one keeps.",
    },
    "alpha": {
        "flags": ("--alpha",),
        "type": Numbers(word="auto"),
        "help": "Strength of the L2 penalty; of several, separated by commas, closed_form takes the best.  [default: "
        "auto = 1/rows for cross-entropy, 0 for the others]",
    },
    "random_state": {
        "flags": ("--seed", "random_state"),
        "type": click.IntRange(0, 2**32 - 1),
        "metavar": "N",
        "default": 0,
        "show_default": True,
        "help": "Seed of all that is random: the same seed gives the same bits.",
    },
    "n_threads": {
        "flags": ("--threads", "n_threads"),
        "type": AT_LEAST_ONE,
        "metavar": "N",
        "help": "Number of threads; no result of the compiled loops depends on it.  [default: all cores; one for "
        "scratch and concise]",
    },
    "validation": {
        "flags": ("--validation",),
        "type": Validation(),
        "metavar": "FRACTION|SOURCE",
        "help": "Rows to validate on: a fraction of the training rows, held out, with the same share of each class; or "
        "another data set.  [default: the test part of SOURCE]",
    },
    "calibrate": {
        "flags": ("--calibrate",),
        "type": Fraction(),
        "metavar": "FRACTION",
        "help": "For cross-entropy: set this share of the training rows aside, of each class alike, and find on them "
        "the temperature of the probabilities. It is a share of what --validation leaves.",
    },
    "early_stopping": {
        "flags": ("--early-stopping",),
        "is_flag": True,
        "help": "Stop sgd when the validation loss no longer falls. Without --validation this watches a tenth of the "
        "training rows, so that the test part stays unseen.",
    },
}
