"""Whether the projects of a layer have what they need: in the layer, or in the runtime. (Pure.)"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from packaging.markers import Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import NormalizedName, canonicalize_name

from lambda_wheels.audit.view import View
from lambda_wheels.problems import Problem, Severity
from lambda_wheels.targets.provided import PROVIDED, SDK


class _Need(NamedTuple):
    """What a distribution asks for."""

    by: NormalizedName
    requirement: Requirement

    @property
    def project(self) -> NormalizedName:
        return canonicalize_name(self.requirement.name)


def requirements(view: View) -> Iterator[Problem]:
    """Each project that another needs on the target is there, in a version that will do."""
    mixed = bool(_lacking_of_sdk(view))
    for need in _needs(view):
        found = view.distributions.get(need.project)
        asked = f"{need.requirement.name}{need.requirement.specifier}"
        if found is None:
            yield from _missing(need, asked, view, mixed)
        elif not need.requirement.specifier.contains(found.version, prereleases=True):
            yield Problem(
                rule="wrong-version",
                project=need.by,
                message=f"it needs {asked}, and the layer has {found.name} {found.version}",
                hint=f"install both together, or allow wrong-version:{need.by}",
            )


def sdk(view: View) -> Iterator[Problem]:
    """Boto3 and what it needs are all in the layer, or none of the three that are released together."""
    lacking = _lacking_of_sdk(view)
    if lacking:
        has = ", ".join(
            f"{name} {view.distributions[name].version}" for name in sorted(SDK & view.distributions.keys())
        )
        yield Problem(
            rule="boto3-mixed",
            severity=Severity.WARNING,
            project=min(SDK & view.distributions.keys()),
            message=f"the layer has {has}, and takes {', '.join(lacking)} from the runtime, whose versions may not fit",
            hint="put boto3 and all that it needs into the layer, or nothing of it",
        )


def _lacking_of_sdk(view: View) -> list[NormalizedName]:
    """What a layer that has a part of the SDK takes from the runtime."""
    return sorted(PROVIDED - view.distributions.keys()) if SDK & view.distributions.keys() else []


def _missing(need: _Need, asked: str, view: View, mixed: bool) -> Iterator[Problem]:
    if need.project not in PROVIDED:
        yield Problem(
            rule="missing-requirement",
            project=need.by,
            message=f"it needs {asked}, and the layer does not have it",
            hint=f"install it as well, or allow missing-requirement:{need.by} if another layer has it",
        )
    elif not mixed:  # which is said already
        yield Problem(
            rule="missing-requirement",
            severity=Severity.WARNING,
            project=need.by,
            message=f"it needs {asked}, which is not in the layer; {view.target.runtime} has it, in a version that AWS "
            "does not tell",
            hint="install it as well",
        )


def _needs(view: View) -> Iterator[_Need]:
    """What all distributions ask for on the target, each once, with the extras that others ask for.

    As for pip: a marker is evaluated with no extra, then once for each extra that is asked for and declared.
    """
    waiting = [(name, "") for name in sorted(view.distributions)]
    reached = set(waiting)
    said = set()
    for name, extra in waiting:
        for text in view.distributions[name].metadata.requires_dist:
            try:
                requirement = Requirement(text)
                if not _holds(requirement.marker, extra, view):
                    continue
            except (InvalidRequirement, UndefinedComparison, UndefinedEnvironmentName):
                continue  # the first was found when the metadata was read; of the others nobody can tell
            need = _Need(name, requirement)
            if (name, text) not in said:
                said.add((name, text))
                yield need
            if found := view.distributions.get(need.project):
                known = {canonicalize_name(wanted) for wanted in requirement.extras} & found.metadata.provides_extra
                for key in ((need.project, wanted) for wanted in sorted(known)):
                    if key not in reached:
                        reached.add(key)
                        waiting.append(key)


def _holds(marker: Marker | None, extra: str, view: View) -> bool:
    """Whether a requirement with ``marker`` is one on the target, for ``extra`` but not without it."""
    if marker is None:
        return not extra
    return marker.evaluate({**view.target.marker_environment, "extra": extra})
