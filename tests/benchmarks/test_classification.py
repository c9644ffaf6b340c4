"""The benchmarks of classification: how fits are judged, and how their times are compared."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from scipy.special import expit, softmax
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

pytest.importorskip("benchmarks", reason="a source distribution has no benchmarks")

from benchmarks.classification import figures
from benchmarks.classification.judgement import judge
from benchmarks.classification.problems import TEN, TEXT, TWO, Problem
from benchmarks.classification.rivals import CLASSES, create

from benchmarks import readme

SMALL = [problem.shorter(100) for problem in (TWO, TEN)]


def pixels(problem: Problem) -> dict[str, np.ndarray]:
    draw = np.random.default_rng(0)
    X = draw.integers(256, size=(problem.n_rows, problem.n_features), dtype=np.uint8)
    return {"X": X, "y": draw.integers(3, size=problem.n_rows)}


def words(problem: Problem) -> dict[str, np.ndarray]:
    arrays = pixels(problem)
    return {**arrays, "X": sparse.csr_matrix(arrays["X"] * (arrays["X"] > 200) / 255.0)}


def pixels_held_out(problem: Problem) -> dict[str, np.ndarray]:
    arrays = pixels(problem)
    return {name + part: array[rows] for name, array in arrays.items()
            for part, rows in (("", slice(200)), ("_test", slice(200, None)))}  # fmt: skip


PIXELS, WORDS, TESTED = (
    Problem(make.__name__, "", 300, 20, 3, make) for make in (pixels, words, pixels_held_out)
)


@pytest.mark.parametrize("problem", [*SMALL, PIXELS, WORDS], ids=lambda problem: problem.name)
def test_the_objective_is_scikit_learns_log_loss_and_the_penalty(problem, tmp_path):
    problem.write(tmp_path)
    arrays = problem.make(problem)
    X = arrays["X"] / 255.0 if problem is PIXELS else arrays["X"]
    n_outputs = 1 if problem.n_classes == 2 else problem.n_classes
    draw = np.random.default_rng(1)
    coef, intercept = (
        0.2 * draw.standard_normal(size) for size in ((n_outputs, problem.n_features), n_outputs)
    )
    scores = X @ coef.T + intercept
    probabilities = expit(scores[:, 0]) if n_outputs == 1 else softmax(scores, axis=1)
    found = judge(tmp_path, coef, intercept, 0.3)
    assert found["loss"] == pytest.approx(log_loss(arrays["y"], probabilities), rel=1e-12)
    assert found["objective"] - found["loss"] == pytest.approx(0.15 * (coef**2).sum(), rel=1e-12)


@pytest.mark.parametrize("problem", [*SMALL, PIXELS, WORDS], ids=lambda problem: problem.name)
def test_onelayer_and_scikit_learn_minimise_what_is_judged(problem, tmp_path):
    problem.write(tmp_path)
    arrays = problem.make(problem)
    objectives = []
    for name, effort in (("onelayer", 1e-10), ("sklearn-lbfgs", 2_000)):
        task = create(name, 2)
        task.take(arrays["X"], arrays["y"], problem.alpha)
        task.run(effort)
        outcome = task.outcome()
        found = judge(tmp_path, outcome["coef"], outcome["intercept"], problem.alpha)
        objectives.append(found["objective"])
        shifted = judge(tmp_path, outcome["coef"] * 1.01, outcome["intercept"], problem.alpha)
        assert found["objective"] < shifted["objective"]
    assert objectives[0] == pytest.approx(objectives[1], rel=1e-8)


def test_accuracy_is_that_of_the_test_set(tmp_path):
    TESTED.write(tmp_path)
    arrays = TESTED.make(TESTED)
    model = LogisticRegression(max_iter=500).fit(arrays["X"] / 255, arrays["y"])
    found = judge(tmp_path, model.coef_, model.intercept_, TESTED.alpha)
    assert found["accuracy"] == model.score(arrays["X_test"] / 255, arrays["y_test"])
    assert found["accuracy"] != model.score(arrays["X"] / 255, arrays["y"])


def test_text_is_as_sparse_as_it_says():
    X = TEXT.shorter(11).make(TEXT.shorter(11))["X"]
    assert X.shape == (1_000, 100_000)
    assert 140 <= X.nnz / X.shape[0] <= 160
    np.testing.assert_allclose(sparse.linalg.norm(X, axis=1), 1)


def test_every_rival_has_a_class():
    for name in CLASSES:
        assert create(name, 1).label


def fit(objective: float, *seconds: float) -> dict:
    return {"objective": objective, "seconds": list(seconds)}


RACE = {
    "who": {
        "onelayer": {"fits": [fit(1.01, 1.0), fit(1.0005, 2.0, 9.0, 3.0), fit(1.0, 5.0)]},
        "sklearn-a": {"fits": [fit(1.00005, 12.0), fit(1.0001, 4.0)]},
        "sklearn-b": {"fits": [fit(1.0009, 6.0), fit(1.002, 8.0)]},
    }
}


def test_a_distance_is_reached_by_the_quickest_fit_that_is_within():
    assert figures.least(RACE)["objective"] == 1.0
    reach = figures.reach(RACE, "onelayer", 1e-3)
    assert (reach.seconds, reach.reached) == (3.0, True)
    assert figures.reach(RACE, "onelayer", 1e-6).seconds == 5.0
    assert figures.quickest(RACE, figures.tasks(RACE, "sklearn"), 1e-3).seconds == 4.0
    assert figures.times(RACE, figures.tasks(RACE, "sklearn"), 1e-3) == pytest.approx(4 / 3)


def test_what_is_not_reached_takes_longer_than_the_longest_fit():
    reach = figures.reach(RACE, "sklearn-b", 1e-4)
    assert (reach.seconds, reach.reached, str(reach)) == (8.0, False, "> 8")
    assert figures.quickest(RACE, ["sklearn-a", "sklearn-b"], 6e-5).seconds == 12.0


def test_a_block_replaces_what_was_between_its_markers():
    text = "a\n<!-- tables -->\nold\n<!-- /tables -->\nb\n<!-- other -->\nstays\n<!-- /other -->\n"
    filled = readme.fill(text, "new", "tables", "README.md")
    assert filled == text.replace("old", "new")
    with pytest.raises(SystemExit, match=r"README\.md has no lines <!-- classification -->"):
        readme.fill(text, "new", "classification", "README.md")


def test_both_sides_score_the_penalties_alike():
    draw = np.random.default_rng(0)
    X = draw.standard_normal((300, 20))
    y = (X[:, :3] + draw.gumbel(size=(300, 3))).argmax(axis=1)
    scores = []
    for name in ("onelayer-alphas", "sklearn-alphas", "sklearn-alphas-jobs"):
        task = create(name, 2)
        task.take(X, y, 1 / 300)
        task.run(0)
        scores.append(task.outcome()["scores"])
    for rival in scores[1:]:
        np.testing.assert_allclose(scores[0], rival, atol=1.5 / 300)
    assert np.ptp(scores[0]) > 3 / 300
