import json
import math
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from onelayer.errors import InvalidParameterError
from onelayer.inference.bootstrap import Bootstrap
from onelayer.inference.plain_text import columns
from onelayer.inference.robust import summarise_robust
from onelayer.inference.summarise import summarise
from onelayer.inference.summary import FIGURES
from onelayer.inference.wording import probability, significant, two_places
from onelayer.languages import texts
from onelayer.losses import Huber, Quantile

from .problems import least_squares, table

FEATURES = [
    "sqft_living",
    "a_column_with_a_name_so_long_that_no_table_can_show_it_whole_in_a_hundred_columns",
    "年份",
    "<b>",
]


def of_least_squares():
    X, targets, _ = table(n_outputs=2)
    return summarise(least_squares(X, targets), features=FEATURES, outputs=["price", "<rent>"])


def of_huber():
    X, targets, _ = table()
    fit = least_squares(X, targets)
    estimates = np.append(fit.intercept, fit.coef)
    samples = Bootstrap(estimates + np.random.RandomState(0).standard_normal((50, 1, 5)))
    return summarise_robust(
        [Huber()], fit.coef, fit.intercept, X, targets, bootstrap=samples, gap=1e-9, features=FEATURES
    )


def of_quantiles():
    X, targets, _ = table()
    fit, both = least_squares(X, targets), np.broadcast_to(targets, (60, 2))
    losses, coef = [Quantile(0.1), Quantile(0.9)], np.repeat(fit.coef, 2, axis=0)
    return summarise_robust(losses, coef, np.repeat(fit.intercept, 2), X, both)


def of_a_penalised_fit_of_dependent_columns():
    X, targets, _ = table()
    both = np.column_stack([X, X[:, 0] - X[:, 1]])
    return summarise(least_squares(both, targets, alpha=0.1))


SUMMARIES = [of_least_squares, of_huber, of_quantiles, of_a_penalised_fit_of_dependent_columns]


def ends(line):
    """The columns of a terminal at which the cells of a line end; two spaces or more lie between cells."""
    return [columns(line[: cell.end()]) for cell in re.finditer(r"\S+(?: \S+)*", line)]


@pytest.mark.parametrize("make", SUMMARIES)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_lines_are_aligned_and_not_too_wide(make, lang):
    summary = make()
    lines = summary.text(lang).splitlines()
    assert max(map(columns, lines)) <= 100
    assert all(line == line.rstrip() for line in lines)
    rules = [i for i, line in enumerate(lines) if line.startswith("─")]
    assert len(rules) == 4 * len(summary.outputs)
    for output, first in zip(summary.outputs, rules[::4], strict=True):
        figures, head, last = rules[rules.index(first) + 1 : rules.index(first) + 4]
        assert output.name in lines[first - 1]
        assert len({columns(lines[rule]) for rule in (first, figures, head, last)}) == 1
        assert {ends(line)[1] for line in lines[first + 1 : figures]} == {ends(lines[first + 1])[1]}
        cells = ends(lines[figures + 1])
        rows = lines[head + 1 : last]
        assert len(rows) == len(output.coefficients.names)
        assert all(set(ends(row)[1:]) <= set(cells) for row in rows)


def test_what_a_line_says():
    # By hand: slope 1.1, its standard error √0.27 = 0.5196, t = 2.117, p = 0.1685, R² = 0.6914.
    X, targets = np.array([[1.0], [2.0], [3.0], [4.0]]), np.array([[1.0], [3.0], [2.0], [5.0]])
    summary = summarise(least_squares(X, targets), features=["dose"], outputs=["response"], level=0.9)
    lines = str(summary).splitlines()
    assert lines[0] == "Least squares: response"
    assert any(re.search(r"R²\s+0\.6914\b", line) for line in lines)
    assert any(re.search(r"^rows\s+4\b", line) for line in lines)
    head = next(line for line in lines if "coefficient" in line)
    assert head.split() == ["coefficient", "std.", "error", "t", "p", "90", "%", "from", "to", "VIF"]
    slope = next(line for line in lines if line.startswith("dose"))
    # 1.1 ∓ 2.9200·0.5196
    assert slope.split() == ["dose", "1.1000", "0.5196", "2.12", "0.1685", "-0.4173", "2.6173", "1.00"]
    chinese = summary.text("zh")
    assert chinese.splitlines()[0] == "最小二乘：response"
    assert "标准误" in chinese
    assert "偏置" in chinese


@pytest.mark.parametrize("make", SUMMARIES)
def test_the_record_is_strict_json_and_complete(make):
    summary = make()
    record = json.loads(json.dumps(summary.record(), allow_nan=False))
    assert record["n_rows"] == 60
    assert len(record["outputs"]) == len(summary.outputs)
    for output, kept in zip(summary.outputs, record["outputs"], strict=True):
        assert kept["name"] == output.name
        for key, value in output.figures.items():
            assert key in FIGURES
            assert kept[key] == (value if math.isfinite(value) else None)
        assert [row["name"] for row in kept["coefficients"]] == list(output.coefficients.names)
        for i, row in enumerate(kept["coefficients"]):
            assert row["coefficient"] == output.coefficients.coefficient[i]
            error = output.coefficients.standard_error[i]
            assert row["standard_error"] == (error if math.isfinite(error) else None)


class Tables(HTMLParser):
    """The cells of HTML tables, and a check that every tag is closed."""

    def __init__(self, html):
        super().__init__()
        self.tables, self.open = [], []
        self.feed(html)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1] in ("td", "th"):
            self.tables[-1][-1][-1] += data


@pytest.mark.parametrize("make", SUMMARIES)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_html_says_what_the_text_says(make, lang):
    summary = make()
    tables = Tables(summary.html(lang)).tables
    assert len(tables) == 2 * len(summary.outputs)
    text = summary.text(lang)
    for output, figures, coefficients in zip(summary.outputs, tables[::2], tables[1::2], strict=True):
        assert all(label in text and value in text for label, value in figures)
        assert [row[0] for row in coefficients[2:]] == list(output.coefficients.names[1:])
        assert all(cell in text for row in coefficients[1:] for cell in row[1:])
        assert len({len(row) for row in coefficients}) == 1
    assert summary._repr_html_() == summary.html("en")


@pytest.mark.parametrize("make", SUMMARIES)
def test_notes_in_both_languages(make):
    summary = make()
    for note in summary.notes:
        english, chinese = note.text("en"), note.text("zh")
        assert re.search("[\u4e00-\u9fff]", chinese)
        assert "{" not in english + chinese
        assert chinese.replace(" ", "") in summary.text("zh").replace("\n", "").replace(" ", "")


def test_long_lists_of_names_are_cut_in_notes():
    X = np.repeat(np.random.RandomState(0).standard_normal((30, 20)), 2, axis=1)
    summary = summarise(least_squares(X, X[:, :1]))
    assert "x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, …" in summary.notes[0].text("en")


def test_both_languages_have_the_same_words_and_gaps():
    english, chinese = (texts("onelayer.inference.texts", lang) for lang in ("en", "zh"))
    assert english.keys() == chinese.keys()
    for key, words in english.items():
        assert set(re.findall(r"{\w+}", words)) == set(re.findall(r"{\w+}", chinese[key]))


def test_an_unknown_language():
    with pytest.raises(InvalidParameterError, match="lang must be 'en' or 'zh', not 'de'"):
        of_huber().text("de")


@pytest.mark.parametrize("value", [1.0, -0.99999999, 123456.7, 1e-7, -4.56e12, 9.99996, 1e-300, 0.05])
def test_numbers_keep_their_leading_digits(value):
    assert float(significant(value).replace(",", "")) == pytest.approx(value, rel=5e-5)
    assert len(re.sub(r"e.*|[^0-9]", "", significant(value)).lstrip("0")) in (5, 6)
    unit = abs(value) / 40
    assert abs(float(significant(value, unit).replace(",", "")) - value) <= max(
        1e-3 * unit, 5e-4 * abs(value)
    )


def test_numbers_that_are_none():
    assert [write(math.nan) for write in (significant, two_places, probability)] == ["", "", ""]
    assert [significant(math.inf), two_places(-math.inf)] == ["inf", "-inf"]
    assert probability(0.0) == "<0.0001"
    assert probability(1.0) == "1.0000"
