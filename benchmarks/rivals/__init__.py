"""One file per rival; each is imported only in the process that runs it."""

from __future__ import annotations

import importlib

from benchmarks.rival import Recipe, Rival

CLASSES = {
    "onelayer": "benchmarks.rivals.fused:Fused",
    "torch-memory": "benchmarks.rivals.torch_memory:TorchMemory",
    "torch-dataloader": "benchmarks.rivals.torch_dataloader:TorchDataLoader",
    "torch-dataloader-workers": "benchmarks.rivals.torch_dataloader:TorchDataLoaderWorkers",
    "jax": "benchmarks.rivals.jax_scan:JaxScan",
    "sklearn": "benchmarks.rivals.sklearn_sgd:SklearnSGD",
    "null": "benchmarks.rivals.null:Null",
    "sgemm": "benchmarks.floor:Sgemm",
}


def create(name: str, recipe: Recipe) -> Rival:
    """Return the rival of this name, its packages imported."""
    module, _, attribute = CLASSES[name].partition(":")
    return getattr(importlib.import_module(module), attribute)(recipe)
