"""Whether another target's markers ask for the same set of wheels. (Pure.)"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from lambda_wheels.resolution.closure import Chosen, TopRequirement, closure
from lambda_wheels.targets import Target
from lambda_wheels.wheels import Wheel

_VARYING: Final = re.compile(r"python_version|python_full_version|implementation_version|platform_machine")
"""The variables of markers that differ from one target of Lambda to another (PEP 508, "Environment Markers")."""


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

    An extra counts as asked for where it brings something, all of which is there: another target may then need more.
    """
    present = {wheel.name for wheel in wheels}
    needs: dict[NormalizedName, set[NormalizedName]] = {}
    extras: dict[NormalizedName, list[NormalizedName]] = {}
    for wheel in wheels:
        plain = _brought(wheel, "", target)
        brought = {extra: _brought(wheel, extra, target) - plain for extra in sorted(wheel.provides_extra)}
        extras[wheel.name] = [extra for extra, names in brought.items() if names and names <= present]
        needs[wheel.name] = plain.union(*(brought[extra] for extra in extras[wheel.name])) - {wheel.name}
    top = present - set().union(*needs.values())
    while missing := present - _reached(top, needs):  # wheels that need each other
        top.add(min(missing))
    for name in sorted(present):
        if name in top or extras[name]:
            yield name, "", extras[name], ""


def _brought(wheel: Wheel, extra: str, target: Target) -> set[NormalizedName]:
    """The projects that ``wheel`` needs on ``target`` when asked for with ``extra``."""
    environment = {**target.marker_environment, "extra": extra}
    requirements = map(Requirement, wheel.requires_dist)
    return {canonicalize_name(one.name) for one in requirements if _holds(one.marker, environment)}


def _holds(marker: Marker | None, environment: Mapping[str, str]) -> bool:
    return marker is None or marker.evaluate(dict(environment))


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
