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
from lambda_wheels.resolution.resolution import ResolvedWheel
from lambda_wheels.targets import Target

_VERSION = attrgetter("version")


def held_back(
    wheels: Iterable[ResolvedWheel],
    newer: Mapping[str, Sequence[Sequence[str]]],
    wanted: Mapping[NormalizedName, SpecifierSet],
    target: Target,
) -> Iterator[Problem]:
    """A warning for each wheel that is held back by ``target``.

    :param newer: by project, the files of newer releases as the runner told of them.
    :param wanted: which versions are wanted of each project.
    """
    for wheel in wheels:
        if wheel.direct or not newer.get(wheel.name):
            continue
        files = passed_over(newer[wheel.name])
        releases = _releases(files, wheel.version, wanted.get(wheel.name, SpecifierSet()))
        # A newer one that fits was left aside for another reason: what needs it, or a lock that is kept.
        if releases and not any(file.kind == "candidate" for release in releases for file in release):
            yield _held_back(wheel, releases, target)


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


def _held_back(wheel: ResolvedWheel, releases: Sequence[Sequence[PassedOver]], target: Target) -> Problem:
    oldest, newest = releases[0], releases[-1]
    reasons = {
        why_not(release, target): f"{release[0].version} {why_not(release, target)}" for release in (newest, oldest)
    }
    why = "; ".join(reversed(reasons.values()))
    since = f"since {oldest[0].version} no release fits {target}: " if len(releases) > 1 else ""
    others = instead(fitting_targets(newest), target)
    return Problem(
        rule="held-back",
        severity=Severity.WARNING,
        project=wheel.name,
        wheel=wheel.filename,
        message=f"{wheel.version} was taken; {since}{why}",
        hint=f"for {newest[0].version}, build for {others}" if others else None,
    )
