"""``onelayer report``: the page of a saved model."""

from __future__ import annotations

from pathlib import Path

import click

from onelayer.cli.loading import about, check_width, load_source
from onelayer.cli.options import LANGUAGE, MODEL, SOURCE


@click.command(short_help="Write the page of pictures of a model.")
@MODEL
@SOURCE
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE.html",
    help="Where to write the report.",
)
@LANGUAGE
def report(model_path: Path, source_name: str, output: Path, language: str) -> None:
    """Write one page of pictures that shows what MODEL learnt and how it does on SOURCE."""
    from onelayer import model_files
    from onelayer.output_file import check_writable
    from onelayer.report import write

    check_writable(output)
    model = model_files.load(model_path)
    source = load_source(source_name)
    check_width(source.train, model.n_features_in_, f"the model {model_path}")
    with about(source_name):
        write(output, model, source.train, source.test, lang=language)
    click.echo(f"report      {output}", err=True)
