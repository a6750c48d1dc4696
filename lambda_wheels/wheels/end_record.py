"""Where an archive's directory is: the record at its end. (Reads the disk.)

PKWARE's APPNOTE 6.3.10, sections 4.3.14 to 4.3.16. The record must be the last thing in the file (with its comment, if
any), and the directory must end where the record begins; so there is only one way to read the file.
"""

from __future__ import annotations

import struct
from typing import BinaryIO, Final, NamedTuple

from lambda_wheels.errors import WheelError
from lambda_wheels.wheels.findings import Findings

_END = struct.Struct("<4s4H2IH")
_END_64 = struct.Struct("<4sQ2H2I4Q")
_LOCATOR_64 = struct.Struct("<4sIQI")
_SIGNATURE: Final = b"PK\x05\x06"
_MAX_COMMENT: Final = 0xFFFF

MAX_16: Final = 0xFFFF
MAX_32: Final = 0xFFFFFFFF
"""In a 16- or 32-bit field: the value stands in the field's zip64 counterpart."""


class DirectoryPlace(NamedTuple):
    """Where the directory is, in bytes, and how many members it lists."""

    offset: int
    size: int
    members: int


def find_directory(file: BinaryIO, file_size: int, findings: Findings) -> DirectoryPlace:
    """Read the end record, of zip64 too.

    :raises WheelError: there is none at the end of the file, or it cannot be true.
    """
    tail_size = min(file_size, _LOCATOR_64.size + _END.size + _MAX_COMMENT)
    file.seek(file_size - tail_size)
    tail = file.read(tail_size)
    place = _find_signature(tail)
    if place is None:
        raise _no_archive(file, file_size, findings)
    _, disk, directory_disk, count_here, count, size, offset, comment_size = _END.unpack_from(tail, place)
    surplus = len(tail) - place - _END.size - comment_size
    if surplus > 0:
        raise findings.stop("archive-surplus-bytes", f"{surplus:,} bytes stand after the end of the archive")
    if surplus < 0:
        raise findings.stop("archive-end", "the archive is cut off inside its comment")
    end = file_size - len(tail) + place
    values: tuple[int, ...] = (disk, directory_disk, count_here, count, size, offset)
    locator = place - _LOCATOR_64.size
    if locator >= 0 and tail.startswith(b"PK\x06\x07", locator):
        end, values = _read_zip64(file, end, _LOCATOR_64.unpack_from(tail, locator), values, findings)
    disk, directory_disk, count_here, count, size, offset = values
    if disk or directory_disk or count_here != count:
        raise findings.stop("archive-directory", "the archive says that it is a part of several")
    if offset + size != end:
        raise findings.stop(
            "archive-directory",
            f"the directory ends at byte {end:,}, but the archive says that it has {size:,} bytes from {offset:,} on",
        )
    return DirectoryPlace(offset, size, count)


def _find_signature(tail: bytes) -> int | None:
    place = len(tail) - _END.size
    if place >= 0 and tail.startswith(_SIGNATURE, place) and tail.endswith(b"\0\0"):
        return place  # without a comment, as nearly always
    place = tail.rfind(_SIGNATURE, 0, max(0, place + len(_SIGNATURE)))
    return place if place >= 0 else None


def _no_archive(file: BinaryIO, file_size: int, findings: Findings) -> WheelError:
    file.seek(0)
    start = file.read(512).lstrip().lower()
    if not file_size:
        return findings.stop("archive-end", "the file is empty")
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<head")):
        return findings.stop(
            "archive-end",
            "it is a page of HTML, not a zip archive",
            hint="something between here and the index answers in its place: a proxy, or a page to log in",
        )
    if start.startswith(b"pk\x03\x04"):
        return findings.stop("archive-end", "the archive is cut off: it has no end record")
    return findings.stop("archive-end", "it is not a zip archive")


def _read_zip64(
    file: BinaryIO, end: int, locator: tuple[int, ...], short: tuple[int, ...], findings: Findings
) -> tuple[int, tuple[int, ...]]:
    """The place and the values of the zip64 end record, which must agree with the ``short`` ones."""
    _, locator_disk, offset, disks = locator
    expected = end - _LOCATOR_64.size - _END_64.size
    if locator_disk or disks > 1 or offset != expected:
        raise findings.stop("archive-zip64", "the end record of zip64 is not where the archive says")
    file.seek(offset)
    record = file.read(_END_64.size)
    if len(record) < _END_64.size:  # of a file that is cut off meanwhile, or comes from a server that gives less
        raise findings.stop("archive-zip64", "the end record of zip64 is cut off")
    signature, size, _, _, *values = _END_64.unpack(record)
    if signature != b"PK\x06\x06" or size != _END_64.size - 12:
        raise findings.stop("archive-zip64", "the end record of zip64 is none")
    for value, other, unknown in zip(values, short, (MAX_16, MAX_16, MAX_16, MAX_16, MAX_32, MAX_32), strict=True):
        if other not in {value, unknown}:
            raise findings.stop("archive-zip64", "the end record of zip64 differs from the plain one")
    return offset, tuple(values)
