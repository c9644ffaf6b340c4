"""The results in classification as Markdown."""

from __future__ import annotations

from statistics import median

from benchmarks import markdown
from benchmarks.classification import figures
from benchmarks.classification.figures import DISTANCES, MEGABYTE, Records, Results
from benchmarks.classification.folds import ALPHAS as PENALTIES
from benchmarks.classification.problems import ALPHAS, EMBEDDINGS, FASHION, TEN, TEXT, TWO
from benchmarks.markdown import table

_FLOOR = "products"
_FITS = (FASHION, TWO, TEN, EMBEDDINGS, TEXT)


def page(results: Results) -> str:
    """Return the page: the figures to reach, and for each problem how soon each is near, and every fit."""
    sections = markdown.opening(results, figures.read(results))
    races = results.get("races", {})
    for problem in _FITS:
        if problem.name in races:
            race = races[problem.name]
            sections += [f"## {problem.title}", _note(race), _reaches(race), _fits(race)]
    if ALPHAS.name in races:
        sections += [f"## {ALPHAS.title}", _alphas(races[ALPHAS.name])]
    return "\n\n".join(sections) + "\n"


def _note(race: Records) -> str:
    best, (floor,) = figures.least(race), race["who"][_FLOOR]["fits"]
    seconds = median(floor["seconds"])
    gap = min(fit["gap"] for fit in race["who"][figures.OURS]["fits"])
    return (
        f"{race['n_rows']:,} rows; α = 1/n. The least F of all fits of this run, which stands for the optimum F*, is "
        f"{best['objective']:.10g}, and its mean cross-entropy {best['loss']:.7g}; "
        f"onelayer's nearest fit is above the true least value by at most {gap:.0e} of it. The two products of an "
        f"iteration, X W and Xᵀ G, are {floor['flops'] / 1e9:.3g} GFLOP and take {1e3 * seconds:.3g} ms."
    )


def _reaches(race: Records) -> str:
    """Return the table of how soon each is near to the optimum."""
    header = (
        "who",
        *(f"s until F is within {within:.0e}" for within in DISTANCES),
        *(f"× onelayer at {within:.0e}" for within in DISTANCES),
        "MB above the rows at the peak",
    )
    rows = []
    for task in [task for task in race["who"] if task != _FLOOR]:
        reaches = [figures.reach(race, task, within) for within in DISTANCES]
        ratios = [figures.times(race, [task], within) for within in DISTANCES]
        marks = ["" if each.reached else "> " for each in reaches]
        rows.append(
            (
                race["who"][task]["label"],
                *map(str, reaches),
                *(f"{mark}{ratio:.2f}" for mark, ratio in zip(marks, ratios, strict=True)),
                f"{figures.growth(race['who'][task]) / MEGABYTE:.0f}",
            )
        )
    return table(header, rows)


def _fits(race: Records) -> str:
    """Return the table of every fit."""
    header = (
        "who", "told", "iterations", "s, median", "least", "rounds", "× the two products", "F / F* − 1",
        "test accuracy",
    )  # fmt: skip
    floor = median(race["who"][_FLOOR]["fits"][0]["seconds"])
    rows = [
        (
            record["label"],
            f"{record['effort']}={fit['effort']:g}",
            str(fit["iterations"]),
            f"{median(fit['seconds']):.3g}",
            f"{min(fit['seconds']):.3g}",
            str(len(fit["seconds"])),
            f"{median(fit['seconds']) / floor:.3g}",
            f"{figures.distance(race, fit):.1e}",
            f"{fit['accuracy']:.4f}" if "accuracy" in fit else "",
        )
        for task, record in race["who"].items()
        for fit in record["fits"]
        if task != _FLOOR
    ]
    return table(header, rows)


def _alphas(race: Records) -> str:
    """Return the table of the penalties."""
    header = ("who", "s, median", "least", "rounds", "best α", "best score", "MB above the rows at the peak")
    rows = []
    for record in race["who"].values():
        (fit,) = record["fits"]
        best = max(fit["scores"])
        rows.append(
            (
                record["label"],
                f"{median(fit['seconds']):.3g}",
                f"{min(fit['seconds']):.3g}",
                str(len(fit["seconds"])),
                f"{PENALTIES[fit['scores'].index(best)]:.2g}",
                f"{best:.4f}",
                f"{figures.growth(record) / MEGABYTE:.0f}",
            )
        )
    names = [f"{alpha:.2g}" for alpha in PENALTIES]
    scores = [
        (record["label"], *(f"{score:.4f}" for score in record["fits"][0]["scores"]))
        for record in race["who"].values()
    ]
    note = (
        f"α from {PENALTIES[0]:g} to {PENALTIES[-1]:g}, five folds of {race['n_rows']:,} rows, the same for all, and "
        "the fit of the best on all rows. The scores are mean accuracies of the rows held out; those of each α:"
    )
    return "\n\n".join([table(header, rows), note, table(("who", *names), scores)])
