"""How large a zip is unzipped that lies at AWS: its directory is read, not its files. (Reads the network.)"""

from __future__ import annotations

import io
import re
from http import HTTPStatus
from itertools import islice
from typing import Any, Final

from lambda_wheels.aws.downloads import get, is_fetchable, repeated
from lambda_wheels.aws.failures import AWS_ERRORS
from lambda_wheels.errors import WheelError
from lambda_wheels.wheels.directory import list_directory
from lambda_wheels.wheels.findings import Findings

_TAIL: Final = 256 << 10
"""Bytes at the end: the directory of most zips."""
_MOST: Final = 300
"""Megabytes of a zip that is read as a whole, where a server knows no ranges."""
_RANGE: Final = re.compile(r"bytes (\d+)-\d+/(\d+)")


def unzipped_size(url: str, client: Any = None) -> int | None:
    """Bytes of all files in the zip at a signed ``url``; None where that cannot be told.

    :param client: that of boto3 which said the URL: its certificates, proxies and timeouts count here, too.
    """
    if not is_fetchable(url):
        return None
    try:
        file = _Remote(url, client)
        entries, _ = list_directory(file, file.size, Findings(""))
    except (*AWS_ERRORS, WheelError, OSError, ValueError):
        return None
    return sum(entry.size for entry in entries)


class _Remote(io.BytesIO):
    """A file behind a URL: of its bytes only those are fetched that are read, and the last ones at once."""

    def __init__(self, url: str, client: Any) -> None:
        super().__init__()
        self._url, self._client = url, client
        self._at = 0
        self._tail_at, self.size, self._tail = self._fetch(f"bytes=-{_TAIL}")

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to ``offset``."""
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        return self._at

    def tell(self) -> int:
        """Where it is."""
        return self._at

    def read(self, size: int | None = -1, /) -> bytes:
        """The next ``size`` bytes, fewer at the end."""
        end = self.size if size is None or size < 0 else min(self._at + size, self.size)
        start, self._at = self._at, max(end, self._at)
        if start >= end:
            return b""
        if start >= self._tail_at:
            return self._tail[start - self._tail_at : end - self._tail_at]
        at, _, content = self._fetch(f"bytes={start}-{end - 1}")
        return content[start - at : end - at]

    def _fetch(self, wanted: str) -> tuple[int, int, bytes]:
        """Where the bytes begin that came, the size of the whole, and the bytes.

        :raises OSError: the server does not give them.
        """
        status, part, content = repeated(lambda: self._asked(wanted))
        if status == HTTPStatus.OK:  # all of it
            return 0, len(content), content
        match = _RANGE.fullmatch(part)
        if match is None:
            raise OSError(f"a part that is not said: {part!r}")
        return int(match[1]), int(match[2]), content

    def _asked(self, wanted: str) -> tuple[int, str, bytes]:
        with get(self._url, {"Range": wanted}, self._client) as answer:
            return answer.status, answer.range, b"".join(islice(answer.chunks(), _MOST))
