import pytest
import torch

from onelayer.course.pages.softmax import full_layer


@pytest.mark.parametrize(("d", "q", "expected"), [(784, 10, 7850), (4, 3, 15), (25_088, 4096, 102_764_544)])
def test_published_counts(d, q, expected):
    assert full_layer.n_parameters(d, q) == expected


@pytest.mark.parametrize("n", [1, 2, 4])
def test_the_reduced_layer_has_as_many_parameters_as_counted(n):
    d, q = 12, 8
    A, B, b = torch.randn(n, n, n), torch.randn(n, d // n, q // n), torch.zeros(q)
    assert full_layer.kronecker_weights(A, B).shape == (d, q)
    assert full_layer.n_parameters_reduced(d, q, n) == A.numel() + B.numel() + b.numel()


@pytest.mark.parametrize("n", [3, 4])
def test_a_factor_must_divide_both(n):
    assert full_layer.n_parameters_reduced(784, 10, n) is None


def test_a_kronecker_product_by_hand():
    A = torch.tensor([[[1.0, 2.0], [0.0, 1.0]], [[0.0, 0.0], [0.0, 0.0]]])
    B = torch.tensor([[[5.0]], [[7.0]]])
    assert full_layer.kronecker_weights(A, B).tolist() == [[5.0, 10.0], [0.0, 5.0]]


def test_training_lowers_the_loss():
    generator = torch.Generator().manual_seed(0)
    X = torch.randn(400, 4, generator=generator)
    y = X[:, :2].argmax(dim=1)
    W, b = full_layer.train_reduced(X, y, q=2, n=2, epochs=20, batch_size=20, learning_rate=0.3, seed=0)
    assert ((X @ W + b).argmax(dim=1) == y).double().mean() > 0.95
