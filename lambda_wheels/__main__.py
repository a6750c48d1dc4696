"""``python -m lambda_wheels``: the command, where the script is not on PATH."""

import sys

from lambda_wheels.cli import main

if __name__ == "__main__":
    sys.exit(main())
