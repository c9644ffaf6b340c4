"""How the candidates of a sweep stand: on a terminal a live table, and anywhere else a line for each epoch."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TextIO

from onelayer.callbacks.progress_bar import is_screen
from onelayer.errors import optional_dependency

if TYPE_CHECKING:
    from onelayer.estimators.sweep.race import Standing

_SHOWN = 20


class SweepTable:
    """A listener of ``GridSweep.fit`` that shows the candidates, the best first.

    It is used as a context: the terminal is given back at its end.

    Parameters
    ----------
    file : text file or None
        Where to write; None is ``sys.stderr``.
    score : str
        What to call the validation score.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from onelayer import GridSweep, SoftmaxRegression
    >>> sweep = GridSweep(SoftmaxRegression(epochs=2, random_state=0), {"momentum": [0.0, 0.5]}, cv=2, factor=None)
    >>> with SweepTable(sys.stdout, score="accuracy") as table:
    ...     sweep = sweep.fit(*load_iris(return_X_y=True), listeners=[table])
    epoch  1/2   2 running, 0 ended   best: momentum=...  val loss ...  val accuracy ...
    epoch  2/2   0 running, 2 ended   best: momentum=...  val loss ...  val accuracy ...
    """

    def __init__(self, file: TextIO | None = None, *, score: str = "score") -> None:
        self.file = sys.stderr if file is None else file
        self.score = score
        self._live: Any = None

    def __enter__(self) -> Self:
        """Take the terminal, if there is one."""
        if is_screen(self.file):
            console = optional_dependency("rich.console", "app").Console(file=self.file)
            live = optional_dependency("rich.live", "app").Live
            self._live = live(console=console, auto_refresh=False, transient=False)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the table as it is and give the terminal back."""
        if self._live is not None:
            self._live.stop()

    def __call__(self, standings: Sequence[Standing]) -> None:
        """Show how the candidates stand."""
        ranked = sorted(standings, key=_order)
        if self._live is not None:
            self._live.update(self._table(ranked), refresh=True)
        else:
            self.file.write(self._line(ranked) + "\n")
            self.file.flush()

    def _line(self, ranked: Sequence[Standing]) -> str:
        best = ranked[0]
        running = [standing for standing in ranked if standing.state == "running"]
        ended = sum(standing.state not in ("running", "waiting") for standing in ranked)
        epoch = max([standing.epoch for standing in running], default=best.epoch)
        total = max(standing.epochs for standing in ranked)
        return (
            f"epoch {epoch:>{len(str(total)) + 1}}/{total}   {len(running)} running, {ended} ended   "
            f"best: {words(best.params)}  val loss {best.val_loss:#.4g}  val {self.score} {best.val_score:.4f}"
        )

    def _table(self, ranked: Sequence[Standing]) -> Any:
        """Return the first rows of the table."""
        table = optional_dependency("rich.table", "app").Table(box=None, pad_edge=False)
        for name in ranked[0].params:
            table.add_column(name, justify="right")
        for name in ("epoch", "loss", "val loss", f"val {self.score}", "state"):
            table.add_column(name, justify="right")
        styles = {"finished": "bold", "stopped": "dim", "diverged": "red", "waiting": "dim"}
        for standing in ranked[:_SHOWN]:
            figures = (standing.train_loss, standing.val_loss, standing.val_score)
            table.add_row(
                *(
                    f"{value:g}" if isinstance(value, float) else str(value)
                    for value in standing.params.values()
                ),
                f"{standing.epoch}/{standing.epochs}" if standing.epochs else "",
                *("" if math.isnan(figure) else f"{figure:.4f}" for figure in figures),
                standing.state,
                style=styles.get(standing.state),
            )
        if len(ranked) > _SHOWN:
            table.caption = f"and {len(ranked) - _SHOWN} more"
        return table


def words(params: dict[str, Any]) -> str:
    """Return parameters as one line.

    Examples
    --------
    >>> words({"alpha": 1e-06, "schedule": "cosine"})
    'alpha=1e-06 schedule=cosine'
    """
    return " ".join(
        f"{name}={value:g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in params.items()
    )


def _order(standing: Standing) -> tuple[float, float]:
    """Return what candidates are sorted by: how far they have come, then their loss."""
    loss = standing.val_loss
    return -standing.epoch if standing.state != "diverged" else 1, math.inf if math.isnan(loss) else loss
