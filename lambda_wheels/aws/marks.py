"""How a layer version says what it holds: ListLayerVersions tells descriptions, and no digests. (Pure.)"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

DESCRIPTION_LIMIT: Final = 256
"""Characters (Lambda API, PublishLayerVersion)."""
_MARK: Final = re.compile(r"(?:^|\s)content-sha256:(?P<digest>[0-9a-f]{64})(?:/(?P<publisher>[0-9a-f]{8}))?$")
_OWN: Final = len(" content-sha256:") + 64 + len("/") + 8
ROOM: Final = DESCRIPTION_LIMIT - _OWN
"""Characters that are left for the caller's own words."""


def marked(words: str, content_sha256: str, publisher: str) -> str:
    """``words``, and at their end the digest of what the version holds, and who made it.

    :param publisher: eight hexadecimal digits, of one publishing alone: by them it knows its own version again.
    """
    return f"{words} content-sha256:{content_sha256}/{publisher}".lstrip()


def digest_in(description: str) -> str | None:
    """The digest that :func:`marked` put into a description."""
    match = _MARK.search(description)
    return match["digest"] if match else None


def publisher_in(description: str) -> str | None:
    """Who made a version, going by its description."""
    match = _MARK.search(description)
    return match["publisher"] if match else None


def words_of(description: str) -> str:
    """A description without the marks."""
    return _MARK.sub("", description)


def described(projects: Iterable[tuple[str, str]]) -> str:
    """Words for a layer that has none: ``duckdb 2.0.1, numpy 2.5.5``, as many as there is room for.

    :param projects: names and versions.
    """
    names = sorted(set(projects))
    parts = [f"{name} {version}" for name, version in names[:ROOM]]  # no room for so many
    text = ", ".join(parts)
    if len(text) <= ROOM and len(parts) == len(names):
        return text
    while len(short := ", ".join([*parts, f"and {len(names) - len(parts)} more"])) > ROOM:
        parts.pop()
    return short
