"""``onelayer course``: the pages of the course, each made by running its code here and now."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from onelayer.cli.options import JSON
from onelayer.errors import InvalidParameterError, OutputError, optional_dependency
from onelayer.strict_json import dumps

EVERY_PAGE, LIST = "all", "list"


@click.command(short_help="The course: linear and softmax regression, page by page.")
@click.argument("name", metavar="list|NAME|all")
@click.option(
    "--lang",
    "language",
    type=click.Choice(["en", "zh"]),
    help="Language of the page: English or Chinese.  [default: en; for all, both]",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE.html",
    help="Where to write the page; for all, the folder.  [default: NAME.html in the current folder; course]",
)
@click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="NAME=VALUE",
    help="Change a parameter of the page, which lists them at its end; may be given several times.",
)
@JSON
@click.pass_context
def course(
    context: click.Context,
    name: str,
    language: str | None,
    output: Path | None,
    assignments: tuple[str, ...],
    as_json: bool,
) -> None:
    """Make the page NAME of the course: prose, formulas, source, and figures of a run on this machine.

    \b
    onelayer course list                                       the pages in the order of reading
    onelayer course gradient-descent                           write gradient-descent.html
    onelayer course gradient-descent --set learning_rate=3     see what happens then
    onelayer course all                                        every page in both languages, and an index

    The course needs PyTorch: pip install 'onelayer[app,torch]'.
    """
    if name == LIST:
        _refuse(context, name, {"-o": output, "--set": assignments})
        _list(language or "en", as_json)
    elif name == EVERY_PAGE:
        _refuse(context, name, {"--set": assignments})
        _write_all(output or Path("course"), [language] if language else ["en", "zh"], as_json)
    else:
        _write(context, name, language or "en", output, assignments, as_json)


def _refuse(context: click.Context, name: str, options: dict[str, Any]) -> None:
    """Refuse options that a single page has and the whole course has not."""
    for option, value in options.items():
        if value:
            raise click.UsageError(f"{option} goes with the name of one page, not with {name!r}", context)


def _list(language: str, as_json: bool) -> None:
    """Print name, title and summary of every page."""
    from onelayer.course.book import catalogue

    entries = [(name, catalogue.prose(name, language)) for name in catalogue.NAMES]
    if as_json:
        click.echo(
            dumps([{"name": n, "title": prose.title, "summary": prose.summary} for n, prose in entries])
        )
        return
    for name, prose in entries:
        click.echo(f"{name:<21}{prose.title}\n{'':<21}{prose.summary}")


def _write(
    context: click.Context,
    name: str,
    language: str,
    output: Path | None,
    assignments: tuple[str, ...],
    as_json: bool,
) -> None:
    """Make one page; what is wrong with the command is said before anything runs."""
    from onelayer.course.book import catalogue, document
    from onelayer.course.book.parameters import settings
    from onelayer.output_file import check_writable

    with _usage(context):
        catalogue.check_name(name)
    path = output or Path(document.file_name(name, language))
    check_writable(path)
    document.check_installed()
    with _usage(context):
        settings(catalogue.page(name).parameters, assignments)
    finding = document.run(name, assignments)
    document.write(path, finding, language)
    if as_json:
        click.echo(dumps({"page": name, "language": language, "file": str(path), "seconds": finding.seconds}))
    else:
        click.echo(f"page        {path}\ntime        {finding.seconds:.2f} s")


@contextmanager
def _usage(context: click.Context) -> Iterator[None]:
    """Let a name or a value that there is not count as a wrong use of the command line."""
    try:
        yield
    except InvalidParameterError as error:
        raise click.UsageError(str(error), context) from None


def _write_all(folder: Path, languages: list[str], as_json: bool) -> None:
    """Make every page and an index."""
    from onelayer.course.book import catalogue, document
    from onelayer.output_file import check_writable

    document.check_installed()
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"cannot write the course into {folder}: it is no folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the folder {folder}: {error.strerror}") from error
    check_writable(folder / document.file_name("index", languages[0]))
    began = time.perf_counter()
    for name in _shown(catalogue.NAMES):
        finding = document.run(name)
        for language in languages:
            document.write(folder / document.file_name(name, language), finding, language, linked=True)
    for language in languages:
        document.write_index(folder / document.file_name("index", language), language)
    seconds = time.perf_counter() - began
    index = folder / document.file_name("index", languages[0])
    if as_json:
        click.echo(
            dumps(
                {
                    "pages": list(catalogue.NAMES),
                    "languages": languages,
                    "index": str(index),
                    "seconds": seconds,
                }
            )
        )
    else:
        click.echo(f"course      {index}\ntime        {seconds:.1f} s")


def _shown(names: Iterable[str]) -> Iterator[str]:
    """Give the names one after the other, and show on standard error how far the work is."""
    names = list(names)
    if sys.stderr.isatty():
        progress = optional_dependency("rich.progress", "app")
        console = optional_dependency("rich.console", "app").Console(file=sys.stderr)
        columns = (
            progress.TextColumn("{task.completed}/{task.total}"),
            progress.BarColumn(bar_width=None),
            progress.TextColumn("{task.description}"),
            progress.TimeElapsedColumn(),
            progress.TimeRemainingColumn(),
        )
        with progress.Progress(*columns, console=console, expand=True) as bar:
            task = bar.add_task("", total=len(names))
            for name in names:
                bar.update(task, description=name)
                yield name
                bar.advance(task)
        return
    for place, name in enumerate(names, 1):
        began = time.perf_counter()
        yield name
        click.echo(f"page {place:>2}/{len(names)}  {name:<21}{time.perf_counter() - began:6.1f} s", err=True)
