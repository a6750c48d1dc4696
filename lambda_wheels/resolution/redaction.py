"""What may be shown of a URL. (Pure.)

pip hides ``user:password``; a token in a query (``?token=…``) it prints. Nothing leaves this library, in whatever
form, but through one of these two functions.
"""

from __future__ import annotations

import re
import urllib.parse

_URL = re.compile(r"\b[a-zA-Z][a-zA-Z0-9+.-]*://[^\s'\"<>\\]+")
_USER = re.compile(r"(?<=://)[^/?#\n]*@")
"""User and password in front of a host, also with characters in them that end a URL."""
_USER_WITHOUT_SCHEME = re.compile(r"(?<![\w/])[^\s/?#:@'\"=]+:[^\s/?#@]*@(?=[\w\[])")
"""The same as the address of a proxy may have them: ``user:password@host:8080``."""
_QUERY = re.compile(r"\?[^\s'\"<>()=]+=[^\s'\"<>()]*")
"""A query; in the words of urllib3 it stands behind a path, without a host."""


def public_url(url: str) -> str:
    """``url`` without user, password, query and fragment."""
    try:
        parts = urllib.parse.urlsplit(url)
    except ValueError:  # an unclosed bracket, say: whatever it is, it is not shown
        return "(a malformed URL)"
    return urllib.parse.urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def redact(text: str) -> str:
    """``text`` with every URL in it made public, and whatever else may be a password or the query of a URL left out."""
    text = _URL.sub(lambda match: public_url(match.group()), _USER.sub("", text))
    return _QUERY.sub("", _USER_WITHOUT_SCHEME.sub("", text))
