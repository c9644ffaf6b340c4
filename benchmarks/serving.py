"""The worker's end of a contest: commands come on standard input, answers go to standard output, a JSON line each."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any


class Harness:
    """Who asks; whatever else is printed from now on goes to standard error."""

    def __init__(self) -> None:
        self._answers = os.fdopen(os.dup(1), "w")
        os.dup2(2, 1)

    def answer(self, **message: Any) -> None:
        """Send one line."""
        print(json.dumps(message), file=self._answers, flush=True)

    def serve(self, commands: Mapping[str, Callable[..., None]]) -> None:
        """Do what each line asks for, until standard input ends; a command answers itself."""
        for line in iter(sys.stdin.readline, ""):
            command, *arguments = json.loads(line)
            commands[command](*arguments)
