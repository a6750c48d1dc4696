"""The directory of an archive: its list of members. (Reads the disk.)

``zipfile`` forgives much: bytes before, between and after the members, members that share a place, headers that
disagree. Each is a difference between what was checked here and what somebody else would unpack. So members must tile
the file: the first begins at byte 0, each ends where the next begins, and the last where the directory does. That the
bytes of a member end where its place does is seen when they are inflated (``proof``).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import BinaryIO, Final

from lambda_wheels.targets.limits import UNZIPPED_LIMIT, ZIP_ENTRIES_LIMIT
from lambda_wheels.wheels.directory_entry import DESCRIPTOR_FLAG, UNICODE_PATH_EXTRA, UTF8_FLAG, DirectoryEntry
from lambda_wheels.wheels.end_record import MAX_32, find_directory
from lambda_wheels.wheels.findings import Findings
from lambda_wheels.wheels.inflate import DEFLATED, STORED
from lambda_wheels.wheels.local_header import name_in_header
from lambda_wheels.wheels.names import MAX_NAME

MAX_DIRECTORY: Final = 32 * 1024 * 1024
"""Bytes of a directory: four times what 65,534 members of usual names need. It is held in memory."""

_HEADER = struct.Struct("<4s6H3I5H2I")
_ENCRYPTED: Final = 0x1 | 0x40 | 0x2000
_HARMLESS: Final = UTF8_FLAG | DESCRIPTOR_FLAG | 0x6  # the last: how hard the writer tried to compress
_ZIP64_EXTRA: Final = 1
_NEWEST: Final = 63
"""The version of the format, times ten, that brought the last of what readers know (APPNOTE 4.4.3)."""


def read_directory(
    file: BinaryIO, file_size: int, findings: Findings, *, most: int = UNZIPPED_LIMIT
) -> list[DirectoryEntry]:
    """The members in the order of the directory, with the places that they have in the file.

    :param most: bytes that they may unpack to, at least as many as Lambda allows.
    :raises WheelError: the file is no archive, there are too many members or they unpack to too much, or they do not
        tile the file. What is wrong with single members goes to ``findings``.
    """
    entries, offset = list_directory(file, file_size, findings)
    unpacked = sum(entry.size for entry in entries)
    if unpacked > most:
        raise findings.stop(
            "archive-too-large",
            f"it unpacks to {unpacked:,} bytes, more than the {UNZIPPED_LIMIT:,} that Lambda allows",
        )
    return _with_ends(file, entries, offset, findings)


def list_directory(file: BinaryIO, file_size: int, findings: Findings) -> tuple[list[DirectoryEntry], int]:
    """The members as the directory tells of them, and where in the file it begins; nothing else of the file is read.

    :raises WheelError: the file is no archive, or there are too many members.
    """
    place = find_directory(file, file_size, findings)
    if place.members > ZIP_ENTRIES_LIMIT:
        raise findings.stop(
            "archive-members", f"the archive has {place.members:,} members, more than {ZIP_ENTRIES_LIMIT:,}"
        )
    if place.size > MAX_DIRECTORY:
        raise findings.stop("archive-directory", f"the directory has {place.size:,} bytes, more than {MAX_DIRECTORY:,}")
    file.seek(place.offset)
    return _parse(file.read(place.size), place.members, findings), place.offset


def readable(entries: Iterable[DirectoryEntry], findings: Findings) -> list[DirectoryEntry]:
    """The members that can be inflated; what is in the way of that for the others goes to ``findings``."""
    sound = []
    for entry in entries:
        if entry.flags & _ENCRYPTED:
            findings.add("archive-encrypted", "it is encrypted", member=entry.name)
        elif entry.flags & ~_HARMLESS:
            findings.add("archive-flags", f"it has the unknown flags {entry.flags:#06x}", member=entry.name)
        elif entry.method not in {STORED, DEFLATED}:
            message = f"it is compressed by method {entry.method}; only stored (0) and deflated (8) are read everywhere"
            findings.add("archive-method", message, member=entry.name)
        else:
            sound.append(entry)
    return sound


def _parse(directory: bytes, count: int, findings: Findings) -> list[DirectoryEntry]:
    entries = []
    position = 0
    while position < len(directory):
        if len(directory) - position < _HEADER.size or not directory.startswith(b"PK\x01\x02", position):
            raise findings.stop("archive-directory", "the directory holds something other than members")
        (
            _, _, needed, flags, method, _, _, crc, compressed_size, size, name_size, extra_size, comment_size, disk, _,
            attributes, offset,
        ) = _HEADER.unpack_from(directory, position)  # fmt: skip
        position += _HEADER.size
        raw_name = directory[position : position + name_size]
        name = raw_name.decode("utf-8", "surrogateescape")
        if name_size > MAX_NAME + len("/"):  # who looks at the folders above it would be busy for long
            message = f"the path has {name_size:,} bytes, more than {MAX_NAME:,}"
            raise findings.stop("member-name-length", message, member=name)
        position += name_size
        if extra_size:
            extra = directory[position : position + extra_size]
            size, compressed_size, offset = _read_extra(extra, name, (size, compressed_size, offset), findings)
        position += extra_size + comment_size
        if position > len(directory) or disk:
            raise findings.stop("archive-directory", "the directory is damaged", member=name)
        if needed & 0xFF > _NEWEST:
            message = f"it says that version {(needed & 0xFF) / 10} of the format is needed to read it"
            findings.add("archive-method", message, member=name)
        entries.append(
            DirectoryEntry(
                name, raw_name, flags, method, crc, compressed_size, size, attributes >> 16, offset, end=offset
            )
        )
    if len(entries) != count:
        raise findings.stop(
            "archive-directory", f"the directory lists {len(entries):,} members, the end record says {count:,}"
        )
    if not entries:
        raise findings.stop("archive-directory", "the archive is empty")
    return entries


def _read_extra(extra: bytes, name: str, short: tuple[int, ...], findings: Findings) -> tuple[int, ...]:
    """Size, compressed size and offset: the ``short`` ones, or where those say so the zip64 ones."""
    fields: dict[int, bytes] = {}
    position = 0
    while position + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, position)
        if kind == _ZIP64_EXTRA and kind in fields:  # readers differ in which of them counts
            raise findings.stop("archive-zip64", "the member's header has two zip64 fields", member=name)
        fields[kind] = extra[position + 4 : position + 4 + size]
        position += 4 + size
    if position != len(extra):
        raise findings.stop("archive-directory", "the extra fields of the member are damaged", member=name)
    if UNICODE_PATH_EXTRA in fields:
        findings.add("member-name-hidden", "an extra field gives the member a second name", member=name)
    if _ZIP64_EXTRA not in fields:
        return short
    values = fields[_ZIP64_EXTRA]
    if len(values) != 8 * short.count(MAX_32):
        raise findings.stop("archive-zip64", "the zip64 field does not fit the member's header", member=name)
    long = iter(struct.unpack(f"<{len(values) // 8}Q", values))
    return tuple(next(long) if value == MAX_32 else value for value in short)


def _with_ends(
    file: BinaryIO, entries: Sequence[DirectoryEntry], directory: int, findings: Findings
) -> list[DirectoryEntry]:
    """The same members, each with the place where the next begins; the first must begin the file."""
    offsets = sorted({entry.offset for entry in entries})
    if offsets[-1] >= directory:
        raise findings.stop("archive-directory", "the directory gives a member a place outside the file")
    if offsets[0]:
        file.seek(0)
        start = file.read(min(offsets[0], 2048))
        if start.startswith(b"PK\x03\x04"):
            raise findings.stop(
                "archive-unlisted-member", "the directory does not list this member", member=name_in_header(start)
            )
        raise findings.stop("archive-surplus-bytes", f"{offsets[0]:,} bytes stand before the first member")
    ends = dict(zip(offsets, [*offsets[1:], directory], strict=True))
    places: set[int] = set()
    for entry in entries:
        if entry.offset in places:
            raise findings.stop("archive-overlap", "the directory gives two members one place", member=entry.name)
        places.add(entry.offset)
    return [entry._replace(end=ends[entry.offset]) for entry in entries]
