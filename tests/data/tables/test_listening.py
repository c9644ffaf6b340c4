"""Who listens to a table hears of every pass over it: its beginning, its rows, and its end whatever happens."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import zstandard

from onelayer.data.tables import Table, csv_reader, open_table
from onelayer.data.tables.unpacked import CHUNK
from onelayer.errors import DataFileError

N_ROWS = 600_000  # of some 20 bytes: three chunks


class Heard:
    """Keeps all that it hears."""

    def __init__(self) -> None:
        self.passes: list[dict[str, Any]] = []

    def on_start(self, epochs: int, rows: int) -> None:
        assert epochs == 1
        self.passes.append({"of": rows, "read": [], "ended": 0})

    def on_rows(self, rows: int) -> None:
        self.passes[-1]["read"].append(rows)

    def on_end(self) -> None:
        self.passes[-1]["ended"] += 1


@pytest.fixture(scope="module")
def content() -> bytes:
    frame = pl.DataFrame({"row": pl.arange(N_ROWS, eager=True)})
    text = frame.select(
        "row", (pl.col("row") * 7919 % 1_000_003).alias("a"), pl.lit("word").alias("b")
    ).write_csv()
    assert len(text) > 2 * CHUNK
    return text.encode()


@pytest.mark.parametrize(
    ("suffix", "packed"),
    [(".csv", bytes), (".csv.gz", gzip.compress), (".csv.zst", zstandard.compress)],
)
def test_the_first_pass_over_a_file_of_text_estimates_how_many_rows_there_are(
    content: bytes,
    suffix: str,
    packed: Callable[[bytes], bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(csv_reader, "KEPT", 0)
    path, heard = tmp_path / f"long{suffix}", Heard()
    path.write_bytes(packed(content))
    table = open_table(path)
    table.listen(heard)
    assert sum(map(len, table.batches(["a"]))) == N_ROWS
    first, second = heard.passes
    assert 0.5 * N_ROWS < first["of"] < 2 * N_ROWS
    assert second["of"] == N_ROWS
    for one in heard.passes:
        assert len(one["read"]) >= 3
        assert one["read"] == sorted(set(one["read"]))
        assert (one["read"][-1], one["ended"]) == (N_ROWS, 1)


@pytest.mark.parametrize("source", ["frame", "parquet"])
def test_parts_and_choices_of_columns_are_listened_to_as_well(source: str, tmp_path: Path) -> None:
    frame, heard = pl.DataFrame({"a": range(1000), "b": range(1000)}), Heard()
    table = Table.of(frame)
    if source == "parquet":
        frame.write_parquet(tmp_path / "t.parquet")
        table = open_table(tmp_path / "t.parquet")
    table.listen(heard)
    train, held_out = table.select(["a"]).split(0.25, 0)
    train.read()
    held_out.read()
    assert [(one["of"], one["read"][-1], one["ended"]) for one in heard.passes] == [
        (750, 750, 1),
        (250, 250, 1),
    ]


def test_a_pass_that_is_given_up_or_fails_has_ended(tmp_path: Path) -> None:
    heard, path = Heard(), tmp_path / "bad.csv"
    table = Table.of(pl.DataFrame({"a": range(10)}))
    table.listen(heard)
    batches = table.batches()
    list(islice(batches, 1))
    batches.close()  # type: ignore[attr-defined]
    path.write_text("a,b\n" + "1,2\n" * (CHUNK // 2) + "1\n")
    broken = open_table(path)
    broken.listen(heard)
    with pytest.raises(DataFileError, match="row"):
        broken.read()
    assert [one["ended"] for one in heard.passes] == [1, 1]
