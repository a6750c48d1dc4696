"""What is taken for the page of an index, and what is not, by its text alone. (Pure.)"""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from lambda_wheels.resolution.pip_child.page_content import check_entry, page_fault

JSON = "application/vnd.pypi.simple.v1+json"
LINK = '<a href="/demo-1.0-py3-none-any.whl">demo</a>'


def json_page(*files: str, name: str = "demo", version: str = "1.1") -> bytes:
    """A JSON page with these files."""
    entries = [{"filename": file, "url": file} for file in files]
    return json.dumps({"meta": {"api-version": version}, "name": name, "files": entries}).encode()


@pytest.mark.parametrize(
    ("text", "ends_anywhere"),
    [
        (f"<html><body>{LINK}</body></html>", True),
        (f"<!DOCTYPE html>{LINK}\n", True),
        (f"<!DOCTYPE html><html><body>{LINK}<p>The end", False),
        (f"<html>{LINK}<address>us", False),
        (f'{LINK}<!-- "api-version": "2.0" -->', True),
        ("<html><title>Links for demo</title>", False),
    ],
)
def test_whole_html(text: str, ends_anywhere: bool) -> None:
    """HTML need not have an end tag, where HTTP tells that it is all there."""
    assert page_fault(text.encode(), "text/html", "demo", ends_anywhere=ends_anywhere) == ""


@pytest.mark.parametrize(
    ("text", "ends_anywhere"),
    [
        (f"<html>{LINK}<a href='demo-2.0", False),
        (f"<html>{LINK}<A href='demo-2.0-py3-none-any.whl'>demo-2", False),
        (f"<html>{LINK}</", False),
        (f"<html>{LINK}", True),
    ],
)
def test_cut_html(text: str, ends_anywhere: bool) -> None:
    """A page that ends within a tag or a link, or without an end tag where nothing else tells, is cut."""
    assert "breaks off" in page_fault(text.encode(), "text/html", "demo", ends_anywhere=ends_anywhere)


@pytest.mark.parametrize(
    ("version", "known"), [("1", True), ("1.9", True), ("2.0", False), ("10.0", False), ("", False)]
)
def test_versions(version: str, known: bool) -> None:
    """All of version 1 is known, however it is written, in JSON and in HTML."""
    html = f'<meta name="pypi:repository-version" content="{version}">{LINK}'.encode()
    faults = page_fault(json_page(version=version), JSON, "demo"), page_fault(html, "text/html", "demo")
    assert [not fault for fault in faults] == [known, known]


@pytest.mark.parametrize(
    ("page", "fault"),
    [
        (json_page("demo-project-1.0.msi", "old-name-1.0.rpm", name="Demo.Project"), ""),
        (json_page("demo_project-1.0.tar.bz2", name="x"), ""),
        (json_page(name="x"), ""),
        (json_page("demo-1.0-py3-none-any.whl", name="demo-project-2"), "-"),
        (json_page("demo-1.0-py3-none-any.whl", name="a-demo-project"), "-"),
    ],
)
def test_whose_json_it_is(page: bytes, fault: str) -> None:
    """A JSON page says whose it is, or has a file of the project, or none at all."""
    assert page_fault(page, JSON, "demo-project") == fault


@pytest.mark.parametrize("ending", [".whl", ".tar.gz", ".tar.bz2", ".tgz", ".zip"])
def test_pages_of_links(ending: str) -> None:
    """A page of links has one to a file of any kind that pip knows."""
    assert page_fault(f"<a href='x-1.0{ending}'>x</a>".encode(), "text/html", "") == ""
    assert page_fault(b"<a href='x'>x</a>", "text/html", "") == "-"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("Guests: <a href='vpn.zip'>VPN</a>", "-"),
        ("Useful links for guests: <a href='/vpn.zip'>VPN</a>", "-"),
        ("<a href='/v-2/vpn.zip'>VPN</a>", "-"),
        ("<a href='vpn-5.0.exe'>VPN</a>", "-"),
        ("<title>Links for demo</title>", ""),
        ("<H1>Links for demo</H1>", ""),
        ("<a href='Demo-V1.0.WHL'>demo</a>", ""),
        ("<a href='https://a.example/demo-1.0+cpu.ZIP?x#sha256=0'>demo</a>", ""),
    ],
)
def test_pages_of_links_and_others(text: str, fault: str) -> None:
    """A page is not one of links for an archive that pip could not take."""
    assert page_fault(text.encode(), "text/html", "") == fault


@pytest.mark.parametrize("files", [{}, "", None, 0, {"demo-1.0-py3-none-any.whl": []}])
def test_files_that_are_no_list(files: object) -> None:
    """What a JSON page has for its files has to be a list: pip would find nothing in most else, and go on."""
    assert page_fault(json.dumps({"name": "demo", "files": files}).encode(), JSON, "demo") == "-"


@pytest.mark.parametrize("piece", [b"a-", b"a-.zi", b".zip", b"-1", b"a--"])
@pytest.mark.parametrize("project", ["a", "a-a", ""])
def test_time(piece: bytes, project: str) -> None:
    """A page that names the project a million times takes little longer to look at than any other of its size."""
    started = time.process_time()
    page_fault(piece * (4_000_000 // len(piece)), "text/html", project)
    assert time.process_time() - started < 3


WHEEL: dict[str, Any] = {"filename": "demo-1.0-py3-none-any.whl", "url": "demo-1.0-py3-none-any.whl"}


@pytest.mark.parametrize(
    "entry",
    [
        WHEEL | {"core-metadata": "true", "yanked": 0, "hashes": {"sha256": None}, "requires-python": ""},
        WHEEL | {"filename": 3, "size": "large"},
        WHEEL | {"url": "https://a.example/x%20y/demo-1.0%2Bcpu-py3-none-any.whl?a=/b c&d=\\#sha256=0"},
        WHEEL | {"url": "/files/demo-1.0-py3-none-any.whl/"},
        WHEEL | {"filename": "demo-1.0-py3-none-any.whl.asc", "url": "/files/demo-1.0-py3-none-any.whl.asc"},
        {"filename": "demo-1.0.msi", "url": ""},
        {"filename": "demo-1.0.tar.gz", "url": "demo-1.0.tar.gz", "requires-python": 3},
    ],
)
def test_harmless_entries(entry: dict[str, Any]) -> None:
    """What is odd, but makes no difference to pip, or stands at no wheel, is let be."""
    check_entry(entry)
    assert entry.get("hashes", {}) == {}


@pytest.mark.parametrize(
    "entry",
    [
        None,
        {},
        {"filename": WHEEL["filename"]},
        WHEEL | {"url": 3},
        WHEEL | {"url": WHEEL["url"] + " "},
        WHEEL | {"url": WHEEL["url"] + "%20"},
        WHEEL | {"url": "\\files\\" + WHEEL["url"]},
        WHEEL | {"url": "/download?file=" + WHEEL["url"]},
        WHEEL | {"hashes": {"sha256": ""}},
        WHEEL | {"hashes": {"sha256": None, "md5": 3}},
        WHEEL | {"core-metadata": {"sha256": 3}},
        WHEEL | {"yanked": ["x"]},
        WHEEL | {"requires-python": 3},
        WHEEL | {"upload-time": 3},
    ],
)
def test_entries_that_pip_would_misread(entry: Any) -> None:
    """A wheel that pip would pass over, break on, or take for withdrawn is none to go on with."""
    with pytest.raises(TypeError):
        check_entry(entry)
