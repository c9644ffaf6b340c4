"""The functions of ``scratch`` and of ``concise`` as loops of the solver, with its progress, schedules and endings.

Both hold a copy of the data in the type of computation, centred and scaled where the solver asks for it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from functools import partial
from types import ModuleType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from onelayer.course import concise, scratch
from onelayer.course.torch_threads import torch_threads
from onelayer.errors import InvalidParameterError
from onelayer.labels import are_soft
from onelayer.objective import Objective
from onelayer.solvers.loop import Loop, Setting

_LOSSES = ("squared", "absolute", "huber", "quantile", "cross-entropy")


class TorchLoop(Loop):
    """What both have in common: PyTorch, and one thread unless told otherwise (see ``torch_threads``)."""

    packages = ("torch",)

    @classmethod
    def threads(cls, n_threads: int | None) -> int:
        """Return one, or as many as were asked for, up to the number of cores."""
        return min(n_threads or 1, super().threads(None))


class ScratchLoop(TorchLoop):
    """One pass is ``scratch.train_epoch``, one step ``scratch.sgd``."""

    name = "scratch"

    @classmethod
    def check(cls, objective: Objective, momentum: float) -> None:
        """Refuse momentum as well: ``scratch.sgd`` has none."""
        _check(objective, cls.name)
        if momentum:
            raise InvalidParameterError(
                f"momentum={momentum:g}: gradient descent from scratch has none; set momentum=0, or use the "
                "implementation 'concise' or 'fast'"
            )

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        with _torch_settings(setting.n_threads):
            self.loss = _loss(scratch, setting)
            self.X, self.y = _tensors(setting)
            self.W = torch.tensor(setting.W.T, dtype=self.X.dtype, requires_grad=True)
            self.b = torch.tensor(
                setting.b, dtype=self.X.dtype, requires_grad=setting.objective.fit_intercept
            )

    def run(self, order: NDArray[np.int64], rate: float) -> float:
        """Take a step for each minibatch, the penalty's part of it included."""
        setting, W = self.setting, self.W
        shrink = torch.from_numpy(setting.shrink(rate).T).to(W.dtype)
        trained = [parameter for parameter in (W, self.b) if parameter.requires_grad]

        def update() -> None:
            with torch.no_grad():
                W.grad += setting.penalty * W
                scratch.sgd(trained, rate)
                W.mul_(shrink)

        batches = scratch.minibatches(self.X, self.y, setting.batch_size, torch.from_numpy(order))
        with _torch_settings(setting.n_threads):
            loss = scratch.train_epoch(batches, (W, self.b), self.loss, update)
        return loss if _finite(W, self.b) else math.inf

    def parameters(self) -> tuple[NDArray, NDArray]:
        """Return the transpose of W, which has the course's shape, and b."""
        return np.ascontiguousarray(self.W.detach().numpy().T), self.b.detach().numpy()

    def state(self) -> list[Tensor]:
        """Return copies of W and b."""
        return [self.W.detach().clone(), self.b.detach().clone()]

    def restore(self, state: list[Tensor]) -> None:
        """Write the copies back; a pass that was broken off may have left gradients."""
        with torch.no_grad():
            for parameter, saved in zip((self.W, self.b), state, strict=True):
                parameter.copy_(saved)
                parameter.grad = None


class ConciseLoop(TorchLoop):
    """One pass is ``concise.train_epoch`` with ``torch.optim.SGD``, which has momentum and decay of the weights."""

    name = "concise"

    @classmethod
    def check(cls, objective: Objective, momentum: float) -> None:
        """Refuse what both implementations of the course lack."""
        _check(objective, cls.name)

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        with _torch_settings(setting.n_threads):
            self.loss = _loss(concise, setting)
            self.X, self.y = _tensors(setting)
            self.net = concise.initialise(self.X.shape[1], len(setting.b)).to(self.X.dtype)
            self.layer = self.net[0]
            self.layer.weight.data.copy_(torch.tensor(setting.W))
            self.layer.bias.data.copy_(torch.tensor(setting.b))
            self.layer.bias.requires_grad_(setting.objective.fit_intercept)
            self.largest = torch.finfo(self.X.dtype).max  # PyTorch refuses rates and penalties beyond it
            decay = min(setting.penalty, self.largest)
            groups = [{"params": [self.layer.weight], "weight_decay": decay}, {"params": [self.layer.bias]}]
            self.optimizer = torch.optim.SGD(groups, lr=0.0, momentum=setting.momentum)
            self.shrink = torch.ones(1, self.X.shape[1], dtype=self.X.dtype)
            self.optimizer.register_step_post_hook(lambda *_: self.layer.weight.data.mul_(self.shrink))
            self.optimizer.step()  # without gradients it only loads what PyTorch loads at the first step

    def run(self, order: NDArray[np.int64], rate: float) -> float:
        """Take a step for each minibatch; the optimiser calls the proximal step of the penalty by itself."""
        setting = self.setting
        self.shrink = torch.from_numpy(setting.shrink(rate)).to(self.X.dtype)
        for group in self.optimizer.param_groups:
            group["lr"] = min(rate, self.largest)
        batches = concise.minibatches(self.X, self.y, setting.batch_size, torch.from_numpy(order))
        with _torch_settings(setting.n_threads):
            mean_loss = concise.train_epoch(batches, self.net, self.loss, self.optimizer)
        return mean_loss if _finite(self.layer.weight, self.layer.bias) else math.inf

    def parameters(self) -> tuple[NDArray, NDArray]:
        """Return weight and bias of the layer."""
        return self.layer.weight.detach().numpy(), self.layer.bias.detach().numpy()

    def state(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return copies of the network's state and the optimiser's, velocities included."""
        return deepcopy((self.net.state_dict(), self.optimizer.state_dict()))

    def restore(self, state: tuple[dict[str, Any], dict[str, Any]]) -> None:
        """Load copies of the copies, since the optimiser goes on with what it is given."""
        network, optimizer = deepcopy(state)
        self.net.load_state_dict(network)
        self.optimizer.load_state_dict(optimizer)


def _check(objective: Objective, name: str) -> None:
    """Refuse losses, labels, rows and weights of rows that the course does not have."""
    if objective.loss.name not in _LOSSES:
        raise InvalidParameterError(
            f"loss={objective.loss.name!r}: the implementation {name!r} has {', '.join(map(repr, _LOSSES))}; "
            "use the implementation 'fast'"
        )
    if are_soft(objective.targets) and objective.loss.name == "cross-entropy":
        raise InvalidParameterError(
            f"the implementation {name!r} takes one label for each row, and y has soft labels; use the implementation "
            f"'fast'"
        )
    if not objective.X.centring:
        raise InvalidParameterError(
            f"the implementation {name!r} reads every value of X, and X is sparse; give X.toarray(), or use the "
            f"implementation 'fast'"
        )
    if objective.sample_weight is not None:
        raise InvalidParameterError(
            f"the implementation {name!r} gives every row the same weight; leave sample_weight and class_weight "
            "out, or use the implementation 'fast'"
        )


def _loss(functions: ModuleType, setting: Setting) -> scratch.Loss:
    """Return the loss of the loop's scores as ``scratch`` or ``concise`` have it."""
    loss, number = setting.objective.loss, setting.objective.X.number
    parameter = float(loss.parameter(number))
    function: scratch.Loss = {
        "squared": functions.squared_loss,
        "absolute": functions.absolute_loss,
        "huber": partial(functions.huber_loss, delta=parameter),
        "quantile": partial(functions.quantile_loss, q=parameter),
        "cross-entropy": functions.cross_entropy,
    }[loss.name]
    if setting.output_scale is None:
        return function
    scale = torch.from_numpy(setting.output_scale.astype(number))
    return lambda scores, y: function(scores * scale, y)


def _tensors(setting: Setting) -> tuple[Tensor, Tensor]:
    """Return the loop's inputs, and targets as the course has them: numbers of classes, or values."""
    objective = setting.objective
    number = objective.X.number
    X = objective.X.array.astype(number)
    X -= setting.center.astype(number)
    X *= setting.inverse_scale.astype(number)
    if objective.loss.name == "cross-entropy":
        return torch.from_numpy(X), torch.from_numpy(objective.targets[:, 0].astype(np.int64))
    return torch.from_numpy(X), torch.from_numpy(objective.targets.astype(number))


@contextmanager
def _torch_settings(n_threads: int) -> Iterator[None]:
    """Let PyTorch use so many threads, on the processor, with gradients, whatever the caller has set.

    Afterwards all that, and its global random numbers, are as they were.
    """
    with torch_threads(n_threads), torch.inference_mode(False), torch.enable_grad(), torch.device("cpu"):
        yield


def _finite(*parameters: Tensor) -> bool:
    return all(bool(parameter.isfinite().all()) for parameter in parameters)
