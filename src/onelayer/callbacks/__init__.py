"""Callbacks: what hears of every epoch of a fit.

A callback of your own derives from :class:`Callback`; when its ``on_epoch`` returns True the fit stops.
"""

from __future__ import annotations

from onelayer.callbacks.history import History
from onelayer.callbacks.json_lines import JSONLines
from onelayer.callbacks.live_curves import LiveCurves
from onelayer.callbacks.progress_bar import ProgressBar
from onelayer.callbacks.reading_progress import ReadingProgress
from onelayer.callbacks.sweep_table import SweepTable
from onelayer.solvers.events import Callback

__all__ = ["Callback", "History", "JSONLines", "LiveCurves", "ProgressBar", "ReadingProgress", "SweepTable"]
