"""Locks between processes and threads, freed by the system when a process dies. (Touches the disk.)"""

from __future__ import annotations

import contextlib
import errno
import logging
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from filelock import FileLock

logger = logging.getLogger(__name__)

_NO_WAIT: Final = 0.0
_POLL: Final = 0.02
_LOOK_UP: Final = 1.0
"""Seconds after which whoever waits looks whether that still makes sense."""

_mutexes: weakref.WeakValueDictionary[str, threading.Lock] = weakref.WeakValueDictionary()
_mutexes_guard = threading.Lock()


@contextlib.contextmanager
def exclusive(
    path: Path, *, wait: bool = True, required: bool = True, given_up: Callable[[], bool] = lambda: False
) -> Iterator[bool]:
    """Hold the lock file ``path`` and yield True; with ``wait=False``, yield False where somebody else holds it.

    A thread cannot take the same lock twice. The lock file may stay behind. Who holds it may take it away: others who
    wait for it see that what they would lock has no name any more, and start over.

    :param required: if False, threads are kept apart even where the system does not let us lock files; this then
        yields False.
    :param given_up: asked from time to time while waiting; once it says True, nothing is held and this yields False.
    :raises OSError: the lock file cannot be made or locked.
    """
    # File locks alone would do on local disks, but over NFS they belong to the process and let its threads through.
    mutex = _mutex(path)
    if not _acquire(mutex, wait, given_up):
        yield False
        return
    try:
        with contextlib.ExitStack() as stack:
            held = False
            try:
                held = _lock_file(path, wait, given_up, stack)
            except OSError as error:
                if required:
                    raise
                logger.info("going on without a lock between processes: %s", error)
            yield held
    finally:
        mutex.release()


def _mutex(path: Path) -> threading.Lock:
    with _mutexes_guard:
        return _mutexes.setdefault(str(path), threading.Lock())


def _acquire(mutex: threading.Lock, wait: bool, given_up: Callable[[], bool]) -> bool:
    if not wait:
        return mutex.acquire(blocking=False)
    while not mutex.acquire(timeout=_LOOK_UP):  # a wait without end would not see Ctrl-C on Windows
        if given_up():
            return False
    return True


def _lock_file(path: Path, wait: bool, given_up: Callable[[], bool], stack: contextlib.ExitStack) -> bool:
    import filelock  # here since it takes a tenth of the time in which all of us is imported

    if not path.is_absolute():  # a home that is not known would become a folder named "~" here
        raise OSError(errno.EINVAL, "not an absolute path", str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(path, thread_local=False)
    try:
        try:
            lock.acquire(timeout=_NO_WAIT)
        except filelock.Timeout:
            if not wait:
                return False
            logger.debug("waiting for another process: %s", path)
            return _wait(lock, given_up, stack)
    except NotImplementedError as error:  # how older releases say that the file system has no locks
        raise OSError(str(error)) from error
    stack.callback(_let_go, lock)
    return True


def _wait(lock: FileLock, given_up: Callable[[], bool], stack: contextlib.ExitStack) -> bool:
    import filelock

    while True:
        try:
            lock.acquire(timeout=_LOOK_UP, poll_interval=_POLL)
            stack.callback(_let_go, lock)
            return True
        except filelock.Timeout:
            if given_up():
                return False


def _let_go(lock: FileLock) -> None:
    with contextlib.suppress(OSError):  # what it was held for is done
        lock.release()
