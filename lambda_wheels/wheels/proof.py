"""Every member inflated once, and its bytes held against what the archive says of them. (Reads the disk, in threads.)

Inflating, CRC and sha256 leave Python's lock, so members go side by side: the threads take them from one queue, the
largest first, which keeps all of them busy to the end.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

from lambda_wheels.wheels.damage import DamagedMemberError
from lambda_wheels.wheels.directory_entry import DESCRIPTOR_FLAG, DirectoryEntry
from lambda_wheels.wheels.findings import Findings
from lambda_wheels.wheels.inflate import CHUNK, inflated
from lambda_wheels.wheels.local_header import LOCAL_HEADER, check_descriptor, check_local_header, header_size
from lambda_wheels.wheels.modes import is_executable
from lambda_wheels.wheels.native import START, Native, concerns
from lambda_wheels.wheels.wheel import Member

_MOST_THREADS: Final = 8
"""More would only take memory: reading the file is then what takes the time."""
_REPORT_EVERY: Final = 0.1
"""Seconds between two calls of ``on_inflated``."""
_READ_AHEAD: Final = 32 * 1024
"""Bytes read with each header: most members are smaller, and so take one system call."""


class Proof(NamedTuple):
    """What is known of a file whose members were all read."""

    members: dict[str, Member]
    """Those that are sound, by name; folders are left out."""
    natives: tuple[Native, ...]
    """Those of them that are machine code, in the same order."""
    sha256: str
    """Of the whole file, hexadecimal."""
    starts: dict[str, bytes]
    """The first bytes of the sound members that were to be kept, by name; empty of an empty one."""


def prove(
    path: Path,
    entries: Sequence[DirectoryEntry],
    findings: Findings,
    on_inflated: Callable[[int], None],
    *,
    keep: Callable[[DirectoryEntry], int] = lambda _: 0,
) -> Proof:
    """Inflate and check every member of the wheel at ``path``.

    :param on_inflated: told from this thread how many bytes were inflated since it was last told; what it raises ends
        the work.
    :param keep: how many bytes of a member are wanted, from its first on.
    :returns: what is known of the members that are sound. What is wrong with the others goes to ``findings``.
    :raises OSError: the file cannot be read.
    """
    work = _Work(path, entries, keep)
    threads = max(1, min(os.cpu_count() or 1, _MOST_THREADS, len(entries)))
    with ThreadPoolExecutor(threads, thread_name_prefix="lambda-wheels-proof") as pool:
        digest = pool.submit(_sha256, path)
        futures = [pool.submit(work.run) for _ in range(threads)]
        everything: list[Future[Any]] = [digest, *futures]
        try:
            while wait(everything, timeout=_REPORT_EVERY).not_done:
                on_inflated(work.take_inflated())
        finally:
            work.waiting.clear()
        on_inflated(work.take_inflated())
        for future in everything:
            future.result()  # raises what the thread raised
    for entry in entries:
        damage = work.damages.get(entry.offset)
        if damage is not None:
            findings.add(damage.rule, damage.message, member=damage.member or entry.name)
    members: dict[str, Member] = {}
    natives: dict[str, Native] = {}
    starts: dict[str, bytes] = {}
    for entry in entries:
        if entry.offset in work.members and entry.name not in members:
            members[entry.name] = work.members[entry.offset]
            if (start := work.starts.get(entry.offset)) is not None:
                starts[entry.name] = start
            if native := work.natives.get(entry.offset):
                natives[entry.name] = native
    return Proof(members=members, natives=tuple(natives.values()), sha256=digest.result(), starts=starts)


class _Work:
    """What the threads share. Only operations that are atomic in Python: no lock is needed."""

    def __init__(self, path: Path, entries: Sequence[DirectoryEntry], keep: Callable[[DirectoryEntry], int]) -> None:
        self.path = path
        self.keep = keep
        self.waiting = deque(sorted(entries, key=lambda entry: entry.size, reverse=True))
        self.members: dict[int, Member] = {}
        """By the offset of the entry, as names may not be unique."""
        self.natives: dict[int, Native] = {}
        self.starts: dict[int, bytes] = {}
        self.damages: dict[int, DamagedMemberError] = {}
        self.inflated: deque[int] = deque()

    def run(self) -> None:
        """Prove members until none is left."""
        with self.path.open("rb", buffering=_READ_AHEAD) as file:
            while self.waiting:
                try:
                    entry = self.waiting.popleft()
                except IndexError:  # another thread was faster
                    return
                try:
                    member = self._prove_one(file, entry)
                except DamagedMemberError as damage:
                    self.damages[entry.offset] = damage
                else:
                    if not entry.is_folder:
                        self.members[entry.offset] = member

    def take_inflated(self) -> int:
        """Bytes inflated since the last call."""
        return sum(self.inflated.popleft() for _ in range(len(self.inflated)))

    def _prove_one(self, file: BinaryIO, entry: DirectoryEntry) -> Member:
        file.seek(entry.offset)
        header = file.read(LOCAL_HEADER.size)
        size = header_size(header)
        start = entry.offset + size
        if start > entry.end:
            raise DamagedMemberError("archive-local-header", "its header reaches into what follows it")
        check_local_header(entry, header + file.read(size - len(header)))
        after = start + entry.compressed_size
        if after > entry.end:
            raise DamagedMemberError("archive-overlap", "it reaches into what follows it")
        crc = 0
        sha256 = hashlib.sha256()
        code = _Code(entry)
        wanted, start_bytes = self.keep(entry), b""
        for chunk in inflated(
            file, method=entry.method, offset=start, compressed_size=entry.compressed_size, size=entry.size
        ):
            code.add(chunk)
            if len(start_bytes) < wanted:
                start_bytes += chunk[: wanted - len(start_bytes)]
            crc = zlib.crc32(chunk, crc)
            sha256.update(chunk)
            self.inflated.append(len(chunk))
        if crc != entry.crc:
            raise DamagedMemberError("member-crc", "its bytes do not have the CRC that the archive gives")
        if after < entry.end or entry.flags & DESCRIPTOR_FLAG:
            file.seek(after)
            check_descriptor(entry, file.read(min(entry.end - after, _READ_AHEAD)))
        if wanted:
            self.starts[entry.offset] = start_bytes
        if (native := code.native()) is not None:
            self.natives[entry.offset] = native
        return Member(
            name=entry.name,
            method=entry.method,
            crc=crc,
            offset=start,
            compressed_size=entry.compressed_size,
            size=entry.size,
            executable=is_executable(entry.mode),
            sha256=sha256.hexdigest(),
        )


class _Code:
    """The bytes of a member that is machine code, kept while it is read: what the loader looks at is all over it."""

    def __init__(self, entry: DirectoryEntry) -> None:
        self._path = entry.name
        # pip makes every script executable.
        self._executable = is_executable(entry.mode) or ".data/scripts/" in entry.name
        self._start = b""
        """Its first bytes, while they are too few to know what it is."""
        self._is_data = False
        self._content: BytesIO | None = None

    def add(self, chunk: bytes) -> None:
        """The next piece of the member."""
        if self._is_data:
            return
        if self._content is None:
            chunk = self._start + chunk
            if len(chunk) < START:
                self._start = chunk
                return
            self._is_data = not concerns(self._path, chunk, executable=self._executable)
            self._content = BytesIO()
        if not self._is_data:
            self._content.write(chunk)

    def native(self) -> Native | None:
        """What it is, once all of it was added; None where it is no machine code."""
        if self._content is None:
            self._is_data = not concerns(self._path, self._start, executable=self._executable)
        if self._is_data:
            return None
        from lambda_wheels.wheels.elf import read_native  # here since it takes 50 ms, and most wheels have none

        return read_native(self._path, self._content or BytesIO(self._start))


def _sha256(path: Path) -> str:
    with path.open("rb", buffering=0) as file:
        digest = hashlib.sha256()
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
