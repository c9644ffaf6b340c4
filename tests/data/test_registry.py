"""The registry's facts: sizes, names of classes, addresses."""

from __future__ import annotations

import pytest

from onelayer.data.registry import FASHION_MNIST, MNIST, REGISTRY, RegisteredSet


def test_sizes_of_the_unpacked_files() -> None:
    assert [file.size for file in MNIST.full.files] == [47_040_016, 60_008, 7_840_016, 10_008]


def test_the_two_sets_share_their_file_names_and_nothing_else() -> None:
    fashion, digits = FASHION_MNIST.full.files, MNIST.full.files
    assert [file.name for file in fashion] == [file.name for file in digits]
    assert not {file.sha256 for file in fashion} & {file.sha256 for file in digits}


@pytest.mark.parametrize("registered", REGISTRY.values(), ids=REGISTRY)
def test_each_set_is_complete(registered: RegisteredSet) -> None:
    assert len(registered.classes.en) == len(registered.classes.zh) == len(set(registered.classes.zh)) == 10
    for address in registered.mirrors:
        assert address.startswith("https://")
        assert address.endswith("/")
    for file in registered.full.files:
        assert len(bytes.fromhex(file.sha256)) == 32
