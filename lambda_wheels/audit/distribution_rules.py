"""The rules that each distribution of a layer has to keep by itself. (Pure.)"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lambda_wheels.audit.installed import Installed
from lambda_wheels.audit.placed import by_owner, chooses, in_any
from lambda_wheels.audit.view import View
from lambda_wheels.problems import Problem
from lambda_wheels.resolution.fitting import every_target, instead
from lambda_wheels.wheels.findings import Findings
from lambda_wheels.wheels.surprises import check_surprises


def twice(view: View) -> Iterator[Problem]:
    """A project is there once."""
    groups: dict[str, list[Installed]] = {}
    for one in view.installation.distributions:
        groups.setdefault(one.name, []).append(one)
    for name, found in sorted(groups.items()):
        if len(found) == 1:
            continue
        yield Problem(
            rule="project-twice",
            project=name,
            member=found[1].info,
            message=f"it is there as {' and '.join(str(one.version) for one in found)}, of which files may be mixed",
            hint="install everything anew into an empty folder",
        )


def editable(view: View) -> Iterator[Problem]:
    """Its modules are in the layer, and not where they are worked on."""
    for one in view.installation.distributions:
        if one.is_editable:
            yield Problem(
                rule="editable-install",
                project=one.name,
                member=one.info,
                message="it was installed as editable: its modules stayed in a folder of the machine that installed it",
                hint="install it without -e (--no-editable for uv)",
            )


def tags(view: View) -> Iterator[Problem]:
    """It was installed from a wheel that runs on the target."""
    for one in view.installation.distributions:
        if one.tags and not view.target.accepts(one.tags):
            first, *others = sorted(map(str, one.tags))
            more = f" and {len(others)} {'other' if len(others) == 1 else 'others'}" if others else ""
            yield Problem(
                rule="wrong-tag",
                project=one.name,
                member=one.info,
                message=f"it was installed from a wheel for {first}{more}, which does not run on {view.target}",
                hint="install the wheel for the target",
            )


def requires_python(view: View) -> Iterator[Problem]:
    """It takes the target's Python."""
    for one in view.installation.distributions:
        needed = one.metadata.requires_python
        if not needed.contains(view.target.python, prereleases=True):
            fitting = [target for target in every_target() if needed.contains(target.python, prereleases=True)]
            others = instead(fitting, view.target)
            yield Problem(
                rule="requires-python",
                project=one.name,
                member=one.info,
                message=f"it needs Python {needed}, {view.target.runtime} has {view.target.python}",
                hint=f"install another version{f', or choose {others}' if others else ''}",
            )


def any_platform(view: View) -> Iterator[Problem]:
    """What says that it runs anywhere has no machine code."""
    owned = by_owner(view.places)
    for one in view.installation.distributions:
        places = owned.get(one.name, [])
        if one.tags:
            yield from in_any(one.tags, places, chosen=chooses(places))


def surprises(view: View) -> Iterator[Problem]:
    """Nothing changes more than its own imports."""
    findings = Findings("")
    for folder in view.folders:
        check_surprises(
            ((path, path.removeprefix(folder)) for path in sorted(view.held.files) if path.startswith(folder)), findings
        )
    for problem in findings.problems:
        yield replace(problem, wheel=None, project=view.installation.owners.get(problem.member or ""))
