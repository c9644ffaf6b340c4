from __future__ import annotations

from xml.etree import ElementTree

from onelayer.course.book.markdown import html


def test_a_formula_of_its_own_is_a_block():
    text = html("$$\\frac{1}{n}\\sum_{i=1}^n x_i$$")
    start, end = text.index("<math"), text.index("</math>") + len("</math>")
    formula = ElementTree.fromstring(text[start:end])
    assert formula.get("display") == "block"
    assert formula.find(".//{*}mfrac") is not None


def test_prices_are_no_formulas():
    assert "<math" not in html("Prices from 75,000 dollars to 7,700,000 dollars, at 2 \\$ each, 3 \\$.")


def test_tables():
    text = html("| a | b |\n|--|--:|\n| $x$ | 2 |\n")
    assert "<th>a</th>" in text
    assert "<math" in text


def test_blocks_of_code_are_coloured():
    assert '<span class="k">return</span>' in html("```python\nreturn 1\n```")
