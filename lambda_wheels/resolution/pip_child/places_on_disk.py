"""Indexes on this disk: only what is surely not there is taken for that. (In pip's process; looks at the disk.)

pip takes a folder that may not be searched, a link to itself and a disk that fails for a project that an index does
not have, and goes on with another index.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from .pages import new_page
from .telling import emit, shown, wrap


def watch_disk() -> None:
    """Fail where it cannot be told whether a ``file:`` URL, or a folder that is an index, has something."""
    from pip._internal.exceptions import InstallationError
    from pip._internal.index import collector
    from pip._internal.network.session import LocalFSAdapter
    from pip._internal.utils.urls import url_to_path

    @wrap(LocalFSAdapter, "send")
    def send(original: Callable[..., Any], self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        if fault := _fault(url_to_path(request.url)):  # of which pip would make a 404
            raise fault
        return original(self, request, *args, **kwargs)

    @wrap(collector, "build_source")
    def build_source(original: Callable[..., Any], location: str, **kwargs: Any) -> Any:
        is_url = location.startswith("file:")
        fault = None if "://" in location and not is_url else _fault(url_to_path(location) if is_url else location)
        if fault:  # pip would not even ask there
            page = new_page(location, error=type(fault).__name__, detail=shown(fault))
            emit("page", **page)
            raise InstallationError(f"{page['url']} could not be read") from fault
        return original(location, **kwargs)


def _fault(path: str) -> OSError | None:
    """What keeps us from telling whether something is there."""
    try:
        os.stat(path)
    except (FileNotFoundError, ValueError):
        return None
    except OSError as error:
        return error
    return None
