"""Measure lambda-wheels beside its peers, in one run: wall time, size of the zip, peak memory. (``nox -s bench``)

Every row makes the same layer, for python3.13 on arm64, from the same index. Times are medians; the ratio is a row's
time over ours of the same case, so that it means something on a noisy machine too. What is not installed is left out
by name.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.cases import ASSEMBLED, CASES, Case
from bench.imports import IMPORTED, import_times, target_of_this_machine
from bench.peers import Peer, peers
from bench.running import Measured, measure, median
from bench.small import assembling, beside_pip, import_time


def main() -> int:
    """Run the cases that are asked for, and print a table for each."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each warm row is run (cold rows: twice)")
    parser.add_argument("--case", action="append", choices=list(CASES), help="only this case (repeatable)")
    parser.add_argument("--no-cold", action="store_true", help="leave out the rows with empty caches")
    parser.add_argument(
        "--imports", action="store_true", help="only the imports from a layer, with and without bytecode"
    )
    options = parser.parse_args()
    if options.imports:
        with tempfile.TemporaryDirectory(prefix="lambda-wheels-bench-") as folder:
            _imports(Path(folder), max(options.rounds, 7))
        return 0
    with tempfile.TemporaryDirectory(prefix="lambda-wheels-bench-") as folder:
        here = Path(folder)
        for name in options.case or CASES:
            _case(CASES[name], here, options.rounds, cold=not options.no_cold)
        print("\n## Small figures\n")
        print(f"import lambda_wheels: {import_time():.0f} ms")
        print(f"requests, all besides pip's own dry run: {beside_pip(here, options.rounds):.0f} ms")
        took, copying, peak = assembling(ASSEMBLED, here, options.rounds)
        print(
            f"assembling {' + '.join(ASSEMBLED.requirements)} from the store: {took:.0f} ms, `cp` of the result "
            f"{copying:.0f} ms (allowed: 4 x cp + 50 ms = {4 * copying + 50:.0f} ms); peak memory {peak:.0f} MB"
        )
        _imports(here, max(options.rounds, 7))
    return 0


def _imports(folder: Path, rounds: int) -> None:
    if (found := target_of_this_machine()) is None:
        print("\n(left out: imports: no interpreter of one of Lambda's Pythons)")
        return
    target, interpreter = found
    print(f"\n## First import, from a folder that cannot be written, {interpreter}, medians of {rounds}")
    for case in IMPORTED:
        measured = import_times(case, target, interpreter, folder, rounds)
        ours, _ = measured["ours"]
        print(f"\n`import {', '.join(case.modules)}`\n\n| bytecode | s | ratio | layer, MB |\n|---|---:|---:|---:|")
        for name, (seconds, size) in measured.items():
            print(f"| {name} | {seconds:.3f} | {seconds / ours:.2f} | {size / 1e6:.1f} |")
        sys.stdout.flush()


def _case(case: Case, folder: Path, rounds: int, *, cold: bool) -> None:
    available = [peer for peer in peers() if peer.missing() is None]
    print(f"\n## {' + '.join(case.requirements)}\n")
    for peer in peers():
        if (missing := peer.missing()) is not None:
            print(f"(left out: {peer.name}: {missing})")
    rows: dict[str, dict[str, Measured]] = {}
    caches = folder / "caches"
    caches.mkdir(exist_ok=True)
    for peer in available:
        _once(peer, case, folder, caches)  # fills the caches
    rows["warm"] = _rounds(available, case, folder, caches, rounds)
    if cold:
        rows["cold"] = {}
        for peer in available:
            runs = []
            for _ in range(2):
                with tempfile.TemporaryDirectory(dir=folder) as empty:
                    runs.append(_once(peer, case, folder, Path(empty)))
            rows["cold"][peer.name] = median(runs)
    print("\n| | s | ratio | zip, MB | peak memory, MB |\n|---|---:|---:|---:|---:|")
    for heat, measured in rows.items():
        ours = measured[available[0].name].seconds
        for name, row in measured.items():
            print(
                f"| {name}, {heat} | {row.seconds:.2f} | {row.seconds / ours:.1f} | {row.size / 1e6:.1f} "
                f"| {row.memory / 1e6:.0f} |"
            )
    sys.stdout.flush()


def _rounds(available: Sequence[Peer], case: Case, folder: Path, caches: Path, rounds: int) -> dict[str, Measured]:
    """Warm rows, taken in turns, so that a busy minute of the machine meets all of them."""
    runs: dict[str, list[Measured]] = {peer.name: [] for peer in available}
    for _ in range(rounds):
        for peer in available:
            runs[peer.name].append(_once(peer, case, folder, caches))
    return {name: median(of_peer) for name, of_peer in runs.items()}


def _once(peer: Peer, case: Case, folder: Path, caches: Path) -> Measured:
    """One run in an empty working directory."""
    environment = {
        **os.environ,
        "LAMBDA_WHEELS_CACHE": str(caches / "lambda-wheels"),
        "PIP_CACHE_DIR": str(caches / "pip"),
        "UV_CACHE_DIR": str(caches / "uv"),
    }
    work = Path(tempfile.mkdtemp(dir=folder))
    try:
        return measure([step(case) for step in peer.steps], work, environment)
    finally:
        shutil.rmtree(work)


if __name__ == "__main__":
    sys.exit(main())
