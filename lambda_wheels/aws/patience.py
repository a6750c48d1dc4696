"""Waiting for AWS, in threads that can be told to stop. (Waits.)"""

from __future__ import annotations

import threading
from typing import Final

PAUSES: Final = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds between tries, growing: half a minute together, in which AWS's throttling and most of its faults end."""


class StoppedError(Exception):
    """The caller gave up; no word about it is needed."""


class Patience:
    """Pauses that end at once when the job is given up, and a question before what cannot be taken back."""

    def __init__(self) -> None:
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Let every pause, and every later one, end."""
        self._stopped.set()

    def check(self) -> None:
        """Go on.

        :raises StoppedError: the job was given up.
        """
        if self._stopped.is_set():
            raise StoppedError

    def pause(self, seconds: float) -> None:
        """Wait.

        :raises StoppedError: the job was given up.
        """
        if self._stopped.wait(seconds):
            raise StoppedError


def pauses() -> tuple[float, ...]:
    """How long to wait after each try; as many as there are tries."""
    return PAUSES
