"""Measure lambda-wheels beside its peers, in one run: wall time, size of the zip, peak memory. (``nox -s bench``)

Every row makes the same layer, for python3.13 on arm64, from the same index. Times are medians; the ratio is a row's
time over ours of the same case, so that it means something on a noisy machine too. What is not installed is left out
by name.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from bench.cases import ASSEMBLED, CASES
from bench.growth import at_once, growth
from bench.imports import IMPORTED, import_times, target_of_this_machine
from bench.small import assembling, beside_pip, import_time
from bench.spent import spent
from bench.tables import case_table


def main() -> int:
    """Measure what is asked for, and print a table for each."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each warm row is run (cold rows: twice)")
    parser.add_argument("--case", action="append", choices=list(CASES), help="only this case (repeatable)")
    parser.add_argument("--only", action="append", choices=list(PARTS), help="only this part (repeatable)")
    parser.add_argument("--no-cold", action="store_true", help="leave out the rows with empty caches")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lambda-wheels-bench-") as folder:
        for part in options.only or PARTS:
            PARTS[part](Path(folder), options)
    return 0


def _cases(folder: Path, options: argparse.Namespace) -> None:
    for name in options.case or CASES:
        case_table(CASES[name], folder, options.rounds, cold=not options.no_cold)


def _spent(folder: Path, options: argparse.Namespace) -> None:
    print("\n## Where the time of a locked build goes: numpy + pandas + scipy\n")
    spent(folder, options.rounds)


def _growth(folder: Path, options: argparse.Namespace) -> None:
    print("\n## How it grows: locked wheels\n")
    growth(folder, options.rounds)
    print("\n## Layers at once, over one store: numpy + pandas + scipy, locked\n")
    at_once(folder, options.rounds)


def _small(folder: Path, options: argparse.Namespace) -> None:
    print("\n## Small figures\n")
    print(f"import lambda_wheels: {import_time():.0f} ms")
    print(f"requests, all besides pip's own dry run: {beside_pip(folder, options.rounds):.0f} ms (allowed: 200 ms)")
    took, copying, peak = assembling(ASSEMBLED, folder, options.rounds)
    print(
        f"assembling {' + '.join(ASSEMBLED.requirements)} from the store: {took:.0f} ms, `cp` of the result "
        f"{copying:.0f} ms (allowed: 4 x cp + 50 ms = {4 * copying + 50:.0f} ms); peak memory {peak:.0f} MB"
    )


def _imports(folder: Path, options: argparse.Namespace) -> None:
    if (found := target_of_this_machine()) is None:
        print("\n(left out: imports: no interpreter of one of Lambda's Pythons)")
        return
    target, interpreter = found
    rounds = max(options.rounds, 7)
    print(f"\n## First import, from a folder that cannot be written, {interpreter}, medians of {rounds}")
    for case in IMPORTED:
        measured = import_times(case, target, interpreter, folder, rounds)
        ours, _ = measured["ours"]
        print(f"\n`import {', '.join(case.modules)}`\n\n| bytecode | s | ratio | layer, MB |\n|---|---:|---:|---:|")
        for name, (seconds, size) in measured.items():
            print(f"| {name} | {seconds:.3f} | {seconds / ours:.2f} | {size / 1e6:.1f} |")
        sys.stdout.flush()


PARTS: Mapping[str, Callable[[Path, argparse.Namespace], None]] = {
    "cases": _cases,
    "spent": _spent,
    "growth": _growth,
    "small": _small,
    "imports": _imports,
}
"""What is measured, in this order."""


if __name__ == "__main__":
    sys.exit(main())
