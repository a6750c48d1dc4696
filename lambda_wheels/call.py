"""What the caller asked for, understood as a whole before anything is done. (Looks at the disk.)"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import product
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from lambda_wheels.errors import UsageError
from lambda_wheels.layers.libraries import Library, read_libraries
from lambda_wheels.problems import Problem
from lambda_wheels.resolution import (
    IndexOptions,
    Requirements,
    choosing_options,
    local_paths,
    pip_options,
    read_requirements,
    settled,
)
from lambda_wheels.targets import ARCHITECTURES, RUNTIMES, Target
from lambda_wheels.waivers import Waivers

_T = TypeVar("_T")

Given = str | Path | Iterable[str | Path]
"""A string is a requirement (PEP 508), a path a file of them, a wheel or a lock; one may stand without a list."""


AUTO: Final = "auto"
"""Given as the architecture: the first of ``_PREFERRED`` that works."""
_PREFERRED: Final = ("arm64", "x86_64")  # arm64 costs less for the same work (AWS, "Lambda pricing")


class Call(NamedTuple):
    """What the caller asked for, once it makes sense."""

    requirements: Requirements
    targets: tuple[Target, ...]
    """At least one, in the order of our tables."""
    waivers: Waivers
    strict: bool
    options: IndexOptions
    libraries: tuple[Library, ...] = ()
    """Shared objects that come from no wheel."""
    scripts: bool = False
    """Whether the layer is to have the projects' scripts."""


def understood(
    requirements: Given,
    targets: Callable[[], tuple[Target, ...]],
    output: str | Path | None = None,
    *,
    allow: Iterable[str],
    strict: bool,
    options: IndexOptions,
    libraries: str | Path | Iterable[str | Path] = (),
    scripts: bool = False,
) -> Call:
    """The call, understood; all that makes no sense about it is raised at once.

    :param targets: makes the targets, or raises what is wrong with them.
    :param output: where something is to be written, if anything is.
    :param libraries: shared objects for the layer's ``lib/``; one may stand without a list.
    :param scripts: whether the layer is to have the projects' scripts.
    :raises UsageError: with every problem.
    :raises OutputError: one of ``libraries`` cannot be read.
    """
    options = settled(options)
    problems: list[Problem] = []

    def attempt(read: Callable[[], _T]) -> _T | None:
        try:
            return read()
        except UsageError as error:
            problems.extend(error.problems)
            return None

    built_for = attempt(targets)
    waivers = attempt(lambda: Waivers.read(allow))
    attempt(lambda: pip_options(options))
    paths = [libraries] if isinstance(libraries, str | Path) else libraries
    brought = attempt(lambda: read_libraries(map(Path, paths))) or ()
    # As a path it would be the working directory, which an unset variable does not mean.
    if output is not None and not str(output):
        problems.append(
            Problem(rule="output-refused", message="the output has no name", hint="name a file or a folder")
        )
    wanted = attempt(lambda: read_requirements(requirements, local_paths(options)))
    if wanted is not None and wanted.lock is not None and (choosing := choosing_options(options)):
        problems.append(
            Problem(
                rule="lock-not-alone",
                message=f"{wanted.lock.name} is a lock, in which all is chosen, so {', '.join(choosing)} has no place",
                hint="give these to lambda-wheels lock",
            )
        )
    if problems or built_for is None or waivers is None or wanted is None:
        raise UsageError(problems)
    return Call(
        requirements=wanted,
        targets=built_for,
        waivers=waivers,
        strict=strict,
        options=options,
        libraries=brought,
        scripts=scripts,
    )


def layer_targets(runtime: str | Iterable[str], architecture: str | Iterable[str]) -> tuple[Target, ...]:
    """What a layer is to be for: each runtime, on the one architecture; or, for ``auto``, on each that it may be.

    :raises UsageError: one is not Lambda's, or none was named, or several architectures.
    """
    architectures = _listed(architecture)
    if len(architectures) > 1:
        raise UsageError(
            Problem(
                rule="unknown-architecture",
                message=f"{' and '.join(map(repr, architectures))} were named, and this is done for one architecture",
                hint="name one, or auto: arm64 if all of it exists there, else x86_64",
            )
        )
    return every_target(runtime, _PREFERRED if architectures == [AUTO] else architectures)


def by_preference(targets: Iterable[Target]) -> list[tuple[Target, ...]]:
    """The targets of each architecture, the one that is liked best first."""
    targets = tuple(targets)
    groups = (tuple(target for target in targets if target.architecture == name) for name in _PREFERRED)
    return [group for group in groups if group]


def every_target(runtime: str | Iterable[str], architecture: str | Iterable[str]) -> tuple[Target, ...]:
    """Each runtime on each architecture, in the order of our tables.

    :raises UsageError: one is not Lambda's, or none was named.
    """
    runtimes, architectures = _listed(runtime), _listed(architecture)
    problems: dict[Problem, None] = {}
    for name, values in (("runtime", runtimes), ("architecture", architectures)):
        if not values:
            problems[Problem(rule=f"unknown-{name}", message=f"no {name} was named")] = None
    targets = []
    for pair in product(runtimes, architectures):
        try:
            targets.append(Target(*pair))
        except UsageError as error:
            problems |= dict.fromkeys(error.problems)
    if problems:
        raise UsageError(problems)
    order = list(product(RUNTIMES, ARCHITECTURES))
    return tuple(sorted(targets, key=lambda target: order.index((target.runtime, target.architecture))))


def _listed(names: str | Iterable[str]) -> list[str]:
    """The names, each once; what is no list of any stands alone, to be refused as a name."""
    return list(dict.fromkeys([names] if isinstance(names, str) or not isinstance(names, Iterable) else names))
