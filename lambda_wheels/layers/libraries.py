"""Shared objects that the caller brings along, for the layer's ``lib/``. (Reads the disk.)"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from lambda_wheels.audit import Placed
from lambda_wheels.errors import OutputError, UsageError
from lambda_wheels.layers.manifest import LIBRARIES
from lambda_wheels.problems import Problem
from lambda_wheels.targets.limits import UNZIPPED_LIMIT
from lambda_wheels.there import exists, is_file, is_folder
from lambda_wheels.wheels.native import Native

_PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*\.so(?:\.[A-Za-z0-9_.+-]+)?")


class Library(NamedTuple):
    """A shared object that is not from a wheel."""

    name: str
    """By which others need it: its ``DT_SONAME`` if it has one, else the name of the file."""
    content: bytes
    native: Native

    @property
    def path(self) -> str:
        """Its place in the layer."""
        return LIBRARIES + self.name

    @property
    def sha256(self) -> str:
        """Of its bytes, hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def placed(self) -> Placed:
        """What the rules about machine code see of it."""
        return Placed(self.path, self.native, None, None)


def read_libraries(paths: Iterable[Path]) -> tuple[Library, ...]:
    """The shared objects at ``paths``, by name. Links are followed.

    :raises UsageError: with what is wrong with any: it is not there, no shared object, or two have one name.
    :raises OutputError: one cannot be read.
    """
    found: dict[str, tuple[Library, Path]] = {}
    problems = []
    for path in paths:
        read = _read(path)
        if isinstance(read, Problem):
            problems.append(read)
            continue
        library, other = found.setdefault(read.name, (read, path))
        if library.content != read.content:
            problems.append(_unfit(path, f"{other} is called {read.name} as well", "give one of the two"))
    if problems:
        raise UsageError(problems)
    return tuple(library for _, (library, _) in sorted(found.items()))


def _read(path: Path) -> Library | Problem:
    """The library at ``path``, or why it is none."""
    from lambda_wheels.wheels.elf import read_native  # here since most layers bring none

    try:
        if is_folder(path):
            return _unfit(path, "it is a folder", "name each library")
        if not exists(path):
            return Problem(
                rule="no-such-file", message=f"there is no {path}", hint="name a shared object, libgomp.so.1"
            )
        if not is_file(path) or path.stat().st_size > UNZIPPED_LIMIT:
            return _unfit(path, "it is no plain file, or larger than a layer", "name a shared object")
        content = path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise OutputError(
            Problem(rule="disk-failed", message=f"{path} cannot be read: {getattr(error, 'strerror', None) or error}")
        ) from error
    native = read_native(path.name, BytesIO(content))
    if native.elf is None or native.elf.damage:
        return _unfit(path, (native.elf and native.elf.damage) or "it is no ELF file", "name a shared object for Linux")
    name = native.elf.soname or path.name
    if not _PLAIN_NAME.fullmatch(name):
        return _unfit(path, f"it is called {name!r}", "name a shared object, which is called libNAME.so.VERSION")
    return Library(name, content, native._replace(path=LIBRARIES + name))


def _unfit(path: Path, message: str, hint: str) -> Problem:
    return Problem(rule="not-a-library", message=f"{path} cannot be brought along: {message}", hint=hint)
