"""Which loss fits the data? The losses of a regression compared by the likelihood of rows that were held out.

``cross_validation``  fits by each loss in folds, and the density that its noise model gives to the rows left out
``rows``              the rows that take part, checked
``comparison``        what came of it, in figures and in words
"""

from __future__ import annotations

from onelayer.loss_comparison.comparison import HeldOut, LossComparison
from onelayer.loss_comparison.cross_validation import compare_losses

__all__ = ["HeldOut", "LossComparison", "compare_losses"]
