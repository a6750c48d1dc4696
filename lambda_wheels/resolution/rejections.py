"""Which releases would fit, but need what the target cannot have, at once or step by step. (Pure.)

pip then goes on to an older release, and does not say so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from lambda_wheels.resolution.fitting import (
    PassedOver,
    as_specifier,
    by_release,
    every_target,
    excludes,
    fitting_targets,
    only_late,
    passed_over,
    python_needed,
    why_not,
)
from lambda_wheels.targets import Target


class Rejection(NamedTuple):
    """Why the target cannot have a release whose own wheel fits."""

    why: str
    """To be read behind its version."""
    targets: Sequence[Target]
    """Those that have what it needs."""


Key = tuple[NormalizedName, Version, frozenset[str]]
"""Project, version and extras: what an extra needs is told of under its name alone."""
Rejections = Mapping[Key, Rejection]


def rejections(
    dropped: Iterable[Mapping[str, Any]],
    needed: Mapping[str, Sequence[Sequence[str]]],
    wanted: Callable[[NormalizedName, str], tuple[SpecifierSet, SpecifierSet]],
    target: Target,
    prereleases: Collection[str] = (),
) -> Rejections:
    """The releases that pip dropped and that need what the target cannot have; not those in a mere conflict.

    A release is among them if, of something that it needs, there are releases, and each has no file that fits or is
    itself among them. So what pip did not look at is never held against anything. What no target could have, since it
    needs what others do not want, does not count.

    :param dropped: as the runner told of them: project, version, extras, the Python they are for, and what they need.
    :param needed: by project, the files of what is needed.
    :param wanted: given a project and what needs it, the versions that others want of it in any case, and those that
        are allowed.
    :param prereleases: the projects whose pre-releases are taken as well, or ``:all:``.
    """
    judge = _Judge(needed, wanted, target, prereleases)
    left = {
        (canonicalize_name(one["project"]), Version(one["version"]), frozenset(one["extras"])): one for one in dropped
    }
    while never := {key for key, release in left.items() if judge.is_impossible(release)}:
        judge.impossible |= never
        left = {key: release for key, release in left.items() if key not in never}
    found: dict[Key, Rejection] = {}
    while more := {key: reason for key, release in left.items() if (reason := judge.why_not(release, found))}:
        found |= more  # and what needs these, in the next round
        left = {key: release for key, release in left.items() if key not in more}
    return found


def rejection_of(
    rejected: Rejections, project: NormalizedName, version: Version, extras: Iterable[frozenset[str]]
) -> Rejection | None:
    """Why the target cannot have a release together with extras of it; None where nothing is known against it."""
    keys = dict.fromkeys([frozenset[str](), *extras])
    return _all_of([rejected[project, version, key] for key in keys if (project, version, key) in rejected])


class _Judge:
    """Knows what there is of each project that is needed."""

    def __init__(
        self,
        needed: Mapping[str, Sequence[Sequence[str]]],
        wanted: Callable[[NormalizedName, str], tuple[SpecifierSet, SpecifierSet]],
        target: Target,
        prereleases: Collection[str],
    ) -> None:
        self.impossible: set[Key] = set()
        """What no target could have."""
        self._rows = needed
        self._wanted = wanted
        self._target = target
        self._prereleases = prereleases
        self._releases: dict[str, list[list[PassedOver]]] = {}
        self._fitting: dict[tuple[str, Version], list[Target]] = {}
        self._choices: dict[tuple[str, str, str], tuple[SpecifierSet, list[list[PassedOver]]]] = {}

    def is_impossible(self, release: Mapping[str, Any]) -> bool:
        """Whether there are releases of something that it needs, but none that all could have who want it."""
        return any(
            not self._choice(need, release["project"])[1] and bool(self._releases[need["project"]])
            for need in release["needs"]
        )

    def why_not(self, release: Mapping[str, Any], rejected: Rejections) -> Rejection | None:
        """Why the target cannot have the release; None where nothing is known against it."""
        reasons = []
        if excludes(release["python"], self._target):  # which not every index tells
            others = [one for one in every_target() if not excludes(release["python"], one)]
            reasons.append(Rejection(python_needed(release["python"], self._target), others))
        for need in release["needs"]:
            if reason := self._without(need, release["project"], rejected):
                reasons.append(reason)
        return _all_of(reasons)

    def _without(self, need: Mapping[str, Any], parent: str, rejected: Rejections) -> Rejection | None:
        """Why the target can have none of what is needed."""
        project = need["project"]
        extras = [frozenset(need["extras"])] if need["extras"] else []
        specifier, releases = self._choice(need, parent)

        def against(release: Sequence[PassedOver]) -> Rejection | None:
            return rejection_of(rejected, project, release[0].version, extras)

        can_be_had = (
            (self._is_candidate(one) or only_late(one, self._target)) and not against(one) for one in releases
        )
        if not releases or any(can_be_had):
            return None  # or there is none for anybody, or in a conflict
        reasons = [against(release) for release in releases]
        some = {
            one
            for release, reason in zip(releases, reasons, strict=True)
            for one in self._fits(project, release)
            if reason is None or one in reason.targets
        }
        named = f"{project}[{','.join(need['extras'])}]" if need["extras"] else project
        why = reasons[-1].why if reasons[-1] else why_not(releases[-1], self._target)
        return Rejection(
            f"needs {named}{specifier}, of which {releases[-1][0].version} {why}",
            [one for one in every_target() if one in some],
        )

    def _choice(self, need: Mapping[str, Any], parent: str) -> tuple[SpecifierSet, list[list[PassedOver]]]:
        """What is wanted of a project, and its releases that satisfy that, the oldest first."""
        project = canonicalize_name(need["project"])
        key = (project, need["specifier"], parent)
        if key not in self._choices:
            if project not in self._releases:
                self._releases[project] = by_release(passed_over(project, self._rows.get(project, ())))
            others, allowed = self._wanted(project, parent)
            specifier = as_specifier(need["specifier"]) & others
            within = specifier & allowed
            releases = [
                release for release in self._releases[project] if within.contains(release[0].version, prereleases=True)
            ]
            asked = specifier.prereleases or not {":all:", project}.isdisjoint(self._prereleases)
            self._choices[key] = specifier, releases if asked else self._unasked(releases)
        specifier, releases = self._choices[key]
        extras = {frozenset[str](), frozenset(need["extras"])}
        return specifier, [
            release
            for release in releases
            if self.impossible.isdisjoint((project, release[0].version, extra) for extra in extras)
        ]

    def _unasked(self, releases: list[list[PassedOver]]) -> list[list[PassedOver]]:
        """Without pre-releases, unless there is nothing else that fits: as pip takes them."""
        finals = [release for release in releases if not release[0].version.is_prerelease]
        fitting = [release for release in releases if self._is_candidate(release)]
        if fitting and all(release[0].version.is_prerelease for release in fitting):
            return releases
        return finals or releases

    def _fits(self, project: str, release: Sequence[PassedOver]) -> list[Target]:
        key = (project, release[0].version)
        if key not in self._fitting:
            self._fitting[key] = fitting_targets(release)
        return self._fitting[key]

    def _is_candidate(self, release: Iterable[PassedOver]) -> bool:
        return any(file.kind == "candidate" for file in release)


def _all_of(reasons: Sequence[Rejection]) -> Rejection | None:
    """Several reasons in one: the words of the first, and the targets against which none of them speaks."""
    if not reasons[1:]:
        return reasons[0] if reasons else None
    return Rejection(
        reasons[0].why, [one for one in reasons[0].targets if all(one in reason.targets for reason in reasons)]
    )
