"""An output appears complete or not at all, and what stops it is said in one line. (Writes the disk.)"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

from lambda_wheels.errors import OutputError, OutputRefusedError
from lambda_wheels.layers.staging import staged_file, sweep
from lambda_wheels.problems import Problem
from lambda_wheels.progress import Progress, Told
from lambda_wheels.store.atomic import replace
from lambda_wheels.there import exists, is_folder, is_link

_SAYINGS = {
    errno.ENOSPC: ("no space is left on the disk", "free some space or choose another output"),
    errno.EFBIG: (
        "the file would be larger than the file system or this process may write",
        "choose another output or raise the limit (ulimit -f)",
    ),
    errno.EACCES: ("it is not permitted", "choose another output or change the permissions of its folder"),
    errno.EPERM: ("it is not permitted", "choose another output or change the permissions of its folder"),
    errno.EROFS: ("the file system is read-only", "choose another output"),
    errno.ENOENT: ("its folder does not exist", "make the folder first"),
    errno.ENOTDIR: ("a part of its path is a file", "choose another output"),
    errno.EISDIR: ("it is a folder, and a file was asked for", "choose a name that is free"),
    errno.ENAMETOOLONG: ("its name is too long", "choose a shorter one"),
    # The names that we write are new, so that only such a file system has them already.
    errno.EEXIST: ("paths of it differ only in case, which its file system ignores", "build a zip"),
    errno.EDQUOT: ("the disk quota is used up", "free some space or choose another output"),
}

_OF_THE_NAME = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.EISDIR, errno.EINVAL})
"""What will be refused again as long as the output has this name."""


def is_zip(output: Path) -> bool:
    """Whether ``output`` asks for a zip; else it asks for a folder."""
    return output.name.lower().endswith(".zip")


def settled(output: Path) -> Path:
    """Where ``output`` really is: behind symbolic links, so that a link stays a link.

    :raises OutputRefusedError: for a link that leads nowhere.
    """
    try:
        if is_link(output) and not exists(output):
            raise refused(output, "it is a symbolic link that leads nowhere", "remove the link")
        return Path(os.path.realpath(output))
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise failed(output, error) from error


def refused(output: Path, message: str, hint: str) -> OutputRefusedError:
    """The error for an output that cannot become a layer, whatever the system would let us do."""
    return OutputRefusedError(
        Problem(rule="output-refused", message=f"cannot write {str(output)!r}: {message}", hint=hint)
    )


def failed(output: Path, error: OSError | ValueError) -> OutputError | OutputRefusedError:
    """The error for an output that cannot be written, for a reason that the system gave."""
    code = error.errno if isinstance(error, OSError) else errno.EINVAL
    message, hint = _SAYINGS.get(code or 0, (getattr(error, "strerror", None) or str(error), "choose another output"))
    if code in _OF_THE_NAME:
        return refused(output, message, hint)
    return OutputError(Problem(rule="output-failed", message=f"cannot write {str(output)!r}: {message}", hint=hint))


@contextlib.contextmanager
def writing(output: Path, progress: Progress) -> Iterator[Progress]:
    """What the system refuses inside the block is said as an error about ``output``.

    Use the callback that this gives: what ``progress`` itself raises is the caller's and passes as it is.

    :raises OutputError: for an ``OSError``.
    """
    told = Told(progress)
    try:
        yield told
    except UnicodeEncodeError as error:  # LC_ALL=C with Python's UTF-8 mode switched off
        if error is told.raised:
            raise
        message = f"names of files are written in {error.encoding} here, which has none for {error.object!a}"
        raise refused(output, message, "set PYTHONUTF8=1, or build a zip") from error
    except OSError as error:
        if error is told.raised:
            raise
        raise failed(output, error) from error


class Unbuffered(Protocol):
    """What takes bytes."""

    def write(self, piece: memoryview, /) -> int:
        """Take ``piece``, or so many bytes of it."""


@contextlib.contextmanager
def new_file(output: Path) -> Iterator[BinaryIO]:
    """A file to write, by :func:`write_all`, that becomes ``output`` when the block ends well, and otherwise never was.

    :raises OSError: if it cannot be written.
    """
    check_file_output(output)
    sweep(output.parent)
    with staged_file(output.parent) as (staged, file):
        yield file  # ours alone until it is complete
        file.close()
        # No fsync, as with cp, zip or pip: what a power cut takes is built again, and it would be a fifth of the time.
        replace(staged, output)


def write_all(file: Unbuffered, content: bytes | memoryview) -> None:
    """Write ``content`` to a file without a buffer, which may take a part of it at a time.

    :raises OSError: if it cannot be written.
    """
    left = memoryview(content)
    while left:
        left = left[file.write(left) :]


def check_file_output(output: Path) -> None:
    """Refuse what is neither free nor a plain file.

    :raises OSError: for a folder.
    :raises OutputRefusedError: for a device, a pipe.
    """
    try:
        mode = output.stat().st_mode
    except FileNotFoundError:
        return
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(mode):
        raise refused(output, "it is not a plain file", "choose another output")


def check_folder_of(output: Path) -> None:
    """Refuse what is in no folder, or in one where nothing can be made.

    :raises OSError: if it is so, as far as can be seen.
    """
    folder = output.parent
    if not is_folder(folder):
        missing = errno.ENOTDIR if exists(folder) else errno.ENOENT
        raise OSError(missing, os.strerror(missing))
    if not os.access(folder, os.W_OK) and not is_folder(output):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
