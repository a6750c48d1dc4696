"""An entry: one file of a layer, and where its bytes come from. (Pure values.)"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from lambda_wheels.wheels import Member


class FromWheel(NamedTuple):
    """Bytes that lie in a wheel on this disk, compressed as its author left them."""

    wheel: Path
    """The file in the store."""
    member: Member


class Entry(NamedTuple):  # named tuples, as a build makes thousands: four times as fast as data classes
    """One file of a layer."""

    path: str
    """Below ``/opt``, with ``/``: ``python/numpy/__init__.py``."""
    executable: bool
    """Mode 0755 if so, else 0644: AWS asks for these two."""
    size: int
    """Bytes, inflated."""
    crc: int
    """CRC-32 of the inflated bytes."""
    sha256: str
    """Of the inflated bytes, hexadecimal."""
    source: FromWheel | bytes
    """Where the bytes are; ``bytes`` for what we generate, which is stored and not deflated."""

    @property
    def mode(self) -> int:
        """``0o755`` or ``0o644``."""
        return 0o755 if self.executable else 0o644

    @property
    def stored_size(self) -> int:
        """Bytes it takes in the zip, without its headers."""
        return len(self.source) if isinstance(self.source, bytes) else self.source.member.compressed_size


_PATH = attrgetter("path")


def copied(path: str, wheel: Path, member: Member, *, executable: bool | None = None) -> Entry:
    """The entry at ``path`` for ``member`` of the file ``wheel``."""
    return Entry(
        path,
        member.executable if executable is None else executable,
        member.size,
        member.crc,
        member.sha256,
        FromWheel(wheel, member),
    )


def generated(path: str, content: bytes, *, executable: bool = False) -> Entry:
    """The entry at ``path`` for bytes of our own."""
    return Entry(
        path=path,
        executable=executable,
        size=len(content),
        crc=zlib.crc32(content),
        sha256=hashlib.sha256(content).hexdigest(),
        source=content,
    )


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """The one order of a layer's files: by the UTF-8 bytes of their paths."""
    # By code points is the same order as by UTF-8 bytes (RFC 3629, section 1), and it needs no encoding.
    return sorted(entries, key=_PATH)


def content_digest(entries: Iterable[Entry]) -> str:
    """The sha256, hexadecimal, of what a layer holds, however it is packed; the manifest is not among ``entries``."""
    return digest_of_files((entry.path, entry.mode, entry.sha256) for entry in entries)


def digest_of_files(files: Iterable[tuple[str, int, str]]) -> str:
    """The sha256, hexadecimal, of paths, modes and the sha256 of files.

    A promise, which stays from release to release. What is hashed is, for each file in the order of the UTF-8 bytes of
    the paths: the path in UTF-8, a NUL byte, the mode in octal (of a layer of ours ``0644`` or
    ``0755``), a NUL byte, the sha256
    of the file's bytes as 64 lower-case hexadecimal digits, a line feed.
    """
    text = "".join(f"{path}\0{mode:04o}\0{sha256}\n" for path, mode, sha256 in sorted(files))
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
