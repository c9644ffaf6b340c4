"""Linear and softmax regression from scratch: with tensors and automatic differentiation, and nothing more.

>>> X, y = synthetic_data(w=[2.0, -3.4], b=4.2, n_rows=1000, generator=torch.Generator().manual_seed(0))
>>> W, b = initialise(n_features=2, n_outputs=1)
>>> losses = train(X, y, (W, b), squared_loss, epochs=3, batch_size=10, learning_rate=0.03)
>>> losses[0] > 1 > 1e-3 > losses[2]
True

Shapes: X (n_rows, n_features), W (n_features, n_outputs), b (n_outputs,), scores (n_rows, n_outputs). The course is
Zhang, Lipton, Li and Smola, *Dive into Deep Learning*, chapters 3 and 4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import torch
from torch import Tensor

Parameters = tuple[Tensor, Tensor]
Loss = Callable[[Tensor, Tensor], Tensor]


# Linear regression: data, minibatches, parameters, model, loss, optimiser, training.


def synthetic_data(
    w: Sequence[float], b: float, n_rows: int, noise: float = 0.01, generator: torch.Generator | None = None
) -> tuple[Tensor, Tensor]:
    """Make up data that a line explains: y = Xw + b + ε, with ε from N(0, noise²)."""
    X = torch.randn(n_rows, len(w), generator=generator)
    y = X @ torch.tensor(w, dtype=X.dtype) + b
    y += noise * torch.randn(n_rows, generator=generator)
    return X, y.reshape(-1, 1)


def minibatches(
    X: Tensor, y: Tensor, batch_size: int, order: Tensor | None = None
) -> Iterator[tuple[Tensor, Tensor]]:
    """Read the rows a few at a time, in the given order or in a random one; the last minibatch may be smaller."""
    order = torch.randperm(len(X)) if order is None else order
    for rows in torch.split(order, batch_size):
        yield X[rows], y[rows]


def initialise(
    n_features: int, n_outputs: int, scale: float = 0.01, generator: torch.Generator | None = None
) -> Parameters:
    """Start from small random weights and no bias, and ask autograd to follow both."""
    W = scale * torch.randn(n_features, n_outputs, generator=generator)
    b = torch.zeros(n_outputs)
    return W.requires_grad_(), b.requires_grad_()


def linear(X: Tensor, W: Tensor, b: Tensor) -> Tensor:
    """One layer: scores S = XW + b, a weighted sum of the inputs for each output."""
    return X @ W + b


def squared_loss(scores: Tensor, y: Tensor) -> Tensor:
    """Half the squared error of each row, ½‖s − y‖²: the ½ makes its derivative s − y."""
    return ((scores - y.reshape(scores.shape)) ** 2 / 2).sum(dim=1)


def absolute_loss(scores: Tensor, y: Tensor) -> Tensor:
    """Absolute error of each row, ‖s − y‖₁: its derivative is a sign, so every row pulls as hard as the next."""
    return (scores - y.reshape(scores.shape)).abs().sum(dim=1)


def huber_loss(scores: Tensor, y: Tensor, delta: float = 1.0) -> Tensor:
    """Squared for errors e up to δ, absolute beyond: ½e² or δ(|e| − ½δ), so no row pulls harder than δ."""
    size = (scores - y.reshape(scores.shape)).abs()
    near = size.clamp(max=delta)
    return (near * (size - near / 2)).sum(dim=1)


def quantile_loss(scores: Tensor, y: Tensor, q: float = 0.5) -> Tensor:
    """Each unit that a score is too low costs q, too high 1 − q; relu(e) = max(e, 0) tells the two apart."""
    errors = scores - y.reshape(scores.shape)
    return ((1 - q) * errors.relu() + q * (-errors).relu()).sum(dim=1)


def sgd(parameters: Iterable[Tensor], learning_rate: float) -> None:
    """One step of gradient descent: w ← w − η·∂L/∂w, after which the gradient is forgotten."""
    with torch.no_grad():
        for parameter in parameters:
            parameter -= learning_rate * parameter.grad
            parameter.grad.zero_()


def train_epoch(
    batches: Iterable[tuple[Tensor, Tensor]], parameters: Parameters, loss: Loss, update: Callable[[], None]
) -> float:
    """Go once through the data: scores, loss, gradient, update. Return the mean loss on the way."""
    total, n_rows = 0.0, 0
    for X, y in batches:
        losses = loss(linear(X, *parameters), y)
        losses.mean().backward()
        update()
        total += losses.sum().item()
        n_rows += len(X)
    return total / n_rows


def train(
    X: Tensor,
    y: Tensor,
    parameters: Parameters,
    loss: Loss,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    generator: torch.Generator | None = None,
) -> list[float]:
    """Train by minibatch stochastic gradient descent, each epoch in a new order; return the loss of each."""
    history = []
    for _ in range(epochs):
        batches = minibatches(X, y, batch_size, torch.randperm(len(X), generator=generator))
        history.append(train_epoch(batches, parameters, loss, lambda: sgd(parameters, learning_rate)))
    return history


# Softmax regression: images, probabilities, loss, accuracy, prediction. Model and training are those above.


def pixels(images: object) -> Tensor:
    """Turn images of bytes into rows of numbers between 0 and 1, one row for each image."""
    X = torch.as_tensor(images)
    return X.reshape(len(X), -1).to(torch.get_default_dtype()) / 255


def naive_softmax(scores: Tensor) -> Tensor:
    """Scores to probabilities as the formula stands, p = exp sⱼ / Σₖ exp sₖ: exp overflows for large scores."""
    exponentials = scores.exp()
    return exponentials / exponentials.sum(dim=1, keepdim=True)


def naive_cross_entropy(probabilities: Tensor, y: Tensor) -> Tensor:
    """Surprise at the true class y of each row, −log p_y: infinite once p_y has underflowed to 0."""
    return -probabilities[torch.arange(len(y)), y].log()


def softmax(scores: Tensor) -> Tensor:
    """Scores to probabilities; with the largest score m subtracted, exp(s − m) ≤ 1, and p is the same."""
    return naive_softmax(scores - scores.max(dim=1, keepdim=True).values)


def cross_entropy(scores: Tensor, y: Tensor) -> Tensor:
    """Cross-entropy of each row from its scores, log Σₖ exp sₖ − s_y, as m + log Σₖ exp(sₖ − m) − s_y."""
    largest = scores.max(dim=1).values
    log_sum = largest + (scores - largest[:, None]).exp().sum(dim=1).log()
    return log_sum - scores[torch.arange(len(y)), y]


def accuracy(scores: Tensor, y: Tensor) -> float:
    """Share of the rows whose largest score is that of the true class."""
    return (scores.argmax(dim=1) == y).double().mean().item()


def evaluate(X: Tensor, y: Tensor, parameters: Parameters, batch_size: int = 1000) -> float:
    """Accuracy on a data set, a few rows at a time, without gradients."""
    right = 0.0
    with torch.no_grad():
        for inputs, labels in minibatches(X, y, batch_size, torch.arange(len(X))):
            right += accuracy(linear(inputs, *parameters), labels) * len(labels)
    return right / len(X)


def predict(X: Tensor, parameters: Parameters) -> Tensor:
    """Most probable class of each row: softmax keeps the order of the scores, so the largest will do."""
    with torch.no_grad():
        return linear(X, *parameters).argmax(dim=1)
