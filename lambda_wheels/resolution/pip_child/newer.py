"""What pip passed over, or rejected, that is newer than what it chose. (In pip's process.)"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from .failures import told
from .telling import emit, wrap


def tell_newer(records: dict[str, list[list[str]]]) -> None:
    """Tell of the newer releases of each project that pip has chosen: their files, and what they could not have."""
    from pip._internal.models.installation_report import InstallationReport
    from pip._internal.resolution.resolvelib.reporter import PipReporter
    from pip._vendor.packaging.utils import canonicalize_name
    from pip._vendor.packaging.version import InvalidVersion, Version

    @cache  # a release has a dozen files
    def version(text: str) -> Any:
        try:
            return Version(text)
        except InvalidVersion:
            return None

    def newer(filename: str) -> Iterable[list[str]]:
        project, chosen, *_ = filename.split("-")
        for row in records.get(canonicalize_name(project), ()):
            found = version(_version_of(row[0]))
            if found is not None and found > version(chosen):
                yield row

    rejected: list[tuple[Any, Any]] = []

    @wrap(PipReporter, "rejecting_candidate")
    def rejecting_candidate(original: Callable[..., Any], self: Any, criterion: Any, candidate: Any) -> None:
        rejected.append((candidate, criterion))
        original(self, criterion, candidate)

    def rejections(newer: Mapping[Any, Any]) -> Iterable[dict[str, Any]]:
        for candidate, criterion in rejected:
            if candidate.project_name in newer:
                wants = told(criterion.information)
                yield {"project": candidate.project_name, "version": str(candidate.version), "wants": wants}

    @wrap(InstallationReport, "__init__")
    def init(original: Callable[..., Any], self: Any, requirements: Any) -> None:
        chosen = [requirement.link.filename for requirement in requirements if requirement.link is not None]
        files = {canonicalize_name(filename.partition("-")[0]): [*newer(filename)] for filename in chosen}
        files = {project: rows for project, rows in files.items() if rows}
        without = [*rejections(files)]
        needed = {want["project"] for one in without for want in one["wants"] if not want["python"]}
        emit("newer", files=files, rejected=without, needed={name: records.get(name, []) for name in needed})
        original(self, requirements)


def _version_of(filename: str) -> str:
    """The version in the name of a wheel or a source distribution."""
    if filename.endswith(".whl"):
        return filename.split("-")[1] if "-" in filename else ""
    return filename.rpartition("-")[2].removesuffix(".tar.gz").removesuffix(".zip")
