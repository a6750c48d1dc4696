"""What may be shown of a URL, and of a path that may be one. (Pure.)"""

from __future__ import annotations

from pathlib import Path

from lambda_wheels.resolution.pip_child.urls import hide, public_url, redact, url_fault

__all__ = ["hide", "public_path", "public_url", "redact", "url_fault"]


def public_path(path: Path) -> str:
    """A path that does not exist, without what stands up to an @: it may have been meant as a URL."""
    before, _, after = str(path).rpartition("@")
    return after if ":" in before.removeprefix(path.drive) else str(path)
