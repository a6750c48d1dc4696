"""The bytecode of a wheel, in a file beside it. (Reads and writes the disk.)

One header line, ``lambda-wheels bytecode FORMAT SHA256``, with the sha256 of all that follows, so that damage is
noticed; then one line of JSON: whose it is and which files there are; then the files, one after the other. As facts,
a pack is never needed: one that is missing, damaged or of another format is made again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import re
import zlib
from collections.abc import Mapping
from io import BufferedReader
from pathlib import Path
from typing import Any, Final, NamedTuple

from lambda_wheels.store.atomic import discard, is_plain, write_atomically
from lambda_wheels.wheels import Member

logger = logging.getLogger(__name__)

PACK_FORMAT: Final = 1
"""To be raised whenever what is compiled, or how, changes: older packs are then made again."""

_LONGEST_HEADER: Final = 128
_MAX_32: Final = 0xFFFFFFFF
_ROW_TYPES: Final = (str, int, int, str)
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


class Pack(NamedTuple):
    """The bytecode of one wheel for one Python, proven by its digest."""

    path: Path
    members: tuple[Member, ...]
    """Named by their paths below ``python/``, and stored: read as those of a wheel are."""


def write_pack(path: Path, files: Mapping[str, bytes], *, sha256: str, version: str, aside: Path) -> Pack:
    """Keep ``files`` at ``path``; a power cut may lose them, which the header shows.

    :param files: by their paths below ``python/``. The order does not matter.
    :param sha256: that of the wheel.
    :param version: that of the interpreter, ``3.13.0``.
    :raises OSError: they cannot be written.
    """
    names = sorted(files)
    contents = [files[name] for name in names]
    rows = [
        [name, len(content), zlib.crc32(content), hashlib.sha256(content).hexdigest()]
        for name, content in zip(names, contents, strict=True)
    ]
    index = json.dumps({**_whose(sha256, version), "files": rows}, separators=(",", ":")).encode("ascii") + b"\n"
    digest = hashlib.sha256(index)
    for content in contents:
        digest.update(content)
    header = _header(digest.hexdigest())
    whole = b"".join((header, index, *contents))
    write_atomically(path, whole, aside=aside, durable=False)
    return Pack(path=path, members=_members(rows, len(header) + len(index), len(whole)))


def read_pack(path: Path, *, sha256: str, version: str) -> Pack:
    """What :func:`write_pack` kept for that wheel and version. The whole file is hashed each time.

    :raises OSError: it is not there, or cannot be read.
    :raises ValueError: that is not what is there.
    """
    if not is_plain(path):
        raise ValueError("not a plain file")
    with path.open("rb") as file:
        return _read(file, path, sha256, version)


def _read(file: BufferedReader, path: Path, sha256: str, version: str) -> Pack:
    header = file.readline(_LONGEST_HEADER)
    if header != _header(hashlib.file_digest(file, "sha256").hexdigest()):
        raise ValueError("damaged, or of another format")
    size = file.tell()
    file.seek(len(header))
    index = file.readline()
    try:
        value = json.loads(index)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(value, dict) or not isinstance(rows := value.pop("files", None), list):
        raise ValueError("not what it should be")
    if value != _whose(sha256, version):
        raise ValueError("of another wheel or interpreter")
    return Pack(path=path, members=_members(rows, len(header) + len(index), size))


def find_pack(path: Path, *, sha256: str, version: str) -> Pack | None:
    """As :func:`read_pack`; None where there is none, or a damaged one, which is removed with a warning in the log."""
    try:
        if not is_plain(path):
            logger.warning("%s is damaged: it is no plain file; it is compiled again", path)
            discard(path)
            return None
        with path.open("rb") as file:
            opened = os.fstat(file.fileno())
            try:
                return _read(file, path, sha256, version)
            except ValueError as error:
                logger.warning("%s is damaged: %s; it is compiled again", path, error)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        logger.warning("cannot read bytecode of the store: %s", error)
        return None
    with contextlib.suppress(OSError):
        if os.path.samestat(opened, path.stat()):  # else somebody mended it meanwhile
            path.unlink()
    return None


def _header(digest: str) -> bytes:
    return f"lambda-wheels bytecode {PACK_FORMAT} {digest}\n".encode("ascii")


def _whose(sha256: str, version: str) -> dict[str, str]:
    return {"wheel": sha256, "python": version}


def _members(rows: list[Any], offset: int, end: int) -> tuple[Member, ...]:
    """The members that ``rows`` list and that fill the file from ``offset`` to ``end``.

    :raises ValueError: they do not.
    """
    members = []
    before = ""
    for row in rows:
        if type(row) is not list or tuple(map(type, row)) != _ROW_TYPES:
            raise ValueError("not a list of files")
        name, size, crc, sha256 = row
        if name <= before or size < 0 or not 0 <= crc <= _MAX_32 or not _SHA256.fullmatch(sha256):
            raise ValueError("not a list of files")
        members.append(
            Member(
                name=name,
                method=0,
                crc=crc,
                offset=offset,
                compressed_size=size,
                size=size,
                executable=False,
                sha256=sha256,
            )
        )
        offset += size
        before = name
    if offset != end:
        raise ValueError("its files do not fill it")
    return tuple(members)
