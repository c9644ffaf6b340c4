"""``python -m onelayer`` is the command ``onelayer``."""

import sys

from onelayer.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
