"""What a folder holds, for comparing. (Reads the disk.)"""

from __future__ import annotations

import os
from pathlib import Path

from lambda_wheels.layers import Contents
from lambda_wheels.layers.sources import pieces_of

Tree = dict[str, bytes]


def tree(folder: Path) -> Tree:
    """Every file below ``folder`` and its bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def modes(folder: Path) -> dict[str, int]:
    """The permission bits of everything below ``folder``, and of itself."""
    found = {path.relative_to(folder).as_posix(): path.stat().st_mode & 0o7777 for path in folder.rglob("*")}
    return found | {".": folder.stat().st_mode & 0o7777}


def tree_of(contents: Contents) -> Tree:
    """The files that a layer should hold."""
    return {entry.path: b"".join(pieces_of(entry)) for entry in contents.entries}


def names_in(folder: Path) -> list[str]:
    """The names in ``folder``, hidden ones too."""
    return sorted(os.listdir(folder))  # noqa: PTH208
