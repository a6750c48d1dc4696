"""A case as a table: ours, the peers, and what we are held to. (Starts processes; prints.)"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bench.cases import Aim, Case
from bench.peers import OURS, ZIP, Peer, lock_command, peers, versions_of
from bench.running import Measured, measure, median

_COPY = "cp of the result"
_FASTEST = "uv + the fastest that deflates"
_OVER_COPY = 0.15
"""Seconds that a locked build may take longer than copying its result."""


def caches(folder: Path) -> dict[str, str]:
    """The environment in which everybody's cache is in ``folder``."""
    return {
        **os.environ,
        "LAMBDA_WHEELS_CACHE": str(folder / "lambda-wheels"),
        "PIP_CACHE_DIR": str(folder / "pip"),
        "UV_CACHE_DIR": str(folder / "uv"),
    }


def with_lock(case: Case, folder: Path) -> Case:
    """The case with its lock made, if it is to have one."""
    if not case.locked:
        return case
    place = Path(tempfile.mkdtemp(dir=folder))
    lock = place / "pylock.toml"
    subprocess.run(lock_command(case, lock), env=caches(folder / "caches"), check=True, cwd=place)
    packages = tomllib.loads(lock.read_text(encoding="utf-8"))["packages"]
    versions_of(lock).write_text("".join(f"{package['name']}=={package['version']}\n" for package in packages))
    return replace(case, lock=lock)


def case_table(case: Case, folder: Path, rounds: int, *, cold: bool) -> None:
    """Measure a case and print its table."""
    warm = folder / "caches"
    warm.mkdir(exist_ok=True)
    case = with_lock(case, folder)
    available = [peer for peer in peers(case) if peer.missing() is None]
    print(f"\n## {case.title}\n")
    for peer in peers(case):
        if (missing := peer.missing()) is not None:
            print(f"(left out: {peer.name}: {missing})")
    for peer in available:
        _once(peer, case, folder, warm)  # fills the caches
    rows = {"warm": _rounds(available, case, folder, warm, rounds)}
    if cold:
        rows["cold"] = _cold(available, case, folder)
    print("\n| | s | ratio | zip, MB | peak memory, MB |\n|---|---:|---:|---:|---:|")
    for heat, measured in rows.items():
        ours = measured[OURS].seconds
        for name, row in measured.items():
            print(
                f"| {name}, {heat} | {row.seconds:.3f} | {row.seconds / ours:.1f} | {row.size / 1e6:.1f} "
                f"| {row.memory / 1e6:.0f} |"
            )
    print()
    for heat, aims in (("warm", case.warm), ("cold", case.cold)):
        if heat in rows:
            _say_aims(aims, rows[heat], available, heat)
    if case.locked:
        over = rows["warm"][OURS].seconds - rows["warm"][_COPY].seconds
        print(f"over `cp` of the result: {over:.3f} s (aim: at most {_OVER_COPY} s)")
    sys.stdout.flush()


def _say_aims(aims: Iterable[Aim], rows: Mapping[str, Measured], available: Sequence[Peer], heat: str) -> None:
    for aim in aims:
        if aim.peer == _FASTEST:
            fit = [rows[peer.name] for peer in available if peer.deflates and peer.name != OURS]
        else:
            fit = [rows[aim.peer]] if aim.peer in rows else []
        if fit:
            times = min(row.seconds for row in fit) / rows[OURS].seconds
            print(f"{heat}: 1/{times:.1f} of {aim.peer} (aim: at most 1/{1 / aim.fraction:.0f})")


def _rounds(available: Sequence[Peer], case: Case, folder: Path, warm: Path, rounds: int) -> dict[str, Measured]:
    """Warm rows, taken in turns, so that a busy minute of the machine meets all of them."""
    runs: dict[str, list[Measured]] = {peer.name: [] for peer in available}
    runs |= {_COPY: []} if case.locked else {}
    for _ in range(rounds):
        for peer in available:
            runs[peer.name].append(_once(peer, case, folder, warm, copy=runs.get(_COPY)))
    return {name: median(of_peer) for name, of_peer in runs.items()}


def _cold(available: Sequence[Peer], case: Case, folder: Path) -> dict[str, Measured]:
    """Rows with every cache empty, in turns as well."""
    runs: dict[str, list[Measured]] = {peer.name: [] for peer in available}
    for _ in range(2):
        for peer in available:
            with tempfile.TemporaryDirectory(dir=folder) as empty:
                runs[peer.name].append(_once(peer, case, folder, Path(empty)))
    return {name: median(of_peer) for name, of_peer in runs.items()}


def _once(peer: Peer, case: Case, folder: Path, cache: Path, *, copy: list[Measured] | None = None) -> Measured:
    """One run in an empty working directory; after ours, its result is copied once and that measured to ``copy``."""
    work = Path(tempfile.mkdtemp(dir=folder))
    try:
        measured = measure([step(case) for step in peer.steps], work, caches(cache), work / ZIP)
        if peer.name == OURS and copy is not None:
            copy.append(measure([["cp", ZIP, "copy.zip"]], work, dict(os.environ), work / "copy.zip"))
        return measured
    finally:
        shutil.rmtree(work)
