"""One process that is bounded in time, with all that it starts, and knows nothing of ours. (Starts processes.)"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, NamedTuple

_LOOK_EVERY: Final = 0.005
"""Seconds between two looks at a process: a module is imported in some 20 ms."""


class Place(NamedTuple):
    """Folders of one process; all are empty."""

    home: Path
    temporary: Path
    working: Path
    answer: Path
    """A file for what it has to say; not there yet."""


@contextmanager
def new_place() -> Iterator[Place]:
    """Folders that are gone afterwards, with whatever the process has left in them.

    :raises OSError: they cannot be made.
    """
    # What is still written by a process that got away from its group is not ours to wait for.
    with tempfile.TemporaryDirectory(prefix="lambda-wheels-import-", ignore_cleanup_errors=True) as name:
        folder = Path(name).resolve()
        place = Place(folder / "home", folder / "tmp", folder / "work", folder / "answer")
        for path in place[:3]:
            path.mkdir()
        yield place


class Ending(NamedTuple):
    """How a process ended."""

    code: int
    """Its exit code; of a signal the negative number."""
    late: bool
    """Whether its time was over."""

    def __str__(self) -> str:
        if self.late:
            return "did not end in time"
        if self.code >= 0:
            return f"ended with exit code {self.code}"
        try:
            return f"ended by signal {signal.Signals(-self.code).name}"
        except ValueError:
            return f"ended by signal {-self.code}"


def run(
    command: Sequence[str],
    environment: dict[str, str],
    place: Place,
    *,
    output: IO[bytes] | int = subprocess.DEVNULL,
    time_limit: float,
    stopped: threading.Event,
) -> Ending:
    """Run ``command`` with nothing but ``environment``, and end its whole group: when it has ended, or is late.

    :param output: where both its outputs go; a file, since a pipe would be held open by what it starts.
    :param stopped: ends it as if it was late.
    :raises OSError: it cannot be started.
    """
    if sys.platform != "linux":
        raise NotImplementedError
    homes = {"HOME": str(place.home), "TMPDIR": str(place.temporary)}
    process = subprocess.Popen(
        command,
        env={**environment, **homes},
        cwd=place.working,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
    )
    end = time.monotonic() + time_limit
    late = False
    try:
        # Left as a zombie at first: until it is taken away no other group can have its number.
        while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            late = time.monotonic() > end or stopped.wait(_LOOK_EVERY)
            if late:
                break
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        code = process.wait()
    return Ending(code, late)
