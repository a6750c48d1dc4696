"""What pip says about who it is, so that nobody repeats it. (In pip's process.)

A URL is made public by its form. But a server knows the password that it was sent, and may put it into the reason of a
failure or the address that it redirects to; a keyring may print what it found. So what pip has sent is known by value.
"""

from __future__ import annotations

import base64
import json
import re
import urllib.parse
from collections.abc import Callable, Iterator
from typing import Any, Final

from .telling import learn, wrap

_LEAST = 4
"""Letters of a secret: a shorter one is found in every other word."""
_LEAST_IN_QUERY = 16
"""The same in a query, where other things stand as well."""
_OPEN: Final = re.compile(r"(application|binary|text)/[\w.+-]+|AWS4-HMAC-SHA256|[\w.+!-]+\.whl")
"""What a query says openly: were it hidden, the names of wheels and kinds of content in messages would be too."""


def watch_credentials() -> None:
    """Learn the credentials of every request, wherever pip had them from: a URL, netrc, a keyring, for a proxy."""
    from pip._vendor.requests.adapters import HTTPAdapter

    @wrap(HTTPAdapter, "send")
    def send(original: Callable[..., Any], self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        learn(forms(request.headers.get("Authorization")))
        query = urllib.parse.parse_qsl(urllib.parse.urlsplit(request.url).query)
        learn(form for _, value in query if may_be_secret(value) for form in spellings(value))
        return original(self, request, *args, **kwargs)

    @wrap(HTTPAdapter, "proxy_headers")
    def proxy_headers(original: Callable[..., Any], self: Any, proxy: Any) -> Any:
        headers = original(self, proxy)
        learn(forms(headers.get("Proxy-Authorization")))
        return headers


def may_be_secret(value: str) -> bool:
    """Whether a value in a query may be what a server knows somebody by."""
    return len(value) >= _LEAST_IN_QUERY and not _OPEN.fullmatch(value)


def forms(header: str | bytes | None) -> Iterator[str]:
    """What is secret in a header, as others may write it: as it is, percent-encoded, in base64, in quotes."""
    text = header.decode("latin-1") if isinstance(header, bytes) else header or ""
    scheme, _, value = text.partition(" ")
    secrets = [value]
    if scheme.lower() == "basic":
        try:
            user, _, password = base64.b64decode(value).decode("latin-1").partition(":")
        except ValueError:
            user = password = ""
        secrets.append(password or user)  # a token may stand alone
    for secret in secrets:
        yield from spellings(secret)


def spellings(secret: str) -> Iterator[str]:
    """``secret`` as it is, percent-encoded, in base64, in quotes."""
    quoted = urllib.parse.quote(secret, safe="")
    lower = re.sub("%[0-9A-F]{2}", lambda match: match.group().lower(), quoted)
    found = {secret, quoted, lower, urllib.parse.quote(secret), urllib.parse.quote_plus(secret)}
    found |= {urllib.parse.quote(text, safe="") for text in found}  # a URL within a URL
    found |= {json.dumps(secret)[1:-1], repr(secret)[1:-1]}
    encoded = base64.b64encode(secret.encode("utf-8", "replace")).decode("ascii").rstrip("=")
    found |= {encoded, encoded.replace("+", "-").replace("/", "_")}
    yield from (form for form in found if len(form) >= _LEAST)
