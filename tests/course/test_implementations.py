"""From scratch, concisely and fast: the same parameters, the same behaviour, and an ordinary model in the end."""

from __future__ import annotations

import json
import signal
import sys

import numpy as np
import pytest
import torch

import onelayer as ol
from onelayer import model_description
from onelayer.course import implementations
from onelayer.course.implementations import IMPLEMENTATIONS, fit
from onelayer.course.loops import ConciseLoop, ScratchLoop
from onelayer.data.dataset import Dataset
from onelayer.errors import DivergenceError, InvalidParameterError, MissingDependencyError
from onelayer.kernels import threads
from onelayer.languages import texts
from onelayer.losses import LOSSES, Huber, Quantile
from onelayer.matrices import Dense
from onelayer.objective import Objective
from onelayer.report.record import record_of
from onelayer.solvers.events import Callback
from onelayer.solvers.sgd import SGD
from onelayer.solvers.solution import Stopped

COURSE = {"scratch": ScratchLoop, "concise": ConciseLoop}
TRAINED = LOSSES | {"huber": Huber(0.3), "quantile": Quantile(0.9)}
every_loss = pytest.mark.parametrize("loss", TRAINED)
SHAPES = {  # n_rows, n_features, n_outputs, batch_size
    "one feature": (90, 1, 2, 20),
    "one batch": (60, 5, 3, 60),
    "larger batch than rows": (60, 5, 3, 1000),
    "remainder": (230, 13, 10, 32),
    "single rows": (40, 7, 2, 1),
}


def inputs(n_rows, n_features, dtype, seed=0):
    values = np.random.RandomState(seed).rand(n_rows, n_features)
    return (values * 255).astype(dtype) if dtype == np.uint8 else (values * 2 - 0.5).astype(dtype)


def problem(loss="cross-entropy", dtype=np.float64, n_rows=230, n_features=13, n_outputs=4, alpha=0.0):
    X, random = inputs(n_rows, n_features, dtype), np.random.RandomState(1)
    scores = X / X.max() @ random.randn(n_features, n_outputs) + 0.1 * random.randn(n_rows, n_outputs)
    targets = scores.argmax(axis=1)[:, None].astype(float) if loss == "cross-entropy" else scores
    return Objective(Dense(X), targets, TRAINED[loss], n_outputs, alpha, None, True)


def assert_agree(solution, reference, unit, dtype):
    tolerance = 1e-10 if dtype == np.float64 else 1e-4
    found = np.hstack([solution.coef / unit, solution.intercept[:, None]]).astype(float)
    expected = np.hstack([reference.coef / unit, reference.intercept[:, None]]).astype(float)
    assert solution.coef.dtype == reference.coef.dtype
    assert np.abs(expected).max() > 1e-3
    assert np.abs(found - expected).max() < tolerance * np.abs(expected).max()
    losses, references = ([epoch.train_loss for epoch in each.epochs] for each in (solution, reference))
    assert losses == pytest.approx(references, rel=tolerance)


class TestTheThreeAgree:
    """Given the same data, initial parameters and order of rows."""

    @pytest.mark.parametrize("loop", COURSE.values(), ids=COURSE)
    @every_loss
    @pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
    @pytest.mark.parametrize("rate", ["auto", 0.05])
    @pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
    def test_in_every_shape(self, loop, loss, dtype, rate, shape):
        *sizes, batch_size = shape
        F = problem(loss, dtype, *sizes, alpha=0.02)
        fast = SGD(4, batch_size, rate).solve(F, np.random.RandomState(5))
        course = SGD(4, batch_size, rate, loop=loop).solve(F, np.random.RandomState(5))
        assert_agree(course, fast, F.X.unit, dtype)

    @pytest.mark.parametrize("loop", COURSE.values(), ids=COURSE)
    @every_loss
    @pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
    @pytest.mark.parametrize("rate", ["auto", 0.05])
    def test_from_anywhere(self, loop, loss, dtype, rate):
        F, random = problem(loss, dtype, alpha=0.01), np.random.RandomState(3)
        start = random.randn(4, 13) * F.X.unit, random.randn(4)
        fast = SGD(3, 32, rate).solve(F, np.random.RandomState(5), start)
        course = SGD(3, 32, rate, loop=loop).solve(F, np.random.RandomState(5), start)
        assert_agree(course, fast, F.X.unit, dtype)

    @every_loss
    @pytest.mark.parametrize("rate", ["auto", 0.05])
    def test_with_momentum(self, loss, rate):
        F = problem(loss, alpha=0.01)
        fast = SGD(5, 32, rate, momentum=0.8).solve(F, np.random.RandomState(5))
        course = SGD(5, 32, rate, momentum=0.8, loop=ConciseLoop).solve(F, np.random.RandomState(5))
        assert_agree(course, fast, 1, np.float64)

    @pytest.mark.parametrize("loop", COURSE.values(), ids=COURSE)
    @pytest.mark.parametrize("loss", ["absolute", "huber", "quantile"])
    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_outputs_of_very_different_size(self, loop, loss, dtype):
        F = problem(loss, dtype, alpha=0.01)
        F.targets[:] *= [1.0, 1e4, 1e-3, 30.0]
        fast = SGD(4, 32).solve(F, np.random.RandomState(5))
        course = SGD(4, 32, loop=loop).solve(F, np.random.RandomState(5))
        for k in range(4):
            one, other = (np.append(each.coef[k], each.intercept[k]) for each in (fast, course))
            tolerance = (1e-10 if dtype == np.float64 else 1e-4) * np.abs(one).max()
            np.testing.assert_allclose(other, one, rtol=0, atol=tolerance)

    @pytest.mark.parametrize("name", COURSE)
    @pytest.mark.parametrize("rate", ["auto", 0.05])
    def test_without_intercept(self, name, rate):
        F = problem()
        shared = {"fit_intercept": False, "learning_rate": rate, "epochs": 3, "random_state": 0}
        models = [
            fit(ol.SoftmaxRegression(**shared), F.X.array, F.targets[:, 0], implementation=implementation)
            for implementation in ("fast", name)
        ]
        np.testing.assert_allclose(models[1].coef_, models[0].coef_, rtol=1e-9)
        assert models[1].intercept_.tolist() == [0.0] * 4

    @pytest.mark.parametrize("name", COURSE)
    def test_on_clothes(self, name):
        train, test = ol.datasets.fashion_mnist(subset=True)
        models = []
        for implementation in ("fast", name):
            model = ol.SoftmaxRegression(epochs=3, learning_rate=0.1, alpha=0.0, random_state=0, n_threads=1)
            models.append(fit(model, train.X, train.y, implementation=implementation))
        fast, course = (model.coef_ for model in models)
        assert np.abs(course - fast).max() < 1e-4 * np.abs(fast).max()
        assert (models[0].predict(test.X) == models[1].predict(test.X)).mean() > 0.999


@pytest.mark.parametrize("loop", COURSE.values(), ids=COURSE)
class TestTheLoopOfTheSolver:
    """What belongs to a run, whoever takes the steps."""

    def test_a_rate_that_is_too_high_is_halved(self, loop):
        momentum = 0.5 if loop is ConciseLoop else 0.0
        solutions = []
        for each in (SGD(8, 64, momentum=momentum), SGD(8, 64, momentum=momentum, loop=loop)):
            F = problem("squared", alpha=0.01)
            curvature = F.minibatch_curvature
            object.__setattr__(F, "minibatch_curvature", lambda *a, known=curvature: known(*a) / 100)
            solutions.append(each.solve(F, np.random.RandomState(0)))
        assert_agree(*solutions[::-1], 1, np.float64)
        rates = [epoch.learning_rate for epoch in solutions[1].epochs]
        F = problem("squared", alpha=0.01)
        SGD(8, 64, momentum=momentum).solve(F, np.random.RandomState(0), callbacks=[(recorder := Recorder())])
        assert rates[0] > recorder.epochs[0].learning_rate
        assert rates[0] < 100 * recorder.epochs[0].learning_rate

    @pytest.mark.parametrize("rate", [1e3, 1e30, 1e300])
    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_divergence_names_the_rate_that_the_fast_loop_names(self, loop, rate, dtype):
        messages, recorder = [], Recorder()
        for sgd in (SGD(learning_rate=rate), SGD(learning_rate=rate, loop=loop)):
            with pytest.raises(DivergenceError) as caught:
                sgd.solve(problem("squared", dtype), np.random.RandomState(0), callbacks=[recorder])
            messages.append(str(caught.value))
        assert messages[0] == messages[1]
        assert recorder.ended == 2

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_a_penalty_that_is_far_too_strong(self, loop, dtype):
        F = problem("squared", dtype, alpha=1e300)
        solution = SGD(2, loop=loop).solve(F, np.random.RandomState(0))
        assert np.abs(solution.coef).max() < 1e-30
        with pytest.raises(DivergenceError):
            SGD(5, learning_rate=0.1, loop=loop).solve(F, np.random.RandomState(0))

    def test_an_interrupt_keeps_the_last_finished_epoch(self, loop, monkeypatch):
        """The signal comes in the middle of the third epoch."""
        F = problem()
        two = SGD(2, 32, 0.1, loop=loop).solve(F, np.random.RandomState(0))
        steps, module = [], sys.modules[loop.__module__]
        minibatches = getattr(module, loop.name).minibatches

        def interrupted(*arguments):
            for batch in minibatches(*arguments):
                steps.append(1)
                if len(steps) == 20:
                    signal.raise_signal(signal.SIGINT)
                yield batch

        monkeypatch.setattr(getattr(module, loop.name), "minibatches", interrupted)
        found = SGD(5, 32, 0.1, loop=loop).solve(F, np.random.RandomState(0))
        assert found.stopped is Stopped.INTERRUPTED
        assert len(found.epochs) == 2
        np.testing.assert_array_equal(found.coef, two.coef)

    def test_early_stopping_returns_the_best_epoch(self, loop):
        losses, seen = iter([5.0, 3.0, 4.0, 3.5]), []

        def monitor(coef, intercept):
            seen.append(coef.copy())
            return next(losses), 0.0

        solution = SGD(20, patience=2, loop=loop).solve(problem(), np.random.RandomState(0), monitor=monitor)
        assert solution.stopped is Stopped.EARLY
        np.testing.assert_array_equal(solution.coef, seen[1])

    def test_threads_and_random_numbers_of_pytorch_are_left_as_they_were(self, loop):
        threads, seen = torch.get_num_threads(), []
        torch.manual_seed(0)
        expected = torch.rand(3)
        torch.manual_seed(0)
        F = problem()
        real = torch.set_num_threads

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(torch, "set_num_threads", lambda n: (seen.append(n), real(n)))
            SGD(2, n_threads=1, loop=loop).solve(F, np.random.RandomState(0))
        assert set(seen[::2]) == {1}
        assert set(seen[1::2]) == {threads}
        assert torch.get_num_threads() == threads
        assert torch.equal(torch.rand(3), expected)


def shown(model, X, y, lang):
    """Return what the report says of the training."""
    rows = Dataset("toy", "train", X, y, None, None, "made up", "0" * 64, False)
    record = record_of(model, rows, None, "test", texts("onelayer.report.texts", lang))
    return dict(record.groups[0][1])


class Recorder(Callback):
    def __init__(self):
        self.epochs, self.ended = [], 0

    def on_start(self, epochs, rows):
        self.planned = epochs, rows

    def on_epoch(self, epoch):
        self.epochs.append(epoch)

    def on_end(self):
        self.ended += 1


@pytest.mark.parametrize("name", IMPLEMENTATIONS)
class TestTheModel:
    """It is an ordinary one."""

    def test_progress_validation_record_file_and_page(self, name, tmp_path):
        X, y = inputs(120, 6, np.float32), np.arange(120) % 3
        model, recorder = ol.SoftmaxRegression(epochs=4, random_state=7), Recorder()
        validation = {"X_val": X[:40], "y_val": y[:40]}
        assert fit(model, X, y, implementation=name, **validation, callbacks=[recorder]) is model
        assert recorder.planned == (4, 120)
        assert [epoch.record() for epoch in recorder.epochs] == model.history_
        assert model.history_[-1]["val_score"] == pytest.approx(model.score(X[:40], y[:40]))
        assert model.training_["implementation"] == name
        assert ("torch" in model.training_["versions"]) == (name != "fast")
        model.save(tmp_path / "m")
        loaded = ol.load(tmp_path / "m")
        assert loaded.training_ == model.training_
        np.testing.assert_array_equal(loaded.decision_function(X), model.decision_function(X))
        assert name in shown(loaded, X, y, "en")["Implementation"]
        chinese = {"fast": "快速", "scratch": "从零开始", "concise": "简洁"}[name]
        assert shown(loaded, X, y, "zh")["实现方式"].startswith(chinese)

    def test_a_warm_start_goes_on(self, name):
        X = inputs(90, 4, np.float64)
        y = X @ [1.0, -2.0, 0.5, 3.0] + 1
        model = ol.LinearRegression(epochs=3, learning_rate=0.1, warm_start=True, random_state=0)
        first = fit(model, X, y, implementation=name).history_[-1]["train_loss"]
        assert fit(model, X, y, implementation=name).history_[-1]["train_loss"] < first

    def test_a_stream_goes_on_fast(self, name):
        X, y = inputs(120, 6, np.float64), np.arange(120) % 3
        model = fit(ol.SoftmaxRegression(epochs=2, random_state=7), X, y, implementation=name)
        assert model.partial_fit(X, y).n_iter_ == 3
        both = name if name == "fast" else f"{name}, fast"
        assert model.training_["implementation"] == both
        assert model.partial_fit(X, y).training_["implementation"] == both
        assert ("torch" in model.training_["versions"]) == (name != "fast")


@pytest.mark.parametrize("name", COURSE)
@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode, lambda: torch.device("meta")])
def test_what_the_caller_has_set_in_pytorch_does_not_matter(name, mode):
    X, y = inputs(40, 3, np.float32), np.arange(40) % 3
    plain = fit(ol.SoftmaxRegression(epochs=2, random_state=0), X, y, implementation=name)
    with mode():
        other = fit(ol.SoftmaxRegression(epochs=2, random_state=0), X, y, implementation=name)
    np.testing.assert_array_equal(other.coef_, plain.coef_)


@pytest.mark.parametrize("name", COURSE)
def test_one_thread_unless_told_otherwise_and_no_more_than_cores(name):
    X, y = inputs(40, 3, np.float32), np.arange(40) % 3
    model = fit(ol.SoftmaxRegression(epochs=1, random_state=0), X, y, implementation=name)
    assert model.training_["n_threads"] == 1
    many = ol.SoftmaxRegression(epochs=1, random_state=0, n_threads=10**6)
    assert fit(many, X, y, implementation=name).training_["n_threads"] == threads.available()


def test_a_file_of_before_there_was_a_choice():
    X, y = inputs(40, 3, np.float64), np.arange(40) % 2
    model = ol.SoftmaxRegression(epochs=1, random_state=0).fit(X, y)
    document = json.loads(model_description.describe(model, None))
    del document["training"]["implementation"]
    old = model_description.build(json.dumps(document), model_description.weights_of(model))
    assert shown(old, X, y, "en")["Implementation"].startswith("fast")


class TestRefusals:
    """What the course does not have is refused before anything begins."""

    X = inputs(30, 2, np.float64)
    y = np.arange(30) % 3

    def refusal(self, model, name, **data):
        recorder = Recorder()
        with pytest.raises(InvalidParameterError) as caught:
            fit(model, self.X, self.y, implementation=name, callbacks=[recorder], **data)
        assert "coef_" not in vars(model)
        assert recorder.ended == 0
        return str(caught.value)

    def test_momentum_from_scratch(self):
        for model in (ol.SoftmaxRegression(momentum=0.9), ol.LinearRegression(momentum=0.9)):
            assert self.refusal(model, "scratch") == (
                "momentum=0.9: gradient descent from scratch has none; set momentum=0, or use the implementation "
                "'concise' or 'fast'"
            )

    @pytest.mark.parametrize("name", COURSE)
    def test_weights_of_classes(self, name):
        message = self.refusal(ol.SoftmaxRegression(class_weight="balanced"), name)
        assert message == (
            f"the implementation '{name}' gives every row the same weight; leave sample_weight and class_weight out, "
            "or use the implementation 'fast'"
        )

    @pytest.mark.parametrize("name", COURSE)
    def test_losses_that_the_course_does_not_train_with(self, name):
        class Other(type(LOSSES["squared"])):
            name = "other"

        F = Objective(Dense(self.X), self.y[:, None].astype(float), Other(), 1, 0.0, None, True)
        with pytest.raises(InvalidParameterError, match=r"^loss='other': the implementation .* 'fast'$"):
            SGD(loop=COURSE[name]).solve(F, np.random.RandomState(0))

    def test_an_unknown_implementation(self):
        assert self.refusal(ol.SoftmaxRegression(), "quick").startswith("implementation='quick': expected")

    @pytest.mark.parametrize("name", COURSE)
    def test_without_pytorch(self, name, monkeypatch):
        monkeypatch.setitem(sys.modules, "torch", None)
        with pytest.raises(MissingDependencyError, match=r"pip install 'onelayer\[torch\]'"):
            fit(ol.SoftmaxRegression(), self.X, self.y, implementation=name)
        assert implementations.fit(ol.SoftmaxRegression(epochs=1), self.X, self.y).n_iter_ == 1
