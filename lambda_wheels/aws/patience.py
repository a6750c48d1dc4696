"""Waiting for AWS, in threads that can be told to stop. (Waits.)"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Final

PAUSES: Final = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds between tries, growing: half a minute together, in which AWS's throttling and most of its faults end."""


class StoppedError(Exception):
    """The caller gave up; no word about it is needed."""


class Patience:
    """Pauses that end at once when the job is given up."""

    def __init__(self) -> None:
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Let every pause, and every later one, end."""
        self._stopped.set()

    def pause(self, seconds: float) -> None:
        """Wait.

        :raises StoppedError: the job was given up.
        """
        if self._stopped.wait(seconds):
            raise StoppedError


def pauses() -> Iterator[float]:
    """How long to wait after each try; as many as there are tries."""
    return iter(PAUSES)
