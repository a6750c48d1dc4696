"""Files that appear complete or not at all. (Writes the disk.)"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import time
from pathlib import Path
from typing import Final

RETRY_SECONDS = 2.0 if os.name == "nt" else 0.0
"""How long a refused rename is tried again: on Windows a virus scanner or a reader holds a new file for a moment."""

_FIRST_PAUSE: Final = 0.01

_NO_FOLDER_SYNC: Final = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.ENOSYS})
"""What a file system says that cannot sync folders."""


def replace(source: Path, destination: Path) -> None:
    """``os.replace``, tried again for a moment where the system holds a file.

    :raises OSError: as ``os.replace``; ``errno.EXDEV`` where the two are on different file systems.
    """
    end = time.monotonic() + RETRY_SECONDS
    pause = _FIRST_PAUSE
    while True:
        try:
            source.replace(destination)
            return
        except PermissionError:
            if time.monotonic() + pause > end:
                raise
        time.sleep(pause)
        pause *= 2


def write_atomically(path: Path, content: bytes, *, aside: Path | None = None, durable: bool = True) -> None:
    """Write ``content`` to ``path``, which holds either what it held before or all of it, whenever we are stopped.

    :param aside: a folder on the same file system for the unfinished file; else the folder of ``path``.
    :param durable: whether it must also be whole after a power cut.
    :raises OSError: nothing was changed, and nothing is left behind.
    """
    unfinished = (aside or path.parent) / f".{os.urandom(8).hex()}.part"
    try:
        with unfinished.open("xb") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        replace(unfinished, path)
    except BaseException:
        with contextlib.suppress(OSError):
            unfinished.unlink()
        raise
    if durable:
        sync_folder(path.parent)


def second_name(path: Path, other: Path) -> bool:
    """Let the file at ``path`` be at ``other`` too, or a copy of it; whether it is: False where ``path`` has gone.

    :raises OSError: it cannot be.
    """
    try:
        os.link(path, other)
        return True
    except FileNotFoundError:
        return False
    except OSError:  # another file system, or one without links
        import shutil  # here since it is hardly ever needed

        try:
            shutil.copyfile(path, other)
        except FileNotFoundError:
            return False
        return True


def is_plain(path: Path) -> bool:
    """Whether a plain file is there, or a link to one: a pipe would be waited for, and a device need not end.

    :raises OSError: nothing is there.
    """
    return stat.S_ISREG(path.stat().st_mode)


def discard(path: Path) -> None:
    """Remove what is at ``path``, a folder too, which no file could be renamed over.

    :raises OSError: nothing is there, or it cannot be removed.
    """
    if path.is_dir() and not path.is_symlink():
        import shutil  # here since it is hardly ever needed

        shutil.rmtree(path)
    else:
        path.unlink()


def sync_file(path: Path) -> None:
    """Let the file's bytes reach the disk."""
    mode = "r+b" if os.name == "nt" else "rb"  # Windows syncs only what is open for writing
    with path.open(mode) as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Let the folder's names reach the disk, where the system can do that (Windows cannot)."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        os.close(descriptor)
