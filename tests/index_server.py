"""A package index on loopback, for tests: right answers, a log of what was asked, and faults on demand.

::

    with IndexServer(folder, auth=("user", "secret")) as index:
        index.fail("/simple/demo/", Fault.status(503, retry_after=1, times=2))
        ...  # index.url, index.url_with_credentials
        assert index.count("/files/*.whl") == 1

Paths: ``/simple/``, ``/simple/PROJECT/``, ``/files/NAME``, ``/files/NAME.metadata``, and ``/links/``, one page with all
files, for ``--find-links``. The folder is read at each request: files may come and go. (Opens a socket on 127.0.0.1.)
"""

from __future__ import annotations

import base64
import binascii
import fnmatch
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote, unquote, urlsplit

from packaging.utils import canonicalize_name

from tests import index_pages
from tests.index_faults import Answer, Fault
from tests.index_pages import HTML, JSON, Listing
from tests.loopback_server import LoopbackServer, reset

__all__ = ["Answer", "Fault", "IndexServer", "Listing", "Request"]

CHUNK: Final = 1 << 16
SILENCE: Final = 120.0
"""Seconds after which silence ends even if nobody closes the server."""


@dataclass(slots=True)
class Request:
    """One request, in the log from the moment it came in."""

    method: str
    path: str
    """As sent: a whole URL when the client takes us for a proxy."""
    headers: Mapping[str, str]
    """Names in lower case."""
    status: int | None = None
    """None while nothing was answered."""
    sent: int = 0
    """Bytes of the body that went out."""

    @property
    def credentials(self) -> tuple[str, str] | None:
        """User and password of basic authentication, as sent."""
        scheme, _, value = self.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return user, password


class IndexServer:
    """An index over ``folder``, open within ``with``.

    :param auth: user and password that every request must bring.
    :param json: whether a client that asks for JSON gets it (PEP 691).
    :param listing: what the pages say about the files.
    """

    def __init__(
        self,
        folder: Path,
        *,
        auth: tuple[str, str] | None = None,
        json: bool = True,
        listing: Listing | None = None,
    ) -> None:
        self.folder, self.auth, self.json, self.listing = folder, auth, json, listing or Listing()
        self.requests: list[Request] = []
        self._faults: list[tuple[str, Fault]] = []
        self._hits: list[int] = []
        self._lock = threading.Lock()
        self._server: _Server | None = None

    def __enter__(self) -> Self:
        self._server = server = _Server(self)
        self._thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="index server")
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.end()
        self._thread.join()
        if self._server.errors and error is None:
            raise ExceptionGroup("the index server itself failed", self._server.errors)

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._server is not None, "the server is only there within `with`"
        return int(self._server.server_address[1])

    @property
    def root(self) -> str:
        """Without a slash at the end: ``http://127.0.0.1:PORT``."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """For ``--index-url``."""
        return f"{self.root}/simple/"

    @property
    def url_with_credentials(self) -> str:
        """The same with user and password in it."""
        assert self.auth is not None
        user, password = (quote(part, safe="") for part in self.auth)
        return f"http://{user}:{password}@127.0.0.1:{self.port}/simple/"

    @property
    def links_url(self) -> str:
        """For ``--find-links``."""
        return f"{self.root}/links/"

    def file_url(self, filename: str) -> str:
        """Where the file is."""
        return f"{self.root}/files/{quote(filename)}"

    def fail(self, pattern: str, fault: Fault) -> None:
        """Let requests for paths like ``pattern`` (``/files/*.whl``) fail; of several faults the first left counts."""
        with self._lock:
            self._faults.append((pattern, fault))
            self._hits.append(0)

    def mend(self) -> None:
        """Take all faults away."""
        with self._lock:
            self._faults.clear()
            self._hits.clear()

    def matching(self, pattern: str) -> list[Request]:
        """The requests so far for paths like ``pattern``."""
        return [request for request in list(self.requests) if fnmatch.fnmatchcase(_path(request.path), pattern)]

    def count(self, pattern: str) -> int:
        """How many answers with a whole or partial file went out for paths like ``pattern``."""
        found = self.matching(pattern)
        return sum(1 for request in found if request.method == "GET" and request.status in {200, 206})

    def answer(self, request: Request) -> Answer:
        """What to say to ``request``: the right answer, then what a fault makes of it."""
        path = _path(request.path)
        if self.auth is not None and request.credentials != self.auth:
            return Fault.status(401).change(Answer(path=path))
        answer = self._right_answer(path, request.headers)
        with self._lock:
            for number, (pattern, fault) in enumerate(self._faults):
                if fnmatch.fnmatchcase(path, pattern) and (fault.times is None or self._hits[number] < fault.times):
                    self._hits[number] += 1
                    return fault.change(answer)
        return answer

    def _right_answer(self, path: str, headers: Mapping[str, str]) -> Answer:
        wants_json = self.json and JSON in headers.get("accept", "")
        here = sorted(file for file in self.folder.iterdir() if file.is_file())
        match path.strip("/").split("/"):
            case ["simple"]:
                projects = sorted({index_pages.project_of(file.name) for file in here})
                body = index_pages.json_root(projects) if wants_json else index_pages.html_root(projects)
                return _page(path, body, wants_json)
            case ["links"]:
                files = [index_pages.list_file(file, self.listing, "/files/") for file in here]
                return _page(path, index_pages.html_page("All files", files), False)
            case ["simple", name]:
                project = canonicalize_name(name)
                if path != f"/simple/{project}/":
                    return Fault.redirect(f"/simple/{project}/", code=301).change(Answer(path=path))
                own = [file for file in here if index_pages.project_of(file.name) == project]
                files = [index_pages.list_file(file, self.listing, "/files/") for file in own]
                render = index_pages.json_page if wants_json else index_pages.html_page
                return _page(path, render(project, files), wants_json) if files else _missing(path)
            case ["files", name]:
                return self._file(path, name, {file.name: file for file in here}, headers.get("range", ""))
            case _:
                return _missing(path)

    def _file(self, path: str, name: str, here: Mapping[str, Path], asked: str) -> Answer:
        if name in here:
            body = here[name].read_bytes()
            headers = {"Content-Type": "application/octet-stream", "ETag": f'"{len(body)}"', "Accept-Ranges": "bytes"}
            part = re.fullmatch(r"bytes=(\d+)-", asked)  # how pip goes on with a download that broke off
            if part and int(part[1]) < len(body):
                first = int(part[1])
                headers["Content-Range"] = f"bytes {first}-{len(body) - 1}/{len(body)}"
                return Answer(path=path, status=206, headers=headers, body=body[first:])
            return Answer(path=path, headers=headers, body=body)
        wheel = here.get(name.removesuffix(".metadata"))
        metadata = index_pages.offered_metadata(wheel, self.listing) if wheel else None
        return _missing(path) if metadata is None else Answer(path=path, body=metadata)


def _path(target: str) -> str:
    return unquote(urlsplit(target).path)


def _page(path: str, body: bytes, is_json: bool) -> Answer:
    return Answer(path=path, headers={"Content-Type": JSON if is_json else HTML, "Vary": "Accept"}, body=body)


def _missing(path: str) -> Answer:
    return Fault.status(404).change(Answer(path=path))


class _Server(LoopbackServer):
    def __init__(self, index: IndexServer) -> None:
        self.index = index
        super().__init__(_Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else every small page waits 40 ms for the client's acknowledgement
    server: _Server

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers)
        self.server.index.requests.append(request)
        self._send(self.server.index.answer(request), request)

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on stderr: the log is ``requests``."""

    def _send(self, answer: Answer, request: Request) -> None:
        if answer.silent:
            self.server.ended.wait(SILENCE)
            self.close_connection = True
            return
        request.status = answer.status
        if answer.raw is not None:
            self.close_connection = True
            for piece in answer.raw():
                if self.server.ended.is_set():
                    return
                self.wfile.write(piece)
                request.sent += len(piece)
            return
        self.send_response(answer.status, answer.reason or None)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(answer.size))
        self.end_headers()
        if self.command == "HEAD":
            return
        left = answer.size if answer.stop_after is None else min(answer.size, answer.stop_after)
        while left and not self.server.ended.is_set():
            if answer.pause and self.server.ended.wait(answer.pause):
                break
            count = min(left, 1 if answer.pause else CHUNK)
            piece = answer.body[request.sent : request.sent + count] or b" " * count
            self.wfile.write(piece)
            request.sent += len(piece)
            left -= len(piece)
        if answer.stop_after is not None or left:
            self.close_connection = True
        if answer.reset:
            reset(self.connection)
