"""What a ``.pyc`` says of itself. (Pure.)

Sources: PEP 552, and the comment at the head of CPython's ``Include/internal/pycore_magic_number.h``.
"""

from __future__ import annotations

import _imp
import struct
from typing import Final

HEADER: Final = struct.Struct("<H2sI8s")
"""Magic number, CR LF, flags, and what the source is known by: date and size, or a hash."""

_BEFORE: Final = {(3, 8): range(3400, 3420), (3, 9): range(3420, 3430), (3, 10): range(3430, 3450)}


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
