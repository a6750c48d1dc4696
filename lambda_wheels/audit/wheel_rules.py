"""The rules that a proven wheel has to keep on a target. (Pure.)"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from lambda_wheels.audit.placed import Placed, chooses, in_any, placed
from lambda_wheels.problems import Problem
from lambda_wheels.resolution.fitting import every_target, instead
from lambda_wheels.targets import Target
from lambda_wheels.wheels import Wheel


def audit_wheel(wheel: Wheel, target: Target) -> list[Problem]:
    """Everything that keeps ``wheel`` from working on ``target``."""
    return [problem for rule in _RULES for problem in rule(wheel, target)]


def _tags(wheel: Wheel, target: Target) -> Iterable[Problem]:
    """One of the wheel's tags is one of the target's."""
    if not target.accepts(wheel.tags):
        yield Problem(
            rule="wrong-tag",
            project=wheel.name,
            wheel=wheel.filename,
            message=f"none of its tags runs on {target}",
            hint="give a wheel that was built for it",
        )


def _requires_python(wheel: Wheel, target: Target) -> Iterable[Problem]:
    """The target's Python is one that the wheel's own metadata accepts, whatever the index said."""
    if not wheel.requires_python.contains(target.python, prereleases=True):
        fitting = [one for one in every_target() if wheel.requires_python.contains(one.python, prereleases=True)]
        others = instead([one for one in fitting if one.accepts(wheel.tags)], target)
        yield Problem(
            rule="requires-python",
            project=wheel.name,
            wheel=wheel.filename,
            message=f"it needs Python {wheel.requires_python}, {target.runtime} has {target.python}",
            hint=f"ask for another version{f', or build for {others}' if others else ''}",
        )


def _any_platform(wheel: Wheel, target: Target) -> Iterable[Problem]:
    """A wheel for any platform has nothing that only one of them can load."""
    if wheel.natives:
        everywhere = [Placed(native.path, native, wheel.name, wheel.filename) for native in wheel.natives]
        yield from in_any(wheel.tags, everywhere, chosen=chooses([*placed(wheel)]))


def audit_bytecode(wheel: Wheel, target: Target) -> Iterable[Problem]:
    """The target's Python can import what there is no source of, and runs what can be read."""
    if wheel.pycs:
        from lambda_wheels.audit.stale_bytecode import wrong_bytecode  # here since most wheels have none

        for problem in wrong_bytecode(wheel.pycs, {target.python_version}):
            yield replace(problem, project=wheel.name, wheel=wheel.filename)


_RULES = (_tags, _requires_python, _any_platform, audit_bytecode)
