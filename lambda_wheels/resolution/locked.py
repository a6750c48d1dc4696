"""What a lock names for a target: its wheels, with everything that keeps one from being used. (Pure.)

The choice itself is ``packaging``'s (PEP 751, "Installation"): markers, tags, one entry for a project.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Final, cast

from packaging.markers import Environment, UndefinedComparison, UndefinedEnvironmentName
from packaging.pylock import Package, Pylock, PylockSelectError
from packaging.requirements import InvalidRequirement
from packaging.utils import canonicalize_name

from lambda_wheels.errors import ResolutionError
from lambda_wheels.problems import Problem, Severity
from lambda_wheels.resolution.lock_entries import ANOTHER_LOCK, Source, no_wheel, wheel_of
from lambda_wheels.resolution.resolution import Resolution
from lambda_wheels.targets import Target
from lambda_wheels.wheels import Wheel
from lambda_wheels.wheels.needs import holds, requirement_in

_SHOWN: Final = 2
"""How many environments a message names at the most."""


def select(lock: Pylock, path: Path, target: Target, *, but: Collection[str] = ()) -> Resolution:
    """The wheels of ``lock`` for ``target``.

    :param path: where the lock is: its relative paths begin in that folder.
    :param but: projects that come from elsewhere, whatever the lock says of them.
    :raises ResolutionError: with every entry that cannot be used, each naming its project: the lock does not serve the
        target, there is no wheel that runs there, a source is no wheel, a hash is missing.
    """
    if but:
        lock = dataclasses.replace(lock, packages=[package for package in lock.packages if package.name not in but])
    try:
        chosen = _choose(lock, target)
    except PylockSelectError as error:
        raise ResolutionError([*_unserved(lock, path, target, str(error))]) from None
    problems: list[Problem] = []
    wheels = [
        wheel for package, source in chosen if (wheel := wheel_of(package, source, path.parent, target, problems))
    ]
    if not chosen and not but:
        problems.append(
            Problem(
                rule="no-requirement",
                message=f"nothing in {path.name} applies to {target}",
                hint="were its packages all left out, or each marker false?",
            )
        )
    if problems:
        raise ResolutionError(problems)
    return Resolution(target=target, wheels=tuple(sorted(wheels, key=lambda wheel: wheel.name)))


def left_out(wheels: Iterable[Wheel], target: Target) -> Iterator[Problem]:
    """A warning for each requirement of ``wheels``, all that a lock names for ``target``, that they do not satisfy.

    A lock may have been cut on purpose: of what the runtime brings, say. Extras that were asked for are not known.
    """
    wheels = list(wheels)
    versions = {wheel.name: wheel.version for wheel in wheels}
    environment = {**target.marker_environment, "extra": ""}
    for wheel in wheels:
        for text in wheel.requires_dist:
            try:
                requirement = requirement_in(text)
            except InvalidRequirement:
                continue  # which is found when the wheel is read
            if not holds(requirement.marker, environment):
                continue
            found = versions.get(canonicalize_name(requirement.name))
            if found is None or not requirement.specifier.contains(found, prereleases=True):
                has = "leaves it out" if found is None else f"has {found}"
                yield Problem(
                    rule="lock-incomplete",
                    severity=Severity.WARNING,
                    project=wheel.name,
                    wheel=wheel.filename,
                    message=f"it needs {requirement.name}{requirement.specifier}, and the lock {has}",
                )


def _unserved(lock: Pylock, path: Path, target: Target, said: str) -> Iterator[Problem]:
    """Why there is no choice for ``target``; ``said`` is what packaging found first."""

    def not_for_target(message: str) -> Problem:
        # uv's flag: without it, uv pip compile writes down the patch level of its own Python.
        hint = f"{ANOTHER_LOCK}, and uv pip compile --python-version"
        return Problem(rule="lock-not-for-target", message=f"{path}: {message}", hint=hint)

    def choose(*packages: Package) -> list[tuple[Package, Source]]:
        return _choose(dataclasses.replace(lock, packages=packages), target)

    try:
        choose()
    except _MarkerError:
        yield Problem(rule="bad-lock", message=f"{path}: {said}")
        return
    except PylockSelectError:
        if lock.requires_python and not lock.requires_python.contains(target.python, prereleases=True):
            yield not_for_target(f"it is for Python {lock.requires_python}, and {target.runtime} has {target.python}")
        else:
            known = list(map(str, lock.environments or ()))
            more = f"; and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
            yield not_for_target(f"none of its environments is that of {target}: {'; '.join(known[:_SHOWN])}{more}")
        return
    found = Counter[str]()
    single = []
    for package in lock.packages:
        try:
            found.update(str(package.name) for _ in choose(package))
        except _MarkerError as error:
            message = f"{error}: {package.marker}"
            single.append(Problem(rule="bad-lock", project=package.name, message=message))
        except PylockSelectError:
            single.append(_unfit(package, target))
            found[package.name] += 1
    yield from single
    for name, count in found.items():
        if count > 1:
            yield Problem(
                rule="bad-lock",
                project=name,
                message=f"{path.name} has {count} entries of it that apply to {target}",
                hint="make it anew with the tool that made it",
            )
    if not single and max(found.values(), default=0) < 2:
        yield Problem(rule="bad-lock", message=f"{path}: {said}")


class _MarkerError(PylockSelectError):
    """A marker compares what cannot be compared, or asks for what a lock does not know."""


def _choose(lock: Pylock, target: Target) -> list[tuple[Package, Source]]:
    """What ``packaging`` chooses.

    :raises PylockSelectError: there is no choice.
    """
    try:
        return list(lock.select(environment=cast(Environment, target.marker_environment), tags=target.tags))
    except (UndefinedComparison, UndefinedEnvironmentName):
        raise _MarkerError("a marker in the lock cannot be evaluated") from None


def _unfit(package: Package, target: Target) -> Problem:
    """What keeps an entry that applies to ``target`` from being used there."""
    if package.requires_python and not package.requires_python.contains(target.python, prereleases=True):
        return Problem(
            rule="requires-python",
            project=package.name,
            message=f"it needs Python {package.requires_python}, and {target.runtime} has {target.python}",
            hint="make the lock anew for this runtime",
        )
    return no_wheel(package, target)
