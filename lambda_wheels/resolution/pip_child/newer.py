"""What pip passed over, or dropped, that is newer than what it chose. (In pip's process.)"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from .telling import emit, wrap


def tell_newer(records: dict[str, list[list[str]]]) -> None:
    """Tell of the newer releases of each project that pip has chosen: their files, and what they need.

    pip says of a release that it rejects it only where the fault is one step away; one that it goes back on since
    something further away cannot be had is dropped without a word. So all that pip looked at and did not take is told
    of, with what it needs, where a release newer than a chosen one is among it. Nothing is read for that.
    """
    from pip._internal.models.installation_report import InstallationReport
    from pip._internal.resolution.resolvelib.provider import PipProvider
    from pip._vendor.packaging.utils import canonicalize_name
    from pip._vendor.packaging.version import InvalidVersion, Version

    looked_at: dict[tuple[str, Any, frozenset[str]], Any] = {}
    """By project, version and extras: the distribution."""

    @cache  # a release has a dozen files
    def version(text: str) -> Any:
        try:
            return Version(text)
        except InvalidVersion:
            return None

    def newer(project: str, chosen: Any) -> Iterable[list[str]]:
        """The files of newer releases; of a pre-release that was chosen, those of all others."""
        for row in records.get(project, ()):
            found = version(_version_of(row[0]))
            if found is not None and (found > chosen or (chosen.is_prerelease and found != chosen)):
                yield row

    @wrap(PipProvider, "get_dependencies")
    def get_dependencies(original: Callable[..., Any], self: Any, candidate: Any) -> Any:
        extras: frozenset[str] = getattr(candidate, "extras", frozenset())
        dist = getattr(getattr(candidate, "base", candidate), "dist", None)
        if dist is not None:  # a Python is a candidate as well
            looked_at[candidate.project_name, candidate.version, extras] = dist
        return original(self, candidate)

    def dropped(chosen: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
        keys = [key for key in looked_at if chosen.get(key[0]) != key[1]]
        if not any(project in chosen and found > chosen[project] for project, found, _ in keys):
            return
        for key in keys:
            project, found, extras = key
            dist = looked_at[key]
            yield {
                "project": project,
                "version": str(found),
                "extras": sorted(extras),
                "python": str(dist.requires_python),
                "needs": [*_needs(dist, extras, chosen)],
            }

    @wrap(InstallationReport, "__init__")
    def init(original: Callable[..., Any], self: Any, requirements: Any) -> None:
        names = [requirement.link.filename for requirement in requirements if requirement.link is not None]
        chosen: dict[str, Any] = {
            canonicalize_name(name.partition("-")[0]): version(_version_of(name)) for name in names
        }
        chosen = {project: found for project, found in chosen.items() if found is not None}
        files = {project: [*newer(project, found)] for project, found in chosen.items()}
        without = [*dropped(chosen)]
        needed = {need["project"] for one in without for need in one["needs"]}
        emit(
            "newer",
            files={project: rows for project, rows in files.items() if rows},
            dropped=without,
            needed={name: records.get(name, []) for name in needed},
        )
        original(self, requirements)


def _needs(dist: Any, extras: frozenset[str], chosen: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    """What a release needs that is not among what was chosen."""
    from pip._vendor.packaging.utils import canonicalize_name

    known = extras.intersection(dist.iter_provided_extras())
    for requirement in dist.iter_dependencies(known):
        project = canonicalize_name(requirement.name)
        has = project in chosen and requirement.specifier.contains(chosen[project], prereleases=True)
        if requirement.url is None and not (has and not requirement.extras):
            wanted = sorted(map(canonicalize_name, requirement.extras))
            yield {"project": project, "specifier": str(requirement.specifier), "extras": wanted}


def _version_of(filename: str) -> str:
    """The version in the name of a wheel or a source distribution."""
    if filename.endswith(".whl"):
        return filename.split("-")[1] if "-" in filename else ""
    return filename.rpartition("-")[2].removesuffix(".tar.gz").removesuffix(".zip")
