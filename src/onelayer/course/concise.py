"""The same two regressions with what PyTorch brings: data loaders, layers, losses and optimisers.

>>> from onelayer.course.scratch import synthetic_data
>>> X, y = synthetic_data(w=[2.0, -3.4], b=4.2, n_rows=1000, generator=torch.Generator().manual_seed(0))
>>> net = initialise(n_features=2, n_outputs=1)
>>> losses = train(X, y, net, squared_loss, epochs=3, batch_size=10, learning_rate=0.03)
>>> losses[0] > 1 > 1e-3 > losses[2]
True
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.utils.data import BatchSampler, DataLoader, RandomSampler, TensorDataset

Loss = Callable[[Tensor, Tensor], Tensor]


def minibatches(X: Tensor, y: Tensor, batch_size: int, order: Tensor | None = None) -> DataLoader:
    """Read the rows a few at a time; a list of rows as index, so that a minibatch is fetched by one indexing."""
    dataset = TensorDataset(X, y)
    rows = RandomSampler(dataset) if order is None else order.tolist()
    return DataLoader(dataset, sampler=BatchSampler(rows, batch_size, drop_last=False), batch_size=None)


def initialise(
    n_features: int, n_outputs: int, scale: float = 0.01, generator: torch.Generator | None = None
) -> nn.Sequential:
    """One fully connected layer, its parameters replaced in place by the methods that end in _."""
    net = nn.Sequential(nn.Linear(n_features, n_outputs))
    net[0].weight.data.normal_(0, scale, generator=generator)
    net[0].bias.data.fill_(0)
    return net


def squared_loss(scores: Tensor, y: Tensor) -> Tensor:
    """Mean over the rows of half the squared error, ½‖s − y‖²; MSELoss itself has no ½."""
    return nn.MSELoss(reduction="sum")(scores, y.reshape(scores.shape)) / (2 * len(y))


def absolute_loss(scores: Tensor, y: Tensor) -> Tensor:
    """Mean over the rows of the absolute error, ‖s − y‖₁."""
    return nn.L1Loss(reduction="sum")(scores, y.reshape(scores.shape)) / len(y)


def huber_loss(scores: Tensor, y: Tensor, delta: float = 1.0) -> Tensor:
    """Mean over the rows of Huber's loss, ½e² up to δ and δ(|e| − ½δ) beyond."""
    return nn.HuberLoss(reduction="sum", delta=delta)(scores, y.reshape(scores.shape)) / len(y)


def quantile_loss(scores: Tensor, y: Tensor, q: float = 0.5) -> Tensor:
    """Mean over the rows of the quantile loss, which PyTorch does not bring: q a unit too low, 1 − q too high."""
    errors = scores - y.reshape(scores.shape)
    return ((1 - q) * errors.relu() + q * (-errors).relu()).sum() / len(y)


cross_entropy = nn.CrossEntropyLoss()  # mean over the rows, from scores: softmax and log-sum-exp are inside


def train_epoch(
    batches: Iterable[tuple[Tensor, Tensor]], net: nn.Module, loss: Loss, optimizer: torch.optim.Optimizer
) -> float:
    """Go once through the data: scores, loss, gradient, update. Return the mean loss on the way."""
    total, n_rows = 0.0, 0
    for X, y in batches:
        mean_loss = loss(net(X), y)
        optimizer.zero_grad()
        mean_loss.backward()
        optimizer.step()
        total += mean_loss.item() * len(X)
        n_rows += len(X)
    return total / n_rows


def train(
    X: Tensor,
    y: Tensor,
    net: nn.Module,
    loss: Loss,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    momentum: float = 0.0,
    generator: torch.Generator | None = None,
) -> list[float]:
    """Train by minibatch stochastic gradient descent, each epoch in a new order; return the loss of each."""
    optimizer = torch.optim.SGD(net.parameters(), lr=learning_rate, momentum=momentum)
    history = []
    for _ in range(epochs):
        batches = minibatches(X, y, batch_size, torch.randperm(len(X), generator=generator))
        history.append(train_epoch(batches, net, loss, optimizer))
    return history


def evaluate(X: Tensor, y: Tensor, net: nn.Module, batch_size: int = 1000) -> float:
    """Accuracy on a data set, a few rows at a time, without gradients."""
    with torch.no_grad():
        batches = minibatches(X, y, batch_size, torch.arange(len(X)))
        right = sum((net(inputs).argmax(dim=1) == labels).sum().item() for inputs, labels in batches)
    return right / len(X)


def predict(X: Tensor, net: nn.Module) -> Tensor:
    """Most probable class of each row."""
    with torch.no_grad():
        return net(X).argmax(dim=1)
