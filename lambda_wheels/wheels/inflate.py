"""The bytes of one member, piece by piece, never more than it declares. (Reads the disk.)"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import BinaryIO, Final

from lambda_wheels.wheels.damage import DamagedMemberError

STORED: Final = 0
DEFLATED: Final = 8
CHUNK: Final = 256 * 1024
"""Bytes in memory at once, on either side: few enough for the processor's cache."""


def inflated(file: BinaryIO, *, method: int, offset: int, compressed_size: int, size: int) -> Iterator[bytes]:
    """Read a stream of ``compressed_size`` bytes at ``offset`` that declares ``size`` bytes inflated.

    :raises DamagedMemberError: it is no such stream, or it ends before or after what was declared. At most one byte
        more than ``size`` is ever inflated.
    """
    file.seek(offset)
    if method == STORED:
        return _copied(file, compressed_size, size)
    return _inflated(file, compressed_size, size)


def _copied(file: BinaryIO, compressed_size: int, size: int) -> Iterator[bytes]:
    if compressed_size != size:
        raise DamagedMemberError("member-size", f"it is stored, with {compressed_size:,} bytes for {size:,}")
    while size:
        chunk = file.read(min(CHUNK, size))
        if not chunk:
            raise DamagedMemberError("member-stream", "the file ends inside it")
        size -= len(chunk)
        yield chunk


def _inflated(file: BinaryIO, unread: int, size: int) -> Iterator[bytes]:
    inflater = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    pending = b""
    done = 0
    while not inflater.eof:
        if unread and not pending:
            pending = file.read(min(CHUNK, unread))
            unread -= len(pending)
        before = len(pending)
        try:
            chunk = inflater.decompress(pending, min(CHUNK, size - done + 1))
        except zlib.error:
            raise DamagedMemberError("member-stream", "its compressed bytes are damaged") from None
        pending = inflater.unconsumed_tail
        done += len(chunk)
        if done > size:
            raise DamagedMemberError("member-size", f"it goes on past the {size:,} bytes that it declares")
        if not chunk and len(pending) == before and not inflater.eof:
            raise DamagedMemberError("member-stream", "its compressed bytes are cut off")
        if chunk:
            yield chunk
    if unread or pending or inflater.unused_data:
        raise DamagedMemberError("member-stream", "bytes follow the end of its compressed ones")
    if done != size:
        raise DamagedMemberError("member-size", f"it ends after {done:,} of the {size:,} bytes that it declares")
