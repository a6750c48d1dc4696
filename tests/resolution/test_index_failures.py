"""What went wrong between pip and an index, told from hand-written events. (Pure.)"""

from __future__ import annotations

from typing import Any

import pytest

from lambda_wheels.resolution.index_failures import failed_files, failed_pages

URL = "https://index.example.org/simple/demo/"


def page(
    status: int = 200, error: str = "", *, listing: bool = False, find_links: bool = False, detail: str = ""
) -> dict[str, Any]:
    """What the runner tells of a page."""
    outcome = {"status": status, "error": error, "detail": detail}
    return {"event": "page", "url": URL, "read": listing, "listing": listing, "find_links": find_links, **outcome}


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(page(200, listing=True), id="read"),
        pytest.param(page(304, listing=True), id="from the cache"),
        pytest.param(page(404), id="no such project"),
        pytest.param({"event": "prepare", "url": URL}, id="other event"),
    ],
)
def test_page_that_is_fine(event: dict[str, Any]) -> None:
    """A page that was read, and one that is not there, are no problem."""
    assert failed_pages([event]) == []


@pytest.mark.parametrize(
    ("event", "rule", "words"),
    [
        pytest.param(page(200), "not-an-index", ["login page"], id="portal"),
        pytest.param(page(203), "not-an-index", ["login page"], id="portal that a proxy has changed"),
        pytest.param(page(401), "index-refused", ["asks for credentials (HTTP 401)", "netrc"], id="401"),
        pytest.param(page(407), "index-refused", ["HTTP 407"], id="407"),
        pytest.param(page(403), "index-refused", ["HTTP 403"], id="403"),
        pytest.param(
            page(404, find_links=True), "index-failed", ["not there (HTTP 404)"], id="find-links that is not there"
        ),
        pytest.param(page(410), "index-failed", ["HTTP 410"], id="410"),
        pytest.param(page(429), "index-failed", ["fewer requests"], id="429"),
        pytest.param(page(500), "index-failed", ["HTTP 500", "try again later"], id="500"),
        pytest.param(page(302), "index-failed", ["HTTP 302"], id="redirect that is not followed"),
        pytest.param(
            page(
                0, "RetryError", detail="Max retries exceeded (Caused by ResponseError('too many 503 error responses'))"
            ),
            "index-failed",
            ["failed (HTTP 503)"],
            id="503 again and again",
        ),
        pytest.param(
            page(0, "RetryError", detail="x"), "index-unreachable", ["RetryError"], id="retries of another kind"
        ),
        pytest.param(page(0, "ConnectionFailedError"), "index-unreachable", ["could not be reached"], id="refused"),
        pytest.param(page(0, "ConnectionTimeoutError"), "index-unreachable", ["--timeout"], id="silence"),
        pytest.param(page(0, "ProxyConnectionError"), "index-unreachable", ["proxy"], id="proxy"),
        pytest.param(page(0, "SSLVerificationError"), "index-unreachable", ["--cert"], id="certificate"),
        pytest.param(page(0, "TooManyRedirects"), "index-unreachable", ["circle"], id="redirects"),
        pytest.param(page(0, "ChunkedEncodingError"), "index-unreachable", ["broke off"], id="broken off"),
        pytest.param(page(404, "SomethingElse"), "index-unreachable", ["SomethingElse"], id="error after a 404"),
        pytest.param(
            page(0, "InsecureOrigin"), "index-insecure", ["--trusted-host index.example.org"], id="plain HTTP"
        ),
    ],
)
def test_page_that_failed(event: dict[str, Any], rule: str, words: list[str]) -> None:
    """Each way in which a page could not be read has a rule and something to try; none is called a missing project."""
    [problem] = failed_pages([page(200, listing=True), event, event])
    assert problem.rule == rule
    for word in [*words, URL]:
        assert word in str(problem)


@pytest.mark.parametrize(
    ("status", "error", "rule"),
    [
        (401, "", "file-refused"),
        (403, "", "file-refused"),
        (404, "", "file-failed"),
        (500, "", "file-failed"),
        (302, "", "file-failed"),
        (0, "ConnectionTimeoutError", "file-unreachable"),
        (0, "IncompleteDownloadError", "file-unreachable"),
    ],
)
def test_file_that_failed(status: int, error: str, rule: str) -> None:
    """Each way in which a file could not be downloaded has a rule."""
    event = {"event": "request", "url": f"{URL}demo.whl", "status": status, "error": error, "detail": ""}
    [problem] = failed_files([event, page(500), event])
    assert problem.rule == rule
    assert "demo.whl" in str(problem)


def test_details_are_redacted() -> None:
    """What pip's exception says is shown on one line, without secrets."""
    detail = "broken\nby https://user:sesame@index.example.org/simple/?token=sesame with url: /x?token=sesame"
    [problem] = failed_pages([page(0, "ConnectionFailedError", detail=detail)])
    assert "broken by https://index.example.org/simple/" in str(problem)
    assert "sesame" not in str(problem)
