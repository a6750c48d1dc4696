"""Zip archives written byte by byte, so that any lie can be told in one. (Pure.)

``zipfile`` writes only honest archives. Here each field of a local header, of the directory and of the end record can
be set to something else, bytes can stand where none belong, and two members can share a place.
"""

from __future__ import annotations

import stat
import struct
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

LOCAL = struct.Struct("<4s5H3I2H")
CENTRAL = struct.Struct("<4s6H3I5H2I")
END = struct.Struct("<4s4H2IH")
END_64 = struct.Struct("<4sQ2H2I4Q")
LOCATOR_64 = struct.Struct("<4sIQI")

UTF8_FLAG = 0x800
DESCRIPTOR_FLAG = 0x8
_DATE = 0x2821  # 2000-01-01


def deflate(content: bytes) -> bytes:
    """The raw deflate stream of ``content``."""
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(content) + compressor.flush()


@dataclass(kw_only=True, slots=True)
class Entry:
    """One member. What is left alone is honest; ``local`` and ``central`` replace single fields of the two headers.

    Their keys are ``name``, ``method``, ``flags``, ``crc``, ``compressed_size``, ``size``, ``extra``, and for the
    directory also ``offset``, ``attributes``, ``system`` and ``comment``.
    """

    name: bytes
    content: bytes = b""
    method: int = zlib.DEFLATED
    mode: int = stat.S_IFREG | 0o644
    """The whole ``st_mode``, as it goes into the upper half of the external attributes."""
    flags: int | None = None
    """None: the UTF-8 flag where the name is not ASCII."""
    stream: bytes | None = None
    """The bytes in the archive, where they are not ``content`` under ``method``."""
    local: dict[str, int | bytes] = field(default_factory=dict)
    central: dict[str, int | bytes] = field(default_factory=dict)
    descriptor: bytes = b""
    """What follows the stream."""
    before: bytes = b""
    """What stands in front of the local header."""
    listed: bool = True
    """Whether the directory has it."""
    written: bool = True
    """Whether it has a local header and a stream at all."""

    def fields(self) -> dict[str, int | bytes]:
        """What an honest header says."""
        stream = self.compressed()
        flags = self.flags if self.flags is not None else (0 if self.name.isascii() else UTF8_FLAG)
        return {
            "name": self.name,
            "method": self.method,
            "flags": flags,
            "crc": zlib.crc32(self.content),
            "compressed_size": len(stream),
            "size": len(self.content),
            "extra": b"",
        }

    def compressed(self) -> bytes:
        """The stream as it stands in the archive."""
        if self.stream is not None:
            return self.stream
        return deflate(self.content) if self.method == zlib.DEFLATED else self.content


def descriptor(entry: Entry, *, signature: bool = True, wide: bool = False) -> bytes:
    """A true data descriptor for ``entry``; ``wide`` with the eight-byte sizes of zip64."""
    sizes = struct.pack("<QQ" if wide else "<II", len(entry.compressed()), len(entry.content))
    return (b"PK\x07\x08" if signature else b"") + struct.pack("<I", zlib.crc32(entry.content)) + sizes


def forge(
    entries: Iterable[Entry],
    *,
    before: bytes = b"",
    between: bytes = b"",
    after: bytes = b"",
    comment: bytes = b"",
    end: Mapping[str, int] | None = None,
    zip64: bool = False,
    before_end: bytes = b"",
) -> bytes:
    """The archive; ``before`` stands in front of the first header, ``between`` in front of the directory.

    ``end`` replaces fields of the end record: ``disk``, ``directory_disk``, ``count_here``, ``count``, ``size``,
    ``offset``, ``comment_size``. ``zip64`` adds the zip64 end record and locator, and lets the end record point to it;
    ``before_end`` stands between the zip64 end record and its locator.
    """
    body = bytearray(before)
    directory = bytearray()
    count = 0
    for entry in entries:
        offset = len(body) + len(entry.before)
        if entry.written:
            body += entry.before + _local(entry) + entry.compressed() + entry.descriptor
        if entry.listed:
            directory += _central(entry, offset)
            count += 1
    body += between
    ends = {
        "disk": 0,
        "directory_disk": 0,
        "count_here": count,
        "count": count,
        "size": len(directory),
        "offset": len(body),
        "comment_size": len(comment),
    }
    tail = b""
    if zip64:
        where = len(body) + len(directory)
        tail = END_64.pack(b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, len(directory), len(body))
        tail += before_end + LOCATOR_64.pack(b"PK\x06\x07", 0, where, 1)
        ends |= {"count_here": 0xFFFF, "count": 0xFFFF, "size": 0xFFFFFFFF, "offset": 0xFFFFFFFF}
    ends |= end or {}
    return bytes(body + directory) + tail + END.pack(b"PK\x05\x06", *ends.values()) + comment + after


def zip64_extra(*values: int) -> bytes:
    """The extra field that holds ``values`` in eight bytes each."""
    return struct.pack(f"<HH{len(values)}Q", 1, 8 * len(values), *values)


def _local(entry: Entry) -> bytes:
    said = entry.fields() | entry.local
    name, extra = _text(said["name"]), _text(said["extra"])
    numbers = (said[key] for key in ("crc", "compressed_size", "size"))
    head = LOCAL.pack(b"PK\x03\x04", 20, said["flags"], said["method"], 0, _DATE, *numbers, len(name), len(extra))
    return head + name + extra


def _central(entry: Entry, offset: int) -> bytes:
    honest: dict[str, int | bytes] = {"offset": offset, "attributes": entry.mode << 16, "system": 3, "comment": b""}
    said = entry.fields() | honest | entry.central
    name, extra, comment = _text(said["name"]), _text(said["extra"]), _text(said["comment"])
    made_by = _number(said["system"]) << 8 | 20
    numbers = (said[key] for key in ("crc", "compressed_size", "size"))
    lengths = (len(name), len(extra), len(comment))
    return (
        CENTRAL.pack(
            b"PK\x01\x02", made_by, 20, said["flags"], said["method"], 0, _DATE, *numbers, *lengths, 0, 0,
            said["attributes"], said["offset"],
        )
        + name + extra + comment
    )  # fmt: skip


def _text(value: int | bytes) -> bytes:
    assert isinstance(value, bytes)
    return value


def _number(value: int | bytes) -> int:
    assert isinstance(value, int)
    return value
