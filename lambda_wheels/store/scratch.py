"""Folders for unfinished work, gone afterwards, also when the process that made one was killed. (Writes the disk.)"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from lambda_wheels.store.locks import exclusive

_LOCK: Final = ".lock"
_REGISTER: Final = "register"
"""Who makes a folder or sweeps holds this lock, so that no one sees a folder whose owner has not locked it yet."""


@contextlib.contextmanager
def scratch_folder(parent: Path) -> Iterator[Path]:
    """A fresh folder below ``parent``. A lock file beside it tells others that its process lives.

    :raises OSError: it cannot be made.
    """
    name = os.urandom(8).hex()
    folder, lock = parent / name, parent / f"{name}{_LOCK}"
    with contextlib.ExitStack() as stack:  # undone in reverse: the folder goes before its lock
        parent.mkdir(parents=True, exist_ok=True)
        with exclusive(parent / f"{_REGISTER}{_LOCK}"):
            _sweep(parent)
            stack.callback(_remove_lock, lock)
            stack.enter_context(exclusive(lock))
            stack.callback(_remove, folder)
            folder.mkdir(mode=0o700)  # pip's words, its report and copies of requirement files may hold secrets
        yield folder


def sweep(parent: Path) -> None:
    """Remove the folders whose processes are gone.

    :raises OSError: ``parent`` cannot be read or locked.
    """
    if parent.is_dir():
        with exclusive(parent / f"{_REGISTER}{_LOCK}"):
            _sweep(parent)


def _sweep(parent: Path) -> None:
    for name in {entry.name.removesuffix(_LOCK) for entry in parent.iterdir()} - {_REGISTER}:
        lock = parent / f"{name}{_LOCK}"
        with exclusive(lock, wait=False) as abandoned:
            if abandoned:
                _remove(parent / name)
        if abandoned:
            _remove_lock(lock)


def _remove(folder: Path) -> None:
    import shutil  # here since it brings every compressor along, and a build from a lock seldom needs a folder

    shutil.rmtree(folder, ignore_errors=True)


def _remove_lock(lock: Path) -> None:
    with contextlib.suppress(OSError):  # gone already, or held for a moment by a sweeper on Windows: swept later
        lock.unlink()
