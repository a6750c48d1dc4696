"""What is not complete yet has a name of its own beside its output, and goes when its process has died. (Disk.)

Who makes such a file or folder holds a lock on it, which the system takes away when the process ends, however it ends:
so the next one that writes there tells what is left over from what somebody is at work on.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from lambda_wheels.there import is_link, is_taken

STAGING_PREFIX: Final = ".lambda-wheels-"
"""How the names of what is not complete yet begin."""

LEAVING: Final = ".leaving"
"""In a staged folder: what of the old tree was moved out so far."""
LEFT: Final = ".left"
"""The same, once all of it was: from then on what stands in its place is new."""

_ATTEMPTS: Final = 10
"""How many are made until one is held; then the last will do: some file systems never say that it is (two inode
numbers for one file, locks that somebody always has), and there nobody can take it for left over either.
"""

_NAME: Final = re.compile(re.escape(STAGING_PREFIX) + r"[0-9a-f]{16}\.tmp")


def staging_path(folder: Path) -> Path:
    """A name in ``folder`` that nobody has; short, so that no output's name makes it too long."""
    return folder / f"{STAGING_PREFIX}{os.urandom(8).hex()}.tmp"


@contextlib.contextmanager
def staged_file(folder: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """A new file in ``folder``, held; gone at the end of the block if it still has that name.

    :raises OSError: it cannot be made.
    """
    with contextlib.ExitStack() as stack:
        for _ in range(_ATTEMPTS):
            path = staging_path(folder)
            stack.callback(_remove, path)
            file = stack.enter_context(path.open("xb", buffering=0))
            # By another descriptor, so that the file can be closed before it gets its own name.
            if sys.platform == "win32" or _hold(path, stack, os.dup(file.fileno())):
                break
        yield path, file


@contextlib.contextmanager
def staged_folder(folder: Path) -> Iterator[Path]:
    """A new folder in ``folder``, held; gone at the end unless it has another name or holds what was moved out.

    :raises OSError: it cannot be made.
    """
    with contextlib.ExitStack() as stack:
        for _ in range(_ATTEMPTS):
            path = staging_path(folder)
            stack.callback(_remove, path)
            path.mkdir()
            try:
                path.chmod(0o755)
                if sys.platform == "win32" or _hold(path, stack, os.open(path, os.O_RDONLY)):
                    break
            except FileNotFoundError:  # somebody who sweeps took it for left over before it was held
                continue
        yield path


def sweep(folder: Path) -> None:
    """Remove what killed processes left in ``folder``, but for what still has to be put back."""
    for path in left_over(folder):
        _remove(path)


def left_over(folder: Path, *, alone: bool = False) -> Iterator[Path]:
    """What killed processes left in ``folder``; each is nobody else's until the next is asked for.

    :param alone: whether nobody is at work where the system has no such locks.
    """
    with contextlib.suppress(OSError):  # it cannot be read
        # Beside an output there may be very many files, of which no Path is made.
        for path in [folder / name for name in os.listdir(folder) if _NAME.fullmatch(name)]:  # noqa: PTH208
            with contextlib.ExitStack() as stack, contextlib.suppress(OSError):  # gone, or not ours
                if sys.platform == "win32":
                    dead = alone
                else:
                    kind = stat.S_IFMT(path.lstat().st_mode)
                    dead = kind in {stat.S_IFREG, stat.S_IFDIR} and _hold(
                        path, stack, os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), otherwise=alone
                    )
                if dead:
                    yield path


def _hold(path: Path, stack: contextlib.ExitStack, descriptor: int, *, otherwise: bool = True) -> bool:
    """Hold what is at ``path``, opened as ``descriptor``, until the end of ``stack``; whether nobody else has it.

    :param otherwise: the answer where the file system has no locks.
    """
    if sys.platform == "win32":
        raise NotImplementedError
    import fcntl

    stack.callback(os.close, descriptor)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return otherwise
    try:  # somebody may have taken it for left over before it was held, or given it its own name
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except FileNotFoundError:
        return False


def _remove(path: Path) -> None:
    try:
        path.unlink()
    except FileNotFoundError:
        return
    except OSError:
        with contextlib.suppress(OSError):  # as rmtree() does not where a folder has two inode numbers
            path.rmdir()
            return
        with contextlib.suppress(OSError):  # where it cannot be told what it holds it stays
            if not is_link(path) and not any(is_taken(path / name) for name in (LEAVING, LEFT)):
                import shutil  # here since most outputs are files

                shutil.rmtree(path, ignore_errors=True)
