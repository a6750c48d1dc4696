"""Files that are no plain ones: they may never end, or nobody may ever answer. (Disk; POSIX.)"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from pathlib import Path


def make_socket(path: Path) -> None:
    """A socket that nobody listens to."""
    if sys.platform == "win32":
        raise NotImplementedError
    with contextlib.chdir(path.parent), socket.socket(socket.AF_UNIX) as one:
        one.bind(path.name)  # the name of a socket is short


def make_pipe(path: Path) -> None:
    """A pipe into which nobody writes."""
    if sys.platform == "win32":
        raise NotImplementedError
    os.mkfifo(path)
