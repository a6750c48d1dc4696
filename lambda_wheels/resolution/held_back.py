"""Which wheels are older than they could be because nothing newer fits the target. (Pure.)

pip takes the newest release that fits, and does not say what it passed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter

from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName
from packaging.version import Version

from lambda_wheels.problems import Problem, Severity
from lambda_wheels.resolution.fitting import PassedOver, fitting_targets, instead, passed_over, why_not
from lambda_wheels.resolution.rejections import Rejections
from lambda_wheels.resolution.resolution import ResolvedWheel
from lambda_wheels.targets import Target

_VERSION = attrgetter("version")


def held_back(
    wheels: Iterable[ResolvedWheel],
    newer: Mapping[str, Sequence[Sequence[str]]],
    wanted: Mapping[NormalizedName, SpecifierSet],
    rejected: Rejections,
    target: Target,
) -> Iterator[Problem]:
    """A warning for each wheel that is held back by ``target``.

    :param newer: by project, the files of newer releases as the runner told of them.
    :param wanted: which versions are wanted of each project.
    :param rejected: the releases that need what ``target`` cannot have.
    """
    for wheel in wheels:
        if wheel.direct or not newer.get(wheel.name):
            continue
        files = passed_over(wheel.name, newer[wheel.name])
        releases = _releases(files, wheel.version, wanted.get(wheel.name, SpecifierSet()))
        reasons = [_why_not(wheel.name, release, rejected, target) for release in releases]
        # A newer one without a reason was left aside for another: a conflict, or a lock that is kept.
        if reasons and all(reasons):
            versions = [release[0].version for release in releases]
            yield _held_back(wheel, versions, reasons, target, _possible(wheel.name, releases[-1], rejected))


def _releases(files: Iterable[PassedOver], chosen: Version, wanted: SpecifierSet) -> list[list[PassedOver]]:
    """The newer releases that could have been taken, oldest first: of each its files."""
    considered = [
        file
        for file in files
        if file.version > chosen
        and not file.yanked
        and file.kind != "upload_too_late"
        and (chosen.is_prerelease or not file.version.is_prerelease)
        and wanted.contains(file.version, prereleases=True)
    ]
    return [[*release] for _, release in groupby(sorted(considered, key=_VERSION), key=_VERSION)]


def _why_not(project: NormalizedName, release: Sequence[PassedOver], rejected: Rejections, target: Target) -> str:
    """Why the target cannot have a release; empty where it can."""
    if not any(file.kind == "candidate" for file in release):
        return why_not(release, target)
    rejection = rejected.get((project, release[0].version))
    return rejection.why if rejection else ""


def _possible(project: NormalizedName, release: Sequence[PassedOver], rejected: Rejections) -> list[Target]:
    """The targets that can have a release, as far as is known."""
    rejection = rejected.get((project, release[0].version))
    return [one for one in fitting_targets(release) if rejection is None or one in rejection.targets]


def _held_back(
    wheel: ResolvedWheel,
    versions: Sequence[Version],
    reasons: Sequence[str],
    target: Target,
    possible: Sequence[Target],
) -> Problem:
    """The warning; of the newer ``versions``, oldest first, the oldest and the newest tell why.

    :param possible: the targets that can have the newest.
    """
    others = instead(possible, target)
    ends = {reasons[-1]: versions[-1], reasons[0]: versions[0]}
    why = "; ".join(f"{version} {reason}" for reason, version in reversed(ends.items()))
    since = f"since {versions[0]} no release fits {target}: " if len(versions) > 1 else ""
    return Problem(
        rule="held-back",
        severity=Severity.WARNING,
        project=wheel.name,
        wheel=wheel.filename,
        message=f"{wheel.version} was taken; {since}{why}",
        hint=f"for {versions[-1]}, build for {others}" if others else None,
    )
