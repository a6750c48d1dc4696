"""The wheels whose metadata pip does not take. (In pip's process.)"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .telling import emit, public, shown, wrap


def tell_discarded() -> None:
    """Tell of each wheel that pip passes over, or fails on, for what is said to be its metadata."""
    from pip._internal.exceptions import MetadataInconsistent, MetadataInvalid
    from pip._internal.resolution.resolvelib.candidates import LinkCandidate

    inconsistent = (MetadataInconsistent, MetadataInvalid)
    crashes = (AttributeError, LookupError, TypeError, ValueError)  # not UTF-8, no version, no name: pip does not check

    @wrap(LinkCandidate, "__init__")
    def init(original: Callable[..., Any], self: Any, link: Any, *args: Any, **kwargs: Any) -> None:
        try:
            original(self, link, *args, **kwargs)
        except (*inconsistent, *crashes) as error:
            emit(
                "discarded",
                url=public(link.url),
                filename=link.filename,
                detail=shown(error) if isinstance(error, inconsistent) else f"{type(error).__name__}: {shown(error)}",
            )
            raise
