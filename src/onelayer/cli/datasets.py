"""``onelayer datasets``: which data sets there are by name, where they are, and fetching them."""

from __future__ import annotations

from typing import Any

import click

from onelayer.cli.loading import download_progress
from onelayer.cli.options import JSON
from onelayer.strict_json import dumps

NAME = click.argument("name")
WITHOUT_FILES = {"download": "not on this machine", "computed": "computed when it is loaded"}


@click.group(
    invoke_without_command=True, short_help="List the data sets known by name, find them, fetch them."
)
@click.pass_context
def datasets(context: click.Context) -> None:
    """The data sets that onelayer knows by name."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@datasets.command("list")
@JSON
def list_(as_json: bool) -> None:
    """List the data sets: name, rows, where each is or would come from, and what it is."""
    from onelayer.data.datasets import known

    records = [_record(listing) for listing in known()]
    if as_json:
        click.echo(dumps(records))
        return
    width = max(len(record["name"]) for record in records) + 2
    for record in records:
        rows = f"{record['n_train']:,}" + (f" + {record['n_test']:,}" if record["n_test"] else "")
        place = record["path"] or WITHOUT_FILES[record["place"]]
        click.echo(f"{record['name']:<{width}}{rows} rows   {place}")
        click.echo(f"{'':<{width}}{record['description']}. {record['licence']}")


def _record(listing: Any) -> dict[str, Any]:
    """Return what ``--json`` prints of a data set."""
    return {
        "name": listing.name,
        "description": listing.description,
        "licence": listing.licence,
        "n_train": listing.n_train,
        "n_test": listing.n_test,
        "place": listing.place,
        "path": None if listing.path is None else str(listing.path),
        "has_subset": listing.has_subset,
    }


@datasets.command()
@NAME
@JSON
def fetch(name: str, as_json: bool) -> None:
    """Bring the data set NAME into the cache, unless it is on this machine, and print where it is."""
    from onelayer.data.datasets import fetch as fetch_files

    with download_progress() as progress:
        place = fetch_files(name, progress)
    _show_place(name, str(place), as_json)


@datasets.command()
@NAME
@JSON
def path(name: str, as_json: bool) -> None:
    """Print the folder or the file that holds the data set NAME."""
    from onelayer.data.datasets import path as find_files

    _show_place(name, str(find_files(name)), as_json)


def _show_place(name: str, place: str, as_json: bool) -> None:
    click.echo(dumps({"name": name, "path": place}) if as_json else place)
