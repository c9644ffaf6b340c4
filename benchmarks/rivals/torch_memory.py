"""PyTorch on tensors in memory: scaled to float32 once, each minibatch gathered by a slice of a permutation.

What a competent user writes, in the fastest of the forms that were tried (ms per epoch of 60,000 × 784 on two
cores; read the ratios):

=================================================================  =====
nn.Linear, SGD(foreach=False), index_select per batch (this file)     98
the same with PyTorch's default SGD, foreach or fused                102
uint8 tensor, gathered and then scaled per batch                     106
autograd.grad and an update by hand                                  129
gradient and update by hand, no autograd                             106
X[j] in place of index_select                                        118
torch.compile of gather and loss (19 s to compile)                   116
one shuffled copy of the data per epoch, then slices                 161
one thread                                                           142
=================================================================  =====
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from benchmarks.rival import Rival, scale


class TorchMemory(Rival):
    label = "PyTorch, tensors in memory"
    distributions = ("torch",)

    def prepare(self, X: np.ndarray, y: np.ndarray) -> None:
        torch.set_num_threads(self.recipe.threads)
        self.X = torch.from_numpy(X).to(torch.float32, copy=True).mul_(scale(X))
        self.y = torch.from_numpy(y)

    def minibatches(self, generator: torch.Generator) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Yield the rows and labels of each minibatch; where one holds all, their order does not matter."""
        if self.recipe.batch_size >= len(self.X):
            yield self.X, self.y
            return
        for rows in torch.randperm(len(self.X), generator=generator).split(self.recipe.batch_size):
            yield self.X.index_select(0, rows), self.y.index_select(0, rows)

    def train(self, epochs: int, pause: Callable[[], None]) -> None:
        generator = torch.Generator().manual_seed(self.recipe.seed)
        self.model = torch.nn.Linear(self.X.shape[1], self.recipe.n_classes)
        torch.nn.init.zeros_(self.model.weight)
        torch.nn.init.zeros_(self.model.bias)
        optimizer = torch.optim.SGD(self.model.parameters(), lr=self.recipe.learning_rate, foreach=False)
        for _ in range(epochs):
            for X, y in self.minibatches(generator):
                loss = cross_entropy(self.model(X), y)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            pause()

    @torch.inference_mode()
    def probabilities(self, X: np.ndarray) -> np.ndarray:
        inputs = torch.from_numpy(X).to(torch.float32).mul_(scale(X))
        return torch.softmax(self.model(inputs), dim=1).numpy()
