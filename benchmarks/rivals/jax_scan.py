"""JAX: one jitted epoch, ``lax.scan`` over the minibatches, gradients by ``value_and_grad``.

The fastest of the forms that were tried (ms per epoch of 60,000 × 784 on two cores; read the ratios):

==========================================================  =====
uint8 in memory, gathered and scaled per batch (this file)     80
float32 in memory, gathered per batch                          86
the same with the gradient written by hand                     87
one shuffled copy of the data per epoch, uint8                134
one shuffled copy of the data per epoch, float32              178
==========================================================  =====
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.rival import Rival, scale

Parameters = tuple[jax.Array, jax.Array]


def cross_entropy(parameters: Parameters, X: jax.Array, y: jax.Array) -> jax.Array:
    """Return the mean cross-entropy of a minibatch."""
    W, b = parameters
    scores = X @ W + b
    own = jnp.take_along_axis(scores, y[:, None], axis=1)[:, 0]
    return jnp.mean(jax.nn.logsumexp(scores, axis=1) - own)


class JaxScan(Rival):
    label = "JAX, jitted scan"
    distributions = ("jax", "jaxlib")

    def prepare(self, X: np.ndarray, y: np.ndarray) -> None:
        self.X, self.y = jnp.asarray(X), jnp.asarray(y, dtype=jnp.int32)
        self.scale = np.float32(scale(X))

    def step(
        self, X: jax.Array, y: jax.Array, parameters: Parameters, rows: jax.Array
    ) -> tuple[Parameters, jax.Array]:
        """Take one step of SGD on these rows."""
        inputs = X[rows].astype(jnp.float32) * self.scale
        loss, gradient = jax.value_and_grad(cross_entropy)(parameters, inputs, y[rows])
        W, b = (p - self.recipe.learning_rate * g for p, g in zip(parameters, gradient, strict=True))
        return (W, b), loss

    @partial(jax.jit, static_argnums=0, donate_argnums=3)
    def epoch(
        self, X: jax.Array, y: jax.Array, parameters: Parameters, key: jax.Array
    ) -> tuple[Parameters, jax.Array]:
        """Pass over all rows in a new order; return the parameters and the mean loss."""
        size = self.recipe.batch_size
        full = len(X) // size * size
        order = jax.random.permutation(key, len(X))
        step = partial(self.step, X, y)
        parameters, losses = jax.lax.scan(step, parameters, order[:full].reshape(-1, size))
        total = losses.sum() * size
        if full < len(X):
            parameters, loss = step(parameters, order[full:])
            total += loss * (len(X) - full)
        return parameters, total / len(X)

    def train(self, epochs: int, pause: Callable[[], None]) -> None:
        parameters = (
            jnp.zeros((self.X.shape[1], self.recipe.n_classes)),
            jnp.zeros(self.recipe.n_classes),
        )
        for key in jax.random.split(jax.random.key(self.recipe.seed), epochs):
            parameters, loss = self.epoch(self.X, self.y, parameters, key)
            loss.block_until_ready()
            pause()
        self.parameters = parameters

    def probabilities(self, X: np.ndarray) -> np.ndarray:
        W, b = self.parameters
        return np.asarray(jax.nn.softmax(jnp.asarray(X).astype(jnp.float32) * self.scale @ W + b))
