"""How good quantiles are: the share of the rows below each, which is to be its q, and its quantile loss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from onelayer.evaluation import ValuePredictions
from onelayer.losses import Quantile
from onelayer.report.numbers import percent, significant
from onelayer.report.record import Texts

_MOST_NUMBERS = 4


@dataclass(frozen=True)
class QuantileResults:
    """The headline of a model of quantiles.

    Attributes
    ----------
    numbers : list of (str, str)
        Shares of the rows first judged on that lie below the predictions, and words for them.
    header : list of str
    rows : list of list of str
        Set, rows, quantile, share below it, share asked for, mean loss; of two quantiles or more of one target also the
        share between the outermost.
    below : str
        The shares in words; empty where there are too many.
    """

    numbers: list[tuple[str, str]]
    header: list[str]
    rows: list[list[str]]
    below: str


def shares_of(losses: Sequence[Any]) -> list[float]:
    """Return q of each output; an empty list for other losses.

    Examples
    --------
    >>> shares_of([Quantile(0.1), Quantile(0.9)])
    [0.1, 0.9]
    """
    return [float(vars(loss)["q"]) for loss in losses if loss.name == Quantile.name]


def quantile_results(
    sets: Sequence[tuple[str, ValuePredictions]], names: Sequence[str], t: Texts
) -> QuantileResults | None:
    """Return the shares and losses of each quantile on each set; None for other losses.

    Parameters
    ----------
    sets : sequence of (str, ValuePredictions)
        What each set is called, and what was predicted there; the one that is judged on comes first.
    names : (n_outputs,) str
    t : dict
        The texts of the page.
    """
    judged, predictions = sets[0]
    shares = shares_of(predictions.losses)
    if not shares:
        return None
    few = len(shares) <= _MOST_NUMBERS
    numbers = [
        (percent(share), f"{t['below_quantile'].format(name=name)} · {judged}")
        for share, name in zip(shares_below(predictions), names, strict=True)
    ]
    below = t["list_separator"].join(
        t["share_below_quantile"].format(share=percent(share), q=f"{q:g}")
        for share, q in zip(shares_below(predictions), shares, strict=True)
    )
    header = ("set", "rows", "quantile", "below", "asked", "loss_quantile")
    return QuantileResults(
        numbers[:_MOST_NUMBERS],
        [t[key] for key in header],
        [row for called, each in sets for row in _rows(called, each, shares, names, t)],
        below if few else "",
    )


def shares_below(predictions: ValuePredictions) -> list[float]:
    """Return the share of the rows that lie below the prediction, for each output."""
    return (predictions.true < predictions.predicted).mean(axis=0).tolist()


def _rows(
    called: str, predictions: ValuePredictions, shares: list[float], names: Sequence[str], t: Texts
) -> list[list[str]]:
    true, predicted = predictions.true, predictions.predicted
    head = [called, f"{len(true):,}"]
    rows = [
        [
            *head,
            name,
            percent(below),
            percent(shares[k]),
            significant(predictions.losses[k].value(predicted[:, [k]], true[:, k])),
        ]
        for k, (name, below) in enumerate(zip(names, shares_below(predictions), strict=True))
    ]
    if len(set(shares)) > 1:
        low, high = shares.index(min(shares)), shares.index(max(shares))
        inside = (true[:, low] >= predicted[:, low]) & (true[:, high] < predicted[:, high])
        between = t["between_quantiles"].format(low=f"{shares[low]:g}", high=f"{shares[high]:g}")
        asked = percent(round(shares[high] - shares[low], 12))
        rows.append([*head, between, percent(float(inside.mean())), asked, "–"])
    return rows
