"""Start the packaged program; PyInstaller needs a script where `python -m noc_alerts` has a module.

With `--script-child` alone it is the child that runs one user's script (noc_alerts/scripts/process.py starts it so): before
anything heavy is imported, because it lives for milliseconds.
"""

import sys

if __name__ == "__main__" and sys.argv[1:] == ["--script-child"]:
    from noc_alerts.scripts.child import main as serve_script

    serve_script()  # ends the process

import multiprocessing

from noc_alerts.cli import main

if __name__ == "__main__":
    multiprocessing.freeze_support()  # a child process of the packaged program starts this file again
    sys.exit(main())
