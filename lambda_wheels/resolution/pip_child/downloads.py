"""What pip downloads is handed over, and what the store has is not downloaded. (In pip's process; copies files.)"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from .endless import TooLong, wheel_comes
from .telling import emit, public, wrap
from .turns import turn

_LITTLE_ROOM = 1 << 28
"""Bytes: the largest wheels that fit into a layer are not much smaller."""


def hand_over_downloads(folder: str, stored: str) -> None:
    """Give every file that pip downloads a second name in ``folder``, and spare it those that the store has.

    ``stored`` is a format string for where the store has a wheel. One that is damaged there is downloaded again.
    Without it no turn is asked for: whoever downloads then has the wheels locked already.
    """
    from pip._internal.exceptions import IncompleteDownloadError
    from pip._internal.network.download import Downloader
    from pip._vendor.urllib3.exceptions import HTTPError

    @wrap(Downloader, "__call__")
    def download(original: Callable[..., Any], self: Any, link: Any, location: str) -> Any:
        if not stored or link.hash_name != "sha256" or not _is_plain(link.hash, link.filename):
            return bring(original, self, link, location)
        if taken := take(link, location):
            return taken
        with turn(link.hash, link.filename):
            # Somebody else may have brought it while we waited.
            return take(link, location) or bring(original, self, link, location)

    def take(link: Any, location: str) -> Any:
        known = stored.format(sha256=link.hash, filename=link.filename)
        if _sha256(known) != link.hash:
            return None
        path = os.path.join(location, link.filename)
        try:
            _second_name(known, path)
        except FileNotFoundError:  # the store was cleared just now
            return None
        emit("download", url=public(link.url), stored=True, filename=link.filename)
        return path, "application/octet-stream"

    def bring(original: Callable[..., Any], self: Any, link: Any, location: str) -> Any:
        try:
            with wheel_comes() if link.is_wheel else nullcontext():
                path, content_type = original(self, link, location)
        except (IncompleteDownloadError, HTTPError, TooLong) as error:
            detail = str(error) if isinstance(error, TooLong) else _room(location)
            emit("request", url=public(link.url), status=0, error=type(error).__name__, detail=detail)
            raise
        filename = os.path.basename(path)
        if not os.path.exists(os.path.join(folder, filename)):
            _second_name(path, os.path.join(folder, filename))
        emit("download", url=public(link.url), stored=False, filename=filename)
        return path, content_type


def _room(folder: str) -> str:
    """What to say of the disk: pip takes one that is full for a connection that broke off."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return ""
    return f"only {free:,} bytes are free on the disk that it is written to" if free < _LITTLE_ROOM else ""


def _is_plain(digest: str, filename: str) -> bool:
    """Whether an index's words can be parts of a path."""
    return digest.isalnum() and not set(filename) & set("/\\:\0") and filename.endswith(".whl")


def _sha256(path: str) -> str:
    """The digest of a file; empty where it cannot be read."""
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _second_name(path: str, other: str) -> None:
    try:
        os.link(path, other)
    except OSError:  # another file system, or one without links
        shutil.copyfile(path, other)
