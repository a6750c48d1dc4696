"""Extras that were asked for and that a project does not have, which pip passes over. (Pure.)"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from packaging.markers import Marker
from packaging.utils import canonicalize_name

from lambda_wheels.problems import Problem, Severity
from lambda_wheels.resolution.closure import TopRequirement
from lambda_wheels.targets import Target
from lambda_wheels.wheels import Wheel
from lambda_wheels.wheels.needs import holds


def unknown_extras(asked: Iterable[TopRequirement], wheels: Iterable[Wheel], target: Target) -> Iterator[Problem]:
    """A warning for each extra of what was ``asked`` for on ``target`` that the chosen wheel does not declare."""
    wanted = [
        (canonicalize_name(project), extras)
        for project, _, extras, marker in asked
        if extras and (not marker or holds(Marker(marker), {**target.marker_environment, "extra": ""}))
    ]
    if not wanted:
        return
    chosen = {wheel.name: wheel for wheel in wheels}
    for name, extra in dict.fromkeys((name, extra) for name, several in wanted for extra in several):
        wheel = chosen.get(name)
        if wheel is not None and canonicalize_name(extra) not in wheel.provides_extra:
            known = ", ".join(sorted(wheel.provides_extra))
            yield Problem(
                rule="unknown-extra",
                severity=Severity.WARNING,
                project=name,
                message=f"{wheel.version} has no extra {extra!r}, which so brings nothing",
                hint=f"its extras are {known}" if known else "it has no extras at all",
            )
