"""For all tests: an example may take as long as it does, since a machine may have other work to do; Ctrl-C is heard."""

from __future__ import annotations

import signal

from hypothesis import settings

settings.register_profile("onelayer", deadline=None)
settings.load_profile("onelayer")

# A shell has what runs in its background ignore Ctrl-C, which some tests send and wait for.
signal.signal(signal.SIGINT, signal.default_int_handler)
