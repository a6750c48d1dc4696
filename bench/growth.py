"""How time grows with the number of wheels, and with the number of layers built at once. (Starts processes; prints.)"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from bench.cases import CASES, Case
from bench.many import PROJECTS
from bench.peers import peers, program_of
from bench.tables import caches, with_lock

_COUNTS = (10, 100, 300)
_AT_ONCE = (1, 2, 4, 8, 12)


def growth(folder: Path, rounds: int) -> None:
    """A table over the number of wheels; each without what it depends on, for a lock may be of anything."""
    uv = program_of("uv")
    if uv is None:
        print("(left out: no uv on PATH, which locks without dependencies)")
        return
    (folder / "caches").mkdir(exist_ok=True)
    print("| wheels | s | s a wheel | zip, MB | `cp`, s |\n|---:|---:|---:|---:|---:|")
    for count in _COUNTS:
        place = Path(tempfile.mkdtemp(dir=folder))
        (place / "names.txt").write_text("\n".join(PROJECTS[:count]))
        case = replace(CASES["requests-locked"], lock=place / "pylock.toml")
        target = ["--python-version", case.python, "--python-platform", f"{case.target.machine}-manylinux_2_34"]
        command = [uv, "pip", "compile", "--quiet", "--no-deps", "--format", "pylock.toml", *target, "names.txt"]
        subprocess.run([*command, "-o", "pylock.toml"], cwd=place, env=caches(folder / "caches"), check=True)
        command = peers(case)[0].steps[0](case)
        took = _median(partial(_build, [command], [place], folder), rounds + 1)
        copied = _median(partial(subprocess.run, ["cp", "layer.zip", "copy.zip"], cwd=place, check=True), rounds)
        size = (place / "layer.zip").stat().st_size
        print(f"| {count} | {took:.3f} | {took / count:.4f} | {size / 1e6:.1f} | {copied:.3f} |")
        sys.stdout.flush()


def at_once(folder: Path, rounds: int) -> None:
    """A table over the number of layers that are built side by side by as many processes."""
    (folder / "caches").mkdir(exist_ok=True)
    case: Case = with_lock(CASES["scipy-locked"], folder)
    command = peers(case)[0].steps[0](case)
    print("| layers | s | s a layer |\n|---:|---:|---:|")
    for count in _AT_ONCE:
        places = [Path(tempfile.mkdtemp(dir=folder)) for _ in range(count)]
        took = _median(partial(_build, [command] * count, places, folder), rounds + 1)
        print(f"| {count} | {took:.3f} | {took / count:.3f} |")
        sys.stdout.flush()


def _build(commands: list[list[str]], places: list[Path], folder: Path) -> None:
    for place in places:
        (place / "layer.zip").unlink(missing_ok=True)  # a new file each time, as `cp` writes one
    running = [
        subprocess.Popen(command, cwd=place, env=caches(folder / "caches"), stdout=subprocess.DEVNULL)
        for command, place in zip(commands, places, strict=True)
    ]
    codes = [process.wait() for process in running]  # of all, before anything is said
    if any(codes):
        raise RuntimeError(f"failed: {' '.join(commands[0])}")


def _median(run: Callable[[], object], rounds: int) -> float:
    """The median time of all but the first, which fills the store."""
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return statistics.median(times[1:] or times)
