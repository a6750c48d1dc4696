"""The header in front of each member, and the descriptor after it: both must say what the directory says. (Pure.)"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from lambda_wheels.wheels.damage import DamagedMemberError
from lambda_wheels.wheels.directory_entry import DESCRIPTOR_FLAG, UNICODE_PATH_EXTRA, DirectoryEntry
from lambda_wheels.wheels.end_record import MAX_32

LOCAL_HEADER: Final = struct.Struct("<4s5H3I2H")


def header_size(head: bytes) -> int:
    """Bytes from the beginning of the header, of which ``head`` is the fixed part, to those of the member.

    :raises DamagedMemberError: there is no header.
    """
    if len(head) < LOCAL_HEADER.size or not head.startswith(b"PK\x03\x04"):
        raise DamagedMemberError("archive-local-header", "there is no header where the directory says")
    name_size, extra_size = struct.unpack_from("<2H", head, LOCAL_HEADER.size - 4)
    return LOCAL_HEADER.size + int(name_size) + int(extra_size)


def check_local_header(entry: DirectoryEntry, header: bytes) -> None:
    """Compare the whole ``header`` with the directory.

    :raises DamagedMemberError: they differ.
    """
    _, _, flags, method, _, _, crc, compressed_size, size, name_size, _ = LOCAL_HEADER.unpack_from(header)
    extra = header[LOCAL_HEADER.size + name_size :]
    if extra and any(kind == UNICODE_PATH_EXTRA for kind, _ in _fields(extra)):
        raise DamagedMemberError("member-name-hidden", "an extra field of its header gives the member a second name")
    if MAX_32 in (size, compressed_size):
        size, compressed_size = _zip64_sizes(extra, size, compressed_size)
    later = entry.flags & DESCRIPTOR_FLAG and not (crc or compressed_size or size)
    for what, here, there in (
        ("name", header[LOCAL_HEADER.size : LOCAL_HEADER.size + name_size], entry.raw_name),
        ("flags", flags, entry.flags),
        ("method", method, entry.method),
        ("CRC", entry.crc if later else crc, entry.crc),
        ("compressed size", entry.compressed_size if later else compressed_size, entry.compressed_size),
        ("size", entry.size if later else size, entry.size),
    ):
        if here != there:
            raise DamagedMemberError("archive-local-header", f"its header and the directory differ in the {what}")


def check_descriptor(entry: DirectoryEntry, rest: bytes) -> None:
    """Look at the bytes between a member and the next one: none, or a true descriptor where the flags promise one.

    :raises DamagedMemberError: it is something else.
    """
    if entry.flags & DESCRIPTOR_FLAG:
        sizes = (entry.crc, entry.compressed_size, entry.size)
        allowed = [struct.pack("<I2Q", *sizes)]
        if max(sizes) <= MAX_32:
            allowed.append(struct.pack("<3I", *sizes))
        if rest.removeprefix(b"PK\x07\x08") in allowed or rest in allowed:
            return
        raise DamagedMemberError("archive-descriptor", "the data descriptor after it differs from the directory")
    if rest.startswith(b"PK\x03\x04"):
        raise DamagedMemberError(
            "archive-unlisted-member", "the directory does not list this member", member=name_in_header(rest)
        )
    if rest:
        raise DamagedMemberError("archive-surplus-bytes", "after it stand bytes that belong to no member")


def name_in_header(header: bytes) -> str:
    """The name in a local header, of which the end may be missing."""
    (name_size,) = struct.unpack_from("<H", header.ljust(LOCAL_HEADER.size, b"\0"), LOCAL_HEADER.size - 4)
    return header[LOCAL_HEADER.size : LOCAL_HEADER.size + name_size].decode("utf-8", "surrogateescape")


def _zip64_sizes(extra: bytes, size: int, compressed_size: int) -> tuple[int, int]:
    """The sizes in the zip64 field, which has both in a local header (APPNOTE 4.5.3); without one, as they were."""
    for kind, value in _fields(extra):
        if kind == 1 and len(value) >= 16:
            long_size, long_compressed_size = struct.unpack_from("<2Q", value)
            return int(long_size), int(long_compressed_size)
    return size, compressed_size


def _fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    """Kind and value of each extra field."""
    position = 0
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, position)
        yield kind, extra[position + 4 : position + 4 + length]
        position += 4 + length
