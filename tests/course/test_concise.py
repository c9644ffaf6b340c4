"""Concisely: the same as from scratch, step for step."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from onelayer.course import concise, scratch


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def twins(n_features: int, n_outputs: int) -> tuple[nn.Sequential, tuple[torch.Tensor, torch.Tensor]]:
    """Return a net and parameters from scratch that begin with the same numbers."""
    net = concise.initialise(n_features, n_outputs, scale=0.1, generator=seeded(0))
    W, b = net[0].weight.detach().T.clone(), net[0].bias.detach().clone()
    return net, (W.requires_grad_(), b.requires_grad_())


def test_a_minibatch_is_one_indexing():
    X, y = torch.arange(10.0)[:, None], torch.arange(10)
    order = torch.randperm(10, generator=seeded(0))
    loader, indices = concise.minibatches(X, y, 4, order), []
    fetch = type(loader.dataset).__getitem__

    class Counting(type(loader.dataset)):
        def __getitem__(self, index):
            indices.append(index)
            return fetch(self, index)

    loader.dataset.__class__ = Counting
    found = list(loader)
    assert indices == [order[:4].tolist(), order[4:8].tolist(), order[8:].tolist()]
    for (inputs, labels), (their_inputs, their_labels) in zip(
        found, scratch.minibatches(X, y, 4, order), strict=True
    ):
        assert torch.equal(inputs, their_inputs)
        assert torch.equal(labels, their_labels)


def test_without_an_order_every_row_comes_once_in_a_new_one():
    loader = concise.minibatches(torch.zeros(40, 1), torch.arange(40), 7)
    epochs = [torch.cat([labels for _, labels in loader]).tolist() for _ in range(2)]
    assert sorted(epochs[0]) == sorted(epochs[1]) == list(range(40))
    assert epochs[0] != epochs[1]


def test_initial_parameters_are_replaced_in_place():
    net = concise.initialise(1000, 10, scale=0.01, generator=seeded(0))
    assert isinstance(net[0], nn.Linear)
    assert net[0].weight.std().item() == pytest.approx(0.01, rel=0.05)
    assert net[0].bias.tolist() == [0.0] * 10
    assert all(parameter.requires_grad and parameter.is_leaf for parameter in net.parameters())


def test_losses_are_the_means_of_those_from_scratch():
    scores, targets = torch.randn(6, 3, generator=seeded(0)), torch.randn(6, 3, generator=seeded(1))
    assert concise.squared_loss(torch.tensor([[1.0, 2.0]]), torch.tensor([[4.0, 4.0]])).item() == 6.5
    torch.testing.assert_close(
        concise.squared_loss(scores, targets), scratch.squared_loss(scores, targets).mean()
    )
    for name in ("absolute_loss", "huber_loss", "quantile_loss"):
        ours, theirs = getattr(concise, name), getattr(scratch, name)
        torch.testing.assert_close(ours(scores, targets), theirs(scores, targets).mean())
    torch.testing.assert_close(
        concise.huber_loss(scores, targets, 0.3), scratch.huber_loss(scores, targets, 0.3).mean()
    )
    torch.testing.assert_close(
        concise.quantile_loss(scores, targets, 0.9), scratch.quantile_loss(scores, targets, 0.9).mean()
    )
    labels = torch.tensor([0, 2, 1, 1, 0, 2])
    torch.testing.assert_close(
        concise.cross_entropy(scores, labels), scratch.cross_entropy(scores, labels).mean()
    )


@pytest.mark.parametrize("kind", ["regression", "classification"])
def test_training_goes_step_for_step_with_that_from_scratch(kind):
    X = torch.randn(55, 4, generator=seeded(3))
    net, parameters = twins(4, 3)
    if kind == "regression":
        y, losses = torch.randn(55, 3, generator=seeded(4)), (concise.squared_loss, scratch.squared_loss)
    else:
        y, losses = (
            torch.randint(3, (55,), generator=seeded(4)),
            (concise.cross_entropy, scratch.cross_entropy),
        )
    ours = concise.train(X, y, net, losses[0], 4, 8, 0.1, generator=seeded(5))
    theirs = scratch.train(X, y, parameters, losses[1], 4, 8, 0.1, generator=seeded(5))
    assert ours == pytest.approx(theirs, rel=1e-5)
    torch.testing.assert_close(net[0].weight.T, parameters[0], rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(net[0].bias, parameters[1], rtol=1e-4, atol=1e-6)
    if kind == "classification":
        assert torch.equal(concise.predict(X, net), scratch.predict(X, parameters))
        assert concise.evaluate(X, y, net, 10) == pytest.approx(scratch.evaluate(X, y, parameters))


def test_momentum_by_hand():
    """Residuals s − y = −1 and then 0.9·(−1) for one row with X = 0: b = 0.1, then v = 0.5 + 0.9, b = 0.24."""
    net = concise.initialise(1, 1)
    concise.train(torch.zeros(1, 1), torch.ones(1, 1), net, concise.squared_loss, 2, 1, 0.1, momentum=0.5)
    assert net[0].bias.item() == pytest.approx(0.1 + 0.1 * (0.5 * 1 + 0.9))
