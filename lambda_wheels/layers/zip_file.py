"""The zip of a layer: the wheels' own compressed streams under headers of ours. (Writes the disk.)"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from lambda_wheels.layers.contents import Contents
from lambda_wheels.layers.entries import Entry
from lambda_wheels.layers.output import Unbuffered, new_file, settled, write_all, writing
from lambda_wheels.layers.sources import PIECE, WheelFiles
from lambda_wheels.layers.zip_format import end_record, headers
from lambda_wheels.progress import Progress, ProgressEvent, Stage, silent

_BUFFERS = 4


class WrittenZip(NamedTuple):
    """A zip on disk."""

    path: Path
    size: int
    """In bytes."""
    sha256: str
    """Hexadecimal."""


def write_zip(contents: Contents, output: Path, *, progress: Progress = silent) -> WrittenZip:
    """Write the layer as a zip. The same contents give the same bytes on every machine.

    :raises OutputError: if it cannot be written; then ``output`` is as it was.
    """
    path = settled(output)
    with writing(output, progress) as report, _Hasher() as hasher:
        with new_file(path) as file, WheelFiles() as wheels:
            sink = _Sink(file, hasher, contents.zip_size, report, output.name)
            _write(contents.entries, sink, wheels)
        return WrittenZip(path=output, size=contents.zip_size, sha256=hasher.hexdigest())


def sha256_of_zip(contents: Contents) -> str:
    """The sha256, hexadecimal, that the zip of ``contents`` would have; nothing is written."""
    with _Hasher() as hasher:
        with WheelFiles() as wheels:
            _write(contents.entries, _Sink(_Nowhere(), hasher, contents.zip_size, silent, ""), wheels)
        return hasher.hexdigest()


class _Nowhere:
    """Takes what a file takes, and keeps nothing."""

    def write(self, piece: memoryview, /) -> int:
        """All of it."""
        return len(piece)


def _write(entries: Sequence[Entry], sink: _Sink, wheels: WheelFiles) -> None:
    """Hand everything to ``sink``."""
    directory = []
    for entry in entries:
        local, central = headers(entry, sink.size)
        directory.append(central)
        sink.put(local)
        if isinstance(entry.source, bytes):
            sink.put(entry.source)
        else:
            member = entry.source.member
            sink.copy(wheels, entry.source.wheel, member.offset, member.compressed_size)
    start = sink.size
    for central in directory:
        sink.put(central)
    sink.put(end_record(len(directory), sink.size - start, start))
    sink.flush()


class _Hasher:
    """The sha256 of pieces, computed beside the thread that hands them over."""

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="lambda-wheels-sha256")
        self._pending: deque[tuple[memoryview, Future[None]]] = deque()
        self._still_to_make = _BUFFERS  # a small layer needs one, and memory takes time to be had

    def __enter__(self) -> _Hasher:
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown(wait=True, cancel_futures=True)

    def buffer(self) -> memoryview:
        """A buffer to fill: a new one, or else the one that is free next."""
        if self._still_to_make:
            self._still_to_make -= 1
            return memoryview(bytearray(PIECE))
        buffer, hashed = self._pending.popleft()
        hashed.result()
        return buffer

    def take(self, buffer: memoryview, used: int) -> None:
        """Hash the first ``used`` bytes of ``buffer``, which is ours again from now on."""
        self._pending.append((buffer, self._thread.submit(self._sha256.update, buffer[:used])))

    def hexdigest(self) -> str:
        """Of all that was handed over."""
        for _, hashed in self._pending:
            hashed.result()
        return self._sha256.hexdigest()


class _Sink:
    """Collects small pieces, and writes and hashes them in large ones."""

    def __init__(self, file: Unbuffered, hasher: _Hasher, total: int, progress: Progress, name: str) -> None:
        self._file = file
        self._hasher = hasher
        self._buffer = hasher.buffer()
        self._used = 0
        self._total = total
        self._progress = progress
        self._name = name
        self.size = 0
        """Bytes taken so far."""
        self._report()

    def put(self, piece: bytes) -> None:
        """Take ``piece``."""
        while len(piece) > PIECE - self._used:
            room = PIECE - self._used
            self._buffer[self._used :] = piece[:room]
            self._take(room)
            piece = piece[room:]
        self._buffer[self._used : self._used + len(piece)] = piece
        self._take(len(piece))

    def copy(self, wheels: WheelFiles, wheel: Path, offset: int, size: int) -> None:
        """Take ``size`` bytes at ``offset`` of ``wheel``, read straight into the buffer."""
        while size:
            count = min(size, PIECE - self._used)
            wheels.read_into(self._buffer[self._used : self._used + count], wheel, offset)
            self._take(count)
            offset += count
            size -= count

    def flush(self) -> None:
        """Write what is left.

        :raises OSError: if it cannot be written.
        """
        write_all(self._file, self._buffer[: self._used])
        self._hasher.take(self._buffer, self._used)
        self._buffer = self._hasher.buffer()
        self._used = 0
        self._report()

    def _take(self, count: int) -> None:
        self._used += count
        self.size += count
        if self._used == PIECE:
            self.flush()

    def _report(self) -> None:
        self._progress(ProgressEvent(stage=Stage.WRITE, done=self.size, total=self._total, what=self._name))
