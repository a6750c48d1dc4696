"""The closure: what a set of requirements needs, walked by us to hold pip's answer against. (Pure.)"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from packaging.markers import Marker
from packaging.requirements import InvalidRequirement
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from lambda_wheels.problems import Problem
from lambda_wheels.wheels.needs import holds, requirement_in

TopRequirement = tuple[str, str, Sequence[str], str]
"""A requirement as asked for: project, version specifier, extras, marker."""


ASKED_FOR = "what was asked for"
"""Who wants a requirement of the caller's own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Chosen:
    """What of a chosen wheel the walk needs."""

    version: Version
    requires_dist: tuple[str, ...]
    provides_extra: frozenset[NormalizedName]


class Wish(NamedTuple):
    """That a project is wanted, in some versions."""

    name: NormalizedName
    specifier: SpecifierSet
    wanted_by: str
    extras: frozenset[NormalizedName] = frozenset()


def closure(
    top: Iterable[TopRequirement], chosen: Mapping[NormalizedName, Chosen], environment: Mapping[str, str]
) -> list[Problem]:
    """What differs between ``chosen`` and the closure of ``top`` in ``environment``; empty where they are the same set.

    A dependency's marker is evaluated with no extra, then once for each requested extra that the wheel declares; an
    extra that it does not declare brings nothing, as for pip.
    """
    problems: list[Problem] = []
    needed = set()
    for wish in wishes(top, chosen, environment, problems):
        wheel = chosen.get(wish.name)
        needed.add(wish.name)
        if wheel is None:
            problems.append(_difference(wish.name, f"{wish.wanted_by} needs it for the target, but pip left it out"))
        # Pre-releases: pip's choice among them is its own, and was made with the user's options.
        elif not wish.specifier.contains(wheel.version, prereleases=True):
            problems.append(
                _difference(wish.name, f"{wish.wanted_by} needs {wish.specifier}, but pip chose {wheel.version}")
            )
    problems += [
        _difference(name, "pip chose it, but nothing needs it for the target")
        for name in sorted(chosen.keys() - needed)
    ]
    return problems


def wishes(
    top: Iterable[TopRequirement],
    chosen: Mapping[NormalizedName, Chosen],
    environment: Mapping[str, str],
    problems: list[Problem],
) -> Iterator[Wish]:
    """Everything that is wanted, from ``top`` on through the wheels that were ``chosen``.

    :param problems: what is no requirement is added to them.
    """
    reached: set[tuple[NormalizedName, str]] = set()
    waiting: list[tuple[NormalizedName, str]] = []

    def want(name: NormalizedName, specifier: SpecifierSet, extras: Iterable[str], wanted_by: str) -> Wish:
        normalised = frozenset(map(canonicalize_name, extras))
        if (wheel := chosen.get(name)) is not None:
            known = normalised & wheel.provides_extra
            for key in [(name, ""), *((name, extra) for extra in sorted(known))]:
                if key not in reached:
                    reached.add(key)
                    waiting.append(key)
        return Wish(name, specifier, wanted_by, normalised)

    for project, specifier, extras, marker in top:
        if not marker or holds(Marker(marker), {**environment, "extra": ""}):
            yield want(canonicalize_name(project), SpecifierSet(specifier), extras, ASKED_FOR)
    while waiting:
        name, extra = waiting.pop()
        for text in chosen[name].requires_dist:
            try:
                requirement = requirement_in(text)
            except InvalidRequirement:
                problems.append(_difference(name, f"its metadata requires {text!r}, which is not a requirement"))
                continue
            if requirement.marker is None and extra:
                continue  # it was wanted without the extra already
            if holds(requirement.marker, {**environment, "extra": extra}):
                project = canonicalize_name(requirement.name)
                yield want(project, requirement.specifier, requirement.extras, str(name))


def _difference(project: str, message: str) -> Problem:
    return Problem(
        rule="wrong-closure",
        project=project,
        message=message,
        hint="this is a fault of lambda-wheels, of pip or of the metadata; please report it",
    )
