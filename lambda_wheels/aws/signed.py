"""What requests are signed with, kept out of what is said of them. (Pure, but that it changes boto3's exceptions.)"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from lambda_wheels.errors import LambdaWheelsError
from lambda_wheels.resolution.redaction import hide

_HEADERS: Final = ("Authorization", "X-Amz-Security-Token", "Proxy-Authorization")
_SIGNATURE: Final = r"(?<=Signature=)[0-9a-f]+"
_LEAST: Final = 6
"""Letters of what is hidden: less is found in many words."""


class Signed:
    """What the requests of one job carried: a server may repeat it in its answer, and Python where it cannot send it.

    The secret key itself never leaves boto3.
    """

    def __init__(self) -> None:
        self._values: set[str] = set()

    def remember(self, headers: Mapping[str, Any]) -> None:
        """Take note of what a request will be sent with."""
        for name in _HEADERS:
            value = headers.get(name) or ""
            self._values |= {*_forms(value.decode("latin-1") if isinstance(value, bytes) else str(value))}

    def hide(self, text: str) -> str:
        """``text`` without it."""
        return hide(text, self._values)

    def clean(
        self, parsed_response: dict[str, Any] | None = None, exception: Exception | None = None, **_: object
    ) -> None:
        """Called by boto3 with each answer, or with what came in its place, before anybody else has seen it."""
        said = parsed_response.get("Error") if parsed_response else None
        if isinstance(said, dict):
            said |= {name: self.hide(value) for name, value in said.items() if isinstance(value, str)}
        if exception is not None:
            exception.args = tuple(self.hide(one) if isinstance(one, str) else one for one in exception.args)


def _forms(value: str) -> Iterator[str]:
    """``value`` as others write it: as it is, as Python shows it, and what is secret in it alone."""
    forms = (value, value.strip(), repr(value)[1:-1], *re.findall(_SIGNATURE, value), value.rpartition(" ")[2])
    yield from (form for form in forms if len(form) >= _LEAST)


def cut_off(error: BaseException | None) -> None:
    """Leave of what ``error`` came of only our own errors.

    The texts of others are no longer ours to hold: those of boto3, of what it uses and of Python have signed URLs,
    endpoints with passwords and lines of ``~/.aws/credentials`` in them, and a traceback shows them all.
    """
    while isinstance(error, LambdaWheelsError):
        for name in ("__cause__", "__context__"):
            if not isinstance(getattr(error, name), LambdaWheelsError):
                setattr(error, name, None)
        error = error.__cause__ or error.__context__
