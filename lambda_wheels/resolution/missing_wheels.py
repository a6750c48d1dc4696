"""Why no wheel of a project could be chosen, told from what pip passed over. (Pure.)"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.tags import Tag
from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from lambda_wheels.problems import Problem
from lambda_wheels.resolution.requirement_files import wheel_command
from lambda_wheels.targets import Target

_SHOWN = 5
"""How many versions or tags a message names at the most."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PassedOver:
    """A file of an index that pip looked at."""

    version: Version
    tags: frozenset[Tag]
    """Empty for a source distribution."""
    kind: str
    """pip's verdict, the name of a ``LinkType``: candidate, platform_mismatch, requires_python_mismatch, …"""
    requires_python: str
    yanked: bool


def passed_over(rows: Iterable[Sequence[str]]) -> list[PassedOver]:
    """The files of a project as the runner told of them; what is no distribution is left out."""
    files = []
    for filename, kind, requires_python, yanked in rows:
        try:
            if filename.endswith(".whl"):
                _, version, _, tags = parse_wheel_filename(filename)
            else:
                (_, version), tags = parse_sdist_filename(filename), frozenset()
        except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion):
            continue
        files.append(
            PassedOver(version=version, tags=tags, kind=kind, requires_python=requires_python, yanked=bool(yanked))
        )
    return files


def has_candidates(files: Iterable[PassedOver], specifier: str) -> bool:
    """Whether pip had a wheel to choose: then something else, a conflict, kept it from it."""
    wanted = _specifier(specifier)
    return any(file.kind == "candidate" and not file.yanked and wanted.contains(file.version) for file in files)


def explain(project: str, specifier: str, wanted_by: str, files: Sequence[PassedOver], target: Target) -> Problem:
    """Why nothing of ``project`` that satisfies ``specifier`` could be chosen for ``target``, and what to try."""
    wanted = _specifier(specifier)
    matching = _finals([file for file in files if wanted.contains(file.version, prereleases=True)])
    for_whom = f" (needed by {wanted_by})" if wanted_by else ""

    def problem(rule: str, message: str, hint: str) -> Problem:
        return Problem(rule=rule, project=project, message=message + for_whom, hint=hint)

    if not files:
        return problem(
            "no-such-project",
            "no index that was asked knows this project",
            "check its spelling, or name the index that has it with --extra-index-url",
        )
    if not matching:
        known = ", ".join(str(version) for version in _newest(files))
        return problem("no-such-version", f"no release satisfies {specifier}", f"the newest are {known}")
    wheels = [file for file in matching if file.tags]
    by_kind = {kind: [file for file in wheels if file.kind == kind] for kind in {file.kind for file in wheels}}
    if candidates := by_kind.get("candidate"):
        if all(file.yanked for file in candidates):
            return problem(
                "only-yanked",
                f"every fitting release that satisfies {specifier or 'it'} was withdrawn",
                f"pin one: {project}=={_newest(candidates)[0]}",
            )
        return problem(
            "only-prereleases",
            f"only pre-releases satisfy {specifier or 'it'}: {_newest(candidates)[0]}",
            "allow them with --pre",
        )
    # pip looks at the tags first, and does not say; and not every index tells of every file which Python it needs.
    telling = [file for file in matching if file.requires_python]
    if telling and all(_excludes(file.requires_python, target) for file in telling):
        newest = max(telling, key=lambda file: file.version)
        return problem(
            "requires-python",
            f"{newest.version} needs Python {newest.requires_python}, {target.runtime} has {target.python}",
            "ask for an older version, or build for another runtime",
        )
    if late := by_kind.get("upload_too_late"):
        return problem(
            "too-new", f"{_newest(late)[0]} was uploaded after the time given", "give a later --uploaded-prior-to"
        )
    newest_version = max(file.version for file in matching)
    command = wheel_command(f"{project}=={newest_version}")
    if not wheels:
        return problem(
            "only-sdist",
            f"{newest_version} has no wheel at all, only a source distribution, and nothing is built from source",
            f"make a wheel of it: {command}",
        )
    version = max(file.version for file in wheels)
    nearest = _nearest([tag for file in wheels if file.version == version for tag in file.tags], target)
    return problem(
        "no-fitting-wheel",
        f"{version} has no wheel for {target}; the nearest are for {nearest}",
        f"build for a runtime or architecture that it has, or make a wheel: {command}",
    )


def _specifier(text: str) -> SpecifierSet:
    try:
        return SpecifierSet(text)
    except InvalidSpecifier:
        return SpecifierSet()


def _finals(files: Sequence[PassedOver]) -> Sequence[PassedOver]:
    """Without pre-releases, unless there is nothing else."""
    return [file for file in files if not file.version.is_prerelease] or files


def _excludes(requires_python: str, target: Target) -> bool:
    """Whether a Requires-Python leaves the target out."""
    return not _specifier(requires_python).contains(target.python, prereleases=True)


def _newest(files: Iterable[PassedOver]) -> list[Version]:
    return sorted({file.version for file in _finals(list(files))}, reverse=True)[:_SHOWN]


def _nearest(tags: Iterable[Tag], target: Target) -> str:
    """The tags that come nearest to the target's: for Linux on its machine; else for its Python; else any."""
    tags = sorted(tags, key=str)
    same_machine = [tag for tag in tags if "linux" in tag.platform and tag.platform.endswith(target.machine)]
    same_python = [tag for tag in tags if tag.interpreter == target.interpreter]
    shown = [tag for tag in same_machine if tag in same_python] or same_machine or same_python or tags
    names = list(dict.fromkeys(_words(tag) for tag in shown))
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _words(tag: Tag) -> str:
    """The tag without an ABI that says nothing new; that of a free-threaded Python does."""
    abi = "" if tag.abi in {tag.interpreter, "abi3", "none"} else f" {tag.abi}"
    return f"{tag.interpreter}{abi} {tag.platform}"
