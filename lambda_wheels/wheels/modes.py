"""What kind of file a member may be: one small function a rule. (Pure.)

Only plain files and folders. Of a plain file's rights one bit is kept, whether anyone may execute it; set-uid, set-gid,
sticky, 0000 and the rest are dropped when a layer is written. A mode without a file type (0o664 in boto3's own wheel)
is a plain file's.

Each function takes a member and returns what is wrong with it, or None.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from lambda_wheels.wheels.directory_entry import DirectoryEntry
from lambda_wheels.wheels.findings import Findings

ModeRule = Callable[[DirectoryEntry], str | None]


def member_symlink(entry: DirectoryEntry) -> str | None:
    """No symbolic links."""
    return "it is a symbolic link" if stat.S_ISLNK(entry.mode) else None


def member_fifo(entry: DirectoryEntry) -> str | None:
    """No named pipes."""
    return "it is a named pipe" if stat.S_ISFIFO(entry.mode) else None


def member_device(entry: DirectoryEntry) -> str | None:
    """No devices."""
    return "it is a device" if stat.S_ISCHR(entry.mode) or stat.S_ISBLK(entry.mode) else None


def member_socket(entry: DirectoryEntry) -> str | None:
    """No sockets."""
    return "it is a socket" if stat.S_ISSOCK(entry.mode) else None


def member_kind(entry: DirectoryEntry) -> str | None:
    """No other kinds, and no folder that is named as a file."""
    if stat.S_ISDIR(entry.mode) and not entry.is_folder:
        return "its mode says that it is a folder, its name that it is a file"
    if stat.S_IFMT(entry.mode) not in {0, stat.S_IFREG, stat.S_IFDIR}:
        return f"its mode, {entry.mode:#o}, is of no known kind of file"
    return None


def member_folder_data(entry: DirectoryEntry) -> str | None:
    """No folder with data."""
    return f"it is a folder, with {entry.size:,} bytes of data" if entry.is_folder and entry.size else None


REFUSED: Final[Sequence[ModeRule]] = (
    member_symlink,
    member_fifo,
    member_device,
    member_socket,
    member_kind,
    member_folder_data,
)


def check_modes(entries: Iterable[DirectoryEntry], findings: Findings) -> None:
    """Hold every member against the rules above; one is reported under the first that it breaks."""
    for entry in entries:
        for rule in REFUSED:
            if (message := rule(entry)) is not None:
                findings.add(rule.__name__.replace("_", "-"), message, member=entry.name)
                break


def is_executable(mode: int) -> bool:
    """Whether anyone may execute a file of this mode."""
    return bool(mode & (stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH))
