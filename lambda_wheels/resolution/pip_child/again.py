"""What may pass is tried again, after pauses as long as they help. (In pip's process.)

pip tries again what fails before an answer begins, and for wheels what breaks off within; so does this for the rest.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from .telling import wrap

_LONGEST_PAUSE: Final = 60
"""Seconds: who asks for a longer one is not waited for."""
_PASSING: Final = frozenset({408, 429, 504, 524})
"""Statuses that may pass, and that pip does not try again by itself, or only with Retry-After."""


class AsksToWait(Exception):  # noqa: N818  # its name is what the parent is told
    """A server that wants to be left alone for long."""


def try_again() -> None:
    """Ask once more, as often as pip's ``--retries`` says, for what was refused for a while or broke off."""
    _after_statuses()
    _after_half_a_page()


def _after_statuses() -> None:
    from pip._vendor.urllib3.exceptions import InvalidHeader
    from pip._vendor.urllib3.util.retry import Retry

    @wrap(Retry, "is_retry")
    def is_retry(original: Callable[..., Any], self: Any, method: str, status_code: int, *args: Any) -> Any:
        return original(self, method, status_code, *args) or (bool(self.total) and status_code in _PASSING)

    @wrap(Retry, "get_retry_after")
    def get_retry_after(original: Callable[..., Any], self: Any, response: Any) -> Any:
        try:
            seconds = original(self, response)
        except InvalidHeader:
            return None  # as without one: pauses that grow
        if seconds is not None and seconds > _LONGEST_PAUSE:
            raise AsksToWait(f"HTTP {response.status}, and a pause of {seconds:.0f} seconds")
        return seconds


def _after_half_a_page() -> None:
    from pip._internal.network.session import PipSession
    from pip._vendor.requests.exceptions import ChunkedEncodingError

    @wrap(PipSession, "request")
    def request(original: Callable[..., Any], self: Any, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        tries = 0
        while True:
            try:
                return original(self, method, url, *args, **kwargs)
            except ChunkedEncodingError:
                retry = self.get_adapter(url).max_retries
                if tries >= retry.total:
                    raise
                time.sleep(retry.backoff_factor * 2**tries)
                tries += 1
