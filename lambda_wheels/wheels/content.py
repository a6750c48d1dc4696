"""The bytes of one proven member, all of them. (Reads the disk.)"""

from __future__ import annotations

import zlib
from pathlib import Path

from lambda_wheels.wheels.damage import DamagedMemberError
from lambda_wheels.wheels.inflate import inflated
from lambda_wheels.wheels.wheel import Member


def content_of(path: Path, member: Member) -> bytes:
    """What ``member`` of the file ``path`` holds, inflated.

    :raises OSError: the file cannot be read.
    :raises ValueError: it does not hold what was proven any more.
    """
    try:
        with path.open("rb") as file:
            pieces = inflated(
                file,
                method=member.method,
                offset=member.offset,
                compressed_size=member.compressed_size,
                size=member.size,
            )
            content = b"".join(pieces)
    except DamagedMemberError as error:
        raise ValueError(error.message) from error
    if zlib.crc32(content) != member.crc:
        raise ValueError(f"{member.name} has other bytes than it had")
    return content
