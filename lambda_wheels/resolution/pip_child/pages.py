"""Every index page that pip reads, or fails to read. (In pip's process.)"""

from __future__ import annotations

import dataclasses
import mimetypes
import threading
import urllib.parse
from collections.abc import Callable
from typing import Any

from .page_content import WHOLE, check_entry, page_fault, project_of
from .telling import emit, public, refuse, shown, wrap

_local = threading.local()
"""Of this thread: ``page`` while an index page is read; ``ends_anywhere`` where HTTP did not tell how long it is."""

_NOT_UNDERSTOOD = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What becomes of a page in pip that is not as the specifications have it: pip does not check."""


def watch_pages(records: dict[str, list[list[str]]]) -> None:
    """Tell of every index page and failed request; note in ``records`` why each file of a project was passed over."""
    from pip._internal.exceptions import InstallationError
    from pip._internal.index.collector import LinkCollector
    from pip._internal.index.package_finder import LinkEvaluator, PackageFinder
    from pip._internal.models.link import Link, LinkHash
    from pip._internal.network.session import PipSession

    def note(url: str, **outcome: Any) -> None:
        if (page := getattr(_local, "page", None)) is not None:
            page.update(outcome)
        elif outcome["error"] or outcome["status"] not in {200, 206}:
            emit("request", url=public(url), **outcome)

    @wrap(PipSession, "request")
    def request(original: Callable[..., Any], self: Any, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        try:
            response = original(self, method, url, *args, **kwargs)
        except Exception as error:
            note(url, status=0, error=type(error).__name__, detail=shown(getattr(error, "context", None) or error))
            raise
        note(url, status=response.status_code, error="", detail="")
        _local.ends_anywhere = not (
            getattr(response, "from_cache", False)
            or "Content-Length" in response.headers
            or "Transfer-Encoding" in response.headers
        )
        return response

    @wrap(PipSession, "get_redirect_target")
    def get_redirect_target(original: Callable[..., Any], self: Any, response: Any) -> Any:
        # Not to a file: an index would choose what is read on this disk (pip itself follows there before 26.3).
        try:
            target = original(self, response)
            scheme = urllib.parse.urlsplit(urllib.parse.urljoin(response.url, target or "")).scheme
        except ValueError:  # no URL
            return None
        return target if scheme in {"http", "https"} else None

    @wrap(LinkCollector, "fetch_response")
    def fetch_response(original: Callable[..., Any], self: Any, location: Any, *args: Any, **kwargs: Any) -> Any:
        page = new_page(location.url, find_links=location.url in self.find_links)
        content = None
        fault = "-"
        _local.page = page
        _local.ends_anywhere = False
        try:
            content = original(self, location, *args, **kwargs)
        except _NOT_UNDERSTOOD:
            if not page["error"]:  # else it is the request that failed, and that is told below
                raise
        finally:
            _local.page = None
            if content is not None and _is_own_page(location.url):
                fault = ""
            elif content is not None and page["status"] in WHOLE:
                project = "" if page["find_links"] else project_of(location.url)
                fault = page_fault(content.content, content.content_type, project, ends_anywhere=_local.ends_anywhere)
            page.update(read=content is not None, listing=not fault, fault=fault.removeprefix("-"))
            emit("page", **page)
        if page["error"] or (content is not None and fault):
            # The resolution has failed: do not wait for the same server once more for each project.
            raise InstallationError(f"{page['url']} could not be read")
        return content

    @wrap(PackageFinder, "process_project_url")
    def process_project_url(original: Callable[..., Any], self: Any, project_url: Any, *args: Any, **kw: Any) -> Any:
        try:
            return original(self, project_url, *args, **kw)
        except _NOT_UNDERSTOOD as error:
            fault = f"{shown(error)} ({type(error).__name__})"
            page = new_page(project_url.url, status=200, read=True, fault=fault)
            emit("page", **page)
            raise InstallationError(f"{page['url']} could not be understood") from error

    @wrap(Link, "from_json")
    def from_json(original: Callable[..., Any], entry: Any, *args: Any, **kwargs: Any) -> Any:
        check_entry(entry)
        return original(entry, *args, **kwargs)

    @wrap(LinkHash, "find_hash_url_fragment")
    def find_hash_url_fragment(original: Callable[..., Any], url: str) -> Any:
        found = original(url)
        return found and dataclasses.replace(found, value=found.value.lower())  # some indexes write it in capitals

    @wrap(PipSession, "is_secure_origin")
    def is_secure_origin(original: Callable[..., Any], self: Any, location: Any) -> Any:
        secure = original(self, location)
        if not secure:
            emit("page", **new_page(str(location), error="InsecureOrigin"))
        return secure

    @wrap(LinkEvaluator, "evaluate_link")
    def evaluate_link(original: Callable[..., Any], self: Any, link: Any) -> Any:
        kind, detail = original(self, link)
        if kind.name == "candidate" and _leads_here(link):
            raise ValueError(f"it lists {public(link.url)}, which is not on the web")
        if kind.name == "upload_time_missing":  # pip, too, stops here, but does not say so
            refuse("too-new", self._canonical_name)
        late = kind.name == "platform_mismatch" and self._uploaded_prior_to is not None and not link.is_file
        late = late and link.upload_time is not None and link.upload_time >= self._uploaded_prior_to
        records.setdefault(self._canonical_name, []).append(
            [
                link.filename,
                "upload_too_late" if late else kind.name,  # pip looks at the tags first
                link.requires_python or "",
                "yanked" if link.is_yanked else "",
                link.upload_time.isoformat() if link.upload_time else "",
            ]
        )
        return kind, detail


def new_page(url: str, **known: Any) -> dict[str, Any]:
    """What is told of a page of which only this is known."""
    page = {"url": public(url), "status": 0, "error": "", "detail": "", "find_links": False}
    return {**page, "read": False, "listing": False, "fault": "", **known}


def _is_own_page(url: str) -> bool:
    """Whether this is an HTML file on this disk, which may be about anything: pip reads all in a folder of wheels."""
    return url.lower().startswith("file:") and mimetypes.guess_type(url, strict=False)[0] == "text/html"


def _leads_here(link: Any) -> bool:
    """Whether a page on the web lists what is not: it would choose what is read on this disk, or from which host."""
    return str(link.comes_from).startswith(("http://", "https://")) and link.scheme not in {"http", "https"}
