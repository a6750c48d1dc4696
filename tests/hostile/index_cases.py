"""Faults of an index beyond those of ``tests.index_faults``, and what is to be told of each. (Pure values.)"""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from tests.index_pages import JSON
from tests.index_server import Answer, Fault

WHEEL = "demo-9.0-py3-none-any.whl"
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
ENTRY: dict[str, Any] = {"filename": WHEEL, "url": f"/files/{WHEEL}", "hashes": {}, "yanked": False}
MANY = 1_000_000

UNREACHABLE, FAILED, REFUSED, NO_INDEX = ("unreachable", "failed", "refused", "not-an-index")


def html(*hrefs: str, head: str = "") -> bytes:
    """A page that links to files."""
    links = "".join(f'<a href="{href}">{WHEEL}</a>' for href in hrefs)
    return f"<!DOCTYPE html><html><head>{head}</head><body>{links}</body></html>".encode()


def page(*entries: Any, **more: Any) -> Fault:
    """A JSON page with these files."""
    return Fault.body(
        json.dumps({"meta": {"api-version": "1.1"}, "name": "demo", "files": entries} | more).encode(), JSON
    )


def link(href: str, head: str = "") -> Fault:
    """An HTML page with this link."""
    return Fault.body(html(href, head=head), "text/html")


def endless(start: bytes, piece: bytes) -> Fault:
    """An answer that begins and does not end."""

    def make(answer: Answer) -> Iterable[bytes]:
        yield start
        while True:
            yield piece

    return Fault.raw(make)


def slowly(start: bytes) -> Fault:
    """An answer that goes on with a byte now and then, in its headers or behind them."""

    def make(answer: Answer) -> Iterable[bytes]:
        yield start
        while True:
            time.sleep(0.2)
            yield b"X"

    return Fault.raw(make)


def sent(*pieces: bytes) -> Fault:
    """Just these bytes."""
    return Fault.raw(lambda answer: pieces)


def changed(**fields: Any) -> Fault:
    """The right answer with other fields."""
    return Fault(change=lambda answer: replace(answer, **fields))


def paused(status: str, pause: str) -> Fault:
    """An error that asks for a pause."""
    return sent(
        f"HTTP/1.1 {status} No\r\nRetry-After: {pause}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".encode()
    )


ANYWHERE: dict[str, tuple[Fault, str]] = {
    "401": (Fault.status(401), REFUSED),
    "403": (Fault.status(403), REFUSED),
    "408": (Fault.status(408), FAILED),
    "410": (Fault.status(410), FAILED),
    "429": (Fault.status(429), FAILED),
    "429 and a pause": (Fault.status(429, retry_after=1), FAILED),
    "429 and a day": (paused("429", "86400"), FAILED),
    "429 and a pause that is none": (paused("429", "soon"), FAILED),
    "500": (Fault.status(500), FAILED),
    "502": (Fault.status(502), FAILED),
    "503": (Fault.status(503), FAILED),
    "503 until 2099": (paused("503", "Wed, 21 Oct 2099 07:28:00 GMT"), FAILED),
    "504": (Fault.status(504), FAILED),
    "600": (Fault.status(600), FAILED),
    "silence": (Fault.silence(), UNREACHABLE),
    "reset": (Fault.reset(), UNREACHABLE),
    "reset at once": (Fault.reset(after=0), UNREACHABLE),
    "short body": (Fault.short_body(), UNREACHABLE),
    "a byte now and then": (Fault.drip(pause=0.2), UNREACHABLE),
    "headers byte by byte": (slowly(b"HTTP/1.1 200 OK\r\nX-A: "), UNREACHABLE),
    "body that drips for ever": (slowly(OK + b"\r\n"), UNREACHABLE),
    "does not end": (endless(OK + b"\r\n", b" " * MANY), FAILED),
    "chunks that do not end": (
        endless(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"%x\r\n%s\r\n" % (MANY, b" " * MANY)),
        FAILED,
    ),
    "redirect loop": (Fault.redirect(None), UNREACHABLE),
    "redirect to a file": (Fault.redirect("file:///etc/passwd"), FAILED),
    "redirect to a script": (Fault.redirect("javascript:alert(1)"), FAILED),
    "redirect to nothing": (Fault.redirect(""), FAILED),
    "redirect to a closed port": (Fault.redirect("http://127.0.0.1:1/"), UNREACHABLE),
    "redirect to a broken URL": (Fault.redirect("http://[::1/"), FAILED),
    "HTTP/0.9": (sent(html(f"/files/{WHEEL}")), UNREACHABLE),
    "rubbish": (sent(bytes(range(128, 256)) * 40), UNREACHABLE),
    "nothing": (sent(), UNREACHABLE),
    "a flood of headers": (sent(OK, b"X-Flood: yes\r\n" * 10_000, b"\r\n"), UNREACHABLE),
    "a header without end": (endless(OK + b"X-Flood: ", b"x" * MANY), UNREACHABLE),
    "two lengths": (sent(OK, b"Content-Length: 5\r\nContent-Length: 9\r\n\r\n123456789"), UNREACHABLE),
    "chunks that are none": (sent(OK, b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"), UNREACHABLE),
}
"""What can be tried against page, metadata and wheel alike; what is told begins with ``index-`` or ``file-``."""

PAGES: dict[str, tuple[Fault, str]] = {
    "portal": (Fault.portal(), NO_INDEX),
    "portal that offers a file": (
        Fault.body(b"<html>Useful links for guests: <a href='/vpn.zip'>", "text/html"),
        NO_INDEX,
    ),
    "empty": (Fault.empty_body(), NO_INDEX),
    "plain text": (Fault.body(html(WHEEL), "text/plain"), NO_INDEX),
    "HTML said to be JSON": (Fault.body(html(WHEEL), JSON), NO_INDEX),
    "a part of it": (changed(status=206), FAILED),
    "304": (Fault.status(304), FAILED),
    "gzip that is none": (Fault.body(html(WHEEL), "text/html", Content_Encoding="gzip"), UNREACHABLE),
    "gzip cut off": (
        Fault.body(gzip.compress(html(*[WHEEL] * 9))[:-15], "text/html", Content_Encoding="gzip"),
        NO_INDEX,
    ),
    "gzip bomb": (Fault.body(gzip.compress(bytes(200_000_000), 1), "text/html", Content_Encoding="gzip"), FAILED),
    "length that is too small": (Fault.body(html(WHEEL)[:-12], "text/html"), NO_INDEX),
    "an encoding that is none": (Fault.body(html(WHEEL), "text/html; charset=nonsense"), NO_INDEX),
    "bytes that are not UTF-8": (Fault.body(html(WHEEL) + b"\xff", "text/html"), NO_INDEX),
    "HTML of version 2": (link(WHEEL, '<meta name="pypi:repository-version" content="2.0">'), NO_INDEX),
    "JSON of version 2": (page(ENTRY, meta={"api-version": "2.0"}), NO_INDEX),
    "JSON cut off": (Fault.body(json.dumps({"files": [ENTRY] * 3}).encode()[:-9], JSON), NO_INDEX),
    "JSON that is deep": (Fault.body(b'{"files":' + b"[" * MANY, JSON), NO_INDEX),
    "JSON without files": (Fault.body(b'{"meta": {"api-version": "1.0"}}', JSON), NO_INDEX),
    "files that are null": (page(files=None), NO_INDEX),
    "files that are an object": (page(files={}), NO_INDEX),
    "files that are a text": (page(files=""), NO_INDEX),
    "a file that is null": (page(ENTRY, None), NO_INDEX),
    "a file that is empty": (page({}), NO_INDEX),
    "a file without URL": (page(ENTRY | {"url": ""}), NO_INDEX),
    "a URL that is a number": (page(ENTRY | {"url": 3}), NO_INDEX),
    "a URL that is broken": (page(ENTRY | {"url": f"http://[{WHEEL}"}), NO_INDEX),
    "a URL with half a character": (page(ENTRY | {"url": f"/\ud800/{WHEEL}"}), NO_INDEX),
    "a URL with a space at its end": (page(ENTRY | {"url": f"{ENTRY['url']} "}), NO_INDEX),
    "a URL with backslashes": (page(ENTRY | {"url": f"\\files\\{WHEEL}"}), NO_INDEX),
    "a hash that is empty": (page(ENTRY | {"hashes": {"sha256": ""}}), NO_INDEX),
    "hashes in a list": (page(ENTRY | {"hashes": [1]}), NO_INDEX),
    "a hash that is a number": (page(ENTRY | {"hashes": {"sha256": 3}}), NO_INDEX),
    "a hash of metadata that is a number": (page(ENTRY | {"core-metadata": {"sha256": 3}}), NO_INDEX),
    "Requires-Python that is a number": (page(ENTRY | {"requires-python": 3}), NO_INDEX),
    "yanked that is a list": (page(ENTRY | {"yanked": ["x"]}), NO_INDEX),
    "an upload-time that is none": (page(ENTRY | {"upload-time": "soon"}), NO_INDEX),
    "a version of 5,000 digits": (page(ENTRY | {"url": f"/files/demo-{'9' * 5000}-py3-none-any.whl"}), NO_INDEX),
    "a file of this disk": (link(f"file:///tmp/{WHEEL}"), NO_INDEX),
    "a file of another machine": (link(f"file://example.invalid/share/{WHEEL}"), NO_INDEX),
    "a file in the URL": (link(f"data:application/zip;base64,AAAA/{WHEEL}"), NO_INDEX),
    "a file by FTP": (link(f"ftp://127.0.0.1:1/{WHEEL}"), NO_INDEX),
    "a repository": (link(f"git+https://127.0.0.1:1/{WHEEL}"), NO_INDEX),
    "files of another project": (Fault.body(html("x.whl").replace(b"demo", b"other"), "text/html"), NO_INDEX),
}
"""What only a page can have."""

RECOVERED: dict[str, Callable[[], Fault]] = {
    "503 once": lambda: Fault.status(503, times=1),
    "429 without a pause, twice": lambda: Fault.status(429, times=2),
    "429 with a pause": lambda: Fault.status(429, retry_after=1, times=1),
    "429 with a pause that is none": lambda: replace(paused("429", "soon"), times=1),
    "504 once": lambda: Fault.status(504, times=1),
    "reset once": lambda: Fault.reset(after=0, times=1),
    "reset within, twice": lambda: Fault.reset(times=2),
    "short body once": lambda: Fault.short_body(times=1),
    "silence once": lambda: Fault.silence(times=1),
}
"""What passes, and is tried again."""
