"""Help in sections: a command of many options shows them by what they are about."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import click


class Sectioned(click.Command):
    """A command whose help has its options in sections.

    Parameters
    ----------
    sections : mapping
        Title to the names of the parameters in it.
    rest : str
        Title of the section of all others, the last one.
    """

    def __init__(
        self,
        *arguments: Any,
        sections: Mapping[str, Collection[str]],
        rest: str = "Options",
        **keywords: Any,
    ) -> None:
        super().__init__(*arguments, **keywords)
        self._sections, self._rest = sections, rest

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each option in its section."""
        records: dict[str, list[tuple[str, str]]] = {title: [] for title in (*self._sections, self._rest)}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None and parameter.param_type_name == "option":
                records[self._title(parameter.name)].append(record)
        for title, entries in records.items():
            with formatter.section(title):
                formatter.write_dl(entries)

    def _title(self, name: str | None) -> str:
        return next((title for title, names in self._sections.items() if name in names), self._rest)
