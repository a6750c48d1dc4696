"""An index that fails fails the build, whichever way, and is never resolved around. (Starts pip; loopback.)"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lambda_wheels.errors import IndexUnavailableError, LambdaWheelsError, ResolutionError
from tests.index_pages import JSON
from tests.index_server import Fault, IndexServer, Listing
from tests.resolution.pip_runs import pins, run_resolve
from tests.wheel_factory import make_wheel

pytestmark = [pytest.mark.pip, pytest.mark.hostile("Indexes")]


@pytest.fixture
def extra(tmp_path: Path) -> Iterator[IndexServer]:
    """An index with the newer, private demo."""
    folder = tmp_path / "private"
    folder.mkdir()
    make_wheel(folder, "demo", "9.0")
    with IndexServer(folder) as server:
        yield server


FAULTS = {
    "401": (Fault.status(401), "index-refused"),
    "403": (Fault.status(403), "index-refused"),
    "410": (Fault.status(410), "index-failed"),
    "429": (Fault.status(429), "index-failed"),
    "429 with Retry-After": (Fault.status(429, retry_after=1), "index-failed"),
    "500": (Fault.status(500), "index-failed"),
    "502": (Fault.status(502), "index-failed"),
    "503": (Fault.status(503), "index-failed"),
    "204": (Fault.status(204), "index-failed"),
    "portal": (Fault.portal(), "not-an-index"),
    "plain text": (Fault.status(200), "not-an-index"),
    "empty": (Fault.empty_body(), "not-an-index"),
    "silence": (Fault.silence(), "index-unreachable"),
    "reset": (Fault.reset(), "index-unreachable"),
    "short body": (Fault.short_body(), "index-unreachable"),
    "redirect loop": (Fault.redirect(None), "index-unreachable"),
    "redirect to a strange scheme": (Fault.redirect("gopher://127.0.0.1/"), "index-failed"),
}


@pytest.mark.parametrize("place", ["extra", "only"])
@pytest.mark.parametrize("case", FAULTS)
def test_failing_index(
    tmp_path: Path, index: IndexServer, extra: IndexServer, folder: Path, case: str, place: str
) -> None:
    """An index whose page fails is told as that, in bounded time, whatever another index offers in its place."""
    make_wheel(folder, "demo", "1.0")
    fault, rule = FAULTS[case]
    extra.fail("/simple/*", fault)
    first, further = (index.url, extra.url) if place == "extra" else (extra.url, None)
    started = time.monotonic()
    with pytest.raises(IndexUnavailableError) as caught:
        run_resolve(tmp_path, "demo", index_url=first, extra_index_url=further, retries=1, timeout=1)
    assert time.monotonic() - started < 60
    assert {problem.rule for problem in caught.value.problems} == {rule}
    assert f"{extra.url}demo/" in str(caught.value)
    assert caught.value.exit_code == 3


def test_redirect_to_a_file(tmp_path: Path, index: IndexServer, extra: IndexServer, folder: Path) -> None:
    """An index cannot have a page or a wheel read from this disk."""
    local = tmp_path / "local.html"
    wheel = make_wheel(tmp_path, "demo", "99.0")
    local.write_text(f'<!DOCTYPE html><html><body><a href="{wheel.as_uri()}">{wheel.name}</a></body></html>')
    make_wheel(folder, "demo", "1.0")
    extra.fail("/simple/*", Fault.redirect(local.as_uri()))
    with pytest.raises(IndexUnavailableError, match="index-failed"):
        run_resolve(tmp_path, "demo", index_url=index.url, extra_index_url=extra.url)
    extra.mend()
    extra.fail("/files/*", Fault.redirect(wheel.as_uri()))
    with pytest.raises(IndexUnavailableError, match="file-failed"):
        run_resolve(tmp_path, "demo", index_url=index.url, extra_index_url=extra.url)


@pytest.mark.parametrize("case", ["404", "503 once", "429 once"])
def test_index_that_does_not_fail(
    tmp_path: Path, index: IndexServer, extra: IndexServer, folder: Path, case: str
) -> None:
    """A project that the extra index does not have is no failure, and one that passes is tried again."""
    make_wheel(folder, "demo", "1.0")
    faults = {"404": Fault.status(404), "503 once": Fault.status(503, times=1)}
    extra.fail("/simple/*", faults.get(case) or Fault.status(429, retry_after=0, times=1))
    found = pins(run_resolve(tmp_path, "demo", index_url=index.url, extra_index_url=extra.url, retries=2))
    assert found == {"demo": "1.0" if case == "404" else "9.0"}


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("http://127.0.0.1:9/simple/", "index-unreachable"),
        ("https://index.invalid/simple/", "index-unreachable"),
        ("http://index.invalid/simple/", "index-insecure"),
    ],
)
def test_index_that_is_not_there(tmp_path: Path, index: IndexServer, folder: Path, url: str, rule: str) -> None:
    """An index that cannot be reached, or that is not read for being plain HTTP, fails the build."""
    make_wheel(folder, "demo", "1.0")
    with pytest.raises(IndexUnavailableError) as caught:
        run_resolve(tmp_path, "demo", index_url=index.url, extra_index_url=url)
    assert {problem.rule for problem in caught.value.problems} == {rule}


@pytest.mark.parametrize(("fault", "rule"), [(Fault.status(404), "index-failed"), (Fault.portal(), "not-an-index")])
def test_failing_find_links(tmp_path: Path, index: IndexServer, folder: Path, fault: Fault, rule: str) -> None:
    """A page of links is named for what it lists: one that is not there fails the build too."""
    make_wheel(folder, "demo", "1.0")
    index.fail("/links/*", fault)
    with pytest.raises(IndexUnavailableError) as caught:
        run_resolve(tmp_path, "demo", index_url=index.url, find_links=index.links_url)
    assert [problem.rule for problem in caught.value.problems] == [rule]


def test_large_page(tmp_path: Path, index: IndexServer, folder: Path) -> None:
    """A large page is read."""
    make_wheel(folder)
    index.fail("/simple/*", Fault.large(size=20_000_000))
    assert pins(run_resolve(tmp_path, "demo", index_url=index.url, timeout=10)) == {"demo": "1.0"}


@pytest.mark.parametrize("metadata", [True, False], ids=["metadata", "wheel"])
@pytest.mark.parametrize(
    ("fault", "rule", "kind"),
    [
        pytest.param(Fault.status(401), "file-refused", IndexUnavailableError, id="401"),
        pytest.param(Fault.status(403), "file-refused", IndexUnavailableError, id="403"),
        pytest.param(Fault.status(404), "file-failed", IndexUnavailableError, id="404"),
        pytest.param(Fault.status(500), "file-failed", IndexUnavailableError, id="500"),
        pytest.param(Fault.status(503), "file-failed", IndexUnavailableError, id="503"),
        pytest.param(Fault.silence(), "file-unreachable", IndexUnavailableError, id="silence"),
        pytest.param(Fault.redirect(None), "file-unreachable", IndexUnavailableError, id="loop"),
        pytest.param(Fault.wrong_body(), "hash-mismatch", ResolutionError, id="wrong body"),
        pytest.param(Fault.portal(), "hash-mismatch", ResolutionError, id="portal"),
    ],
)
def test_failing_file(
    tmp_path: Path, folder: Path, fault: Fault, rule: str, kind: type[LambdaWheelsError], metadata: bool
) -> None:
    """A file that an index lists and does not give is told as that, metadata or wheel."""
    make_wheel(folder)
    with IndexServer(folder, listing=Listing(metadata=metadata)) as index:
        index.fail("/files/*", fault)
        with pytest.raises(kind) as caught:
            run_resolve(tmp_path, "demo", index_url=index.url, retries=1, timeout=1)
    assert [problem.rule for problem in caught.value.problems] == [rule]
    assert "demo-1.0-py3-none-any.whl" in str(caught.value)


@pytest.fixture
def on_disk(tmp_path: Path) -> Path:
    """The folder of demo in an index on this disk that has the newer one."""
    project = tmp_path / "index" / "demo"
    project.mkdir(parents=True)
    wheel = make_wheel(project, "demo", "9.0")
    (project / "index.html").write_text(f'<a href="{wheel.name}">{wheel.name}</a>')
    return project


def run_on_disk(folder: Path, index: IndexServer, project: Path) -> dict[str, str]:
    """What is chosen of demo from both indexes."""
    return pins(run_resolve(folder, "demo", index_url=index.url, extra_index_url=project.parent.as_uri()))


@pytest.mark.parametrize("place", ["page", "folder", "file"])
def test_index_on_disk_that_fails(tmp_path: Path, index: IndexServer, folder: Path, on_disk: Path, place: str) -> None:
    """An index on this disk of which it cannot be told what it has is not taken for one without the project."""
    make_wheel(folder, "demo", "1.0")
    assert run_on_disk(tmp_path, index, on_disk) == {"demo": "9.0"}
    name = on_disk / "index.html" if place == "page" else on_disk
    name.rename(tmp_path / "aside")
    if place == "file":
        name.write_text("no folder")
    else:
        name.symlink_to(name)
    with pytest.raises(IndexUnavailableError, match=r"index-unreachable.*demo") as caught:
        run_on_disk(tmp_path, index, on_disk)
    assert caught.value.exit_code == 3


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("closed", ["project", "index"])
def test_index_on_disk_that_may_not_be_read(
    tmp_path: Path, index: IndexServer, folder: Path, on_disk: Path, closed: str
) -> None:
    """Nor is one whose folders may not be entered."""
    make_wheel(folder, "demo", "1.0")
    place = on_disk if closed == "project" else on_disk.parent
    place.chmod(0)
    try:
        with pytest.raises(IndexUnavailableError, match="Permission denied"):
            run_on_disk(tmp_path, index, on_disk)
    finally:
        place.chmod(0o755)


@pytest.mark.parametrize("what", ["folder", "page"])
def test_index_on_disk_without_the_project(
    tmp_path: Path, index: IndexServer, folder: Path, on_disk: Path, what: str
) -> None:
    """An index on this disk that has no such folder, or no page in it, does not have the project."""
    make_wheel(folder, "demo", "1.0")
    (on_disk / "index.html" if what == "page" else on_disk).rename(tmp_path / "aside")
    assert run_on_disk(tmp_path, index, on_disk) == {"demo": "1.0"}


@pytest.mark.parametrize("form", ["capitals", "name in capitals", "md5 first", "HTML"])
def test_digests_in_other_forms(tmp_path: Path, index: IndexServer, folder: Path, form: str) -> None:
    """A digest in capitals is as good, as for pip, and sha256 need not be the first one."""
    wheel = make_wheel(folder, "demo", "1.0")
    content = wheel.read_bytes()
    sha256, md5 = hashlib.sha256(content).hexdigest(), hashlib.md5(content).hexdigest()
    hashes = {
        "capitals": {"sha256": sha256.upper()},
        "name in capitals": {"SHA256": sha256},
        "md5 first": {"md5": md5, "sha256": sha256},
    }
    url = f"/files/{wheel.name}"
    if form == "HTML":
        fault = Fault.body(f'<a href="{url}#sha256={sha256.upper()}">{wheel.name}</a>'.encode(), "text/html")
    else:
        page = {"name": "demo", "files": [{"filename": wheel.name, "url": url, "hashes": hashes[form]}]}
        fault = Fault.body(json.dumps(page).encode(), JSON)
    index.fail("/simple/*", fault)
    [found] = run_resolve(tmp_path, "demo", index_url=index.url).wheels
    assert found.sha256 == sha256
