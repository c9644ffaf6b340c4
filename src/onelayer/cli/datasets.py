"""``onelayer datasets``: which data sets there are by name, where they are, and fetching them."""

from __future__ import annotations

from typing import Any

import click

from onelayer.cli.loading import download_progress
from onelayer.cli.options import JSON
from onelayer.strict_json import dumps

NAME = click.argument("name")


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
    for record in records:
        place = record["path"] or "not on this machine"
        click.echo(f"{record['name']:<15}{record['n_train']:,} + {record['n_test']:,} rows   {place}")
        click.echo(f"{'':<15}{record['description']}. {record['licence']}")


def _record(listing: Any) -> dict[str, Any]:
    """Return what ``--json`` prints of a data set."""
    return {
        "name": listing.name,
        "description": listing.description,
        "licence": listing.licence,
        "n_train": listing.n_train,
        "n_test": listing.n_test,
        "place": listing.place,
        "path": None if listing.folder is None else str(listing.folder),
        "has_subset": listing.has_subset,
    }


@datasets.command()
@NAME
@JSON
def fetch(name: str, as_json: bool) -> None:
    """Bring the data set NAME into the cache, unless it is there, and print the folder."""
    from onelayer.data.datasets import fetch as fetch_into_cache

    with download_progress() as progress:
        folder = fetch_into_cache(name, progress)
    _show_folder(name, str(folder), as_json)


@datasets.command()
@NAME
@JSON
def path(name: str, as_json: bool) -> None:
    """Print the folder with the files of the data set NAME."""
    from onelayer.data.datasets import path as find_folder

    _show_folder(name, str(find_folder(name)), as_json)


def _show_folder(name: str, folder: str, as_json: bool) -> None:
    click.echo(dumps({"name": name, "path": folder}) if as_json else folder)
