"""Which wheels are older than they could be because nothing newer fits the target. (Pure.)

pip takes the newest release that fits, and does not say what it passed over; nor that it took a pre-release since no
final release fits.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName
from packaging.version import Version

from lambda_wheels.problems import Problem, Severity
from lambda_wheels.resolution.fitting import PassedOver, by_release, fitting_targets, instead, only_late, why_not
from lambda_wheels.resolution.rejections import Rejection
from lambda_wheels.resolution.resolution import ResolvedWheel
from lambda_wheels.targets import Target

Rejected = Callable[[NormalizedName, Version], Rejection | None]
"""Why the target cannot have what a release needs, if that is so."""


def held_back(
    wheels: Iterable[ResolvedWheel],
    others: Mapping[NormalizedName, Sequence[PassedOver]],
    wanted: Mapping[NormalizedName, SpecifierSet],
    rejected: Rejected,
    target: Target,
    prereleases: Collection[str] = (),
) -> Iterator[Problem]:
    """A warning for each wheel that is held back by ``target``.

    :param others: by project, the files of newer releases; of a pre-release also those of older ones.
    :param wanted: which versions are wanted of each project.
    :param prereleases: the projects whose pre-releases are taken as well, or ``:all:``.
    """
    for wheel in wheels:
        if wheel.direct or not others.get(wheel.name):
            continue
        specifier = wanted.get(wheel.name, SpecifierSet())
        asked = specifier.prereleases or not {":all:", wheel.name}.isdisjoint(prereleases)
        releases = newer_releases(others[wheel.name], wheel.version, specifier)
        instead_of_finals = [] if asked else _finals(others[wheel.name], wheel.version, specifier)
        for passed_by in filter(None, (instead_of_finals, releases)):
            in_time = [release for release in passed_by if not only_late(release, target)]
            reasons = [_why_not(wheel.name, release, rejected, target) for release in in_time]
            # One without a reason was left aside for another: a conflict, or a lock that is kept.
            if reasons and all(reasons):
                yield _held_back(wheel, in_time, reasons, rejected, target)
                break


def newer_releases(files: Iterable[PassedOver], chosen: Version, wanted: SpecifierSet) -> list[list[PassedOver]]:
    """The newer releases that could have been taken, oldest first: of each its files."""
    return [
        release
        for release in by_release(files)
        if release[0].version > chosen
        and (chosen.is_prerelease or not release[0].version.is_prerelease)
        and wanted.contains(release[0].version, prereleases=True)
    ]


def _finals(files: Iterable[PassedOver], chosen: Version, wanted: SpecifierSet) -> list[list[PassedOver]]:
    """The final releases, oldest first, that would be taken rather than a pre-release nobody asked for."""
    return [
        release
        for release in by_release(files)
        if chosen.is_prerelease
        and not release[0].version.is_prerelease
        and wanted.contains(release[0].version, prereleases=True)
    ]


def _why_not(project: NormalizedName, release: Sequence[PassedOver], rejected: Rejected, target: Target) -> str:
    """Why the target cannot have a release; empty where it can."""
    if not any(file.kind == "candidate" for file in release):
        return why_not(release, target)
    rejection = rejected(project, release[0].version)
    return rejection.why if rejection else ""


def _possible(project: NormalizedName, release: Sequence[PassedOver], rejected: Rejected) -> list[Target]:
    """The targets that can have a release, as far as is known."""
    rejection = rejected(project, release[0].version)
    return [one for one in fitting_targets(release) if rejection is None or one in rejection.targets]


def _held_back(
    wheel: ResolvedWheel,
    releases: Sequence[Sequence[PassedOver]],
    reasons: Sequence[str],
    rejected: Rejected,
    target: Target,
) -> Problem:
    """The warning; of the releases that were passed by, oldest first, the oldest and the newest tell why."""
    versions = [release[0].version for release in releases]
    others = instead(_possible(wheel.name, releases[-1], rejected), target)
    ends = {reasons[-1]: versions[-1], reasons[0]: versions[0]}
    why = "; ".join(f"{version} {reason}" for reason, version in reversed(ends.items()))
    taken, since = f"{wheel.version} was taken", ""
    if wheel.version.is_prerelease and not any(version.is_prerelease for version in versions):
        taken = f"{wheel.version}, a pre-release, was taken"
        since = f"no final release fits {target}: " if len(versions) > 1 else ""
    elif len(versions) > 1:
        since = f"since {versions[0]} no release fits {target}: "
    return Problem(
        rule="held-back",
        severity=Severity.WARNING,
        project=wheel.name,
        wheel=wheel.filename,
        message=f"{taken}; {since}{why}",
        hint=f"for {versions[-1]}, build for {others}" if others else None,
    )
