"""What may be shown of a URL, and which URLs are read otherwise than they were meant. (Pure.)

pip hides ``user:password``; a token in a query (``?token=…``) it prints, and a password with a character in it that
ends a host it takes for a path. Both processes use it, so that nothing leaves this library but through these functions.
"""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Iterable

# A message can be a stranger's text of a megabyte: these look at each of its characters a few times only. Where nothing
# is found behind one place, they go on behind all they have looked at (a group, which is kept).
_URL = re.compile(
    r"""(?<![a-zA-Z0-9+.-])([0-9+.-]*)([a-zA-Z][a-zA-Z0-9+.-]*://[^\s'"<>\\?]+(?:\?(?:\S*[^\s'"<>),.;:])?)?)"""
)
"""A query may hold what ends a URL elsewhere: it goes on to the next space, but for what a sentence may end it with."""
_SCHEME = re.compile(r"\s*[a-zA-Z][a-zA-Z0-9+.-]*://")
_NO_USER = (
    r"(?![\w.-]+:\d{1,5}: |[\w-]+\.[\w.-]+: "  # a host with what is wrong with it
    r"|[\w.-]+(?::\d{1,5})?[,;]? [^/?#\n@]* @ [a-zA-Z][a-zA-Z0-9+.-]*:/)"  # a sentence up to a NAME @ URL
)
"""Not a host alone that is followed by words, of which a later one has an @."""
_USER = re.compile(rf"(?<=://){_NO_USER}[^/?#\n]*@")
"""User and password in front of a host, also with characters in them that end a URL."""
_ARN = r"""arn:aws[\w:/.@+=-]*[),;]?(?=[\s'"]|\Z)"""
"""A role's may end in somebody's mail address."""
_USER_WITHOUT_SCHEME = re.compile(
    rf"""(?<![^\s/?\#:@'"=])((?<=/)[\w.+~%-]*[^\w\s/?\#:@'"=.+~%-]|(?<!/))  # where a name can begin
    (?![a-zA-Z]:\\)
    (?:(?!{_ARN})[^\s/?\#:@'"=]+:(?!//)\S*@(?=[\w\[])|({_ARN}|[^\s/?\#:@'"=]+:(?!//)\S*))""",
    re.VERBOSE,
)
"""The same as the address of a proxy may have them, ``user:password@host:8080``, or a URL that lacks a slash."""
_QUERY = re.compile(r"\?[^\s'\"<>()=]+=[^\s'\"<>()]*|(\?[^\s'\"<>()=]*)")
"""A query; in the words of urllib3 it stands behind a path, without a host."""
_REVISION = re.compile(r"(?<=\.git)@[\w.-]+$")
"""What may follow the path of a repository."""
_REVISION_OF_PATH = re.compile(r"://(?:[^/:@]*@)?[\w-]+\.[\w.-]+/[^:@]*(@[\w.-]+)$")
"""The same where the path does not end in ``.git``: no password is there, nor a part of one."""


def public_url(url: str) -> str:
    """``url`` without user, password, query and fragment.

    Everything up to the last @ is taken for user and password: a slash in a password ends the host for a parser only.
    """
    try:
        parts = urllib.parse.urlsplit(url)
        _ = "@" in url or parts.port
    except ValueError:  # an unclosed bracket, say, or a port that may be a password: whatever it is, it is not shown
        return "(a malformed URL)"
    if url.startswith("file:///"):  # no host, hence no user: an @ belongs to the path
        return urllib.parse.urlunsplit((parts.scheme, "", parts.path, "", ""))
    plain = re.split("[?#]", url, maxsplit=1)[0]
    if "@" in url[len(plain) :] and not plain.endswith((".whl", ".metadata")):
        return "(a malformed URL)"  # a query with an @, or a password with a question mark: nobody knows
    revision = ""
    if "+" in parts.scheme and (match := _REVISION.search(plain) or _REVISION_OF_PATH.search(plain)):
        revision = match[match.lastindex or 0]
        plain = plain.removesuffix(revision)
    scheme = _SCHEME.match(plain)
    before, _, after = plain.rpartition("@")
    shown = (scheme.group().strip() if scheme else "") + after if before else plain
    return shown + revision


def redact(text: str) -> str:
    """``text`` with every URL in it made public, and whatever else may be a password or the query of a URL left out."""
    text = _URL.sub(_public, _USER.sub("", text))
    return _QUERY.sub(r"\1", _USER_WITHOUT_SCHEME.sub(r"\1\2", text))


def _public(match: re.Match[str]) -> str:
    """What is shown of what looks like a URL; a colon at its end is the sentence's."""
    url = match[2].removesuffix(":")
    return match[1] + public_url(url) + match[2][len(url) :]


def hide(text: str, secrets: Iterable[str]) -> str:
    """``text`` without any of ``secrets``."""
    for secret in sorted(secrets, key=len, reverse=True):  # a part of one may be another
        text = text.replace(secret, "****")
    return text


def url_fault(url: str) -> str:
    """Why ``url``, of an index or a proxy, cannot be what was meant; empty if it can. Holds nothing of it.

    With an unescaped ``/``, ``?`` or ``#`` in the password, the first half of it would be asked for as a host, and
    the other half sent there.
    """
    if not url.isprintable():  # Python drops line breaks from a URL: what is asked is not what could be redacted
        return "it holds a line break or another control character"
    try:
        parts = urllib.parse.urlsplit(url)
        port = parts.port
    except ValueError:
        return "its host or port cannot be read"
    if parts.scheme == "file" and not parts.netloc:
        return ""
    if not parts.hostname or port == 0:
        return "it has no host"
    if "@" in parts.path + parts.query + parts.fragment:
        return "it has an @ after its host"
    return ""
