"""How many parameters a full layer has, and a layer of the same shape with fewer."""

from __future__ import annotations

import torch
from torch import Tensor

from onelayer.course import scratch

# what a softmax layer reads, its inputs and its outputs
LAYERS = (
    ("Iris", "鸢尾花", 4, 3),
    ("Fashion-MNIST", "Fashion-MNIST", 784, 10),
    ("ImageNet, from the pixels", "ImageNet，直接读像素", 224 * 224 * 3, 1000),
    ("ImageNet, on top of a ResNet-50", "ImageNet，接在 ResNet-50 之后", 2048, 1000),
    ("first full layer of VGG-16", "VGG-16 的第一个全连接层", 25_088, 4096),
    ("next of 32,000 words, from 4,096 features", "由 4,096 个特征预测 32,000 个词中的下一个", 4096, 32_000),
)


def n_parameters(d: int, q: int) -> int:
    """Count the parameters of a full layer: a weight for each pair of input and output, a bias for each output."""
    return d * q + q


def n_parameters_reduced(d: int, q: int, n: int) -> int | None:
    """Count those of a layer of n Kronecker products, dq/n + n³ + q; None when n does not divide both d and q."""
    return None if d % n or q % n else d * q // n + n**3 + q


def kronecker_weights(A: Tensor, B: Tensor) -> Tensor:
    """Build W, (d, q), as a sum of n Kronecker products: A is (n, n, n), B is (n, d/n, q/n)."""
    return torch.stack([torch.kron(a, b) for a, b in zip(A, B, strict=True)]).sum(dim=0)


def train_reduced(
    X: Tensor, y: Tensor, q: int, n: int, epochs: int, batch_size: int, learning_rate: float, seed: int
) -> scratch.Parameters:
    """Train softmax regression with W = Σᵢ Aᵢ ⊗ Bᵢ; return W and b.

    Source: Zhang et al., "Beyond fully-connected layers with quaternions: parameterization of hypercomplex
    multiplications with 1/n parameters", ICLR 2021.
    """
    generator = torch.Generator().manual_seed(seed)
    A = torch.randn(n, n, n, generator=generator) / n
    B = 0.01 * torch.randn(n, X.shape[1] // n, q // n, generator=generator)
    b = torch.zeros(q)
    parameters = [each.requires_grad_() for each in (A, B, b)]
    for _ in range(epochs):
        order = torch.randperm(len(X), generator=generator)
        for rows, labels in scratch.minibatches(X, y, batch_size, order):
            scores = scratch.linear(rows, kronecker_weights(A, B), b)
            scratch.cross_entropy(scores, labels).mean().backward()
            scratch.sgd(parameters, learning_rate)
    return kronecker_weights(A, B).detach(), b.detach()
