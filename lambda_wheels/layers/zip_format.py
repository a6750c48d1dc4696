"""The bytes of a zip's headers: one local header and one directory entry a file, one end record. (Pure.)

Source: PKWARE's APPNOTE 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16. Everything that could differ between two machines
or two days is fixed here, since the bytes of a layer are a promise.
"""

from __future__ import annotations

import stat
import struct
from collections.abc import Iterable

from lambda_wheels.layers.entries import Entry

_LOCAL_MARK = b"PK\x03\x04"
_DIRECTORY_MARK = b"PK\x01\x02"
_SHARED = struct.Struct("<5H3L2H")
_PLACE = struct.Struct("<3H2L")
_END = struct.Struct("<4s4H2LH")

# MS-DOS: years from 1980, and no time zone. The first of January would become 1979 where a reader takes it for UTC
# and the machine's time zone is west of it, which many programs cannot express.
_DATE = (0 << 9) | (2 << 5) | 1
_TIME = 0
_MADE_BY_UNIX = struct.pack("<H", (3 << 8) | 20)
_NEEDED = 20  # 2.0: deflate
_UTF8 = 1 << 11


def headers(entry: Entry, offset: int) -> tuple[bytes, bytes]:
    """The local header of ``entry``, which stands at ``offset``, and its entry in the directory."""
    name = entry.path.encode()
    method = 0 if isinstance(entry.source, bytes) else entry.source.member.method
    flags = 0 if entry.path.isascii() else _UTF8
    # The fields that both have, so that they cannot differ.
    shared = _SHARED.pack(_NEEDED, flags, method, _TIME, _DATE, entry.crc, entry.stored_size, entry.size, len(name), 0)
    place = _PLACE.pack(0, 0, 0, (stat.S_IFREG | entry.mode) << 16, offset)
    return _LOCAL_MARK + shared + name, b"".join((_DIRECTORY_MARK, _MADE_BY_UNIX, shared, place, name))


def end_record(count: int, directory_size: int, directory_offset: int) -> bytes:
    """The record that ends a zip of ``count`` files."""
    return _END.pack(b"PK\x05\x06", 0, 0, count, count, directory_size, directory_offset, 0)


def zip_size(entries: Iterable[Entry]) -> int:
    """How many bytes the zip of ``entries`` has: known before it is written."""
    overhead = len(_LOCAL_MARK) + len(_DIRECTORY_MARK) + len(_MADE_BY_UNIX) + 2 * _SHARED.size + _PLACE.size
    return _END.size + sum(
        overhead + 2 * (len(path) if (path := entry.path).isascii() else len(path.encode())) + entry.stored_size
        for entry in entries
    )
