"""The bytes of proven members, in pieces of bounded size. (Reads the disk.)"""

from __future__ import annotations

import zlib
from collections import OrderedDict
from collections.abc import Generator, Iterator
from pathlib import Path
from types import TracebackType

from lambda_wheels.layers.entries import Entry, FromWheel
from lambda_wheels.store.changed import changed

PIECE = 1 << 20
"""Bytes read or inflated at once."""
_OPEN_FILES = 32  # macOS gives a process 256 by default
_AHEAD = 1 << 17
"""Bytes read at once where small members are read one after the other, as they mostly lie in a wheel."""
_NEAR = 1 << 10
"""Bytes that may lie between two such members: a header, and what is left out of a layer."""


class _OpenWheel:
    """A wheel held open, with what was read ahead of it."""

    def __init__(self, path: Path) -> None:
        self.file = path.open("rb", buffering=0)
        self._block = b""
        self._start = 0
        self._end = -1
        """Where the last read ended, in the wheel."""

    def read_into(self, view: memoryview, offset: int) -> bool:
        """Fill ``view`` with what stands at ``offset``; False if there is less."""
        size = len(view)
        first = offset - self._start
        if not 0 <= first <= len(self._block) - size:
            in_a_row = 0 <= offset - self._end <= _NEAR
            if size >= _AHEAD or not in_a_row:
                self._end = offset + size
                return self._fill(view, offset)
            self.file.seek(offset)
            self._block, self._start, first = self.file.read(_AHEAD), offset, 0
        self._end = offset + size
        view[:] = self._block[first : first + size].ljust(size)
        return len(self._block) - first >= size

    def _fill(self, view: memoryview, offset: int) -> bool:
        # Seek and read, since Windows has no pread.
        self.file.seek(offset)
        while view:
            count = self.file.readinto(view)
            if not count:
                return False
            view = view[count:]
        return True


class WheelFiles:
    """Wheels held open for reading, the last used few of them. For one thread, in a ``with`` block."""

    def __init__(self) -> None:
        self._open: OrderedDict[Path, _OpenWheel] = OrderedDict()
        self._last: Path | None = None
        self._newest: _OpenWheel

    def __enter__(self) -> WheelFiles:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        while self._open:
            self._open.popitem()[1].file.close()

    def read_into(self, view: memoryview, wheel: Path, offset: int) -> None:
        """Fill ``view`` with what stands at ``offset`` of ``wheel``.

        :raises OutputError: if the wheel has gone, cannot be read, or is shorter than it was.
        """
        try:
            complete = self._opened(wheel).read_into(view, offset)
        except FileNotFoundError as error:
            raise changed(wheel, error.strerror or str(error)) from error
        except OSError as error:  # the wheel may be as it was: a process may have no more open files (ulimit -n), say
            raise changed(wheel, error.strerror or str(error), "build again") from error
        if not complete:
            raise changed(wheel, "it is shorter than it was")

    def _opened(self, wheel: Path) -> _OpenWheel:
        if wheel is self._last:  # as mostly: the same file again
            return self._newest
        opened = self._open.get(wheel)
        if opened is None:
            if len(self._open) >= _OPEN_FILES:
                self._open.popitem(last=False)[1].file.close()
            opened = self._open[wheel] = _OpenWheel(wheel)
        self._open.move_to_end(wheel)
        self._last, self._newest = wheel, opened
        return opened


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
