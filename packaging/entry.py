"""Start the packaged program; PyInstaller needs a script where `python -m noc_alerts` has a module."""

import multiprocessing
import sys

from noc_alerts.cli import main

if __name__ == "__main__":
    multiprocessing.freeze_support()  # a child process of the packaged program starts this file again
    sys.exit(main())
