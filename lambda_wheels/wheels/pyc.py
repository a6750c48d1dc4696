"""What a ``.pyc`` says of itself, and whether it is of its source. (Pure.)

Sources: PEP 3147, PEP 488 and PEP 552, and the comment at the head of CPython's
``Include/internal/pycore_magic_number.h``.
"""

from __future__ import annotations

import _imp
import enum
import re
import struct
from collections import Counter
from collections.abc import Callable
from typing import Final, NamedTuple

HEADER: Final = struct.Struct("<H2sI8s")
"""Magic number, CR LF, flags, and what the source is known by: date and size, or a hash."""

_PYCACHE: Final = (  # compiled when it is needed
    r"(?P<folder>(?:.*/)?)__pycache__/(?P<stem>[^/]+?)\.[\w-]+(?:\.opt-\w+)?\.pyc"
)
"""Where bytecode stands beside its source (PEP 3147, PEP 488)."""

_BEFORE: Final = {(3, 8): range(3400, 3420), (3, 9): range(3420, 3430), (3, 10): range(3430, 3450)}


MOST_OF_A_SOURCE: Final = 64
"""Files of bytecode that are held against one source, which is read and hashed for each: three for each Python, by
its levels of optimisation, and room for as many again."""


class PycKind(enum.Enum):
    """How Python knows whether bytecode is that of a source (PEP 552)."""

    DATE = enum.auto()
    """By the source's date and size."""
    CHECKED = enum.auto()
    """By a hash of the source, which is compared."""
    UNCHECKED = enum.auto()
    """By a hash of the source, which is not compared: what is there is run."""


_KINDS: Final = {0: PycKind.DATE, 1: PycKind.UNCHECKED, 3: PycKind.CHECKED}
"""By the flags."""


class Pyc(NamedTuple):
    """A file of bytecode."""

    path: str
    size: int
    python: tuple[int, int] | None
    """The Python that it is for; None where that is not known, or the file is none of bytecode."""
    kind: PycKind = PycKind.DATE
    source: str | None = None
    """The path of the source that it is to stand for, where there is one."""
    matches: bool | None = None
    """Whether it was compiled from that source, going by what it says; None where that is not known."""

    @property
    def is_cached(self) -> bool:
        """Whether it lies where bytecode does that has a source."""
        return "/__pycache__/" in f"/{self.path}"


class Source(NamedTuple):
    """The file that bytecode is to stand for."""

    path: str
    size: int
    content: Callable[[], bytes]
    date: int | None = None
    """When it was changed, in seconds; None where that is not known."""


def source_path(path: str) -> str:
    """Where the source of the bytecode at ``path`` would be."""
    beside = re.fullmatch(_PYCACHE, path)
    return f"{beside['folder']}{beside['stem']}.py" if beside else path.removesuffix("c")


def pyc_of(path: str, size: int, header: bytes, source: Source | None, *, compared: Counter[str]) -> Pyc:
    """What a file of bytecode that begins with ``header`` says of itself, and whether it is of ``source``.

    :param compared: how often sources were read for this; what stands beside too much other bytecode matches none.
    """
    python = python_of(header)
    if source is None:
        return Pyc(path, size, python)
    if python is None:
        return Pyc(path, size, None, source=source.path)
    _, _, flags, known_by = HEADER.unpack(header[: HEADER.size])
    kind = _KINDS.get(flags, PycKind.CHECKED)
    if kind is PycKind.DATE:
        matches: bool | None = int.from_bytes(known_by[4:], "little") == source.size & 0xFFFFFFFF
        if matches and source.date is not None:
            matches = int.from_bytes(known_by[:4], "little") == source.date & 0xFFFFFFFF
    elif compared[source.path] == MOST_OF_A_SOURCE:
        matches = False
    else:
        compared[source.path] += 1
        matches = is_of(header, source.content())
    return Pyc(path, size, python, kind, source.path, matches)


def python_of(header: bytes) -> tuple[int, int] | None:
    """The version of Python that a file which begins with ``header`` is for; None where it is not known."""
    if len(header) < HEADER.size or header[2:4] != b"\r\n":
        return None
    magic = int.from_bytes(header[:2], "little")
    if magic >= 3450:  # from 3.11 on: 2900 + 50 n for 3.n, and upwards until its release
        return (3, (magic - 2900) // 50)
    return next((version for version, magics in _BEFORE.items() if magic in magics), None)


def is_of(header: bytes, source: bytes) -> bool | None:
    """Whether the hash in ``header`` is that of ``source``; None where that cannot be told."""
    python = python_of(header)
    if python is None or python < (3, 11):  # these hash otherwise than the Python that runs this
        return None
    return _imp.source_hash(int.from_bytes(header[:4], "little"), source) == header[8:16]
