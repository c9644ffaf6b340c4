"""The order in which places are asked, and what each leaves behind."""

from __future__ import annotations

import dataclasses
import re
import shutil
import warnings
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from onelayer.data.download import Network
from onelayer.data.registry import RegisteredSet
from onelayer.data.retrieval import fetch, retrieve
from onelayer.errors import (
    DataFileError,
    DataNotFoundError,
    DownloadError,
    InvalidParameterError,
    OutputError,
    SubsetWarning,
)

from .mirror import Mirror
from .tiny import EDITION, PAYLOADS, TEST_PIXELS, TINY, TRAIN_PIXELS


@pytest.fixture
def kept(cache: Path) -> Path:
    """Tiny's folder in the cache."""
    return cache / "datasets" / "tiny"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != ".lock"}


def with_places(
    mirror: Mirror | None = None, system: Path | None = None, subset: Path | None = None
) -> RegisteredSet:
    return dataclasses.replace(
        TINY,
        mirrors=(mirror.address,) if mirror else (),
        system_folders=(system,) if system else (),
        subset=EDITION if subset else None,
        subset_folder=subset or Path(),
    )


def test_the_parts(tiny_folder: Path) -> None:
    train, test = retrieve(TINY, tiny_folder)
    assert (train.name, train.part, test.part) == ("tiny", "train", "test")
    np.testing.assert_array_equal(train.X, np.frombuffer(TRAIN_PIXELS, np.uint8).reshape(7, 15))
    np.testing.assert_array_equal(test.X, np.frombuffer(TEST_PIXELS, np.uint8).reshape(2, 15))
    assert train.y is not None
    assert train.y.tolist() == [0, 1, 0, 1, 1, 0, 1]
    assert train.image_shape == (5, 3)
    assert train.classes == TINY.classes
    assert train.source == f"Tiny from {tiny_folder}"
    assert train.fingerprint != test.fingerprint
    assert not train.subset


def test_the_callers_folder_is_the_only_one_asked(tiny_folder: Path, tmp_path: Path, kept: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(DataNotFoundError, match="the four files of Tiny are not all here"):
        retrieve(with_places(system=tiny_folder), empty)
    with pytest.raises(DataNotFoundError, match="nothing: there is no such folder"):
        retrieve(with_places(system=tiny_folder), str(tmp_path / "nothing"))
    retrieve(TINY, tiny_folder)
    assert not kept.exists()


def test_a_package_is_kept_unpacked_in_the_cache_and_read_from_there(tiny_folder: Path, kept: Path) -> None:
    registered = with_places(system=tiny_folder)
    train, _ = retrieve(registered)
    assert train.source == f"Tiny from {tiny_folder}"
    assert contents(kept) == PAYLOADS
    again, _ = retrieve(registered)
    assert again.source == f"Tiny from {kept}"
    assert again.fingerprint == train.fingerprint
    np.testing.assert_array_equal(again.X, train.X)


def test_a_download_is_kept_and_not_repeated(mirror: Mirror, network: Network, kept: Path) -> None:
    registered = with_places(mirror)
    train, _ = retrieve(registered, network=network)
    assert train.source == "Tiny, downloaded"
    assert contents(kept) == PAYLOADS
    again, _ = retrieve(registered, network=network)
    assert again.source == f"Tiny from {kept}"
    assert len(mirror.requests) == 4


@pytest.mark.parametrize("damage", [b"", PAYLOADS["t10k-labels-idx1-ubyte"][:-1] + b"\7"])
def test_a_damaged_cache_heals(mirror: Mirror, network: Network, kept: Path, damage: bytes) -> None:
    registered = with_places(mirror)
    retrieve(registered, network=network)
    (kept / "t10k-labels-idx1-ubyte").write_bytes(damage)
    retrieve(registered, network=network)
    assert contents(kept) == PAYLOADS
    assert mirror.requested("t10k-labels-idx1-ubyte") == [None, None]
    assert mirror.requested("train-images-idx3-ubyte") == [None]


def test_a_cache_that_cannot_be_written_does_no_harm(
    tiny_folder: Path, mirror: Mirror, network: Network, cache: Path
) -> None:
    cache.write_bytes(b"a file where the folder should be")
    for registered in (with_places(system=tiny_folder), with_places(mirror)):
        train, test = retrieve(registered, network=network)
        assert len(train.X) == 7
        assert len(test.X) == 2
    assert cache.is_file()


def test_many_at_once_download_each_file_once(mirror: Mirror, network: Network, kept: Path) -> None:
    registered = with_places(mirror)
    with ThreadPoolExecutor(6) as pool:
        parts = list(pool.map(lambda _: retrieve(registered, network=network), range(6)))
    assert len({train.fingerprint for train, _ in parts}) == 1
    assert len(mirror.requests) == 4
    assert contents(kept) == PAYLOADS


def test_the_subset_stands_in_with_one_line(tiny_folder: Path, mirror: Mirror, network: Network) -> None:
    mirror.faults = deque([404])
    registered = dataclasses.replace(with_places(mirror, subset=tiny_folder), packages=("apt install tiny",))
    with pytest.warns(SubsetWarning) as caught:
        train, test = retrieve(registered, network=network)
    (warning,) = caught
    assert str(warning.message) == (
        "Tiny: this is the bundled subset of 7 training and 2 test images; the whole set is not on this "
        "machine and could not be downloaded; to get it, run 'apt install tiny', or give the folder of its four "
        "files"
    )
    assert train.subset
    assert test.subset
    assert train.source == "Tiny, bundled subset: 7 of 7 training and 2 of 2 test images"


def test_the_subset_without_a_download(tiny_folder: Path, mirror: Mirror) -> None:
    with pytest.warns(SubsetWarning, match="the whole set is not on this machine; to get it, run"):
        retrieve(with_places(mirror, subset=tiny_folder), mirrors=False)
    assert mirror.requests == []


def test_the_subset_stands_in_for_a_damaged_set(tiny_folder: Path, kept: Path) -> None:
    shutil.copytree(tiny_folder, kept)
    damaged = kept / "train-images-idx3-ubyte.gz"
    damaged.write_bytes(b"damaged")
    with pytest.warns(
        SubsetWarning, match=rf"the whole set is damaged on this machine \({damaged}: .*\); to get it, run"
    ):
        retrieve(with_places(subset=tiny_folder), mirrors=False)


def test_the_subset_that_was_asked_for_comes_without_a_word(tiny_folder: Path, mirror: Mirror) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        train, _ = retrieve(with_places(mirror, system=tiny_folder, subset=tiny_folder), subset=True)
    assert train.subset
    assert mirror.requests == []


def test_requests_that_contradict_themselves(tiny_folder: Path) -> None:
    with pytest.raises(InvalidParameterError, match="leave out either subset or folder"):
        retrieve(with_places(subset=tiny_folder), tiny_folder, subset=True)
    with pytest.raises(InvalidParameterError, match="Tiny has no bundled subset"):
        retrieve(TINY, subset=True)


def test_nowhere_lists_every_place(tmp_path: Path, mirror: Mirror, network: Network, kept: Path) -> None:
    mirror.files.clear()
    with pytest.raises(DataNotFoundError) as caught:
        retrieve(with_places(mirror, system=tmp_path / "package"), network=network)
    message = str(caught.value)
    assert "\n" not in message
    assert re.fullmatch(
        rf"Tiny was not found: {kept}: there is no such folder; {tmp_path}/package: there is no such folder; "
        rf"train-images-idx3-ubyte.gz could not be downloaded: {mirror.address}train-images-idx3-ubyte.gz: "
        r"answers 404 Not Found\. To get it, give the folder of its four files",
        message,
    )


def test_a_damaged_package_is_passed_over(tiny_folder: Path, mirror: Mirror, network: Network) -> None:
    (tiny_folder / "train-images-idx3-ubyte.gz").write_bytes(b"damaged")
    train, _ = retrieve(with_places(mirror, system=tiny_folder), network=network)
    assert train.source == "Tiny, downloaded"
    with pytest.raises(DataFileError, match=r"train-images-idx3-ubyte.gz: not an IDX file"):
        retrieve(TINY, tiny_folder)


def test_fetch_downloads_once(mirror: Mirror, network: Network, kept: Path) -> None:
    told: list[str] = []
    registered = with_places(mirror)
    for _ in range(2):
        assert fetch(registered, lambda name, *_: told.append(name), network) == kept
    assert contents(kept) == PAYLOADS
    assert len(mirror.requests) == 4
    assert list(dict.fromkeys(told)) == [file.name for file in EDITION.files]


def test_fetch_takes_from_a_package_what_is_there(tiny_folder: Path, kept: Path) -> None:
    assert fetch(with_places(system=tiny_folder)) == kept
    assert contents(kept) == PAYLOADS


def test_fetch_says_why_it_failed(tiny_folder: Path, mirror: Mirror, network: Network, cache: Path) -> None:
    mirror.files.clear()
    with pytest.raises(DownloadError, match="answers 404"):
        fetch(with_places(mirror), None, network)
    shutil.rmtree(cache)
    cache.write_bytes(b"a file where the folder should be")
    for registered in (with_places(mirror), with_places(system=tiny_folder)):
        with pytest.raises(OutputError, match=f"{cache}/datasets/tiny: cannot be "):
            fetch(registered, None, network)
