"""``lambda-wheels runtimes``. (Prints.)"""

from __future__ import annotations

import argparse
import dataclasses
import json

from lambda_wheels.targets import ARCHITECTURES, RUNTIMES, Runtime

_TITLES = ("runtime", "Python", "system", "glibc", "deprecated", "creation blocked", "update blocked")


def runtimes(options: argparse.Namespace) -> int:
    """Print the table of runtimes, as lines that ``grep`` and ``awk`` can take, or as JSON."""
    if options.json:
        print(json.dumps([dataclasses.asdict(runtime) for runtime in RUNTIMES.values()], indent=2, default=str))
        return 0
    rows = [_TITLES, *map(_row, RUNTIMES.values())]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    print(f"architectures: {', '.join(ARCHITECTURES)}")
    return 0


def _row(runtime: Runtime) -> tuple[str, ...]:
    days = (runtime.deprecated, runtime.creation_blocked, runtime.update_blocked)
    glibc = ".".join(map(str, runtime.os.glibc))
    return (runtime.name, runtime.python, runtime.os.name, glibc, *(str(day or "-") for day in days))
