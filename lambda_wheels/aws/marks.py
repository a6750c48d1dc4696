"""How a layer version says what it holds: ListLayerVersions tells descriptions, and no digests. (Pure.)"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

DESCRIPTION_LIMIT: Final = 256
"""Characters (Lambda API, PublishLayerVersion)."""
_MARK: Final = re.compile(r"(?:^|\s)content-sha256:([0-9a-f]{64})$")
_OWN: Final = len(" content-sha256:") + 64
ROOM: Final = DESCRIPTION_LIMIT - _OWN
"""Characters that are left for the caller's own words."""


def marked(description: str, content_sha256: str) -> str:
    """``description``, and at its end the digest of what the version holds."""
    return f"{description} content-sha256:{content_sha256}".lstrip()


def digest_in(description: str) -> str | None:
    """The digest that :func:`marked` put into a description."""
    match = _MARK.search(description)
    return match[1] if match else None


def words_of(description: str) -> str:
    """A description without the digest."""
    return _MARK.sub("", description)


def described(projects: Iterable[tuple[str, str]]) -> str:
    """Words for a layer that has none: ``duckdb 2.0.1, numpy 2.5.5``, as many as there is room for.

    :param projects: names and versions.
    """
    names = sorted(set(projects))
    parts = [f"{name} {version}" for name, version in names]
    text = ", ".join(parts)
    if len(text) <= ROOM:
        return text
    while len(short := ", ".join([*parts, f"and {len(names) - len(parts)} more"])) > ROOM:
        parts.pop()
    return short
