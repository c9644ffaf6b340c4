"""Modules that others import and few commands need: found at once, loaded when something of them is asked for."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_LOADING = threading.RLock()


class Deferred(MetaPathFinder, Loader):
    """Finds a module, of which nothing is run until an attribute is asked for that an empty module has not.

    ``importlib.util.LazyLoader`` does so only until the next ``import`` of the module, which looks at its spec.

    Parameters
    ----------
    name : str

    Examples
    --------
    >>> import sys
    >>> finder = Deferred("this")
    >>> sys.meta_path.insert(0, finder)
    >>> import this
    >>> "d" in vars(this)
    False
    >>> this.d["a"]
    The Zen of Python, by Tim Peters
    ...
    'n'
    >>> sys.meta_path.remove(finder)
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where the module comes from: from here, if others know where it is; None for any other."""
        if fullname != self.name or _found(fullname, path) is None:
            return None
        return ModuleSpec(fullname, self, loader_state=path)

    def exec_module(self, module: ModuleType) -> None:
        """Leave the module as it is, until it is needed."""
        module.__class__ = _Deferred


class _Deferred(ModuleType):
    """A module that loads itself when an attribute is missing."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__path__":  # what imports look for
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        # another thread may have loaded it; this one, if it is about to, asks for what is not there
        with _LOADING:
            if isinstance(vars(self)["__spec__"].loader, Deferred):
                self._load()
        if name in vars(self):
            return vars(self)[name]
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")

    def _load(self) -> None:
        deferred = vars(self)["__spec__"]
        spec = _found(self.__name__, deferred.loader_state)
        assert spec is not None
        assert spec.loader is not None
        own = {"__spec__": spec, "__loader__": spec.loader, "__file__": spec.origin}
        if spec.submodule_search_locations is not None:
            own |= {"__path__": spec.submodule_search_locations, "__package__": self.__name__}
        vars(self).update(own)
        try:
            spec.loader.exec_module(self)
        except BaseException:
            vars(self)["__spec__"] = deferred
            vars(self).pop("__path__", None)
            raise
        self.__class__ = ModuleType  # type: ignore[assignment]


def _found(name: str, path: Sequence[str] | None) -> ModuleSpec | None:
    """Return where the other finders find a module."""
    others = (finder for finder in sys.meta_path if not isinstance(finder, Deferred))
    found = (finder.find_spec(name, path) for finder in others if hasattr(finder, "find_spec"))
    return next((spec for spec in found if spec is not None), None)
