"""The package as a whole: what is public, what an import costs, that nothing optional is needed for it."""

from __future__ import annotations

import subprocess
import sys

import onelayer as ol


def test_all_is_what_is_visible():
    assert sorted(ol.__all__) == dir(ol)
    for name in ol.__all__:
        assert getattr(ol, name) is not None
    assert "no_such_name" not in dir(ol)


def test_importing_brings_nothing_heavy():
    heavy = [
        "numba",
        "sklearn",
        "scipy",
        "numpy",
        "matplotlib",
        "click",
        "rich",
        "jinja2",
        "PIL",
        "torch",
        "pandas",
    ]
    code = f"import sys, onelayer; sys.exit(','.join(m for m in {heavy} if m in sys.modules) or None)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.strip()) == (0, "")


def test_the_library_alone_trains_saves_and_loads(tmp_path):
    """Without the extras: every optional package is made to fail on import."""
    optional = ["click", "rich", "matplotlib", "jinja2", "PIL", "torch", "pandas"]
    code = f"""
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {optional}:
            raise ModuleNotFoundError(name, name=name)
sys.meta_path.insert(0, Absent())
import onelayer as ol
train, test = ol.datasets.fashion_mnist(subset=True)
model = ol.SoftmaxRegression(epochs=1, random_state=0, learning_rate=0.1).fit(train.X, train.y)
model.save({str(tmp_path / "model.onelayer")!r})
again = ol.load({str(tmp_path / "model.onelayer")!r})
assert (again.predict(test.X) == model.predict(test.X)).all()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
