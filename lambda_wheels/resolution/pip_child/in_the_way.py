"""What else that was asked for cannot be had: pip ends at the first. (In pip's process.)"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from typing import Any

from .telling import shown, wrap

_TIME = 10.0
"""Seconds after which no further page is read."""

Others = Callable[[Collection[str]], Iterator[dict[str, Any]]]
"""Given the projects that are known to be in the way, the other causes, as :func:`~.failures.told` tells them."""


def watch_asked() -> Others:
    """Remember what is asked for, and where pip looks for it."""
    from pip._internal.cli.req_command import RequirementCommand
    from pip._internal.exceptions import InstallationError
    from pip._vendor.packaging.utils import canonicalize_name

    asked: list[Any] = []
    finders: list[Any] = []

    @wrap(RequirementCommand, "get_requirements")
    def get_requirements(
        original: Callable[..., Any], self: Any, args: Any, options: Any, finder: Any, session: Any
    ) -> Any:
        requirements = original(self, args, options, finder, session)
        asked.extend(requirements)
        finders.append(finder)
        return requirements

    def is_missing(project: str, specifier: Any) -> bool:
        return all(finder.find_best_candidate(project, specifier).best_candidate is None for finder in finders)

    def others(known: Collection[str]) -> Iterator[dict[str, Any]]:
        until = time.monotonic() + _TIME
        for requirement in asked:
            if requirement.constraint or requirement.req is None or requirement.link or not requirement.match_markers():
                continue
            project = canonicalize_name(requirement.name)
            try:
                if project not in known and time.monotonic() < until and is_missing(project, requirement.specifier):
                    yield {
                        "project": project,
                        "requirement": shown(requirement),
                        "specifier": str(requirement.specifier),
                        "python": False,
                        "direct": False,
                        "parent": "",
                    }
            except InstallationError:  # a page could not be read, which was told
                return

    return others
