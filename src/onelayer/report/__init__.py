"""The report of a fit: one HTML page that needs nothing else, in English or Chinese."""

from __future__ import annotations

from onelayer.report.page import check_installed, render, write

__all__ = ["check_installed", "render", "write"]
