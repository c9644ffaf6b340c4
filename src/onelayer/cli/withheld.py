"""Modules that are installed and that no command needs, kept from being imported by others."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType


class Withheld(MetaPathFinder, Loader):
    """Finds a module and refuses to load it, as if it were not installed.

    ``sys.modules`` has no entry for it then, not even None: scikit-learn and others look there for what has been
    imported and take what they find for the module.

    Parameters
    ----------
    name : str

    Examples
    --------
    >>> import sys
    >>> sys.meta_path.insert(0, Withheld("antigravity"))
    >>> import antigravity
    Traceback (most recent call last):
    ...
    ModuleNotFoundError: no command needs antigravity
    >>> del sys.meta_path[0]
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where the module comes from: from here; None for any other."""
        return ModuleSpec(fullname, self) if fullname == self.name else None

    def exec_module(self, module: ModuleType) -> None:
        """Refuse the module."""
        raise ModuleNotFoundError(f"no command needs {self.name}", name=self.name)
