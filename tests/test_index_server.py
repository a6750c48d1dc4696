"""The index that the other tests lean on answers and fails as they ask it to. (Opens sockets on loopback.)"""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import socket
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.index_pages import JSON
from tests.index_server import Fault, IndexServer, Listing
from tests.wheel_factory import make_wheel

pytestmark = pytest.mark.loopback


def get(
    index: IndexServer, path: str, headers: Mapping[str, str] | None = None, *, timeout: float = 5.0
) -> tuple[int, Mapping[str, str], bytes]:
    """One request on a connection of its own; redirects are not followed."""
    connection = http.client.HTTPConnection("127.0.0.1", index.port, timeout=timeout)
    try:
        connection.request("GET", path, headers=dict(headers or {}))
        response = connection.getresponse()
        return response.status, dict(response.headers), response.read()
    finally:
        connection.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one wheel."""
    make_wheel(tmp_path, "demo", "1.0", requires=["other>=2"], requires_python=">=3.9")
    return tmp_path


def wheel_in(folder: Path) -> Path:
    """The wheel of the fixture."""
    [path] = folder.glob("*.whl")
    return path


def test_html_page(folder: Path) -> None:
    """The HTML page gives link, sha256, Requires-Python, metadata hash and yanking."""
    name = wheel_in(folder).name
    with IndexServer(folder, listing=Listing(yanked={name: "broken <on> Tuesdays"})) as index:
        status, headers, body = get(index, "/simple/demo/")
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    digest = hashlib.sha256(wheel_in(folder).read_bytes()).hexdigest()
    text = body.decode()
    assert f'href="/files/{name}#sha256={digest}"' in text
    assert 'data-requires-python="&gt;=3.9"' in text
    assert 'data-yanked="broken &lt;on&gt; Tuesdays"' in text
    assert 'data-core-metadata="sha256=' in text


def test_json_page(folder: Path) -> None:
    """Who asks for JSON gets the same as JSON, with size and time of upload, unless that is switched off."""
    with IndexServer(folder) as index:
        _, headers, body = get(index, "/simple/demo/", {"Accept": JSON})
        [file] = json.loads(body)["files"]
        _, _, metadata = get(index, file["url"] + ".metadata")
        index.json = False
        _, other_headers, _ = get(index, "/simple/demo/", {"Accept": JSON})
    assert headers["Content-Type"] == JSON
    assert file["size"] == wheel_in(folder).stat().st_size
    assert file["requires-python"] == ">=3.9"
    assert file["yanked"] is False
    assert file["upload-time"] == "2024-01-01T00:00:00Z"
    assert file["core-metadata"] == {"sha256": hashlib.sha256(metadata).hexdigest()}
    assert b"Requires-Dist: other>=2" in metadata
    assert other_headers["Content-Type"].startswith("text/html")


def test_listing_can_be_bare_or_lie(folder: Path) -> None:
    """Hashes and metadata can be left out, and metadata can be another text than the wheel's."""
    name = wheel_in(folder).name
    with IndexServer(folder, listing=Listing(hashes=False, metadata=False)) as index:
        _, _, bare = get(index, "/simple/demo/")
        missing, _, _ = get(index, f"/files/{name}.metadata")
    with IndexServer(folder, listing=Listing(lies={name: b"a lie"})) as index:
        _, _, page = get(index, "/simple/demo/")
        _, _, lie = get(index, f"/files/{name}.metadata")
    assert b"sha256" not in bare and missing == 404
    assert lie == b"a lie" and hashlib.sha256(b"a lie").hexdigest().encode() in page


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("/simple/", 200, id="root"),
        pytest.param("/links/", 200, id="all files"),
        pytest.param("/simple/Demo/", 301, id="not normalised"),
        pytest.param("/simple/demo", 301, id="no slash"),
        pytest.param("/simple/nobody/", 404, id="no such project"),
        pytest.param("/files/nothing.whl", 404, id="no such file"),
        pytest.param("/files/../secret", 404, id="outside"),
        pytest.param("/", 404, id="elsewhere"),
    ],
)
def test_paths(folder: Path, path: str, status: int) -> None:
    """Every path has the status that a package index gives it."""
    with IndexServer(folder) as index:
        assert get(index, path)[0] == status


def test_files_and_ranges(folder: Path) -> None:
    """A file comes whole, or from where an earlier download broke off; both are counted and logged with their bytes."""
    wheel = wheel_in(folder)
    content = wheel.read_bytes()
    with IndexServer(folder) as index:
        path = f"/files/{wheel.name}"
        assert get(index, path)[2] == content
        status, _, rest = get(index, path, {"Range": "bytes=100-"})
        assert (status, rest) == (206, content[100:])
        assert index.count("/files/*.whl") == 2
    # Once it is closed: a byte may arrive before it is counted.
    assert [request.sent for request in index.matching("/files/*")] == [len(content), len(content) - 100]


def test_authentication(folder: Path) -> None:
    """Without the right credentials everything is 401; what was sent stands in the log."""
    right, wrong = (base64.b64encode(text).decode() for text in (b"me:p@ss", b"me:guess"))
    with IndexServer(folder, auth=("me", "p@ss")) as index:
        assert index.url_with_credentials == f"http://me:p%40ss@127.0.0.1:{index.port}/simple/"
        assert [
            get(index, "/simple/demo/", headers)[0]
            for headers in ({}, {"Authorization": f"Basic {wrong}"}, {"Authorization": f"Basic {right}"})
        ] == [401, 401, 200]
        assert [request.credentials for request in index.requests] == [None, ("me", "guess"), ("me", "p@ss")]


@pytest.mark.parametrize("code", [401, 403, 404, 429, 500, 502, 503])
def test_status_faults(folder: Path, code: int) -> None:
    """A status can be given so many times, for one path only, with Retry-After if wanted."""
    with IndexServer(folder) as index:
        index.fail("/simple/demo/", Fault.status(code, retry_after=7, times=2))
        answers = [get(index, "/simple/demo/") for _ in range(3)]
        other, _, _ = get(index, "/simple/")
    assert [status for status, _, _ in answers] == [code, code, 200]
    assert answers[0][1]["Retry-After"] == "7"
    assert other == 200


def test_bodies_that_are_wrong(folder: Path) -> None:
    """A body can be another one of the right length, an empty one, a portal's page, or the right one with padding."""
    wheel = wheel_in(folder)
    content, path = wheel.read_bytes(), f"/files/{wheel.name}"
    with IndexServer(folder) as index:
        for fault in (Fault.wrong_body(), Fault.empty_body(), Fault.portal()):
            index.fail(path, Fault(change=fault.change, times=1))
        wrong, empty, portal = (get(index, path)[2] for _ in range(3))
        index.fail("/simple/demo/", Fault.large(size=3_000_000))
        _, _, page = get(index, "/simple/demo/")
    assert len(wrong) == len(content) and wrong != content
    assert empty == b""
    assert b"hotel" in portal
    assert len(page) == 3_000_000 and wheel.name.encode() in page


def test_bodies_that_end_early(folder: Path) -> None:
    """A body can end before its promised length, in order or by a reset, and the fault can be mended."""
    path = f"/files/{wheel_in(folder).name}"
    with IndexServer(folder) as index:
        index.fail(path, Fault.short_body(times=1))
        index.fail(path, Fault.reset(after=5))
        with pytest.raises(http.client.IncompleteRead):
            get(index, path)
        with pytest.raises(ConnectionResetError):
            get(index, path)
        index.mend()
        assert get(index, path)[0] == 200
        assert index.matching(path)[1].sent == 5


@pytest.mark.parametrize("to", ["/elsewhere", "http://127.0.0.2:9/", "file:///etc/passwd", None])
def test_redirects(folder: Path, to: str | None) -> None:
    """A redirect can lead anywhere, to itself too."""
    with IndexServer(folder) as index:
        index.fail("/simple/*", Fault.redirect(to))
        status, headers, _ = get(index, "/simple/demo/")
    assert (status, headers["Location"]) == (302, to or "/simple/demo/")


@pytest.mark.parametrize("fault", [Fault.silence(), Fault.drip(pause=30.0)], ids=["silence", "drip"])
def test_hanging_answers_end_with_the_server(folder: Path, fault: Fault) -> None:
    """Closing the server ends answers that hang, and connections that stay open, at once; no thread is left."""
    before = threading.active_count()
    with IndexServer(folder) as index:
        index.fail("/simple/demo/", fault)
        idle = socket.create_connection(("127.0.0.1", index.port))
        with pytest.raises(TimeoutError):
            get(index, "/simple/demo/", timeout=0.2)
        began = time.monotonic()
    assert time.monotonic() - began < 2.0
    assert threading.active_count() == before
    idle.close()


def test_drip_comes_byte_by_byte(folder: Path) -> None:
    """A drip is slow but right in the end."""
    path = f"/files/{wheel_in(folder).name}.metadata"
    with IndexServer(folder) as index:
        _, _, quick = get(index, path)
        index.fail(path, Fault.drip(pause=0.001))
        began = time.monotonic()
        _, _, slow = get(index, path)
    assert slow == quick and time.monotonic() - began >= 0.001 * len(quick)
