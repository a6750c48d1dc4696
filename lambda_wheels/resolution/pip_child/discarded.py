"""The wheels whose metadata pip does not take. (In pip's process.)"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .requirement_files import is_too_long
from .telling import emit, public, shown, wrap


def tell_discarded() -> None:
    """Tell of each wheel that pip passes over, or fails on, for what is said to be its metadata."""
    from pip._internal.exceptions import MetadataInconsistent, MetadataInvalid
    from pip._internal.metadata.importlib._compat import BadMetadata
    from pip._internal.resolution.resolvelib.candidates import LinkCandidate
    from pip._internal.resolution.resolvelib.provider import PipProvider

    inconsistent = (MetadataInconsistent, MetadataInvalid)
    # Not UTF-8, no version, no name, a marker that is too deep: pip does not check.
    crashes = (AttributeError, LookupError, RecursionError, TypeError, ValueError)

    def tell(link: Any, error: Exception) -> None:
        emit(
            "discarded",
            url=public(link.url),
            filename=link.filename,
            detail=shown(error) if isinstance(error, inconsistent) else f"{type(error).__name__}: {shown(error)}",
        )

    @wrap(LinkCandidate, "__init__")
    def init(original: Callable[..., Any], self: Any, link: Any, *args: Any, **kwargs: Any) -> None:
        try:
            try:
                original(self, link, *args, **kwargs)
            except BadMetadata:  # importlib takes what cannot be opened for a moment, as by a virus scanner, for empty
                original(self, link, *args, **kwargs)
        except (*inconsistent, *crashes) as error:
            tell(link, error)
            raise

    @wrap(PipProvider, "get_dependencies")
    def get_dependencies(original: Callable[..., Any], self: Any, candidate: Any) -> Any:
        link = getattr(candidate, "source_link", None)
        try:
            wanted = list(original(self, candidate))
            if any(map(is_too_long, wanted)):
                raise ValueError("a requirement is too long to be one")
        except crashes as error:
            if link is not None:
                tell(link, error)
            raise
        return wanted
