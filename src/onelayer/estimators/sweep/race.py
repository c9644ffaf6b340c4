"""All groups, epoch by epoch: who goes on, who is stopped, and what is told on the way."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from onelayer.estimators.sweep.grid import Parameters
from onelayer.estimators.sweep.groups import Group
from onelayer.solvers.events import Epoch
from onelayer.solvers.solution import Stopped

WAITING, RUNNING, FINISHED, STOPPED, DIVERGED = "waiting", "running", "finished", "stopped", "diverged"


@dataclass
class Standing:
    """How a candidate stands.

    Attributes
    ----------
    number : int
        Its place in the grid.
    params : dict
    state : {"waiting", "running", "finished", "stopped", "diverged"}
        "stopped" if it was given up in favour of better ones.
    epoch, epochs : int
        Epochs done, and planned.
    train_loss, val_loss, val_score : float
        After the last epoch, means over the splits; NaN before the first.
    """

    number: int
    params: Parameters
    state: str = WAITING
    epoch: int = 0
    epochs: int = 0
    train_loss: float = math.nan
    val_loss: float = math.nan
    val_score: float = math.nan


class Rule(Protocol):
    """Says who goes on."""

    def survivors(self, epoch: int, losses: Mapping[int, float]) -> set[int]:
        """Return which of the candidates, that have this validation loss after this epoch, go on."""


Listener = Callable[[list[Standing]], object]


def race(
    candidates: Sequence[Parameters],
    groups: Sequence[Sequence[Group]],
    rule: Rule,
    listeners: Sequence[Listener],
) -> list[Standing]:
    """Train every group, each on all of its splits in step, and return how the candidates stand in the end.

    After each epoch the rule says which of those that can be stopped go on, and every listener hears how all stand.
    """
    standings = [Standing(number, dict(parameters)) for number, parameters in enumerate(candidates)]
    for splits in groups:
        while running := splits[0].running:
            records = type(splits[0]).epoch_of_each(splits)
            came_through = [c for c in running if all(c in found for found in records)]
            for c in running:
                if c in came_through:
                    _note(standings[c], [found[c] for found in records])
                else:
                    standings[c].state = DIVERGED
            survivors = set(came_through)
            if splits[0].stops and came_through:
                losses = {c: standings[c].val_loss for c in came_through}
                survivors = rule.survivors(standings[came_through[0]].epoch, losses)
            still = set(splits[0].running)
            for c in came_through:
                if c not in still:
                    standings[c].state = FINISHED
                elif c not in survivors:
                    standings[c].state = STOPPED
            ended = [c for c in running if standings[c].state != RUNNING]
            for group in splits:
                group.stop([c for c in ended if c in group.running], Stopped.CALLBACK)
            for listener in listeners:
                listener(standings)
    return standings


def _note(standing: Standing, records: Sequence[Epoch]) -> None:
    """Take in the records of a candidate's epoch, one of each split."""
    standing.state, standing.epoch, standing.epochs = RUNNING, records[0].epoch, records[0].epochs
    standing.train_loss = float(np.mean([record.train_loss for record in records]))
    standing.val_loss = float(np.mean([_number(record.val_loss) for record in records]))
    standing.val_score = float(np.mean([_number(record.val_score) for record in records]))


def _number(value: float | None) -> float:
    return math.nan if value is None else value
