"""A terminal for tests."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import termios
from contextlib import suppress
from typing import TextIO


class Terminal:
    """A pseudo-terminal of 80 columns."""

    def __init__(self) -> None:
        self._screen, keyboard = pty.openpty()
        fcntl.ioctl(keyboard, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.file: TextIO = os.fdopen(keyboard, "w", encoding="utf-8")

    def output(self) -> str:
        """Return everything written, in the order it was, and take nothing more."""
        self.file.close()
        content = b""
        with suppress(OSError):  # which Linux raises at the end, where others return nothing
            while chunk := os.read(self._screen, 1 << 16):
                content += chunk
        return content.decode()

    def close(self) -> None:
        self.file.close()
        os.close(self._screen)
