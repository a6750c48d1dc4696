"""The Python runtimes that the installed botocore knows. (Reads the disk.)

Run as a program it says which of them we lack.
"""

from __future__ import annotations

import re
import sys

from botocore.loaders import create_loader

from lambda_wheels.targets import RUNTIMES


def aws_python_runtimes() -> frozenset[str]:
    """The names ``python3.X`` in the ``Runtime`` enumeration of botocore's model of Lambda."""
    model = create_loader().load_service_model("lambda", "service-2")
    names = model["shapes"]["Runtime"]["enum"]
    return frozenset(name for name in names if re.fullmatch(r"python3\.\d+", name))


OLDEST = 9
"""The minor version of the oldest runtime that we ever knew: those before it were gone when this project began."""


def missing_runtimes() -> list[str]:
    """What AWS knows and we do not, oldest first."""
    missing = aws_python_runtimes() - RUNTIMES.keys()
    return sorted((name for name in missing if _minor(name) >= OLDEST), key=_minor)


def _minor(name: str) -> int:
    return int(name.rpartition(".")[2])


def main() -> int:
    """Print what is missing; 1 if anything is."""
    missing = missing_runtimes()
    for name in missing:
        sys.stdout.write(f"{name}: botocore knows it, lambda_wheels/targets/runtimes.py does not\n")
    if not missing:
        sys.stdout.write(f"Nothing is missing. Newest: {max(RUNTIMES, key=_minor)}\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
