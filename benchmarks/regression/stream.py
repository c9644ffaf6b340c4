"""A Parquet file that is larger than one would like to hold in memory: least squares of it beside a scan by polars."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.regression import process_run

N_FEATURES = 100
_GROUP_ROWS = 100_000
_FLOAT = 4
_SCAN = (
    "import sys, polars; "
    "polars.scan_parquet(sys.argv[1]).select(polars.all().sum()).collect(engine='streaming').write_json()"
)


def columns_that_fit(n_rows: int, folder: Path) -> int:
    """Return how many columns a file of so many rows may have: 100, or as many as half of the free disk holds."""
    free = shutil.disk_usage(folder).free // 2
    return min(N_FEATURES, free // (n_rows * _FLOAT) - 1)


def write(path: Path, n_rows: int, n_features: int) -> None:
    """Write float32 columns x0, x1, …, and y = x·w + 3 + noise, in row groups of 100,000, packed as polars does."""
    import pyarrow as pa
    from pyarrow import parquet

    draw = np.random.default_rng(0)
    w = draw.standard_normal(n_features).astype(np.float32)
    names = [*(f"x{column}" for column in range(n_features)), "y"]
    schema = pa.schema([(name, pa.float32()) for name in names])
    with parquet.ParquetWriter(
        path, schema, compression="zstd", compression_level=3, use_dictionary=False
    ) as file:
        for start in range(0, n_rows, _GROUP_ROWS):
            size = min(_GROUP_ROWS, n_rows - start)
            X = draw.standard_normal((n_features, size), dtype=np.float32)
            y = w @ X + 3 + draw.standard_normal(size, dtype=np.float32)
            file.write_table(pa.table([*X, y], schema=schema), row_group_size=size)


def measure(lengths: Sequence[int], rounds: int) -> list[dict[str, Any]]:
    """Return for each length the seconds and memory of whole processes, in turn: polars' scan and onelayer's fit."""
    records = []
    with TemporaryDirectory(prefix="onelayer-stream-") as name:
        folder = Path(name)
        for n_rows in lengths:
            n_features = columns_that_fit(n_rows, folder)
            path = folder / f"{n_rows}.parquet"
            write(path, n_rows, n_features)
            commands = {
                "polars": ("-c", _SCAN, path),
                "onelayer": ("-m", "onelayer", "fit", path, "--target", "y", "--no-report", "--json"),
            }
            runs: dict[str, list[dict[str, Any]]] = {each: [] for each in commands}
            for round_ in range(rounds + 1):  # the first brings the file into the system's cache
                for each, arguments in commands.items():
                    done = process_run.run(arguments, folder)
                    if round_:
                        runs[each].append({key: done[key] for key in ("seconds", "peak", "anonymous")})
                    print(f"        {each}, {n_rows:,} rows: {done['seconds']:.1f} s", file=sys.stderr)
            records.append(
                {"n_rows": n_rows, "n_features": n_features, "bytes": path.stat().st_size, "runs": runs}
            )
            path.unlink()
    return records
