"""What went wrong between us and an index, told from the runner's events. (Pure.)

pip passes over an index page that it could not read, with exit code 0 where another index answers: that way a broken
private index lets a stranger's project of the same name in. So every page that was not read is a problem here.
"""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Iterable, Mapping
from typing import Any

from lambda_wheels.problems import Problem
from lambda_wheels.resolution.pip_child.page_content import SUCCESS
from lambda_wheels.resolution.redaction import redact

_CREDENTIALS = "give credentials in the index's URL, in netrc, or through a keyring (--keyring-provider)"
_AGAIN = "try again later"

_ERRORS = {
    "ConnectionFailedError": ("could not be reached", "is its address right, and the network up?"),
    "ConnectionTimeoutError": ("did not answer in time", f"{_AGAIN}, or give it more with --timeout"),
    "ProxyConnectionError": ("could not be reached through the proxy", "check --proxy and the proxy variables"),
    "SSLVerificationError": ("has a certificate that cannot be verified", "name its authority with --cert"),
    "SSLMissingError": ("needs HTTPS, which this Python was built without", "use another Python"),
    "TooManyRedirects": ("redirects in a circle", "check its URL"),
    "ChunkedEncodingError": ("broke off while it was read", _AGAIN),
    "ProtocolError": ("broke off while it was read", _AGAIN),
    "ReadTimeoutError": ("did not go on in time", f"{_AGAIN}, or give it more with --timeout"),
    "IncompleteDownloadError": ("broke off while it was read", _AGAIN),
    "PermissionError": ("may not be read", "it is on this disk: who owns it, and who may search its folders?"),
    "NotADirectoryError": ("is where a file is, and not a folder", "is the index complete?"),
}
"""pip's exception for a request: what happened, and what to try."""

_ANSWERS = {
    "TooLong": ("does not end, or is larger than anything of its kind", "check its URL"),
    "AsksToWait": ("failed, and asks for more patience than there is", _AGAIN),
}
"""Of those of them that there was an answer; the runner's own."""

_SHOWN = 300
"""Characters of pip's words that a message has at the most: a server may have chosen them."""

_LAST_STATUS = re.compile(r"too many (\d{3}) error responses")
"""What urllib3 says after its last retry; there is no other way to the status."""


def failed_pages(events: Iterable[Mapping[str, Any]]) -> list[Problem]:
    """A problem for each index page that could not be read, or that is no index page."""
    problems = []
    for page in events:
        if page["event"] != "page" or page["listing"]:
            continue
        if page["status"] == 404 and not page["error"] and not page["find_links"]:
            continue  # how an index says that it does not have the project
        if page["error"] == "InsecureOrigin":
            host = urllib.parse.urlsplit(page["url"]).hostname or page["url"]
            problems.append(
                Problem(
                    rule="index-insecure",
                    message=f"the index page {page['url']} is not read, being plain HTTP",
                    hint=f"use https, or trust the host: --trusted-host {host}",
                )
            )
        elif page["status"] in SUCCESS:
            fault = page.get("fault", "")
            problems.append(
                Problem(
                    rule="not-an-index",
                    message=f"{page['url']} answers, but not as a package index (PEP 503) does{_because(fault)}",
                    hint="it is for whoever runs it to mend" if fault else "is it a login page? Check the index's URL",
                )
            )
        else:
            problems.append(_failed_request("index", f"the index page {page['url']}", page))
    return _once(problems)


def failed_files(events: Iterable[Mapping[str, Any]]) -> list[Problem]:
    """A problem for each file that could not be downloaded."""
    return _once(
        _failed_request("file", str(request["url"]), request) for request in events if request["event"] == "request"
    )


def _failed_request(kind: str, place: str, outcome: Mapping[str, Any]) -> Problem:
    """The problem of one request: ``kind`` is the first part of the rule's name."""
    status, error = outcome["status"], outcome["error"]
    if error == "RetryError" and (found := _LAST_STATUS.search(outcome["detail"])):
        status, error = int(found[1]), ""
    if error in _ANSWERS:
        what, hint = _ANSWERS[error]
        return Problem(rule=f"{kind}-failed", message=f"{place} {what}{_because(outcome['detail'])}", hint=hint)
    if error:
        what, hint = _ERRORS.get(error, (f"could not be read ({error})", _AGAIN))
        return Problem(rule=f"{kind}-unreachable", message=f"{place} {what}{_because(outcome['detail'])}", hint=hint)
    if status in {401, 407}:
        return Problem(
            rule=f"{kind}-refused", message=f"{place} asks for credentials (HTTP {status})", hint=_CREDENTIALS
        )
    if status == 403:
        return Problem(rule=f"{kind}-refused", message=f"{place} may not be read (HTTP 403)", hint=_CREDENTIALS)
    if status == 404:
        return Problem(rule=f"{kind}-failed", message=f"{place} is not there (HTTP 404)", hint="is the index complete?")
    hint = "it asks for fewer requests; " + _AGAIN if status == 429 else _AGAIN
    return Problem(rule=f"{kind}-failed", message=f"{place} failed (HTTP {status})", hint=hint)


def _because(detail: object) -> str:
    """What is known beyond the rule, on one line; a word of the server's may be in it."""
    words = redact(" ".join(str(detail).split()))
    return f": {words[:_SHOWN]}{'…' if len(words) > _SHOWN else ''}" if words else ""


def _once(problems: Iterable[Problem]) -> list[Problem]:
    """Each problem once, in order: one page is often read for several requirements."""
    return list(dict.fromkeys(problems))
