"""The sums that identify a large file: of its size and of each part, however it is read."""

from __future__ import annotations

import hashlib
import zlib
from pathlib import Path

import numpy as np
import pytest

from onelayer.data.tables import check_sums
from onelayer.data.tables.check_sums import CheckSums


@pytest.mark.parametrize("size", [0, 1, 7, 8, 31, 32, 33, 64, 100])
def test_of_every_part(size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_sums, "_PART", 32)
    monkeypatch.setattr(check_sums, "_PIECE", 8)
    content = np.random.default_rng(0).bytes(size)
    (tmp_path / "file").write_bytes(content)
    parts = [zlib.crc32(content[start : start + 32]) for start in range(0, size, 32)]
    expected = hashlib.sha256(np.array([size, *parts], "<u8").tobytes()).hexdigest()
    assert CheckSums(str(tmp_path / "file")).digest() == expected


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        CheckSums(str(tmp_path / "nowhere")).digest()
