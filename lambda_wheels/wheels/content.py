"""The bytes of one proven member. (Reads the disk.)"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from lambda_wheels.wheels.damage import DamagedMemberError
from lambda_wheels.wheels.inflate import inflated
from lambda_wheels.wheels.wheel import Member


def chunks_of(file: BinaryIO, member: Member) -> Iterator[bytes]:
    """What ``member`` of the open ``file`` holds, inflated, in pieces.

    :raises DamagedMemberError: it cannot be inflated, or has another size.
    """
    return inflated(
        file, method=member.method, offset=member.offset, compressed_size=member.compressed_size, size=member.size
    )


def content_of(path: Path, member: Member) -> bytes:
    """The same as one piece, of the file ``path``, its CRC checked again.

    :raises OSError: the file cannot be read.
    :raises ValueError: it does not hold what was proven any more.
    """
    try:
        with path.open("rb") as file:
            content = b"".join(chunks_of(file, member))
    except DamagedMemberError as error:
        raise ValueError(error.message) from error
    if zlib.crc32(content) != member.crc:
        raise ValueError(f"{member.name} has other bytes than it had")
    return content
