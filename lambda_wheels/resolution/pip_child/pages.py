"""Every index page that pip reads, or fails to read. (In pip's process.)"""

from __future__ import annotations

import threading
import urllib.parse
from collections.abc import Callable
from typing import Any

from .telling import emit, public, refuse, shown, wrap

_local = threading.local()
"""Of this thread: ``page`` while an index page is read."""


def watch_pages(records: dict[str, list[list[str]]]) -> None:
    """Tell of every index page and failed request; note in ``records`` why each file of a project was passed over."""
    from pip._internal.exceptions import InstallationError
    from pip._internal.index.collector import LinkCollector
    from pip._internal.index.package_finder import LinkEvaluator
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
        return response

    @wrap(PipSession, "get_redirect_target")
    def get_redirect_target(original: Callable[..., Any], self: Any, response: Any) -> Any:
        # Not to a file: an index would choose what is read on this disk (pip itself follows there before 26.3).
        target = original(self, response)
        scheme = urllib.parse.urlsplit(urllib.parse.urljoin(response.url, target or "")).scheme
        return target if scheme in {"http", "https"} else None

    @wrap(LinkCollector, "fetch_response")
    def fetch_response(original: Callable[..., Any], self: Any, location: Any, *args: Any, **kwargs: Any) -> Any:
        page = {"url": public(location.url), "status": 0, "error": "", "detail": ""}
        page["find_links"] = location.url in self.find_links
        content = None
        _local.page = page
        try:
            content = original(self, location, *args, **kwargs)
        finally:
            _local.page = None
            emit("page", **page, read=content is not None, listing=content is not None and _is_listing(content))
        if page["error"]:  # the resolution has failed: do not wait for the same server once more for each project
            raise InstallationError(f"{page['url']} could not be read")
        return content

    @wrap(PipSession, "is_secure_origin")
    def is_secure_origin(original: Callable[..., Any], self: Any, location: Any) -> Any:
        secure = original(self, location)
        if not secure:
            emit(
                "page",
                url=public(str(location)),
                status=0,
                error="InsecureOrigin",
                detail="",
                find_links=False,
                read=False,
                listing=False,
            )
        return secure

    @wrap(LinkEvaluator, "evaluate_link")
    def evaluate_link(original: Callable[..., Any], self: Any, link: Any) -> Any:
        kind, detail = original(self, link)
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


def _is_listing(content: Any) -> bool:
    """Whether a page is an index's: JSON, or HTML that lists files or says that it is one (PEP 503, PEP 629)."""
    text = content.content.lower()
    if "json" in content.content_type.lower():
        return text.lstrip().startswith(b"{") and b'"files"' in text
    return any(
        sign in text for sign in (b".whl", b".tar.gz", b".zip", b".egg", b"pypi:repository-version", b"links for")
    )
