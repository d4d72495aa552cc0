"""`python -m noc_alerts` is the command line."""

import sys

from noc_alerts.cli import main

if __name__ == "__main__":
    sys.exit(main())
