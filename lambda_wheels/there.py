"""What a path names, if anything: a failing disk, or a folder that may not be searched, makes nothing absent. (Disk.)

``Path.exists`` and its like say "no" there in one Python and raise in another; ``os.path.exists`` says "no" in all.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Final

_NOTHING: Final = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EINVAL})
"""What the system says of a name that nothing has, or could have. (EINVAL: Windows, of some signs.)"""


def mode_at(path: str | Path, *, follow: bool = True) -> int:
    """The mode of what ``path`` names, 0 if it names nothing.

    :param follow: whether a link is what it leads to.
    :raises OSError: it cannot be told.
    """
    try:
        return os.stat(path, follow_symlinks=follow).st_mode  # noqa: PTH116  # a str as well
    except ValueError:  # a NUL in the name
        return 0
    except OSError as error:
        if error.errno in _NOTHING:
            return 0
        raise


def exists(path: str | Path) -> bool:
    """Whether something is there, at the end of links.

    :raises OSError: it cannot be told.
    """
    return _is_any(path, follow=True)


def is_taken(path: Path) -> bool:
    """Whether something has this name, be it a link that leads nowhere.

    :raises OSError: it cannot be told.
    """
    return _is_any(path, follow=False)


def _is_any(path: str | Path, *, follow: bool) -> bool:
    try:
        return mode_at(path, follow=follow) != 0
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:  # for what wants to be there that is an error, and nothing has the name
            return False
        raise


def is_folder(path: Path) -> bool:
    """Whether a folder is there, or a link to one.

    :raises OSError: it cannot be told.
    """
    return stat.S_ISDIR(mode_at(path))


def is_file(path: Path, *, follow: bool = True) -> bool:
    """Whether a plain file is there, or a link to one.

    :param follow: whether a link counts as what it leads to.
    :raises OSError: it cannot be told.
    """
    return stat.S_ISREG(mode_at(path, follow=follow))


def is_link(path: Path) -> bool:
    """Whether a symbolic link has this name.

    :raises OSError: it cannot be told.
    """
    return stat.S_ISLNK(mode_at(path, follow=False))
