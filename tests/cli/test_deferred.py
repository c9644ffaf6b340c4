"""Modules that are loaded when something of them is needed: the same to whoever imports them, only later."""

import subprocess
import sys

import pytest

BEGIN = """
import sys, threading
from onelayer.cli.deferred import Deferred
sys.meta_path.insert(0, Deferred("scipy.stats"))
def loaded():
    return "scipy.stats._stats_py" in sys.modules
"""


def run(code):
    done = subprocess.run([sys.executable, "-c", BEGIN + code], capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


@pytest.mark.parametrize(
    "code",
    [
        "import scipy.stats; assert not loaded(); print(scipy.stats.norm.cdf(0.0))",
        "import scipy.stats as a, scipy.stats as b; assert a is b and not loaded(); print(a.norm.cdf(0.0))",
        "import sklearn.base, sklearn.utils.validation; assert not loaded()\n"
        "from scipy.stats import norm; print(norm.cdf(0.0))",
        "import scipy.stats, scipy.stats.distributions as d; assert loaded(); print(d.norm.cdf(0.0))",
        "import scipy.stats.distributions; import scipy; print(scipy.stats.norm.cdf(0.0))",
        "import scipy.stats; assert not loaded(); from scipy.stats import *; print(norm.cdf(0.0))",
        "from scipy import stats; assert not loaded(); print(stats.norm.cdf(0.0))",
        "import scipy.stats\n"
        "found = []\n"
        "all_ = [threading.Thread(target=lambda: found.append(scipy.stats.norm.cdf(0.0))) for _ in range(4)]\n"
        "[each.start() for each in all_]; [each.join() for each in all_]; assert len(found) == 4; print(found[0])",
    ],
)
def test_whoever_imports_it_finds_it(code):
    assert run(f"{code}\nassert loaded()") == ["0.5"]


def test_what_it_has_not_is_missing_after_loading_as_before():
    code = "import scipy.stats\ntry: scipy.stats.nothing\nexcept AttributeError as error: print(error)\nassert loaded()"
    assert " ".join(run(code)).startswith("module 'scipy.stats' has no attribute 'nothing'")


def test_a_module_that_is_not_there_is_not_found():
    code = (
        "sys.meta_path.insert(0, Deferred('scipy.nothing'))\n"
        "try: import scipy.nothing\nexcept ModuleNotFoundError as error: print(error)"
    )
    assert " ".join(run(code)) == "No module named 'scipy.nothing'"


def test_the_path_of_a_large_table_needs_no_statistics_of_scipy():
    code = "import onelayer.estimators.one_pass, onelayer.evaluation, onelayer.model_files; print(loaded())"
    assert run(code) == ["False"]
