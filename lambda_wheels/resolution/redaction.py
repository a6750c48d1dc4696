"""What may be shown of a URL. (Pure.)

pip hides ``user:password``; a token in a query (``?token=…``) it prints. Nothing leaves this library, in whatever
form, but through one of these two functions.
"""

from __future__ import annotations

import re
import urllib.parse

_URL = re.compile(r"\b[a-zA-Z][a-zA-Z0-9+.-]*://[^\s'\"<>\\]+")


def public_url(url: str) -> str:
    """``url`` without user, password, query and fragment."""
    try:
        parts = urllib.parse.urlsplit(url)
    except ValueError:  # an unclosed bracket, say: whatever it is, it is not shown
        return "(a malformed URL)"
    return urllib.parse.urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def redact(text: str) -> str:
    """``text`` with every URL in it made public."""
    return _URL.sub(lambda match: public_url(match.group()), text)
