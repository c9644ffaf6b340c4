"""``onelayer report``: the page of a saved model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from onelayer.cli.loading import about, check_width, files_of, load_source
from onelayer.cli.options import LANGUAGE, MODEL, SOURCE, grouped
from onelayer.cli.output_paths import check_outputs
from onelayer.cli.table_options import READING
from onelayer.cli.tables import check_kind, estimator_of, part_for, target_of
from onelayer.errors import InvalidDataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from onelayer.data.dataset import Dataset


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
@click.option(
    "--covariance",
    type=click.Choice(["classical", "HC0", "HC1", "HC2", "HC3", "bootstrap"]),
    default="classical",
    show_default=True,
    help="What the standard errors rest on: of least squares, equal variance in all rows or any (HC0 to HC3); of other "
    "losses, fits to resampled rows (bootstrap). All but classical need the rows of the fit as SOURCE.",
)
@click.option(
    "--weights", metavar="COLUMN", help="The column of weights of a weighted fit, for --covariance."
)
@grouped(READING)
@LANGUAGE
def report(
    model_path: Path,
    source_name: str,
    output: Path,
    covariance: str,
    weights: str | None,
    language: str,
    **reading: Any,
) -> None:
    """Write one page of pictures that shows what MODEL learnt and how it does on SOURCE."""
    from sklearn.base import is_classifier

    from onelayer import model_files
    from onelayer.report import write

    check_outputs({"-o": output}, {"MODEL": [model_path], "SOURCE": files_of(source_name)})
    model = model_files.load(model_path)
    estimator, errors = estimator_of(model), covariance != "classical"
    if errors and is_classifier(estimator):
        raise click.UsageError(
            f"{model_path} is a classifier and has no standard errors; leave --covariance out"
        )
    keywords: dict[str, Any] = {}
    with about(source_name):
        if check_kind(model, model_path, source_name):
            part = part_for(model, source_name, weights, **reading)
            (train, _, numbers), test = part.shown, None
            names = [target_of(model)]
            keywords = {"groups": part.preparation.groups, "row_numbers": numbers, "targets": names}
            if errors:
                data, each, _ = part.held
                keywords["summary"] = _summary(estimator, data, each, covariance, names)
        else:
            source = load_source(source_name)
            train, test = source.train, source.test
            check_width(train, model.n_features_in_, f"the model {model_path}")
            if errors:
                keywords["summary"] = _summary(estimator, train, None, covariance, None)
        write(output, estimator, train, test, lang=language, **keywords)
    click.echo(f"report      {output}", err=True)


def _summary(
    estimator: Any, data: Dataset, weights: NDArray | None, covariance: str, names: list[str | None] | None
) -> Any:
    """Return the summary of a fit from its rows; refuse rows that cannot be those."""
    import numpy as np

    statistics = estimator.statistics_
    n_rows = estimator.training_["n_rows"]
    if len(data.X) != n_rows:
        raise InvalidDataError(
            f"covariance={covariance!r} needs the rows of the fit, of which there were {n_rows:,}, and here are "
            f"{len(data.X):,}"
        )
    total = n_rows if weights is None else float(weights.sum())
    if statistics is not None and not np.isclose(statistics.total_weight, total):
        raise InvalidDataError(
            f"the rows have a weight of {total:g} together, and those of the fit had {statistics.total_weight:g}; name "
            "the column of its weights with weights='COLUMN'"
        )
    return estimator.summary(data.X, data.y, weights, covariance=covariance, outputs=names)
