"""What a lock has is tried before newer releases. (In pip's process.)

A constraint would be a demand: where the requirements no longer allow what was locked, pip would fail. So pip is only
given another order; what does not fit it leaves aside as it does with any candidate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .telling import emit, wrap


def prefer(locked: Iterable[tuple[str, str, str]]) -> None:
    """Let pip try first the files that are ``locked``, then others of their versions, then the rest.

    A locked file whose release was withdrawn since is kept, as PEP 592 lets a lock do, and told of.

    :param locked: of each a project, normalised, a version, and the name of a file.
    """
    from pip._internal.index.package_finder import PackageFinder

    locked = list(locked)
    files = {file for _, _, file in locked}
    versions = {(project, version) for project, version, _ in locked}

    @wrap(PackageFinder, "find_best_candidate")
    def find_best_candidate(
        original: Callable[..., Any], self: Any, project_name: str, *args: Any, **kwargs: Any
    ) -> Any:
        result = original(self, project_name, *args, **kwargs)
        # The resolver takes them from the end. Sorting is stable: what is equal in this keeps pip's order.
        result.applicable_candidates.sort(
            key=lambda candidate: (
                (project_name, str(candidate.version)) in versions,
                candidate.link.filename in files,
            )
        )
        for candidate in result.applicable_candidates:
            if candidate.link.filename in files and candidate.link.is_yanked:
                emit("withdrawn", filename=candidate.link.filename)
                candidate.link.yanked_reason = None
        return result
