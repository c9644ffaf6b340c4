"""The worker process of a contestant, stopped whenever it is not asked."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO, cast

ROOT = Path(__file__).parent.parent


class Process:
    """A Python module run as a worker, with so many threads; leaving the context ends it.

    A process that waits still disturbs the others, since the threads of its pools go on spinning for a while:
    in a contest of PyTorch with itself, the one that came 50 ms after NumPy's matrix product was 1.3 to 1.8
    times as slow as the other. A stopped process does nothing.
    """

    def __init__(self, key: str, threads: int, arguments: Sequence[str | Path]) -> None:
        self.key = key
        pools = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS")
        worker = subprocess.Popen(
            [sys.executable, "-m", *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=os.environ | dict.fromkeys(pools, str(threads)) | {"JAX_PLATFORMS": "cpu"},
        )
        self._worker = worker
        self._commands, self._answers = cast(TextIO, worker.stdin), cast(TextIO, worker.stdout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._worker.send_signal(signal.SIGCONT)
        self._worker.communicate()

    def tell(self, *command: Any) -> None:
        """Send a command."""
        print(json.dumps(command), file=self._commands, flush=True)

    def answer(self) -> dict[str, Any]:
        """Wait for the worker's answer."""
        line = self._answers.readline()
        if not line:
            raise SystemExit(f"{self.key} ended with code {self._worker.wait()}; its error is above")
        return json.loads(line)

    def ask(self, *command: Any) -> Any:
        """Wake the worker, send it a command, wait for its answer, and stop it again."""
        self._worker.send_signal(signal.SIGCONT)
        self.tell(*command)
        answer = self.answer()
        self._worker.send_signal(signal.SIGSTOP)
        return answer
