"""Whether another target's markers ask for the same set of wheels. (Pure.)"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final

from packaging.utils import NormalizedName, canonicalize_name

from lambda_wheels.resolution.closure import Chosen, TopRequirement, closure
from lambda_wheels.targets import Target
from lambda_wheels.wheels import Wheel
from lambda_wheels.wheels.needs import holds, requirement_in

_VARYING: Final = re.compile(r"python_version|python_full_version|implementation_version|platform[._]machine")
"""The variables of markers that differ from one target of Lambda to another (PEP 508, "Environment Markers").

With a dot it is PEP 345's name of the same, which packaging still reads.
"""

_Need = tuple[NormalizedName, str]
"""A project and one of its extras, or none: an empty string."""


class SameSet:
    """The wheels of a layer, whose markers are answered for ``target`` already."""

    def __init__(self, wheels: Sequence[Wheel], target: Target, asked: Sequence[TopRequirement] | None = None) -> None:
        """:param asked: the requirements that brought the wheels; None where nobody knows, as for a lock."""
        self._wheels = wheels
        self._target = target
        self._asked = asked

    def holds_for(self, other: Target) -> bool:
        """Whether ``other`` would need the same wheels, neither more nor fewer."""
        if not self._varies:
            return True
        return not closure(self._top, self._chosen, other.marker_environment)

    @cached_property
    def _varies(self) -> bool:
        """Whether any marker can be answered differently: of most sets none, which is quick to see."""
        markers = [marker for _, _, _, marker in self._asked or ()]
        markers += [text.partition(";")[2] for wheel in self._wheels for text in wheel.requires_dist]
        return any(map(_VARYING.search, markers))

    @cached_property
    def _chosen(self) -> Mapping[NormalizedName, Chosen]:
        return {
            wheel.name: Chosen(
                version=wheel.version, requires_dist=wheel.requires_dist, provides_extra=wheel.provides_extra
            )
            for wheel in self._wheels
        }

    @cached_property
    def _top(self) -> Sequence[TopRequirement]:
        return self._asked if self._asked is not None else [*_assumed(self._wheels, self._target)]


def _assumed(wheels: Sequence[Wheel], target: Target) -> Iterator[TopRequirement]:
    """What was probably asked for: each wheel that no other needs on ``target``.

    An extra counts as asked for where it brings another project, and where all is there that it brings, be it by an
    extra of its own: another target may then need more.
    """
    declared = {wheel.name: wheel.provides_extra for wheel in wheels}
    plain = {wheel.name: _needs(wheel, "", target, declared) for wheel in wheels}
    brought = {
        (wheel.name, extra): _needs(wheel, extra, target, declared) - plain[wheel.name]
        for wheel in wheels
        for extra in sorted(wheel.provides_extra)
    }
    there: set[_Need] = {*((name, "") for name in plain), *brought}
    while broken := {need for need in brought.keys() & there if not brought[need] <= there}:
        there -= broken
    needs = {name: _projects(plain[name]) - {name} for name in plain}
    extras: dict[NormalizedName, list[str]] = {name: [] for name in plain}
    for name, extra in brought:
        more = _projects(brought[name, extra]) - _projects(plain[name]) - {name}
        if more and (name, extra) in there:
            extras[name].append(extra)
            needs[name] |= more
    present = set(plain)
    top = present - set().union(*needs.values())
    while missing := present - _reached(top, needs):  # wheels that need each other
        top.add(min(missing))
    for name in sorted(present):
        if name in top or extras[name]:
            yield name, "", extras[name], ""


def _needs(
    wheel: Wheel, extra: str, target: Target, declared: Mapping[NormalizedName, Collection[NormalizedName]]
) -> set[_Need]:
    """What ``wheel`` needs on ``target`` when asked for with ``extra``; an undeclared extra brings nothing."""
    environment = {**target.marker_environment, "extra": extra}
    needs: set[_Need] = set()
    for requirement in map(requirement_in, wheel.requires_dist):
        if holds(requirement.marker, environment):
            name = canonicalize_name(requirement.name)
            extras = {canonicalize_name(text) for text in requirement.extras}
            needs |= {(name, ""), *((name, known) for known in extras.intersection(declared.get(name, ())))}
    return needs


def _projects(needs: Iterable[_Need]) -> set[NormalizedName]:
    return {name for name, _ in needs}


def _reached(
    top: Collection[NormalizedName], needs: Mapping[NormalizedName, Collection[NormalizedName]]
) -> set[NormalizedName]:
    reached = set(top)
    waiting = list(top)
    while waiting:
        for name in needs[waiting.pop()]:
            if name in needs and name not in reached:
                reached.add(name)
                waiting.append(name)
    return reached
