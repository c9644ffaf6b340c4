"""``cv_results_``: what scikit-learn's ``GridSearchCV`` says of every candidate, and how far each was trained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from onelayer.estimators.sweep.race import DIVERGED, FINISHED, Standing


def results_of(
    standings: Sequence[Standing], scores: NDArray, seconds: NDArray, scoring: NDArray
) -> dict[str, Any]:
    """Return the columns of ``cv_results_``.

    Parameters
    ----------
    standings : sequence of Standing
    scores : (n_candidates, n_splits) array
        NaN for one that has diverged.
    seconds, scoring : (n_candidates, n_splits) array
        Time to fit, and to score.

    Notes
    -----
    A candidate that was trained to the end ranks before any that was not, whatever its score was then.
    """
    results: dict[str, Any] = {}
    for name, times in (("fit_time", seconds), ("score_time", scoring)):
        results[f"mean_{name}"], results[f"std_{name}"] = times.mean(axis=1), times.std(axis=1)
    for name in dict.fromkeys(name for standing in standings for name in standing.params):
        results[f"param_{name}"] = _column([standing.params for standing in standings], name)
    results["params"] = [standing.params for standing in standings]
    for split in range(scores.shape[1]):
        results[f"split{split}_test_score"] = scores[:, split]
    results["mean_test_score"], results["std_test_score"] = scores.mean(axis=1), scores.std(axis=1)
    results["rank_test_score"] = _ranks(standings, results["mean_test_score"])
    results["mean_test_loss"] = np.array([standing.val_loss for standing in standings])
    results["n_epochs"] = np.array([standing.epoch for standing in standings])
    results["state"] = np.array([standing.state for standing in standings])
    return results


def _ranks(standings: Sequence[Standing], means: NDArray) -> NDArray[np.int32]:
    """Return the rank of each, from 1; those that share a place have the least of its ranks."""
    tier = np.array([{FINISHED: 0, DIVERGED: 2}.get(standing.state, 1) for standing in standings])
    keys = sorted({(t, -m) for t, m in zip(tier, np.nan_to_num(means, nan=-np.inf), strict=True)})
    place = {key: i for i, key in enumerate(keys)}
    order = [place[t, -m] for t, m in zip(tier, np.nan_to_num(means, nan=-np.inf), strict=True)]
    return rankdata(order, method="min").astype(np.int32)


def _column(params: Sequence[dict[str, Any]], name: str) -> np.ma.MaskedArray:
    """Return the values of a parameter, masked where a candidate has none."""
    present = [each[name] for each in params if name in each]
    numbers = all(
        isinstance(value, int | float | np.number) and not isinstance(value, bool) for value in present
    )
    column = np.ma.masked_all(
        len(params), dtype=np.result_type(*map(np.asarray, present)) if numbers else object
    )
    for i, each in enumerate(params):
        if name in each:
            column[i] = each[name]
    return column
