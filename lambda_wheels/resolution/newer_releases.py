"""From the runner's word on newer releases to warnings. (Pure.)"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from lambda_wheels.problems import Problem
from lambda_wheels.resolution.closure import Chosen, TopRequirement, wishes
from lambda_wheels.resolution.fitting import passed_over
from lambda_wheels.resolution.held_back import held_back, newer_releases
from lambda_wheels.resolution.rejections import Rejection, rejection_of, rejections
from lambda_wheels.resolution.resolution import ResolvedWheel
from lambda_wheels.resolution.standing import standing, together
from lambda_wheels.targets import Target


def told_held_back(
    wheels: Iterable[ResolvedWheel],
    top: Iterable[TopRequirement],
    chosen: Mapping[NormalizedName, Chosen],
    events: Sequence[Mapping[str, Any]],
    target: Target,
) -> Iterator[Problem]:
    """What the runner's ``newer`` event comes to, with the versions that all who want a project want of it."""
    newer = next((event for event in events if event["event"] == "newer"), None)
    if newer is None or not newer["files"]:
        return
    constraints: defaultdict[NormalizedName, SpecifierSet] = defaultdict(SpecifierSet)
    for event in events:
        if event["event"] == "requirement" and event["constraint"]:
            constraints[canonicalize_name(event["name"])] &= SpecifierSet(event["specifier"])
    prereleases = {name for event in events if event["event"] == "prereleases" for name in event["allowed"]}
    asked = [*wishes(top, chosen, target.marker_environment, [])]
    wanted = constraints.copy()
    extras: defaultdict[NormalizedName, dict[frozenset[str], None]] = defaultdict(dict)
    for wish in asked:
        wanted[wish.name] &= wish.specifier
        extras[wish.name][frozenset[str](wish.extras)] = None
    others = {project: passed_over(project, newer["files"].get(project, ())) for project in chosen}

    def has_newer(project: NormalizedName, specifier: SpecifierSet) -> bool:
        within = specifier & constraints[project]
        return project in chosen and bool(newer_releases(others[project], chosen[project].version, within))

    stand = standing(asked, has_newer) if newer["dropped"] else []

    def in_any_case(project: NormalizedName, parent: str) -> tuple[SpecifierSet, SpecifierSet]:
        return together(stand, project, but=parent), constraints[project]

    found = rejections(newer["dropped"], newer["needed"], in_any_case, target, prereleases)

    def rejected(project: NormalizedName, version: Version) -> Rejection | None:
        return rejection_of(found, project, version, extras[project])

    yield from held_back(wheels, others, wanted, rejected, target, prereleases)
