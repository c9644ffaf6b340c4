"""What a page of the course is: an experiment with parameters, its figures, and prose in two languages beside it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from onelayer.course.book.parameters import Parameter, Settings
from onelayer.course.book.words import Words
from onelayer.report.numbers import significant

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Found = TypeVar("Found")


@dataclass(frozen=True)
class Drawing:
    """A figure, and what it shows in words, for those who cannot see it.

    Attributes
    ----------
    figure : matplotlib Figure
    description : str
    """

    figure: Figure
    description: str

    @classmethod
    def of(cls, figure: Figure, words: str, digits: int, **numbers: float) -> Drawing:
        """Describe a figure in words with numbers in their places, each to so many significant digits.

        Examples
        --------
        >>> Drawing.of(None, "a curve from {low} to {high}", 2, low=0.123, high=4567.0).description
        'a curve from 0.12 to 4,600'
        """
        return cls(
            figure, words.format(**{name: significant(float(n), digits) for name, n in numbers.items()})
        )


class Page(ABC, Generic[Found]):
    """A page of the course.

    The prose lies beside the module of the page in ``en.md`` and ``zh.md``; it speaks of
    ``p``, the settings, and ``r``, what :meth:`run` returned.

    Attributes
    ----------
    parameters : tuple of Parameter
        What a reader may change with ``--set``.
    small : tuple of str
        Assignments with which the page runs within about a second, for tests.
    """

    parameters: ClassVar[tuple[Parameter, ...]] = ()
    small: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def run(self, p: Settings) -> Found:
        """Run the experiment and return what the prose and the figures show of it."""

    @abstractmethod
    def figures(self, p: Settings, r: Found, t: Words) -> dict[str, Drawing]:
        """Draw what was found, in one language; the prose places each drawing by its name."""


AnyPage = Page[Any]
