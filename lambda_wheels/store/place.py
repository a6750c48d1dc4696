"""One folder of proven wheels. (Reads and writes the disk; errors of the system come out as they are.)"""

from __future__ import annotations

import contextlib
import enum
import errno
import hashlib
import logging
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from lambda_wheels.errors import WheelError
from lambda_wheels.store.atomic import discard, is_plain, replace, sync_file, sync_folder
from lambda_wheels.store.facts import read_facts, write_facts
from lambda_wheels.store.layout import Layout, facts_of, pack_of, packs_of
from lambda_wheels.store.packs import Pack, write_pack
from lambda_wheels.store.scratch import scratch_folder
from lambda_wheels.wheels import Wheel

logger = logging.getLogger(__name__)

_ATTEMPTS: Final = 10
"""How often an empty folder may be cleared away between making it and moving a wheel into it."""


class StoredWheel(NamedTuple):
    """A proven wheel, and where its file is."""

    wheel: Wheel
    path: Path


class Look(enum.Enum):
    """What was seen where a wheel should be."""

    WHOLE = enum.auto()
    DAMAGED = enum.auto()
    """Another file than the one that came in; it was removed, if that was possible."""
    MISSING = enum.auto()
    UNREADABLE = enum.auto()


class Place(NamedTuple):
    """The wheels below one folder. Any number of processes and threads may use it at once."""

    layout: Layout

    def find(self, filename: str, sha256: str) -> StoredWheel | None:
        """The wheel, its file hashed again; None where it is not, is damaged (then it is removed) or cannot be read.

        :raises ValueError: ``filename`` or ``sha256`` is no such thing.
        :raises WheelError: the file is whole, but this version does not accept the wheel any more; it is removed.
        """
        path = self.layout.wheel(filename, sha256)
        if look_at(path, sha256) is not Look.WHOLE:
            return None
        try:
            wheel = read_facts(facts_of(path))
            if (wheel.filename, wheel.sha256) == (filename, sha256):
                return StoredWheel(wheel, path)
        except (OSError, ValueError) as error:
            logger.info("reading %s again, for what is noted about it is no use: %s", filename, error)
        return self._read_again(path, filename, sha256)

    def add(self, path: Path, wheel: Wheel) -> StoredWheel:
        """Move the proven file in, with what is known about it.

        :raises OSError: it cannot be; ``path`` is then where it was.
        """
        destination = self.layout.wheel(wheel.filename, wheel.sha256)
        self._note(wheel, destination, aside=path.parent)  # first, so that nobody who finds the wheel lacks the facts
        # Somebody else may have been quicker, and on Windows a file that is being read cannot be replaced.
        if look_at(destination, wheel.sha256) is Look.WHOLE:
            path.unlink()
        else:
            try:
                sync_file(path)
                self._move_in(path, destination, wheel.sha256)
            except BaseException:
                if not destination.exists():
                    remove(destination)
                raise
        return StoredWheel(wheel, destination)

    def add_bytecode(self, wheel: Wheel, version: str, files: Mapping[str, bytes]) -> Pack:
        """Keep the bytecode of ``wheel``; see :meth:`lambda_wheels.store.Store.add_bytecode`.

        :raises OSError: it cannot be.
        """
        path = pack_of(self.layout.wheel(wheel.filename, wheel.sha256), version)
        path.parent.mkdir(parents=True, exist_ok=True)
        with self.scratch() as scratch:
            return write_pack(path, files, sha256=wheel.sha256, version=version, aside=scratch)

    @contextlib.contextmanager
    def scratch(self) -> Iterator[Path]:
        """A fresh folder for unfinished work, gone afterwards; on the way it is tried whether wheels could be added.

        :raises OSError: why not.
        """
        self.layout.wheels.mkdir(parents=True, exist_ok=True)
        if not os.access(self.layout.wheels, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self.layout.wheels))
        with scratch_folder(self.layout.scratch) as folder:
            probe = folder / "probe"
            probe.write_bytes(bytes(1 << 16))  # a full disk still makes folders, but takes no bytes
            probe.unlink()
            yield folder

    def _move_in(self, path: Path, destination: Path, sha256: str) -> None:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                destination.parent.mkdir(parents=True, exist_ok=True)
                replace(path, destination)
                break
            except FileNotFoundError:  # a folder was cleared away under us
                if attempt == _ATTEMPTS or not path.exists():
                    raise
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                self._copy_in(path, destination, sha256)
                break
        with contextlib.suppress(FileNotFoundError):
            sync_folder(destination.parent)

    def _copy_in(self, path: Path, destination: Path, sha256: str) -> None:
        import shutil  # here since it is hardly ever needed

        with scratch_folder(self.layout.scratch) as scratch:
            copy = scratch / "copy"
            shutil.copyfile(path, copy)
            sync_file(copy)
            if look_at(copy, sha256) is not Look.WHOLE:
                raise OSError(errno.EIO, "the file changed while it was copied", str(path))
            replace(copy, destination)
        path.unlink()

    def _read_again(self, path: Path, filename: str, sha256: str) -> StoredWheel | None:
        from lambda_wheels.wheels.reader import read_wheel  # here since it is hardly ever needed

        try:
            wheel = read_wheel(path, filename=filename)
        except FileNotFoundError:
            return None  # cleared meanwhile
        except OSError as error:
            logger.warning("cannot read a wheel of the store: %s", error)
            return None
        except WheelError:
            remove(path)
            raise
        if wheel.sha256 != sha256:  # changed between two looks
            return None
        self._note(wheel, path)
        return StoredWheel(wheel, path)

    def _note(self, wheel: Wheel, path: Path, *, aside: Path | None = None) -> None:
        """Keep the facts if that is possible: without them the wheel is only read again."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with self._scratch_or(aside) as scratch:
                write_facts(facts_of(path), wheel, aside=scratch)
        except OSError as error:
            logger.info("cannot note what is known of %s: %s", wheel.filename, error)

    @contextlib.contextmanager
    def _scratch_or(self, folder: Path | None) -> Iterator[Path]:
        if folder is not None and folder.is_relative_to(self.layout.scratch):
            yield folder
        else:
            with scratch_folder(self.layout.scratch) as scratch:
                yield scratch


def look_at(path: Path, sha256: str) -> Look:
    """Hash the file and compare; a damaged one is removed, with a warning in the log."""
    try:
        if not is_plain(path):
            logger.warning("%s is damaged: it is no plain file", path)
            remove(path)
            return Look.DAMAGED
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
            opened = os.fstat(file.fileno())
    except (FileNotFoundError, NotADirectoryError):
        return Look.MISSING
    except OSError as error:
        logger.warning("cannot read a wheel of the store: %s", error)
        return Look.UNREADABLE
    if found == sha256:
        return Look.WHOLE
    logger.warning("%s is damaged: its sha256 is %s", path, found)
    with contextlib.suppress(OSError):
        if os.path.samestat(opened, path.stat()):  # else somebody mended it meanwhile
            remove(path)
    return Look.DAMAGED


def remove(wheel: Path) -> bool:
    """Remove a wheel, its facts and its bytecode; whether the wheel was there and is gone."""
    for path in (facts_of(wheel), *packs_of(wheel)):
        with contextlib.suppress(OSError):
            discard(path)
    try:
        discard(wheel)
    except FileNotFoundError:
        return False
    except OSError as error:  # read-only, or held on Windows
        logger.warning("cannot remove a wheel from the store: %s", error)
        return False
    with contextlib.suppress(OSError):  # another wheel may have the same bytes under another name
        wheel.parent.rmdir()
    return True
