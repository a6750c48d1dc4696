"""Asking the parent for a turn, so that of all processes that want a wheel one downloads it. (In pip's process.)"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from .listening import wait_for_answer
from .telling import emit

_one_at_a_time = threading.Lock()
"""Two locks held by one child, and by another in the other order, would be waited for without end."""


@contextlib.contextmanager
def turn(sha256: str, filename: str) -> Iterator[None]:
    """Nobody else downloads the wheel inside the block; what was downloaded there is in the store afterwards."""
    with _one_at_a_time:
        emit("turn", sha256=sha256, filename=filename)
        wait_for_answer()
        try:
            yield
        finally:
            emit("turn-over")
            wait_for_answer()  # else we would read the file while it is moved, which Windows refuses
