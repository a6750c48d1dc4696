"""Whether what came is the page of an index, whole and as the specifications have it. (Pure.)

pip takes what is not for a page that lists nothing: then another index, or an older release, would answer in its place.
"""

from __future__ import annotations

import itertools
import re
import urllib.parse
from collections.abc import Mapping
from typing import Any, Final

_JSON: Final = "application/vnd.pypi.simple.v1+json"

SUCCESS: Final = frozenset({200, 203})
"""The statuses of an answer that is said to be what was asked for."""
WHOLE: Final = SUCCESS | {304}
"""The statuses of a page that is all there: 304 where pip has it already."""

_ENDINGS: Final = r"\.(?:whl|egg|exe|zip|tgz|tar\.(?:gz|bz2|xz|z))"
_JSON_VERSION: Final = re.compile(rb'"api-version"\s*:\s*"([^"]*)"')
"""In JSON (PEP 691). Within a text the quotes would have a backslash."""
_HTML_VERSION: Final = re.compile(rb'pypi:repository-version"[^>]{0,20}content="([^"]*)"')
"""In HTML (PEP 629)."""
_FILES: Final = re.compile(rb'"files"\s*:\s*\[')
"""Without it pip would see a page that lists nothing; it takes an object or a text for a list."""
_NO_FILES: Final = re.compile(rb'"files"\s*:\s*\[\s*\]')
_IN_A_FILE: Final = rb"[^\s\"'<>]"
"""A character of a file's address."""
_A_FILE: Final = re.compile(_ENDINGS.encode(), re.IGNORECASE)
_LINKS: Final = re.compile(rb"\.whl|pypi:repository-version|<(?:title|h1)\b[^>]{0,99}>\s{0,9}links for")
"""What a page has of which nobody knows for which project it is."""
_VERSION: Final = re.compile(rb"-\d[^\s\"'<>/?#]*")
_SOURCE: Final = re.compile(rb"\.(?:zip|tgz|tar\.(?:gz|bz2|xz|z))")
"""The end of a source distribution's name, of which another page may have files as well, but without a version."""
_OPEN_LINK: Final = re.compile(rb"<a\s")

_OF_A_WHEEL: Final[Mapping[str, type | tuple[type, ...]]] = {
    "url": str,
    "hashes": dict,
    "requires-python": str,
    "yanked": (bool, str),
    "upload-time": str,
}
"""Of what kind the values of a file are (PEP 691, 700), where pip would break on others or choose otherwise."""
_PLAIN: Final = ("requires-python", "yanked", "upload-time")
_USUAL: Final = frozenset(itertools.product((str, type(None)), (bool, str, type(None)), (str, type(None))))
"""Of which kinds they are, nearly always."""
_ODD_IN_URL: Final = re.compile(r"[\\?#%]")
_SHA256: Final = re.compile("[0-9a-f]{64}")


def page_fault(content: bytes, content_type: str, project: str, *, ends_anywhere: bool = False) -> str:
    """What keeps ``content`` from being the page of an index; empty if nothing does, ``-`` if it is something else.

    :param project: whose page it should be, normalised; empty for a page of links, which may be anything.
    :param ends_anywhere: whether HTTP did not tell where the end is.
    """
    is_json = content_type.lower().startswith(_JSON)
    text = content if is_json else content.lower()
    if version := (_JSON_VERSION if is_json else _HTML_VERSION).search(text):
        said = version[1].decode("ascii", "replace")
        if said.partition(".")[0] != "1":
            return f"it is of version {said[:20]}, and 1 is known"
    if is_json:
        if not text.lstrip().startswith(b"{") or not _FILES.search(text):
            return "-"
        return "" if not project or _NO_FILES.search(text) or _names(text, project) or _is_of(text, project) else "-"
    if not (_names(text, project) if project else _lists(text)):
        return "-"
    last = text[max(text.rfind(b"<"), 0) :]
    if b">" not in last or _OPEN_LINK.match(last) or (ends_anywhere and b"<html" in text and b"</html" not in text):
        return "it breaks off before its end"  # where HTTP does not tell, or is wrong about its length
    return ""


def _is_of(text: bytes, project: str) -> bool:
    """Whether a JSON page says that it is that of ``project``."""
    return re.search(rf'"name"\s*:\s*"{_spelt(project)}"'.encode(), text, re.IGNORECASE) is not None


def _names(text: bytes, project: str) -> bool:
    """Whether a file of ``project`` is named, or that this is its page, though it has none."""
    name = _spelt(project).encode()
    if _any_ends(text, re.compile(name + b"-" + _IN_A_FILE + b"+", re.IGNORECASE), _A_FILE):
        return True
    return re.search(b"links for " + name + b"|pypi:repository-version", text, re.IGNORECASE) is not None


def _lists(text: bytes) -> bool:
    """Whether a page of links, in lower case, has one that pip could take."""
    return _LINKS.search(text) is not None or _any_ends(text, _VERSION, _SOURCE)


def _any_ends(text: bytes, name: re.Pattern[bytes], ending: re.Pattern[bytes]) -> bool:
    """Whether ``ending`` is in anything that ``name`` finds, which goes on to where a file's address ends.

    One pattern for both would look for the ending from each place where a name may begin: minutes, if there are many.
    """
    return any(ending.search(found[0]) for found in name.finditer(text))


def _spelt(project: str) -> str:
    """A pattern of all spellings of a normalised name."""
    return re.escape(project).replace(r"\-", "-").replace("-", "[-_.]+")


def project_of(url: str) -> str:
    """Whose page the address of one in an index is that of."""
    last = urllib.parse.unquote(urllib.parse.urlsplit(url).path).rstrip("/").rpartition("/")[2]
    return re.sub(r"[-_.]+", "-", last).lower()


def check_entry(entry: Any) -> None:
    """Whether a wheel of a JSON page is described so that pip neither breaks nor chooses otherwise than it should.

    :raises TypeError: if not.
    """
    if not isinstance(entry, dict):
        raise TypeError("a file is no object")
    names = f"{entry.get('filename') or ''}\n{entry.get('url') or ''}"
    if (".whl" not in names.lower() and names != "\n") or _is_usual(entry):
        return
    if not entry.get("url"):  # pip would pass it over
        raise TypeError("a file has no URL")
    _check_address(entry)
    for name, kind in _OF_A_WHEEL.items():
        value = entry.get(name)
        if value and not isinstance(value, kind):
            raise TypeError(f"{name} of a file is of the type {type(value).__name__}")
    if "" in (entry.get("hashes") or {}).values():
        raise TypeError("a digest of a file is empty")
    for name in ("hashes", "core-metadata", "dist-info-metadata"):
        if isinstance(digests := entry.get(name), dict):
            entry[name] = _in_one_form(name, digests)


def _is_usual(entry: Mapping[str, Any]) -> bool:
    """Whether a wheel is described as nearly all are: a page has thousands, and a closer look at each takes long."""
    name, url, own = entry.get("filename"), entry.get("url"), entry.get("core-metadata")
    return (
        type(name) is str
        and type(url) is str
        and url.endswith(name)
        and name.endswith(".whl")
        and _ODD_IN_URL.search(url) is None
        and _is_one_sha256(entry.get("hashes"))
        and (own is None or own is False or _is_one_sha256(own))
        and not isinstance(entry.get("dist-info-metadata"), dict)
        and tuple([type(entry.get(key)) for key in _PLAIN]) in _USUAL
    )


def _is_one_sha256(digests: Any) -> bool:
    return type(digests) is dict and len(digests) == 1 and _SHA256.fullmatch(str(digests.get("sha256"))) is not None


def _in_one_form(name: str, digests: Mapping[str, Any]) -> dict[str, str]:
    """The digests in small letters, sha256 first: pip tells of the first one only, and would compare with None.

    :raises TypeError: if one is no text.
    """
    if any(one is not None and not isinstance(one, str) for one in digests.values()):
        raise TypeError(f"{name} of a file holds something else than texts")
    small = {kind.lower(): one.lower() for kind, one in digests.items() if one is not None}
    return {kind: small[kind] for kind in sorted(small, key=lambda kind: kind != "sha256")}


def _check_address(entry: Mapping[str, Any]) -> None:
    """Whether pip, which knows a file by the end of its URL alone, knows a wheel for one.

    :raises TypeError: if not.
    """
    name, url = entry.get("filename"), entry["url"]
    if isinstance(name, str) and name.endswith(".whl") and isinstance(url, str):
        path = urllib.parse.unquote(urllib.parse.urlsplit(url).path).rstrip("/")
        if not path.endswith(".whl") or "\\" in path:
            raise TypeError("the URL of a wheel does not end with the name of one")
