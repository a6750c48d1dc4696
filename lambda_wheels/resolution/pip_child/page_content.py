"""Whether what came is the page of an index, whole and as the specifications have it. (Pure.)

pip takes what is not for a page that lists nothing: then another index, or an older release, would answer in its place.
"""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Mapping
from typing import Any, Final

_JSON: Final = "application/vnd.pypi.simple.v1+json"

_ENDINGS: Final = r"\.(?:whl|egg|exe|zip|tgz|tar\.(?:gz|bz2|xz|z))"
_VERSION: Final = re.compile(rb'"api-version"\s*:\s*"([^"]*)"|pypi:repository-version"[^>]{0,20}content="([^"]*)"')
"""In JSON (PEP 691), in HTML (PEP 629). Within a JSON text the quotes would have a backslash."""
_NO_FILES: Final = re.compile(rb'"files"\s*:\s*\[\s*\]')
_LINKS: Final = (b".whl", b".tar.gz", b".zip", b".egg", b"pypi:repository-version", b"links for")
"""What a page has of which nobody knows for which project it is."""

_TEXTS: Final[Mapping[str, type | tuple[type, ...]]] = {
    "filename": str,
    "url": str,
    "hashes": dict,
    "requires-python": str,
    "core-metadata": (bool, dict),
    "dist-info-metadata": (bool, dict),
    "yanked": (bool, str),
    "upload-time": str,
}
"""Of what kind the values are that PEP 691 and 700 have for a file, where they are there."""


def page_fault(content: bytes, content_type: str, project: str) -> str:
    """What keeps ``content`` from being the page of an index; empty if nothing does, ``-`` if it is something else.

    :param project: whose page it should be, normalised; empty for a page of links, which may be anything.
    """
    is_json = content_type.lower().startswith(_JSON)
    text = content if is_json else content.lower()
    if version := _VERSION.search(text):
        said = (version[1] or version[2] or b"").decode("ascii", "replace")
        if not said.startswith("1."):
            return f"it is of version {said[:20]}, and 1 is known"
    if is_json:
        if not text.lstrip().startswith(b"{") or b'"files"' not in text:
            return "-"
        return "" if not project or _NO_FILES.search(text) or _names(text, project) else "-"
    if not (_names(text, project) if project else any(sign in text for sign in _LINKS)):
        return "-"
    if b"<html" in text and b"</html" not in text:
        return "it breaks off before its end"  # where HTTP does not tell, or is wrong about its length
    return ""


def _names(text: bytes, project: str) -> bool:
    """Whether a file of ``project`` is named, or that this is its page, though it has none."""
    name = re.escape(project).replace(r"\-", "-").replace("-", "[-_.]+")
    pattern = rf"{name}-[^\s\"'<>]{{1,300}}?{_ENDINGS}|links for {name}|pypi:repository-version"
    return re.search(pattern.encode(), text, re.IGNORECASE) is not None


def project_of(url: str) -> str:
    """Whose page the address of one in an index is that of."""
    last = urllib.parse.unquote(urllib.parse.urlsplit(url).path).rstrip("/").rpartition("/")[2]
    return re.sub(r"[-_.]+", "-", last).lower()


def check_entry(entry: Any) -> None:
    """Whether a file of a JSON page is described as it should be; pip passes over some that are not.

    :raises TypeError: if not.
    """
    if not isinstance(entry, dict):
        raise TypeError("a file is no object")
    if not entry.get("url"):
        raise TypeError("a file has no URL")
    for name, kind in _TEXTS.items():
        value = entry.get(name)
        if value is None:
            continue
        if not isinstance(value, kind):
            raise TypeError(f"{name} of a file is of the type {type(value).__name__}")
        if isinstance(value, dict) and not all(isinstance(one, str) for one in value.values()):
            raise TypeError(f"{name} of a file holds something else than texts")
