"""The defects that a test can ask :func:`~tests.wheel_factory.make_wheel` for, by name. (Pure.)

Each is one function over a :class:`Draft`, and does one thing. What can be told with the factory's other arguments (a
name, a mode, the text of a file) needs no defect. The victim is the first member of the wheel.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.forged_zip import DESCRIPTOR_FLAG, Entry, descriptor, forge, zip64_extra

BOMB_SIZE: Final = 300 * 1024 * 1024


@dataclass(kw_only=True, slots=True)
class Draft:
    """A wheel that is not written yet."""

    dist_info: str
    contents: dict[str, bytes]
    """By path in the archive, without RECORD."""
    rows: list[list[str]] = field(default_factory=list)
    """Of RECORD; known once ``contents`` is settled."""
    entries: list[Entry] = field(default_factory=list)
    """Of the archive; known once ``rows`` are settled."""
    archive: dict[str, Any] = field(default_factory=dict)
    """Further arguments for :func:`~tests.forged_zip.forge`."""

    @property
    def victim(self) -> Entry:
        """The member that has the defect."""
        return self.entries[0]

    def lie(self, **fields: int | bytes) -> None:
        """Both headers of the victim say ``fields``."""
        self.victim.local |= fields
        self.victim.central |= fields


Defect = Callable[[Draft], None]


def _without(name: str) -> Defect:
    def remove(draft: Draft) -> None:
        del draft.contents[f"{draft.dist_info}/{name}"]

    return remove


def _replaced(name: str, old: bytes, new: bytes) -> Defect:
    def replace(draft: Draft) -> None:
        path = f"{draft.dist_info}/{name}"
        assert old in draft.contents[path]
        draft.contents[path] = draft.contents[path].replace(old, new)

    return replace


def _renamed_dist_info(stem: str) -> Defect:
    def rename(draft: Draft) -> None:
        own = draft.dist_info
        draft.dist_info = f"{stem}.dist-info"
        draft.contents = {path.replace(own, draft.dist_info): content for path, content in draft.contents.items()}

    return rename


def _second_dist_info(draft: Draft) -> None:
    draft.contents["demo-1.0.0.dist-info/METADATA"] = draft.contents[f"{draft.dist_info}/METADATA"]


def _no_dist_info(draft: Draft) -> None:
    draft.dist_info = "metadata"
    draft.contents = {path: content for path, content in draft.contents.items() if ".dist-info/" not in path}


CONTENTS: Final[Mapping[str, Defect]] = {
    "wheel-missing": _without("WHEEL"),
    "metadata-missing": _without("METADATA"),
    "wheel-version-2": _replaced("WHEEL", b"Wheel-Version: 1.0", b"Wheel-Version: 2.0"),
    "wheel-version-none": _replaced("WHEEL", b"Wheel-Version: 1.0\n", b""),
    "wheel-version-1.1": _replaced("WHEEL", b"Wheel-Version: 1.0", b"Wheel-Version: 1.1"),
    "wheel-other-tag": _replaced("WHEEL", b"Tag: py3-none-any", b"Tag: py2-none-any"),
    "wheel-no-tag": _replaced("WHEEL", b"Tag: py3-none-any\n", b""),
    "wheel-not-utf8": _replaced("WHEEL", b"Generator: tests", b"Generator: \xff"),
    "wheel-purelib-none": _replaced("WHEEL", b"Root-Is-Purelib: true\n", b""),
    "wheel-other-build": _replaced("WHEEL", b"Generator: tests", b"Build: 7"),
    "metadata-other-name": _replaced("METADATA", b"Name: demo", b"Name: other"),
    "metadata-two-names": _replaced("METADATA", b"Name: demo", b"Name: demo\nName: other"),
    "metadata-other-version": _replaced("METADATA", b"Version: 1.0\n", b"Version: 2.0\n"),
    "metadata-no-version": _replaced("METADATA", b"\nVersion: 1.0\n", b"\n"),
    "metadata-not-utf8": _replaced("METADATA", b"Name: demo", b"Name: demo\nAuthor: \xff"),
    "dist-info-missing": _no_dist_info,
    "dist-info-twice": _second_dist_info,
    "dist-info-other-project": _renamed_dist_info("other-1.0"),
    "dist-info-other-version": _renamed_dist_info("demo-2.0"),
    "dist-info-not-normalised": _renamed_dist_info("DEMO-1.0.0"),
}
"""What is wrong with the files, in a wheel whose RECORD and archive are right."""


def _row(column: int, value: str) -> Defect:
    def change(draft: Draft) -> None:
        draft.rows[0][column] = value

    return change


def _rows(change: Callable[[list[list[str]]], Any]) -> Defect:
    return lambda draft: change(draft.rows) and None


RECORD: Final[Mapping[str, Defect]] = {
    "record-missing": lambda draft: draft.rows.clear(),
    "record-hash": _row(1, "sha256=" + 43 * "A"),
    "record-no-hash": _row(1, ""),
    "record-md5": _row(1, "md5=xxxxxxxxxxxxxxxxxxxxxx"),
    "record-size": _row(2, "3"),
    "record-missing-row": lambda draft: draft.rows.__delitem__(0),
    "record-surplus-row": lambda draft: draft.rows.insert(0, ["demo/gone.py", "sha256=" + 43 * "A", "3"]),
    "record-duplicate-row": lambda draft: draft.rows.append(list(draft.rows[0])),
    "record-two-columns": lambda draft: draft.rows.append(["demo/x.py", ""]),
    "record-not-utf8": lambda draft: draft.rows.append(["\udcff", "", ""]),
    "record-backslashes": lambda draft: draft.rows.__setitem__(
        0, [draft.rows[0][0].replace("/", "\\"), *draft.rows[0][1:]]
    ),
    "record-dot-slash": lambda draft: draft.rows.__setitem__(0, [f"./{draft.rows[0][0]}", *draft.rows[0][1:]]),
}
"""What is wrong with the rows of RECORD."""


def _local(**fields: int | bytes) -> Defect:
    return lambda draft: draft.victim.local.update(fields)


def _lie(**fields: int | bytes) -> Defect:
    return lambda draft: draft.lie(**fields)


def _option(**options: Any) -> Defect:
    return lambda draft: draft.archive.update(options)


def _twin(content: bytes | None) -> Defect:
    def add(draft: Draft) -> None:
        victim = draft.victim
        draft.entries.append(Entry(name=victim.name, content=victim.content if content is None else content))

    return add


def _unlisted(index: int) -> Defect:
    return lambda draft: draft.entries.insert(index, Entry(name=b"demo/unlisted.py", content=b"x = 1\n", listed=False))


def _overlap(draft: Draft) -> None:
    """The victim, stored, claims the header of the next member as its own bytes."""
    draft.victim.method = 0
    claimed = len(draft.victim.content) + 20
    draft.lie(size=claimed, compressed_size=claimed)


def _same_place(draft: Draft) -> None:
    draft.entries.insert(
        1, Entry(name=b"demo/twin.py", content=draft.victim.content, written=False, central={"offset": 0})
    )


def _descriptor(true: bool, **kind: bool) -> Defect:
    """The victim's sizes and CRC stand after its bytes, as a writer that cannot seek puts them."""

    def add(draft: Draft) -> None:
        victim = draft.victim
        victim.flags = DESCRIPTOR_FLAG
        victim.local |= {"crc": 0, "compressed_size": 0, "size": 0}
        victim.descriptor = descriptor(victim, **kind)
        if not true:
            victim.descriptor = victim.descriptor[:-4] + b"\x07\0\0\0"

    return add


def _descriptor_missing(draft: Draft) -> None:
    _descriptor(true=True)(draft)
    draft.victim.descriptor = b""


def _zip64_headers(draft: Draft) -> None:
    victim = draft.victim
    sizes = (len(victim.content), len(victim.compressed()))
    draft.lie(size=0xFFFFFFFF, compressed_size=0xFFFFFFFF, extra=zip64_extra(*sizes))


def _zip64_lies(draft: Draft) -> None:
    draft.victim.central |= {"extra": zip64_extra(1, 2, 3)}


def _zip64_twice(draft: Draft) -> None:
    """Two zip64 fields in the directory, the last of them true."""
    _zip64_headers(draft)
    victim = draft.victim
    victim.central["extra"] = zip64_extra(1, 1) + zip64_extra(len(victim.content), len(victim.compressed()))


def _zip64_local(draft: Draft) -> None:
    victim = draft.victim
    sizes = (len(victim.content), len(victim.compressed()))
    victim.local |= {"size": 0xFFFFFFFF, "compressed_size": 0xFFFFFFFF, "extra": zip64_extra(*sizes)}


def _flipped_bit(draft: Draft) -> None:
    stream = bytearray(draft.victim.compressed())
    stream[len(stream) // 2] ^= 0x10
    draft.victim.stream = bytes(stream)


def _flipped_stored_bit(draft: Draft) -> None:
    draft.victim.method = 0
    _flipped_bit(draft)


def _declared(size: int) -> Defect:
    """The stream is right; the size that both headers declare is not."""
    return lambda draft: draft.lie(size=size)


def _stream(change: Callable[[bytes], bytes]) -> Defect:
    def replace(draft: Draft) -> None:
        draft.victim.stream = change(draft.victim.compressed())

    return replace


def _bomb(declared: int) -> Defect:
    """A stream of zeros that inflates to 300 MB and declares ``declared``."""

    def replace(draft: Draft) -> None:
        compressor = zlib.compressobj(wbits=-15)
        piece = compressor.compress(bytes(1024 * 1024)) + compressor.flush(zlib.Z_FULL_FLUSH)  # may be repeated
        draft.victim.stream = piece * 300 + compressor.flush()
        draft.lie(size=declared)

    return replace


def _commented(count: int) -> list[Entry]:
    """Members that fill the directory with comments of 64 KiB."""
    comment = bytes(0xFFFF)
    return [Entry(name=b"demo/%d" % number, method=0, central={"comment": comment}) for number in range(count)]


ARCHIVE: Final[Mapping[str, Defect]] = {
    "duplicate": _twin(None),
    "duplicate-differs": _twin(b"EVIL = 1\n"),
    "unlisted-first": _unlisted(0),
    "unlisted-middle": _unlisted(1),
    "unlisted-last": lambda draft: draft.entries.append(Entry(name=b"demo/unlisted.py", content=b"x\n", listed=False)),
    "overlap": _overlap,
    "same-place": _same_place,
    "offset-in-the-middle": lambda draft: draft.entries[1].central.update(offset=7),
    "offset-outside": lambda draft: draft.entries[1].central.update(offset=0x7FFFFFFF),
    "local-name": _local(name=b"demo/__init__.pY"),
    "local-longer-name": _local(name=b"demo/__init__.py/"),
    "local-method": _local(method=0),
    "local-flags": _local(flags=0x800),
    "local-size": _local(size=3),
    "local-compressed-size": _local(compressed_size=3),
    "local-crc": _local(crc=3),
    "local-extra": _local(extra=b"\xfe\xca\x02\0ab"),
    "descriptor": _descriptor(true=True),
    "descriptor-unsigned": _descriptor(true=True, signature=False),
    "descriptor-wide": _descriptor(true=True, wide=True),
    "descriptor-lies": _descriptor(true=False),
    "descriptor-missing": _descriptor_missing,
    "encrypted": _lie(flags=0x1),
    "strongly-encrypted": _lie(flags=0x41),
    "unknown-flags": _lie(flags=0x20),
    "bzip2": _lie(method=12),
    "lzma": _lie(method=14),
    "wrong-crc": _lie(crc=3),
    "flipped-bit": _flipped_bit,
    "flipped-stored-bit": _flipped_stored_bit,
    "stream-too-long": _declared(3),
    "stream-too-short": _declared(3_000),
    "stream-cut-off": _stream(lambda stream: stream[:-3]),
    "stream-then-rubbish": _stream(lambda stream: stream + b"rubbish"),
    "stream-rubbish": _stream(lambda stream: b"\xff" * len(stream)),
    "stream-empty": _stream(lambda stream: b""),
    "bytes-before": _option(before=b"#!/bin/sh\n"),
    "bytes-between": lambda draft: setattr(draft.entries[1], "before", b"between"),
    "bytes-before-directory": _option(between=b"between"),
    "bytes-after": _option(after=b"\0"),
    "comment": _option(comment=b"a comment"),
    "longest-comment": _option(comment=b"c" * 0xFFFF),
    "member-comment": lambda draft: draft.victim.central.update(comment=b"c" * 0xFFFF),
    "dos-attributes": lambda draft: draft.victim.central.update(system=0, attributes=0x20),
    "largest-extra": lambda draft: draft.lie(extra=b"\xfe\xca\xfb\xff" + bytes(0xFFFB)),
    "comment-with-end-record": _option(comment=b"PK\x05\x06" + bytes(18)),
    "comment-cut-off": _option(comment=b"a comment", end={"comment_size": 300}),
    "two-archives": lambda draft: draft.archive.update(before=forge([Entry(name=b"x.py")])),
    "directory-size": _option(end={"size": 60}),
    "directory-place": _option(end={"offset": 0}),
    "directory-count": _option(end={"count": 2, "count_here": 2}),
    "several-disks": _option(end={"disk": 1}),
    "zip64": _option(zip64=True),
    "zip64-differs": _option(zip64=True, end={"count": 3}),
    "zip64-misplaced": _option(zip64=True, before_end=b"\0"),
    "directory-too-large": lambda draft: draft.entries.extend(_commented(520)),
    "zip64-headers": _zip64_headers,
    "zip64-headers-lie": _zip64_lies,
    "zip64-twice": _zip64_twice,
    "zip64-local-header": _zip64_local,
    "unicode-path": lambda draft: draft.victim.central.update(extra=b"\x75\x70\x06\0\x01\0\0\0\0x"),
    "unicode-path-in-header": _local(extra=b"\x75\x70\x06\0\x01\0\0\0\0x"),
    "extra-damaged": lambda draft: draft.victim.central.update(extra=b"\x75\x70\x06\0\x01"),
    "bomb": _bomb(BOMB_SIZE),
    "bomb-that-lies": _bomb(20),
    "no-utf8-flag": _lie(flags=0),
}
"""What is wrong with the archive, of a wheel whose files are right."""


def _members(count: int) -> Callable[[bytes], bytes]:
    return lambda _: forge([Entry(name=b"", method=0)] * count)


FILE: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "empty": lambda _: b"",
    "html": lambda _: b"\n<!DOCTYPE html>\n<html><body>Please log in</body></html>\n",
    "text": lambda _: b"no such file",
    "cut-off-by-1": lambda archive: archive[:-1],
    "cut-off-half": lambda archive: archive[: len(archive) // 2],
    "cut-off-early": lambda archive: archive[:20],
    "only-end-record": lambda _: forge([]),
    "too-many-members": _members(65_535),
}
"""What is wrong with the whole file."""

DEFECTS: Final = frozenset({*CONTENTS, *RECORD, *ARCHIVE, *FILE})
"""Every name."""
