"""Kernels are written for the vectors of the machine: those of shorter vectors hold here too."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

RUN = """
import sys
import llvmlite.binding as llvm

wanted, *arguments = sys.argv[1:]
ask, llvm.get_host_cpu_features = llvm.get_host_cpu_features, lambda: {"avx2": wanted == "avx2"}
from onelayer.kernels import tiles
import pytest

llvm.get_host_cpu_features = ask
assert tiles.VECTOR_BYTES == {"avx2": 32, "plain": 16}[wanted]
sys.exit(pytest.main(arguments))
"""


@pytest.mark.parametrize("machine", ["avx2", "plain"])
def test_kernels(machine, tmp_path):
    here = Path(__file__).parent
    tests = [str(here / f"test_{name}.py") for name in ("tiles", "wide_tiles", "gram", "weighted_gram")]
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--rootdir", str(here.parents[1])]
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", RUN, machine, *options, *tests],
        capture_output=True,
        text=True,
        env=environment,
    )
    assert done.returncode == 0, done.stdout + done.stderr
