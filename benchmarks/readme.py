"""``python -m benchmarks.readme``: put the measured tables of ``results/`` into both READMEs.

Those of ``results/NAME.json`` go between the lines ``<!-- NAME -->`` and ``<!-- /NAME -->``; what has not been
measured in full yet is left as it is.
"""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.classification import readme_block as classification
from benchmarks.process import ROOT
from benchmarks.regression import readme_block as tables

FILES = {"en": "README.md", "zh": "README.zh-CN.md"}
BLOCKS = {"tables": tables.block, "classification": classification.block}


def fill(text: str, new: str, name: str, file: str) -> str:
    """Return a README with the block of this name replaced, or end the run if it has none."""
    opening, closing = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, opened, rest = text.partition(opening)
    _, closed, after = rest.partition(closing)
    if not opened or not closed:
        raise SystemExit(f"{file} has no lines {opening} and {closing} to put the table between")
    return f"{before}{opening}\n{new}\n{closing}{after}"


def main() -> None:
    """Rewrite both files."""
    texts = {lang: (ROOT / file).read_text(encoding="utf-8") for lang, file in FILES.items()}
    for name, block in BLOCKS.items():
        path = Path(__file__).parent / "results" / f"{name}.json"
        if path.exists():
            results = json.loads(path.read_text(encoding="utf-8"))
            texts = {
                lang: fill(text, block(results, lang), name, FILES[lang]) for lang, text in texts.items()
            }
    for lang, text in texts.items():
        (ROOT / FILES[lang]).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
