"""Run commands and measure them. (Starts processes.)"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_UNIT = 1 if sys.platform == "darwin" else 1024
"""Of ``ru_maxrss``, in bytes."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What making one layer took."""

    seconds: float
    """Wall time of all steps."""
    size: int
    """Of the zip, in bytes."""
    memory: int
    """The largest process of all steps, in bytes."""


def measure(steps: Sequence[Sequence[str]], work: Path, environment: Mapping[str, str], result: Path) -> Measured:
    """Run ``steps`` in ``work``, one after the other, which make ``result``.

    :raises subprocess.CalledProcessError: if one fails: then there is nothing to compare.
    """
    seconds, memory = 0.0, 0
    for step in steps:
        started = time.perf_counter()
        process = subprocess.Popen(
            step,
            cwd=work,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        assert process.stderr is not None
        words = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        seconds += time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stderr.close()
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, step, stderr=words)
        memory = max(memory, usage.ru_maxrss * _UNIT)
    return Measured(seconds, result.stat().st_size, memory)


def median(runs: Sequence[Measured]) -> Measured:
    """The median time; size and memory of the last run."""
    return Measured(statistics.median(run.seconds for run in runs), runs[-1].size, runs[-1].memory)


def own_memory() -> int:
    """The peak of this process alone, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT
