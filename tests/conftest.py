"""For all tests: how long an example takes is no failure, since a machine may have other work to do."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("onelayer", deadline=None)
settings.load_profile("onelayer")
