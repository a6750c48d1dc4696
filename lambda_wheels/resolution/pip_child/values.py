"""Which values pip understands of its options that are kept. (Pure.)

pip ends with its own words for one that it does not, which show it, or breaks; and it may be a password.
"""

from __future__ import annotations

import datetime
import math
import re
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from typing import Final

_WHOLE: Final = re.compile(r"0[xX][0-9a-fA-F]{1,15}|0[bB][01]{0,60}|0[0-7]{0,20}|[+-]?[1-9][0-9]{0,17}")
"""A whole number, as the standard library's parser of options has it."""
_TRUTHS: Final = frozenset("y yes t true on 1 n no f false off 0".split())
_KEYRINGS: Final = frozenset({"auto", "disabled", "import", "subprocess"})
_DAYS: Final = re.compile(r"P([0-9]+)D")


def is_seconds(value: float) -> bool:
    """Whether a socket can wait so long: for no more than some centuries, and none at all is no time to wait."""
    return math.isfinite(value) and 0 < value < 1e9


def is_host(text: str) -> bool:
    """Whether this is a host, perhaps with a port."""
    if text.count(":") > 1 and not set("@[") & set(text):
        text = f"[{text}]"
    try:
        parts = urllib.parse.urlsplit(f"https://{text}")
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def is_time(text: str) -> bool:
    """Whether this is a point in time, or so many days ago that there is one."""
    try:
        if days := _DAYS.fullmatch(text):
            return bool(datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=int(days[1])))
        return bool(datetime.datetime.fromisoformat(text).astimezone())
    except (OverflowError, ValueError, OSError):  # OSError: Windows, of what lies before 1970
        return False


def is_endless_span(text: str) -> bool:
    """Whether this is a span of time that leads back to before there were years."""
    return _DAYS.fullmatch(text) is not None and not is_time(text)


def _is_number_of_seconds(text: str) -> bool:
    try:
        return is_seconds(float(text))
    except ValueError:
        return False


def _is_whole(text: str) -> bool:
    return _WHOLE.fullmatch(text.strip()) is not None


def _is_truth(text: str) -> bool:
    return text.lower() in _TRUTHS


_SECONDS: Final = (_is_number_of_seconds, "a number of seconds above 0")
_COUNT: Final = (_is_whole, "a whole number")
_TRUTH: Final = (_is_truth, "yes or no")

_KINDS: Final[Mapping[str, tuple[Callable[[str], bool], str]]] = {
    "timeout": _SECONDS,
    "default-timeout": _SECONDS,
    "retries": _COUNT,
    "resume-retries": _COUNT,
    "no-index": _TRUTH,
    "no-cache-dir": _TRUTH,
    "pre": _TRUTH,
    "prefer-binary": _TRUTH,
    "keyring-provider": (_KEYRINGS.__contains__, "one of auto, disabled, import and subprocess"),
    "trusted-host": (lambda text: all(map(is_host, text.split())), "a host, or several"),
    "uploaded-prior-to": (is_time, "a time, or so many days ago (P7D)"),
}
"""For options of pip how their values are known, and what they are called."""


def wrong_kinds(values: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with the values of options that pip is configured with; holds none of them."""
    for name, (fits, words) in _KINDS.items():
        if (value := values.get(name)) and not fits(value):  # an empty one pip leaves aside
            yield f"the value of {name} in pip's configuration has to be {words}"
