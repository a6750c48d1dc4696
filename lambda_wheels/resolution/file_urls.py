"""``file:`` URLs, as pip writes them. (Pure.)"""

from __future__ import annotations

import urllib.parse
from pathlib import Path


def path_of(url: str) -> Path:
    """Where the file of a ``file:`` URL is on this machine."""
    from urllib.request import url2pathname  # here since it brings HTTP and TLS along, for this one function

    parts = urllib.parse.urlsplit(url)
    host = "" if parts.netloc in {"", "localhost"} else f"//{parts.netloc}"  # a share on Windows
    return Path(url2pathname(host + parts.path))
