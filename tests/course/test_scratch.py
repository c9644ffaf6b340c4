"""From scratch: every step against values by hand and PyTorch's own, the whole against known parameters and clothes."""

from __future__ import annotations

import ast
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

import onelayer as ol
from onelayer.course import concise, scratch
from onelayer.losses import Absolute, Huber, Quantile


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
def test_targets_of_one_dimension_are_not_broadcast_against_the_scores(shape):
    scores, y = torch.tensor([[1.0], [2.0], [4.0]]), torch.tensor([0.0, 2.0, 1.0])
    assert scratch.squared_loss(scores, y.reshape(shape)).tolist() == [0.5, 0.0, 4.5]
    assert concise.squared_loss(scores, y.reshape(shape)).item() == pytest.approx(5 / 3)


def test_it_has_tensors_and_automatic_differentiation_only():
    tree = ast.parse(Path(scratch.__file__).read_text("utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    from_imported = {
        (node.module, alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if node.module not in ("__future__", "collections.abc")
    }
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert imported == {"torch"}
    assert from_imported == {("torch", "Tensor")}
    assert not attributes & {"nn", "optim", "utils", "logsumexp", "softmax", "log_softmax"}


class TestData:
    """Making data up, and reading them."""

    def test_without_noise_the_targets_lie_on_the_line(self):
        X, y = scratch.synthetic_data([2.0, -3.4], 4.2, 7, noise=0.0)
        assert (X.shape, y.shape) == ((7, 2), (7, 1))
        for (first, second), (target,) in zip(X.tolist(), y.tolist(), strict=True):
            assert target == pytest.approx(2 * first - 3.4 * second + 4.2, abs=1e-5)

    def test_inputs_and_noise_are_normal(self):
        n_rows = 100_000
        X, y = scratch.synthetic_data([1.5], -1.0, n_rows, noise=0.5, generator=seeded(0))
        noise = y - 1.5 * X + 1.0
        for sample, scale in ((X, 1.0), (noise, 0.5)):
            assert abs(sample.mean().item()) < 4 * scale / math.sqrt(n_rows)
            assert sample.std().item() == pytest.approx(scale, rel=4 / math.sqrt(2 * n_rows))
            within = (sample.abs() < scale).double().mean().item()
            assert within == pytest.approx(math.erf(1 / math.sqrt(2)), abs=4 * 0.47 / math.sqrt(n_rows))

    def test_the_same_seed_makes_the_same_data(self):
        one, other = (scratch.synthetic_data([1.0], 0.0, 5, generator=seeded(3)) for _ in range(2))
        assert torch.equal(one[0], other[0])
        assert torch.equal(one[1], other[1])

    def test_minibatches_follow_the_order(self):
        X, y = torch.arange(5.0)[:, None], torch.arange(5) * 10
        found = [
            (inputs.ravel().tolist(), labels.tolist())
            for inputs, labels in scratch.minibatches(X, y, 2, torch.tensor([3, 1, 4, 0, 2]))
        ]
        assert found == [([3, 1], [30, 10]), ([4, 0], [40, 0]), ([2], [20])]

    @given(st.integers(1, 50), st.integers(1, 60))
    def test_minibatches_hold_every_row_once(self, n_rows, batch_size):
        y = torch.arange(n_rows)
        batches = list(scratch.minibatches(y[:, None], y, batch_size))
        assert sorted(torch.cat([labels for _, labels in batches]).tolist()) == list(range(n_rows))
        assert all(torch.equal(inputs[:, 0], labels) for inputs, labels in batches)
        assert [len(labels) for _, labels in batches[:-1]] == [batch_size] * (len(batches) - 1)

    def test_pixels(self):
        images = torch.tensor([[[0, 51], [255, 102]]], dtype=torch.uint8)
        assert scratch.pixels(images).tolist() == torch.tensor([[0.0, 0.2, 1.0, 0.4]]).tolist()
        assert scratch.pixels(images.numpy()).dtype == torch.float32


class TestSteps:
    """Parameters, model, losses and one step, by hand."""

    def test_initial_parameters(self):
        W, b = scratch.initialise(1000, 10, scale=0.01, generator=seeded(0))
        assert (W.shape, b.tolist()) == ((1000, 10), [0.0] * 10)
        assert W.std().item() == pytest.approx(0.01, rel=0.05)
        assert W.requires_grad
        assert b.requires_grad

    def test_linear(self):
        W, b = torch.tensor([[1.0, 0.0], [2.0, -1.0]]), torch.tensor([10.0, 20.0])
        assert scratch.linear(torch.tensor([[3.0, 4.0]]), W, b).tolist() == [[21.0, 16.0]]

    def test_squared_loss_of_each_row(self):
        scores, y = torch.tensor([[1.0, 2.0], [0.0, 0.0]]), torch.tensor([[4.0, 2.0], [1.0, -1.0]])
        assert scratch.squared_loss(scores, y).tolist() == [4.5, 1.0]

    def test_robust_losses_of_each_row(self):
        """Errors −3, 0 and ½, 2 cost 2.5, 0 and 0.125, 1.5 with δ = 1; with q = ¾ 2.25, 0 and 0.125, 0.5."""
        scores, y = torch.tensor([[1.0, 2.0], [1.5, 1.0]]), torch.tensor([[4.0, 2.0], [1.0, -1.0]])
        assert scratch.absolute_loss(scores, y).tolist() == [3.0, 2.5]
        assert scratch.huber_loss(scores, y).tolist() == [2.5, 1.625]
        assert scratch.huber_loss(scores, y, delta=2.0).tolist() == [4.0, 2.125]
        assert scratch.quantile_loss(scores, y, q=0.75).tolist() == [2.25, 0.625]

    @pytest.mark.parametrize("loss", ["absolute_loss", "huber_loss", "quantile_loss"])
    def test_slopes_of_robust_losses_are_those_of_the_specification(self, loss):
        """Where the error is zero as well: the slope there is zero."""
        specified = {"absolute_loss": Absolute(), "huber_loss": Huber(), "quantile_loss": Quantile()}[loss]
        y = torch.tensor([[-2.0], [-0.5], [0.0], [0.5], [2.0]], dtype=torch.float64)
        for module in (scratch, concise):
            scores = torch.zeros(5, 1, dtype=torch.float64, requires_grad=True)
            getattr(module, loss)(scores, y).sum().backward()
            rows = 5 if module is concise else 1
            expected = specified.gradient(np.zeros((5, 1)), y.numpy())
            np.testing.assert_allclose(rows * scores.grad.numpy(), expected, rtol=1e-15)

    def test_sgd_steps_against_the_gradient_and_forgets_it(self):
        w = torch.tensor([1.0, -2.0], requires_grad=True)
        (w**2).sum().backward()
        scratch.sgd([w], 0.25)
        assert w.tolist() == [0.5, -1.0]
        assert w.grad.tolist() == [0.0, 0.0]
        assert w.is_leaf

    def test_an_epoch_by_hand(self):
        """Row (1; 2): residual −2, so W = b = 1. Row (2; 0): residual 3, so W = 1 − 3, b = 1 − 3/2."""
        W, b = torch.zeros(1, 1, requires_grad=True), torch.zeros(1, requires_grad=True)
        X, y = torch.tensor([[1.0], [2.0]]), torch.tensor([[2.0], [0.0]])
        batches = scratch.minibatches(X, y, 1, torch.tensor([0, 1]))
        loss = scratch.train_epoch(batches, (W, b), scratch.squared_loss, lambda: scratch.sgd((W, b), 0.5))
        assert loss == (2 + 4.5) / 2
        assert (W.item(), b.item()) == (-2.0, -0.5)


class TestSoftmax:
    """Probabilities and their losses, by hand, and where exp overflows."""

    @pytest.mark.parametrize("softmax", [scratch.softmax, scratch.naive_softmax])
    def test_probabilities_by_hand(self, softmax):
        scores = torch.tensor([[1.0, 2.0, 5.0], [3.0, 3.0, 3.0]], dtype=torch.float64).log()
        expected = torch.tensor([[1 / 8, 2 / 8, 5 / 8], [1 / 3] * 3], dtype=torch.float64)
        torch.testing.assert_close(softmax(scores), expected)

    def test_cross_entropy_by_hand(self):
        probabilities = torch.tensor([[1 / 8, 2 / 8, 5 / 8], [0.5, 0.25, 0.25]], dtype=torch.float64)
        y = torch.tensor([2, 1])
        expected = [math.log(8 / 5), math.log(4)]
        assert scratch.naive_cross_entropy(probabilities, y).tolist() == pytest.approx(expected)
        assert scratch.cross_entropy(probabilities.log(), y).tolist() == pytest.approx(expected)
        assert scratch.cross_entropy(probabilities.log() + 7, y).tolist() == pytest.approx(expected)

    @pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
    def test_scores_that_overflow_the_naive_form(self, dtype):
        scores, y = torch.tensor([[1e4, -1e4, 1e4]], dtype=dtype), torch.tensor([1])
        assert scratch.naive_softmax(scores).isnan().any()
        assert scratch.softmax(scores).tolist() == [[0.5, 0.0, 0.5]]
        assert scratch.naive_cross_entropy(scratch.softmax(scores), y).item() == math.inf
        assert scratch.cross_entropy(scores, y).item() == pytest.approx(2e4 + math.log(2), rel=1e-3)

    @given(st.integers(0, 10_000), st.sampled_from([0.1, 1.0, 30.0, 1e4]))
    def test_value_and_gradient_are_those_of_pytorch(self, seed, size):
        scores = size * torch.randn(6, 4, generator=seeded(seed), dtype=torch.float64)
        y = torch.randint(4, (6,), generator=seeded(seed))
        ours, theirs = scores.clone().requires_grad_(), scores.clone().requires_grad_()
        loss, expected = scratch.cross_entropy(ours, y), functional.cross_entropy(theirs, y, reduction="none")
        loss.sum().backward()
        expected.sum().backward()
        torch.testing.assert_close(loss, expected, rtol=1e-12, atol=1e-12 * size)
        torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-12, atol=1e-14)
        torch.testing.assert_close(ours.grad, scratch.softmax(scores) - functional.one_hot(y, 4))

    def test_accuracy_by_hand(self):
        scores = torch.tensor([[0.1, 0.9], [0.8, 0.2], [-3.0, -2.0], [5.0, 4.0]])
        assert scratch.accuracy(scores, torch.tensor([1, 0, 0, 0])) == 0.75

    @pytest.mark.parametrize("batch_size", [1, 3, 1000])
    def test_prediction_and_evaluation(self, batch_size):
        X = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0], [2.0, 1.0]])
        parameters = torch.eye(2).requires_grad_(), torch.zeros(2, requires_grad=True)
        assert scratch.predict(X, parameters).tolist() == [0, 1, 0, 0]
        assert scratch.evaluate(X, torch.tensor([0, 1, 1, 0]), parameters, batch_size) == 0.75


class TestTraining:
    """What comes out in the end."""

    def test_the_same_seed_trains_the_same_parameters(self):
        X, y = scratch.synthetic_data([1.0], 2.0, 50, generator=seeded(0))
        found = []
        for seed in (1, 1, 2):
            parameters = scratch.initialise(1, 1, generator=seeded(0))
            losses = scratch.train(X, y, parameters, scratch.squared_loss, 4, 7, 0.1, seeded(seed))
            assert len(losses) == 4
            found.append((losses, [parameter.tolist() for parameter in parameters]))
        assert found[0] == found[1] != found[2]

    def test_the_line_is_found_within_its_errors(self):
        """The figures of the course: w = (2, −3.4), b = 4.2, noise σ = 0.01, 3 epochs, batch B = 10, rate η = 0.03.

        Each of the t = 300 steps takes a share η of what is missing, on average; so (1 − η)ᵗ of it is left. Around
        that the parameters vary with the data, by σ/√n, and with the minibatches, by σ·√(η/2B).
        """
        truth, sigma, rate, runs = torch.tensor([2.0, -3.4, 4.2]), 0.01, 0.03, []
        for seed in range(20):
            generator = seeded(seed)
            X, y = scratch.synthetic_data([2.0, -3.4], 4.2, 1000, sigma, generator)
            W, b = scratch.initialise(2, 1, generator=generator)
            scratch.train(X, y, (W, b), scratch.squared_loss, 3, 10, rate, generator)
            runs.append(torch.cat([W[:, 0], b]).detach() - truth)
        errors, left = torch.stack(runs), -((1 - rate) ** 300) * truth
        standard_error = sigma * math.sqrt(1 / 1000 + rate / 20)
        assert errors.abs().amax(dim=1).median() < 0.001
        assert ((errors - left).abs() < 3 * standard_error).double().mean() > 0.97
        assert ((errors.mean(dim=0) - left).abs() < 4 * standard_error / math.sqrt(20)).all()

    def test_clothes_are_told_apart_as_well_as_by_the_compiled_loop(self):
        train, test = ol.datasets.fashion_mnist(subset=True)
        fast = ol.SoftmaxRegression(epochs=5, batch_size=256, learning_rate=0.1, alpha=0.0, random_state=0)
        expected = fast.fit(train.X, train.y).score(test.X, test.y)
        X, y = scratch.pixels(train.X), torch.tensor(train.y).long()
        parameters = scratch.initialise(784, 10, generator=seeded(0))
        losses = scratch.train(X, y, parameters, scratch.cross_entropy, 5, 256, 0.1, seeded(1))
        found = scratch.evaluate(scratch.pixels(test.X), torch.tensor(test.y).long(), parameters)
        three_errors = 3 * math.sqrt(expected * (1 - expected) / len(test.y))
        assert found > expected - three_errors > 0.65
        assert losses == pytest.approx([epoch["train_loss"] for epoch in fast.history_], rel=0.05)

    def test_the_naive_loss_breaks_a_run_that_the_stable_one_survives(self):
        """Scores beyond 88 overflow exp in float32."""
        X, y = torch.tensor([[1.0], [-1.0]]).repeat(20, 1) * 100, torch.tensor([0, 1]).repeat(20)
        for loss, survives in ((self._naive, False), (scratch.cross_entropy, True)):
            W, b = torch.tensor([[-1.0, 1.0]], requires_grad=True), torch.zeros(2, requires_grad=True)
            losses = scratch.train(X, y, (W, b), loss, 2, 10, 0.01, seeded(0))
            assert all(map(math.isfinite, losses)) == survives
            assert bool(W.isfinite().all()) == survives

    @staticmethod
    def _naive(scores: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return scratch.naive_cross_entropy(scratch.naive_softmax(scores), y)
