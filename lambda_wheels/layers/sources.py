"""The bytes of proven members, in pieces of bounded size. (Reads the disk.)"""

from __future__ import annotations

import zlib
from collections import OrderedDict
from collections.abc import Generator, Iterator
from io import FileIO
from pathlib import Path
from types import TracebackType

from lambda_wheels.errors import OutputError
from lambda_wheels.layers.entries import Entry, FromWheel
from lambda_wheels.problems import Problem

PIECE = 1 << 20
"""Bytes read or inflated at once."""
_OPEN_FILES = 32  # macOS gives a process 256 by default


class WheelFiles:
    """Wheels held open for reading, the last used few of them. For one thread, in a ``with`` block."""

    def __init__(self) -> None:
        self._open: OrderedDict[Path, FileIO] = OrderedDict()

    def __enter__(self) -> WheelFiles:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        while self._open:
            self._open.popitem()[1].close()

    def read_into(self, view: memoryview, wheel: Path, offset: int) -> None:
        """Fill ``view`` with what stands at ``offset`` of ``wheel``.

        :raises OutputError: if the wheel has gone, cannot be read, or is shorter than it was.
        """
        # Seek and read, since Windows has no pread.
        try:
            file = self._file(wheel)
            file.seek(offset)
            while view:
                count = file.readinto(view)
                if not count:
                    raise changed(wheel, "it is shorter than it was")
                view = view[count:]
        except OSError as error:
            raise changed(wheel, error.strerror or str(error)) from error

    def _file(self, wheel: Path) -> FileIO:
        file = self._open.get(wheel)
        if file is None:
            if len(self._open) >= _OPEN_FILES:
                self._open.popitem(last=False)[1].close()
            file = self._open[wheel] = wheel.open("rb", buffering=0)
        self._open.move_to_end(wheel)
        return file


def pieces_of(entry: Entry) -> Generator[bytes]:
    """The bytes of one entry, as :func:`inflated`."""
    with WheelFiles() as files:
        yield from inflated(entry, files)


def inflated(entry: Entry, files: WheelFiles) -> Iterator[bytes]:
    """The bytes of ``entry``, inflated, in pieces of at most :data:`PIECE` bytes, checked again on the way.

    :raises OutputError: if they are no longer the bytes that were proven; then after some pieces.
    """
    if isinstance(entry.source, bytes):
        yield entry.source
        return
    crc = size = 0
    try:
        for piece in _pieces(entry.source, files):
            crc = zlib.crc32(piece, crc)
            size += len(piece)
            if size > entry.size:
                break
            yield piece
    except zlib.error as error:
        raise changed(entry.source.wheel, str(error)) from error
    if (crc, size) != (entry.crc, entry.size):
        raise changed(entry.source.wheel, f"{entry.source.member.name} has other bytes than it had")


def _pieces(source: FromWheel, files: WheelFiles) -> Iterator[bytes]:
    member = source.member
    inflate = None if member.method == 0 else zlib.decompressobj(-zlib.MAX_WBITS)
    buffer = bytearray(min(PIECE, member.compressed_size))
    for start in range(0, member.compressed_size, PIECE):
        view = memoryview(buffer)[: min(PIECE, member.compressed_size - start)]
        files.read_into(view, source.wheel, member.offset + start)
        if inflate is None:
            yield bytes(view)
            continue
        yield inflate.decompress(view, PIECE)
        while inflate.unconsumed_tail:
            yield inflate.decompress(inflate.unconsumed_tail, PIECE)
    if inflate is not None and (rest := inflate.flush()):
        yield rest


def changed(wheel: Path, reason: str) -> OutputError:
    """The error for a wheel in the store that is no longer what was proven."""
    return OutputError(
        Problem(
            rule="wheel-changed",
            wheel=wheel.name,
            message=f"cannot be read from the store as it was proven: {reason}",
            hint="build again, so that it is fetched again",
        )
    )
