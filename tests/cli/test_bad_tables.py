"""Tables that cannot be trained on or predicted from: one line with file, row, column and value, nothing written."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import zstandard

from .conftest import Refused, Run

HEADER = b"size,rooms,town,price"
ROWS = [
    b"%d,%d,%s,%d" % (50 + 7 * k % 90, 1 + k % 5, (b"Ulm", b"Bonn", b"Kiel")[k % 3], 100 + 13 * k % 71)
    for k in range(30)
]
FIT = ("fit", "--target", "price")


def table(*rows: bytes, header: bytes = HEADER) -> bytes:
    """Return a file of text."""
    return b"\n".join([header, *(rows or ROWS)]) + b"\n"


def with_row(row: bytes) -> bytes:
    """Return the good table with another seventh row, in line 8."""
    return table(*ROWS[:6], row, *ROWS[7:])


def with_column(name: bytes, *values: bytes) -> bytes:
    """Return the good table with another column, of which the values are repeated."""
    return table(
        *(row + b"," + values[k % len(values)] for k, row in enumerate(ROWS)), header=HEADER + b"," + name
    )


def with_target(value: bytes) -> bytes:
    """Return the good table with one price for all."""
    return table(*(row.rpartition(b",")[0] + b"," + value for row in ROWS))


MISSING = (
    ": values are missing in 'size' (1 row) of 30 rows; say what to do with --missing drop (leaves the rows out), "
    "'mean' or 'indicator'; or leave such a column out with --drop size"
)
AT = ", row 7 (line 8)"
AS_TEXT = "read the column as text with --category size"

# what is wrong: the file, and what the line has to say after its name
TABLES = {
    "a row too short": (
        with_row(b"1,2,Ulm"),
        f"{AT}: 3 fields, where there are 4 columns: '1,2,Ulm'; complete the row",
    ),
    "a row too long": (
        with_row(b"1,2,Ulm,4,5"),
        f"{AT}: 5 fields, where there are 4 columns: '1,2,Ulm,4,5'; ",
    ),
    "an unclosed quote": (
        with_row(b'1,2,"Ulm,4'),
        f"{AT}, column 'town': the quote that opens here is never closed",
    ),
    "a NUL byte": (with_row(b"1,2,U\0lm,4"), rf"{AT}, column 'town': 'U\x00lm': a NUL byte"),
    "latin-1": (
        with_row(b"1,2,K\xf6ln,4"),
        rf"{AT}, column 'town': 'K\xf6ln': byte f6 is not UTF-8; save the file in UTF-8",
    ),
    "a number too large": (
        with_row(b"1e999,2,Ulm,4"),
        f"{AT}, column 'size': '1e999' is too large a number for float64; correct it, or {AS_TEXT}",
    ),
    "infinity": (
        with_row(b"inf,2,Ulm,4"),
        f"{AT}, column 'size': 'inf' is not a number, as 29 of the column's 30",
    ),
    "two dashes": (
        with_row(b"--,2,Ulm,4"),
        f"{AT}, column 'size': '--' is not a number, as 29 of the column's 30 values are; correct it, say that it "
        f"stands for a missing value with --missing-values --, or {AS_TEXT}",
    ),
    "text among numbers": (with_row(b"big,2,Ulm,4"), f"{AT}, column 'size': 'big' is not a number, as 29 of"),
    "a number among text": (
        with_row(b"1,2,12,4"),
        f"{AT}, column 'town': '12' is a number, where 29 of the column's 30 values are text; correct it, or read the "
        "column as text with --category town",
    ),
    "nan": (with_row(b"nan,2,Ulm,4"), MISSING),
    "an empty field": (with_row(b",2,Ulm,4"), MISSING),
    "N/A": (with_row(b"N/A,2,Ulm,4"), MISSING),
    "two columns of one name": (
        table(header=b"size,rooms,size,price"),
        ", line 1: columns 1 and 3 are both named 'size'; give every column a name of its own",
    ),
    "no header, of numbers": (
        table(b"1,2", b"3,4", header=b"5,6"),
        ", line 1: the header should name the columns, but holds only numbers, beginning with '5'; if the file has no "
        "header, say so with --no-header",
    ),
    "no header": (
        table(header=ROWS[0]),
        ": there is no column 'price' (the target); the columns are '50', '1', 'Ulm', '100', or if these are values, "
        "say --no-header",
    ),
    "no header, and a value twice": (
        table(header=b"1,1,Ulm,2"),
        ", line 1: columns 1 and 2 are both named '1'; give every column a name of its own, or --no-header if the file "
        "has no header",
    ),
    "an empty file": (b"", ": the file is empty"),
    "a header alone": (HEADER + b"\n", ": the file has a header but no rows"),
    "one row": (table(ROWS[0]), ": there is one row only, from which nothing can be learned"),
    "no target": (
        table(header=b"size,rooms,town,prize"),
        ": there is no column 'price' (the target); did you mean 'prize'?",
    ),
    "a constant target": (with_target(b"7"), ": the target 'price' has the same value in every row"),
    "no value of the target": (with_target(b""), ": the target 'price' is missing in every row"),
    "a missing target": (
        with_row(b"1,2,Ulm,"),
        ": values are missing in 'price' (the target, 1 row) of 30 rows; say what to do with --missing drop (leaves "
        "the rows out), 'mean' or 'indicator'",
    ),
    "an identifier": (
        with_column(b"key", *(b"house %d" % number for number in range(30))),
        ": 'key' (30 different values) in 30 rows: such values name single rows, from which nothing can be learned for "
        "others; leave them out with --drop key",
    ),
}
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "houses.csv": bytes,
    "houses.csv.gz": gzip.compress,
    "houses.csv.zst": zstandard.compress,
}


@pytest.fixture
def houses(workplace: Path) -> str:
    """The good table, as a file."""
    (workplace / "houses.csv").write_bytes(table())
    return "houses.csv"


@pytest.mark.parametrize("name", PACKERS)
@pytest.mark.parametrize("case", TABLES)
def test_what_is_wrong_is_named_by_place_and_value(
    case: str, name: str, refused: Refused, workplace: Path
) -> None:
    content, line = TABLES[case]
    (workplace / name).write_bytes(PACKERS[name](content))
    assert refused(*FIT, name).startswith(f"{name}{line}")


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gzip", "zstandard"])
def test_packed_files_that_are_damaged(
    pack: Callable[[bytes], bytes], refused: Refused, workplace: Path
) -> None:
    packed = pack(table(*ROWS * 50))
    for content in (packed[:-5], packed[: len(packed) // 2], packed + b"more"):
        (workplace / "houses.csv").write_bytes(content)
        assert refused(*FIT, "houses.csv").startswith("houses.csv: ")


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (
            ["--target", "town", "--loss", "squared"],
            "houses.csv, row 1 (line 2), column 'town': 'Ulm' where the target of a regression must be a number; "
            "classes are for the loss cross-entropy",
        ),
        (["--drop", "sise"], "houses.csv: there is no column 'sise' (--drop sise); did you mean 'size'"),
        (["--drop", "price"], "houses.csv: the target 'price' is among the columns to drop"),
        (["--features", "size,price"], "houses.csv: the target 'price' is among the features"),
        (["--features", "size", "--drop", "size"], "houses.csv: --features size and --drop size contradict"),
        (["--category", "twon"], "houses.csv: there is no column 'twon'; did you mean 'town'?"),
        (["--log", "town"], "houses.csv: --log town: the column holds no numbers"),
        (["--date-parts", "size"], "houses.csv: --date-parts size: the column holds no dates"),
        (["--delimiter", ";;"], "--delimiter ';;': expected one character of ASCII"),
        (["--validation", "0.99"], "houses.csv: cannot hold out 0.99 of 30 rows: that leaves none to train"),
        (["--validation", "nowhere.csv"], "nowhere.csv: there is no such file"),
        (["--solver", "newton"], "--solver newton does not solve the loss 'squared'"),
        (["--loss", "absolute", "--alpha", "1,2"], "--alpha 1.0,2.0: expected a finite number of at least 0"),
    ],
)
def test_options_that_do_not_fit_the_table(
    options: list[str], line: str, refused: Refused, houses: str
) -> None:
    assert refused(*FIT, houses, *options).startswith(line)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--features", "size,,town"], "'size,,town' are not names separated by commas"),
        (["--missing", "zero"], "'zero' is not one of"),
        (["--weights", "price"], "--weights and --target both name 'price'"),
        (["--weights", "size", "--features", "size,town"], "--weights and --features both name 'size'"),
        (["--weights", "size", "--implementation", "concise"], "--weights is for the implementation fast"),
    ],
)
def test_a_wrong_use_of_options(options: list[str], reason: str, refused: Refused, houses: str) -> None:
    assert reason in refused(*FIT, houses, *options, status=2)


def test_a_table_needs_a_target(refused: Refused, houses: str) -> None:
    line = refused("fit", houses, status=2)
    assert "which column of houses.csv is to be predicted; it has size, rooms, town, price" in line


def test_options_of_tables_are_for_tables(refused: Refused, toy: str) -> None:
    for option in ("--target", "--weights", "--drop", "--missing-values"):
        assert f"{option} is for tables, and toy is no CSV" in refused("fit", toy, option, "x", status=2)


class TestWeights:
    """Weights that are none."""

    @pytest.mark.parametrize(
        ("values", "line"),
        [
            ([b"1", b"-2"], ", row 2 (line 3), column 'w': a weight is at least 0, and this is -2"),
            ([b"1", b"nan"], ", row 2 (line 3), column 'w': the weight is missing"),
            ([b"1", b"inf", b"2"], ", row 2 (line 3), column 'w': 'inf' is not a number"),
            ([b"one", b"two"], ", row 1 (line 2), column 'w': a weight is a number, and this is 'one'"),
            ([b"0"], ", column 'w': no row has a weight above 0"),
        ],
    )
    def test_of_a_column(self, values: list[bytes], line: str, refused: Refused, workplace: Path) -> None:
        (workplace / "houses.csv").write_bytes(with_column(b"w", *values))
        for options in ([], ["--loss", "huber"], ["--loss", "auto"]):
            result = refused(*FIT, "houses.csv", "--weights", "w", *options)
            assert result.startswith(f"houses.csv{line}"), options

    def test_a_column_that_is_not_there(self, refused: Refused, houses: str) -> None:
        line = refused(*FIT, houses, "--weights", "rom")
        assert line == "houses.csv: there is no column 'rom' (the weights); did you mean 'rooms'?"


class TestParquet:
    """Files that only look like Parquet, and values that do not belong there."""

    @pytest.fixture
    def content(self, workplace: Path) -> bytes:
        """The good table, as a Parquet file."""
        pl.read_csv(table()).write_parquet(workplace / "houses.parquet", row_group_size=10)
        return (workplace / "houses.parquet").read_bytes()

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda content: content[:-1],
            lambda content: content[: len(content) // 2],
            lambda content: content[:8],
            lambda content: b"PAR1",
            lambda content: content[4:],
            lambda content: content + b"more",
            lambda content: content[:-12] + bytes(4) + content[-8:],
            lambda content: content[:-8] + b"\xff\xff\xff\xff" + content[-4:],
            lambda content: content[:-200] + b"\xff" * 100 + content[-100:],
            lambda content: content[:4] + bytes(200) + content[204:],
            lambda content: content[:4] + b"\xff" * 200 + content[204:],
            lambda content: content[:500] + content[600:],
        ],
    )
    def test_a_damaged_file(
        self, spoil: Callable[[bytes], bytes], content: bytes, refused: Refused, workplace: Path
    ) -> None:
        (workplace / "houses.parquet").write_bytes(spoil(content))
        assert refused(*FIT, "houses.parquet").startswith("houses.parquet: ")

    @pytest.mark.parametrize(
        ("change", "line"),
        [
            (pl.lit(float("inf")).alias("size"), ", row 1, column 'size': inf is not a finite number"),
            (
                pl.lit([1]).alias("size"),
                ", column 'size': values of type List(Int64) are neither numbers nor",
            ),
            (pl.lit(None).alias("price"), ": the target 'price' is missing in every row"),
            (pl.lit(2).alias("price"), ": the target 'price' has the same value in every row"),
        ],
    )
    def test_values(self, change: pl.Expr, line: str, refused: Refused, workplace: Path) -> None:
        pl.read_csv(table()).with_columns(change).write_parquet(workplace / "houses.parquet")
        assert refused(*FIT, "houses.parquet").startswith(f"houses.parquet{line}")


class TestAtPredictTime:
    """A table that is not like the one of the fit."""

    @pytest.fixture
    def model(self, houses: str, run: Run) -> str:
        """A model of the good table."""
        assert run(*FIT, houses, "--no-report", "--model", "houses.onelayer").status == 0
        return "houses.onelayer"

    @pytest.mark.parametrize("suffix", ["csv", "parquet"])
    @pytest.mark.parametrize(
        ("change", "line"),
        [
            (lambda new: new.drop("size"), ": there is no column 'size', which the model needs; the other columns are"),
            (
                lambda new: new.rename({"size": "Size"}),
                ": there is no column 'size', which the model needs; did you mean 'Size'?",
            ),
            (
                lambda new: new.with_columns(size=pl.lit("big")),
                ", row 1{line}, column 'size': the model needs numbers, and here is 'big'; the column holds text",
            ),
            (
                lambda new: new.with_columns(town=pl.col("rooms")),
                ", row 1{line}, column 'town': the model needs text, and here is '1'; the column holds numbers",
            ),
            (
                lambda new: new.with_columns(rooms=pl.lit(True)),
                ", row 1{line}, column 'rooms': the model needs numbers, and here is 'True'; the column holds true and",
            ),
            (
                lambda new: new.with_columns(size=pl.when(pl.col("size") != 57).then("size")),
                ", row 2{line}, column 'size': the value is missing; fill it in, or fit the model with --missing mean",
            ),
        ],
    )  # fmt: skip
    def test_columns_that_are_missing_or_of_another_type(
        self,
        change: Callable[[pl.DataFrame], pl.DataFrame],
        line: str,
        suffix: str,
        model: str,
        refused: Refused,
        workplace: Path,
    ) -> None:
        name, new = f"new.{suffix}", change(pl.read_csv(table()))
        {"csv": new.write_csv, "parquet": new.write_parquet}[suffix](workplace / name)
        row = int(line[6]) if "{line}" in line else 0
        expected = f"{name}{line.replace('{line}', f' (line {row + 1})' * (suffix == 'csv'))}"
        for command in (["predict"], ["evaluate"], ["report", "-o", "page.html"]):
            assert refused(*command, model, name).startswith(expected), command

    def test_a_number_among_text(self, model: str, refused: Refused, run: Run, workplace: Path) -> None:
        (workplace / "new.csv").write_bytes(with_row(b"1,2,12,4"))
        line = (
            "new.csv, row 7 (line 8), column 'town': '12' is a number, and the model was fitted to text there; correct "
            "it, or fit the model with --category town"
        )
        for command in (["predict"], ["evaluate"], ["report", "-o", "page.html"]):
            assert refused(*command, model, "new.csv") == line, command
        assert refused(*FIT, "houses.csv", "--validation", "new.csv") == line
        assert run(*FIT, "houses.csv", "--no-report", "--model", model, "--category", "town").status == 0
        result = run("predict", model, "new.csv")
        assert (result.status, len(result.out.splitlines())) == (0, 31)
        assert "not among the levels that the model was fitted to: '12'" in result.err

    def test_evaluation_needs_the_target(self, model: str, refused: Refused, workplace: Path) -> None:
        pl.read_csv(table()).drop("price").write_csv(workplace / "new.csv")
        assert "there is no column 'price'" in refused("evaluate", model, "new.csv")

    def test_models_and_data_of_different_kinds(
        self, model: str, toy: str, refused: Refused, run: Run
    ) -> None:
        assert refused("predict", model, toy).endswith("was fitted to a table; give a CSV or Parquet file")
        run("fit", toy, "--no-report", "--model", "toy.model")
        line = refused("predict", "toy.model", "houses.csv")
        assert line.endswith("was fitted to rows of 16 numbers, not to the columns of a table")

    def test_what_only_some_models_have(self, model: str, refused: Refused, run: Run) -> None:
        assert "has no probabilities" in refused("predict", model, "houses.csv", "--proba", status=2)
        run("fit", "houses.csv", "--target", "town", "--no-report", "--model", "town.onelayer")
        line = refused("predict", "town.onelayer", "houses.csv", "--interval", "0.9", status=2)
        assert "has no intervals" in line
        line = refused("report", "town.onelayer", "houses.csv", "-o", "p", "--covariance", "HC1", status=2)
        assert "has no standard errors" in line
        run(*FIT, "houses.csv", "--loss", "huber", "--no-report", "--model", "huber.onelayer")
        assert "interval needs a model of the squared loss" in refused(
            "predict", "huber.onelayer", "houses.csv", "--interval", "0.9"
        )
        assert "was not fitted by least squares" in refused("inspect", "huber.onelayer", "--summary")
        line = refused("report", "huber.onelayer", "houses.csv", "-o", "page.html", "--covariance", "HC1")
        assert line.startswith("--covariance HC1 is for the squared loss; ")
