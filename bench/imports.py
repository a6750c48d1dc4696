"""How long a first import takes from a layer's folder, with and without bytecode. (Starts processes; writes the disk.)

As in Lambda, nothing but the layer and the standard library is on ``sys.path``, and nothing can be kept: ``-B`` stands
for the read-only ``/opt``. The layer is for a Python of this machine, so that it can be imported here.
"""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lambda_wheels import ARCHITECTURES, RUNTIMES, LayerError, Target, build_layer
from lambda_wheels.bytecode import Interpreter, find_interpreter

_IMPORT = """
import sys
sys.path.append(sys.argv[1])
import time
started = time.perf_counter()
import {}
print(time.perf_counter() - started)
"""


@dataclass(frozen=True, slots=True)
class Imported:
    """Requirements, and what of them is imported."""

    requirements: tuple[str, ...]
    modules: tuple[str, ...]


IMPORTED = (
    Imported(("pandas",), ("pandas",)),
    Imported(("pydantic", "requests", "boto3"), ("pydantic", "requests", "boto3")),
    Imported(("scipy",), ("scipy.stats",)),
)


def target_of_this_machine() -> tuple[Target, Interpreter] | None:
    """The newest runtime whose Python is on this machine, for its processor; None if there is none."""
    architecture = next((name for name, known in ARCHITECTURES.items() if known.machine == platform.machine()), None)
    for runtime in reversed(RUNTIMES.values()) if architecture else ():
        try:
            found = find_interpreter(runtime.python_version)
        except LayerError:
            continue
        assert architecture is not None
        return Target(runtime.name, architecture), found
    return None


def import_times(
    case: Imported, target: Target, interpreter: Interpreter, folder: Path, rounds: int
) -> dict[str, tuple[float, int]]:
    """Seconds that the import takes, and bytes of the folder, by what kind of bytecode is there.

    Medians of ``rounds``, taken in turns, after one that fills the caches of the system.
    """
    where = {"runtime": target.runtime, "architecture": target.architecture}
    plain, ours = folder / "without", folder / "ours"
    build_layer(case.requirements, **where, output=plain)
    build_layer(case.requirements, **where, output=ours, bytecode=interpreter.executable)
    stale, valid = (_with_dates(plain, folder / name, interpreter) for name in ("stale", "valid"))
    _each_source(stale, lambda path: os.utime(path, (0, 315_532_800)))
    folders = {
        "none": plain,
        "timestamps, out of date": stale,
        "timestamps, valid": valid,
        "ours": ours,
    }
    times: dict[str, list[float]] = {name: [] for name in folders}
    program = _IMPORT.format(", ".join(case.modules))
    for _ in range(rounds + 1):
        for name, tree in folders.items():
            command = [interpreter.executable, "-I", "-S", "-B", "-c", program, str(tree / "python")]
            times[name].append(float(subprocess.check_output(command)))
    sizes = {
        name: sum(path.stat().st_size for path in tree.rglob("*") if path.is_file()) for name, tree in folders.items()
    }
    for tree in folders.values():
        shutil.rmtree(tree)
    return {name: (statistics.median(own[1:]), sizes[name]) for name, own in times.items()}


def _with_dates(plain: Path, folder: Path, interpreter: Interpreter) -> Path:
    """A copy with the bytecode that Python itself writes, which goes by the date of the source."""
    shutil.copytree(plain, folder)
    # Exit code 1 where a file does not compile, as some do not.
    subprocess.run(
        [
            interpreter.executable,
            "-I",
            "-W",
            "ignore",
            "-m",
            "compileall",
            "-qq",
            "--invalidation-mode=timestamp",
            folder,
        ],
        check=False,
    )
    return folder


def _each_source(folder: Path, change: Callable[[Path], None]) -> None:
    for path in folder.rglob("*.py"):
        change(path)
