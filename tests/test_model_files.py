"""Model files: what was saved is what is loaded, and nothing else is ever loaded."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import random
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import safetensors.numpy
from numpy.typing import NDArray

from onelayer import model_files
from onelayer.errors import (
    DataNotFoundError,
    InvalidParameterError,
    ModelFileError,
    OutputError,
    RankWarning,
)
from onelayer.estimators.linear_regression import LinearRegression
from onelayer.estimators.softmax_regression import SoftmaxRegression
from onelayer.losses import Squared
from onelayer.solvers.solution import Stream

ROWS, FEATURES = 40, 5
GENERATOR = np.random.RandomState(0)
PIXELS = GENERATOR.randint(0, 256, (ROWS, FEATURES)).astype(np.uint8)
NUMBERS = np.arange(ROWS) % 3
PROVENANCE = {
    "name": "toy",
    "source": "made up: 玩具",
    "fingerprint": "ab" * 32,
    "subset": False,
    "classes": None,
}


def softmax(X: NDArray = PIXELS, y: Any = NUMBERS, **parameters: Any) -> SoftmaxRegression:
    return SoftmaxRegression(**{"epochs": 2, "random_state": 0, **parameters}).fit(X, y)


def linear(X: NDArray = PIXELS, y: Any = NUMBERS * 1.5, **parameters: Any) -> LinearRegression:
    return LinearRegression(**{"epochs": 2, "random_state": 0, **parameters}).fit(X, y)


def saved_and_loaded(model: Any, folder: Path, data: dict[str, Any] | None = None) -> Any:
    path = folder / "model.onelayer"
    model_files.save(model, path, data)
    assert [file.name for file in folder.iterdir()] == ["model.onelayer"]
    return model_files.load(path)


def everything(model: Any) -> dict[str, Any]:
    """Return all that a model knows, arrays as type, shape and bytes."""
    return {
        name: (value.dtype.str, value.shape, value.tobytes()) if isinstance(value, np.ndarray) else value
        for name, value in vars(model).items()
        if not name.startswith("_")
    }


def outcome(path: Path) -> dict[str, Any] | str:
    """Return all that the model in a file knows, or why it was refused."""
    try:
        return everything(model_files.load(path))
    except ModelFileError as error:
        reason = str(error)
    assert "\n" not in reason
    return reason


def mutated(content: bytes, chance: random.Random) -> bytes:
    """Change a byte or a few, mostly such that the file still reads well."""
    changed = bytearray(content)
    for _ in range(chance.choice([1, 1, 1, 2, 4])):
        place = chance.randrange(len(changed))
        match chance.choice(["letter", "letter", "letter", "bit", "bit", "byte", "remove", "insert"]):
            case "letter":
                changed[place] = chance.choice(b"0123456789abcdefFTU,: ")
            case "bit":
                changed[place] ^= 1 << chance.randrange(8)
            case "byte":
                changed[place] = chance.randrange(256)
            case "remove":
                del changed[place : place + chance.randrange(1, 9)]
            case "insert":
                changed[place:place] = chance.randbytes(chance.randrange(1, 9))
    return bytes(changed)


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A model file of 100 features and three classes."""
    path = tmp_path_factory.mktemp("model") / "model.onelayer"
    softmax(np.tile(PIXELS, 20), np.array(["cat", "dog", "bird"])[NUMBERS]).save(path, PROVENANCE)
    return path.read_bytes()


class TestRoundTrip:
    """A loaded model is the one that was saved."""

    @pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
    @pytest.mark.parametrize("fitted", [softmax, linear])
    def test_everything_is_the_same_to_the_bit(
        self, fitted: Callable[..., Any], dtype: type, tmp_path: Path
    ) -> None:
        X = PIXELS.astype(dtype)
        model = fitted(X)
        again = saved_and_loaded(model, tmp_path)
        assert type(again) is type(model)
        assert everything(again) == everything(model)
        assert again.predict(X).tobytes() == model.predict(X).tobytes()
        assert again.predict(X).dtype == model.predict(X).dtype

    def test_probabilities_are_the_same_to_the_bit(self, tmp_path: Path) -> None:
        model = softmax()
        again = saved_and_loaded(model, tmp_path)
        assert again.predict_proba(PIXELS).tobytes() == model.predict_proba(PIXELS).tobytes()
        assert again.decision_function(PIXELS).tobytes() == model.decision_function(PIXELS).tobytes()

    def test_several_outputs(self, tmp_path: Path) -> None:
        model = linear(y=np.column_stack([NUMBERS, -NUMBERS]).astype(float))
        again = saved_and_loaded(model, tmp_path)
        assert everything(again) == everything(model)
        assert again.predict(PIXELS).shape == (ROWS, 2)

    @pytest.mark.parametrize("fitted", [softmax, linear])
    def test_a_loaded_model_can_be_saved_cloned_and_trained_on(
        self, fitted: Callable[..., Any], tmp_path: Path
    ) -> None:
        from sklearn.base import clone

        model = fitted(warm_start=True)
        again = saved_and_loaded(saved_and_loaded(model, tmp_path), tmp_path)
        assert everything(again) == everything(model)
        assert clone(again).get_params() == model.get_params()
        y = model.predict(PIXELS)
        assert again.partial_fit(PIXELS, y).coef_.tobytes() == model.partial_fit(PIXELS, y).coef_.tobytes()

    @pytest.mark.parametrize(
        "labels",
        [
            ["bird", "cat", "dog, or wolf"],
            ["鞋", "包", 'a "quoted" name\n'],
            np.array(["x", "y", "z"], dtype=object),
            [-5, 0, 7],
            [-1.0, 0.0, 1e9],
            [False, True, True],
            np.array([1, 2, 3], dtype=np.uint8),
            np.array([1.0, 2.0, 3.0], dtype=np.float32),
        ],
        ids=["text", "other scripts", "objects", "int", "float", "bool", "uint8", "float32"],
    )
    def test_class_labels_keep_their_type(self, labels: Any, tmp_path: Path) -> None:
        model = softmax(y=np.asarray(labels)[NUMBERS])
        again = saved_and_loaded(model, tmp_path)
        assert again.classes_.dtype.kind == model.classes_.dtype.kind
        assert again.classes_.tolist() == model.classes_.tolist()
        assert list(map(type, again.classes_.tolist())) == list(map(type, model.classes_.tolist()))
        assert again.predict(PIXELS).tolist() == model.predict(PIXELS).tolist()

    def test_class_weights_keep_the_type_of_their_keys(self, tmp_path: Path) -> None:
        model = softmax(class_weight={0: 1.0, 1: 2.0, np.int64(2): np.float32(0.5)})
        assert saved_and_loaded(model, tmp_path).class_weight == {0: 1.0, 1: 2.0, 2: 0.5}

    def test_numpy_scalars_become_python_ones(self, tmp_path: Path) -> None:
        again = saved_and_loaded(softmax(epochs=np.int64(3), learning_rate=np.float64(0.01)), tmp_path)
        assert (again.epochs, again.learning_rate) == (3, 0.01)
        assert type(again.epochs) is int

    def test_a_random_number_generator_is_not_stored(self, tmp_path: Path) -> None:
        assert saved_and_loaded(softmax(random_state=np.random.RandomState(3)), tmp_path).random_state is None

    def test_feature_names(self, tmp_path: Path) -> None:
        model = softmax()
        model.feature_names_in_ = np.array(["a", "b", "ç", "d e", ""], dtype=object)
        again = saved_and_loaded(model, tmp_path)
        assert again.feature_names_in_.dtype == object
        assert again.feature_names_in_.tolist() == ["a", "b", "ç", "d e", ""]

    def test_where_the_data_came_from(self, tmp_path: Path) -> None:
        model = softmax()
        assert saved_and_loaded(model, tmp_path, PROVENANCE).training_["data"] == PROVENANCE
        assert model.training_["data"] is None, "saving changes nothing in the model"

    def test_what_has_no_json_form_is_refused(self, tmp_path: Path) -> None:
        model = softmax()
        model.set_params(learning_rate=len)
        with pytest.raises(InvalidParameterError, match="built-in function len"):
            model_files.save(model, tmp_path / "model")
        assert not list(tmp_path.iterdir())

    def test_an_unfitted_model_is_refused(self, tmp_path: Path) -> None:
        from sklearn.exceptions import NotFittedError

        with pytest.raises(NotFittedError):
            model_files.save(SoftmaxRegression(), tmp_path / "model")

    def test_it_is_a_safetensors_file(self, content: bytes) -> None:
        tensors = safetensors.numpy.load(content)
        assert {name: tensor.shape for name, tensor in tensors.items()} == {
            "coef_": (3, 100),
            "intercept_": (3,),
            "stream": (4, 100),
        }


class TestDamage:
    """A file that is not whole and unchanged is refused with one line."""

    def test_no_random_change_is_loaded(self, content: bytes, tmp_path: Path) -> None:
        path = tmp_path / "model.onelayer"
        path.write_bytes(content)
        original = outcome(path)
        assert isinstance(original, dict)
        chance = random.Random(2024)
        loaded = 0
        with open(path, "r+b", buffering=0) as file:
            for _ in range(4000):
                file.seek(0)
                file.write(mutated(content, chance))
                file.truncate()
                result = outcome(path)
                if isinstance(result, dict):
                    loaded += 1
                    assert result == original
        assert loaded < 200, "a byte may have become itself, or one white space another"

    def test_no_truncation_is_loaded(self, content: bytes, tmp_path: Path) -> None:
        path = tmp_path / "model.onelayer"
        for length in [*range(0, len(content), 7), len(content) - 1]:
            path.write_bytes(content[:length])
            assert isinstance(outcome(path), str)

    def test_no_extra_bytes_are_loaded(self, content: bytes, tmp_path: Path) -> None:
        path = tmp_path / "model.onelayer"
        path.write_bytes(content + b"\0")
        assert isinstance(outcome(path), str)


class TestOtherFiles:
    """What is no model file is refused with one line that says what it is."""

    def test_a_missing_file(self) -> None:
        with pytest.raises(DataNotFoundError, match=r"^nowhere.onelayer: there is no such file$"):
            model_files.load("nowhere.onelayer")

    def test_a_folder(self, tmp_path: Path) -> None:
        assert "Is a directory" in str(outcome(tmp_path))

    def test_a_pipe_is_not_waited_for(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        assert str(outcome(tmp_path / "pipe")).endswith("it is not a file")

    def test_an_empty_file(self, tmp_path: Path) -> None:
        (tmp_path / "empty").touch()
        assert str(outcome(tmp_path / "empty")).endswith("it is empty")

    def test_a_hostile_pickle_executes_nothing(self, tmp_path: Path) -> None:
        class Hostile:
            def __reduce__(self) -> tuple[Any, ...]:
                return os.mkdir, (str(tmp_path / "executed"),)

        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            path = tmp_path / "model.onelayer"
            path.write_bytes(pickle.dumps(Hostile(), protocol))
            assert "it is not a onelayer model file" in str(outcome(path))
        assert "begins like a pickle" in str(outcome(path))
        assert not (tmp_path / "executed").exists()
        pickle.loads(path.read_bytes())
        assert (tmp_path / "executed").exists(), "it would have executed"

    def test_a_zip_archive(self, tmp_path: Path) -> None:
        np.savez(tmp_path / "arrays.npz", coef_=np.ones(3))
        assert "zip archive" in str(outcome(tmp_path / "arrays.npz"))

    def test_a_web_page(self, tmp_path: Path) -> None:
        (tmp_path / "page").write_text("<!DOCTYPE html><title>404</title>")
        assert "HTML" in str(outcome(tmp_path / "page"))

    def test_another_safetensors_file(self, tmp_path: Path) -> None:
        path = tmp_path / "other.safetensors"
        for metadata in (None, {"format": "pt"}):
            safetensors.numpy.save_file({"coef_": np.ones((2, 3))}, path, metadata)
            assert str(outcome(path)).endswith("it is a safetensors file, but not a onelayer model")

    def test_a_newer_version(self, content: bytes, tmp_path: Path) -> None:
        path = tmp_path / "model.onelayer"
        assert b'"version":"1"' in content
        path.write_bytes(content.replace(b'"version":"1"', b'"version":"3"'))
        assert "format version 3" in str(outcome(path))
        assert "pip install --upgrade onelayer" in str(outcome(path))

    @pytest.mark.parametrize("header", [2**63, 2**40, 40 << 20])
    def test_an_oversize_header_is_refused_unread(self, header: int, tmp_path: Path) -> None:
        path = tmp_path / "model.onelayer"
        with open(path, "wb") as file:
            file.write(header.to_bytes(8, "little"))
            file.truncate(50 << 20)
        tracemalloc.start()
        try:
            assert isinstance(outcome(path), str)
            assert tracemalloc.get_traced_memory()[1] < 1 << 20
        finally:
            tracemalloc.stop()


def test_loading_takes_about_twice_the_memory_of_the_file(tmp_path: Path) -> None:
    model = softmax()
    model.coef_ = np.zeros((3, 1_000_000))
    model.n_features_in_ = 1_000_000
    numbers = model._stream.numbers()
    model._stream = Stream.of(np.zeros((4, 1_000_000)), numbers)
    path = tmp_path / "model.onelayer"
    model.save(path)
    model_files.load(path)
    tracemalloc.start()
    try:
        model_files.load(path)
        assert tracemalloc.get_traced_memory()[1] < 2.2 * path.stat().st_size
    finally:
        tracemalloc.stop()


def forged(text: str, tensors: dict[str, NDArray], folder: Path) -> dict[str, Any] | str:
    """Write a file as the documentation of the format has it, and say what becomes of it."""
    table = json.dumps([[name, tensors[name].dtype.str, tensors[name].shape] for name in sorted(tensors)])
    digest = hashlib.sha256()
    for part in (b"onelayer 1", text.encode(), table.encode()):
        digest.update(len(part).to_bytes(8, "little") + part)
    for name in sorted(tensors):
        digest.update(tensors[name].tobytes())
    metadata = {"format": "onelayer", "version": "1", "model": text, "sha256": digest.hexdigest()}
    path = folder / "forged.onelayer"
    path.write_bytes(safetensors.numpy.save(tensors, metadata))
    return outcome(path)


class TestForged:
    """A file whose SHA-256 is right is believed only as far as its parts fit each other."""

    @pytest.fixture
    def parts(self, content: bytes) -> tuple[dict[str, Any], dict[str, NDArray]]:
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
        return json.loads(header["__metadata__"]["model"]), safetensors.numpy.load(content)

    def test_the_format_is_as_documented(self, parts: Any, tmp_path: Path) -> None:
        document, tensors = parts
        assert isinstance(forged(json.dumps(document), tensors, tmp_path), dict)

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"estimator": "system"}, "an estimator 'system' that this onelayer does not have"),
            ({"estimator": "os.system"}, "an estimator 'os.system'"),
            ({"estimator": "LinearRegression", "parameters": {}}, "class labels and no classifier"),
            ({"parameters": {"magic": 1}}, "a parameter 'magic' that SoftmaxRegression does not have"),
            ({"parameters": {"class_weight": {"items": [[[1], 2]]}}}, "parameters are malformed"),
            ({"parameters": {"class_weight": {"x": 1}}}, "parameters are malformed"),
            ({"parameters": []}, "its field 'parameters' is missing or of the wrong type"),
            ({"n_features": 5}, r"coef_ of shape \(3, 100\) and intercept_ of shape \(3,\)"),
            ({"n_features": "100"}, "its field 'n_features'"),
            ({"feature_names": ["a"]}, "its feature names are not 100 pieces of text"),
            ({"feature_names": list(range(100))}, "its feature names are not 100 pieces of text"),
            ({"classes": None}, "a classifier and no class labels"),
            ({"classes": {"dtype": "str", "labels": ["a", "b"]}}, "as many as coef_ is for"),
            ({"classes": {"dtype": "str", "labels": ["a", "b", "b"]}}, "as many as coef_ is for"),
            ({"classes": {"dtype": "str", "labels": [1, 2, 3]}}, "as many as coef_ is for"),
            ({"classes": {"dtype": "int64", "labels": [0.5, 1.5, 2.5]}}, "as many as coef_ is for"),
            ({"classes": {"dtype": "uint8", "labels": [1, 2, 300]}}, "not of the type uint8"),
            ({"classes": {"dtype": "object", "labels": ["a", 1, None]}}, "not of the type object"),
            ({"classes": {"dtype": "int64", "labels": [[1], [2, 3], 4]}}, "not of the type int64"),
            ({"classes": {"dtype": "U999999999", "labels": ["a", "b", "c"]}}, "malformed"),
            ({"classes": {"dtype": "int64", "labels": 3}}, "malformed"),
            ({"history": {}}, "its field 'history'"),
            ({"stream": [1.0]}, "its field 'stream' is damaged"),
            ({"stream": ["one", None, 1.0]}, "its field 'stream' is damaged"),
            ({"stream": {}}, "its field 'stream'"),
            ({"training": None}, "its field 'training'"),
        ],
    )
    def test_another_description(
        self, changes: dict[str, Any], reason: str, parts: Any, tmp_path: Path
    ) -> None:
        document, tensors = parts
        result = forged(json.dumps({**document, **changes}), tensors, tmp_path)
        assert isinstance(result, str)
        with pytest.raises(AssertionError, match=reason):
            raise AssertionError(result)

    @pytest.mark.parametrize("text", ["", "[]", "null", "[" * 100_000, '{"n_iter": ' + "9" * 10_000 + "}"])
    def test_another_text(self, text: str, parts: Any, tmp_path: Path) -> None:
        assert "damaged" in str(forged(text, parts[1], tmp_path))

    @pytest.mark.parametrize(
        "changes",
        [
            {"coef_": np.full((3, 100), np.nan)},
            {"intercept_": np.array([0.0, np.inf, 0.0])},
            {"coef_": np.zeros((3, 100), np.int64)},
            {"coef_": np.zeros((2, 100))},
            {"coef_": np.zeros(100)},
            {"intercept_": np.zeros(2)},
            {"extra": np.zeros(2)},
        ],
        ids=["NaN", "infinity", "whole numbers", "fewer rows", "one dimension", "intercepts", "a third"],
    )
    def test_other_tensors(self, changes: dict[str, NDArray], parts: Any, tmp_path: Path) -> None:
        document, tensors = parts
        assert isinstance(forged(json.dumps(document), {**tensors, **changes}, tmp_path), str)


class TestFit:
    """What a file says of a regression's fit: all of it comes back, none of it is needed, and none is believed."""

    FORMS: ClassVar[dict[str, dict[str, Any]]] = {
        "exact": {},
        "ridge": {"alpha": 0.5},
        "alphas": {"alpha": np.array([0.1, 1.0])},
        "no intercept": {"fit_intercept": False},
        "huber": {"loss": "huber"},
        "huber of a given scale": {"loss": "huber", "scale": 2.0},
        "absolute": {"loss": "absolute", "alpha": 0.1},
        "quantiles": {"loss": "quantile", "quantile": np.array([0.2, 0.5])},
        "sgd": {"solver": "sgd", "alpha": 0.1, "random_state": 0},
        "huber by sgd": {"loss": "huber", "epochs": 2, "random_state": 0},
    }
    KNOWN = ("losses_", "scale_", "alpha_", "gap_", "rank_", "condition_")

    @pytest.fixture(params=FORMS)
    def model(self, request: pytest.FixtureRequest) -> LinearRegression:
        return LinearRegression(**self.FORMS[request.param]).fit(PIXELS, NUMBERS * 1.5)

    def parts(self, model: LinearRegression) -> tuple[dict[str, Any], dict[str, NDArray]]:
        content = model_files.serialized(model)
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
        return json.loads(header["__metadata__"]["model"]), safetensors.numpy.load(content)

    def test_all_of_it_comes_back(self, model: LinearRegression, tmp_path: Path) -> None:
        back = saved_and_loaded(model, tmp_path)
        assert {name: getattr(back, name) for name in self.KNOWN} == {
            name: getattr(model, name) for name in self.KNOWN
        }
        for name, value in model.get_params().items():
            np.testing.assert_array_equal(getattr(back, name), value)
        assert (back.statistics_ is None) == (model.statistics_ is None)
        (document, tensors), (again, others) = self.parts(model), self.parts(back)
        assert again == document
        assert {name: array.tobytes() for name, array in others.items()} == {
            name: array.tobytes() for name, array in tensors.items()
        }
        np.testing.assert_array_equal(back.predict(PIXELS), model.predict(PIXELS))
        assert back.score(PIXELS, NUMBERS) == model.score(PIXELS, NUMBERS)

    def test_several_scales(self, tmp_path: Path) -> None:
        model = LinearRegression(loss="huber").fit(PIXELS, np.column_stack([NUMBERS, 7 * NUMBERS[::-1]]))
        back = saved_and_loaded(model, tmp_path)
        assert back.scale_ == model.scale_
        assert back.losses_ == model.losses_
        assert len(set(back.losses_)) == 2

    def test_lost_rank(self, tmp_path: Path) -> None:
        with pytest.warns(RankWarning):
            model = LinearRegression().fit(np.ones((ROWS, 600)), NUMBERS)
        back = saved_and_loaded(model, tmp_path)
        assert (back.rank_, back.condition_, back.statistics_ is None) == (
            0,
            np.inf,
            model.statistics_ is None,
        )

    def test_a_file_of_before_there_was_any(self, tmp_path: Path) -> None:
        document, tensors = self.parts(
            LinearRegression(solver="sgd", alpha=0.1, random_state=0).fit(PIXELS, NUMBERS)
        )
        del document["fit"]
        for name in ("delta", "scale", "quantile", "max_iter", "tol"):
            del document["parameters"][name]
        document["parameters"]["solver"] = "auto"
        assert isinstance(forged(json.dumps(document), tensors, tmp_path), dict)
        old = model_files.load(tmp_path / "forged.onelayer")
        assert (old.alpha_, old.statistics_, old.gap_, old.rank_, old.scale_) == (0.1, None, None, None, None)
        assert old.losses_ == (Squared(),)
        assert old.predict(PIXELS).shape == (ROWS,)
        with pytest.raises(
            InvalidParameterError, match=r"partial_fit needs the statistics .* fitted by 'sgd'"
        ):
            old.partial_fit(PIXELS, NUMBERS)
        assert old.set_params(solver="sgd").partial_fit(PIXELS, NUMBERS).n_iter_ == document["n_iter"] + 1

    @pytest.mark.parametrize(
        ("form", "changes", "reason"),
        [
            ("exact", {"alpha": -1.0}, "alpha is -1.0"),
            ("exact", {"alpha": "much"}, "alpha is 'much'"),
            ("exact", {"alpha": [0.5]}, "alpha is .0.5."),
            ("exact", {"alpha": True}, "alpha is True"),
            ("exact", {"alpha": float("nan")}, "alpha is nan"),
            ("exact", {"alpha": float("inf")}, "alpha is inf"),
            ("exact", {"gap": -1e-9}, "gap is -1e-09"),
            ("exact", {"rank": 6}, "a rank of 6 in 5 columns"),
            ("exact", {"rank": 2.5}, "a rank of 2.5"),
            ("exact", {"rank": "inf"}, "rank is 'inf'"),
            ("exact", {"condition": {}}, "condition is {}"),
            ("exact", {"scale": 1.0}, "a scale of the loss 'squared'"),
            ("quantiles", {"scale": [1.0, 2.0]}, "a scale of the loss 'quantile'"),
            ("huber", {"scale": [1.0, 2.0]}, "2 scales of 1 outputs"),
            ("huber", {"scale": -1.0}, "scale is -1.0"),
            ("huber", {"scale": [None]}, "scale is None"),
            ("huber", {"scale": 1e300}, "delta=1.35e\\+300"),
        ],
    )
    def test_damaged_facts_are_refused(
        self, form: str, changes: dict[str, Any], reason: str, tmp_path: Path
    ) -> None:
        document, tensors = self.parts(LinearRegression(**self.FORMS[form]).fit(PIXELS, NUMBERS * 1.5))
        document["fit"] |= changes
        result = forged(json.dumps(document), tensors, tmp_path)
        assert isinstance(result, str)
        with pytest.raises(AssertionError, match=reason):
            raise AssertionError(result)

    @pytest.mark.parametrize("loss", ["cubic", 3, None, "huber"])
    def test_parameters_that_are_none_of_the_fit(self, loss: Any, tmp_path: Path) -> None:
        document, tensors = self.parts(LinearRegression().fit(PIXELS, NUMBERS))
        document["parameters"]["loss"] = loss
        assert isinstance(forged(json.dumps(document), tensors, tmp_path), str)

    def test_other_quantiles_than_outputs(self, tmp_path: Path) -> None:
        document, tensors = self.parts(LinearRegression(**self.FORMS["quantiles"]).fit(PIXELS, NUMBERS))
        document["parameters"]["quantile"] = [0.1, 0.2, 0.3]
        assert isinstance(forged(json.dumps(document), tensors, tmp_path), str)

    def test_damaged_statistics_are_refused(self, tmp_path: Path) -> None:
        document, tensors = self.parts(LinearRegression().fit(PIXELS, NUMBERS))
        names = [name for name in tensors if name.startswith("fit.")]
        others = self.parts(LinearRegression().fit(PIXELS[:, :4], NUMBERS))[1]
        outputs = self.parts(LinearRegression().fit(PIXELS, np.column_stack([NUMBERS, NUMBERS])))[1]
        forgeries = [{**tensors, name: others[name]} for name in names if name != "fit.scales"]
        forgeries += [{**tensors, name: -tensors[name]} for name in ("fit.gram", "fit.scales", "fit.counts")]
        forgeries += [{**tensors, "fit.gram": np.full_like(tensors["fit.gram"], np.nan)}]
        forgeries += [{name: array for name, array in tensors.items() if name != gone} for gone in names]
        forgeries += [{**tensors, **{name: other[name] for name in names}} for other in (others, outputs)]
        for forgery in forgeries:
            result = forged(json.dumps(document), forgery, tmp_path)
            assert "what it says of the fit is damaged" in str(result)
        robust, weights = self.parts(LinearRegression(loss="absolute").fit(PIXELS, NUMBERS))
        weights |= {name: tensors[name] for name in names}
        assert "damaged" in str(forged(json.dumps(robust), weights, tmp_path))

    def test_a_classifier_has_none(self, tmp_path: Path) -> None:
        document, tensors = self.parts(softmax())
        extra = {"fit.gram": np.ones((2, 3, 3))}
        assert isinstance(forged(json.dumps(document), {**tensors, **extra}, tmp_path), str)


class TestWriting:
    """Saving replaces a file as a whole or leaves everything as it was."""

    def test_no_folder(self, tmp_path: Path) -> None:
        with pytest.raises(OutputError, match="does not exist"):
            softmax().save(tmp_path / "missing" / "model.onelayer")
        assert not list(tmp_path.iterdir())

    def test_killed_at_any_moment_the_old_or_the_new_file_is_there(self, tmp_path: Path) -> None:
        softmax().save(tmp_path / "first")
        softmax(epochs=4).save(tmp_path / "second")
        (tmp_path / "out").mkdir()
        finished = subprocess.run(
            [sys.executable, "-c", KILLED_AT_RANDOM, str(tmp_path)],
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert finished.returncode == 0, finished.stderr
        assert json.loads(finished.stdout) == {"killed": 20, "loaded": 20}


# Twenty children save two models to one path in turn, without end; each is killed after some number of saves.
KILLED_AT_RANDOM = """
import json, os, random, signal, sys
from pathlib import Path
from onelayer import model_files

folder, chance = Path(sys.argv[1]), random.Random(0)
models = [model_files.load(folder / name) for name in ("first", "second")]
path = folder / "out" / "model.onelayer"
known = {model.coef_.tobytes() for model in models}
result = {"killed": 0, "loaded": 0}
for _ in range(20):
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        while True:
            for model in models:
                model_files.save(model, path)
                os.write(writer, b"x")
    os.close(writer)
    for _ in range(chance.randrange(1, 8)):
        os.read(reader, 1)
    for _ in range(chance.randrange(20_000)):
        pass
    os.kill(child, signal.SIGKILL)
    result["killed"] += os.WIFSIGNALED(os.waitpid(child, 0)[1])
    os.close(reader)
    result["loaded"] += model_files.load(path).coef_.tobytes() in known
print(json.dumps(result))
"""


class TestRefusedToSave:
    """What could not be loaded again is not saved."""

    def test_a_model_of_another_class(self, tmp_path: Path) -> None:
        class Mine(SoftmaxRegression):
            pass

        class LinearRegression(SoftmaxRegression):
            pass

        for cls in (Mine, LinearRegression):
            model = cls(epochs=1, random_state=0).fit(PIXELS, NUMBERS)
            with pytest.raises(
                InvalidParameterError, match=f"a {cls.__name__} of the module .* cannot be stored"
            ):
                model_files.save(model, tmp_path / "model")
        assert not list(tmp_path.iterdir())

    @pytest.mark.parametrize("name", ["coef_", "intercept_"])
    @pytest.mark.parametrize("number", [np.nan, np.inf])
    def test_weights_that_are_not_finite(self, name: str, number: float, tmp_path: Path) -> None:
        model = softmax()
        getattr(model, name)[...] = number
        with pytest.raises(InvalidParameterError, match=f"{name} holds NaN or infinity"):
            model_files.save(model, tmp_path / "model")
        assert not list(tmp_path.iterdir())
