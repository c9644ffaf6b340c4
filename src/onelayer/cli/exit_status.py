"""The exit statuses of the commands."""

from __future__ import annotations

SUCCESS, FAILURE, WRONG_USE, DIVERGED, INTERRUPTED = 0, 1, 2, 3, 130
