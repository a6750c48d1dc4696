"""Answers that drip or never end are given up. (In pip's process.)

pip's timeout is that of a single read: a byte now and then keeps it waiting for good, be it in the headers. And what
comes it keeps in memory, or writes to the disk, as long as more comes.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

from .telling import wrap

_LEAST: Final = 1000
"""Bytes a second, below which a connection is given up: as curl's and dnf's users know it."""
_WINDOW: Final = 2
"""For so many times pip's timeout a connection may be slower than that."""
_LARGEST_PAGE: Final = 120_000_000
"""Bytes of an index page, or of whatever else is read but wheels; sent, and inflated. PyPI's largest have a tenth."""
_LARGEST_WHEEL: Final = 500_000_000
"""Bytes of a wheel: a layer has little more than half of that unpacked."""

_local = threading.local()
"""Of this thread: ``largest`` while a wheel is downloaded."""


class TooLong(Exception):  # noqa: N818  # its name is what the parent is told
    """More came than anything of its kind has. Nobody between here and ``main`` takes it for a reason to try again."""


def _check_size(size: int, largest: int) -> None:
    if size > largest:
        raise TooLong(f"more than {largest:,} bytes")


@contextlib.contextmanager
def wheel_comes() -> Iterator[None]:
    """What this thread downloads inside the block may be as large as a wheel."""
    _local.largest = _LARGEST_WHEEL
    try:
        yield
    finally:
        del _local.largest


def bound_answers() -> None:
    """Give up what comes too slowly or does not end."""
    _bound_sockets()
    _bound_inflated()


def _bound_sockets() -> None:
    # http.client reads headers and bodies, over TLS too, through one SocketIO for each answer.
    @wrap(socket.SocketIO, "readinto")
    def readinto(original: Callable[..., Any], self: Any, buffer: Any) -> Any:
        started = time.monotonic()
        count = original(self, buffer)
        waited = time.monotonic() - started  # not what pip does in between
        size, window, came = getattr(self, "_so_far", (0, 0.0, 0))
        size, window, came = size + (count or 0), window + waited, came + (count or 0)
        _check_size(size, getattr(_local, "largest", _LARGEST_PAGE))
        patience = _WINDOW * (self._sock.gettimeout() or 15)
        if window > patience:
            if count and came < _LEAST * window:
                raise TimeoutError(f"only {came:,} bytes came within {window:.0f} seconds")
            window, came = 0.0, 0
        self._so_far = size, window, came
        return count


def _bound_inflated() -> None:
    from pip._vendor.requests.models import Response

    @wrap(Response, "iter_content")
    def iter_content(original: Callable[..., Any], *args: Any, **kwargs: Any) -> Iterator[Any]:
        size = 0
        for piece in original(*args, **kwargs):
            size += len(piece)
            _check_size(size, _LARGEST_PAGE)
            yield piece
