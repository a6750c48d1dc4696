"""What the caller asked for, understood as a whole before anything is done. (Looks at the disk.)"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple, TypeVar

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
from lambda_wheels.targets import Target
from lambda_wheels.waivers import Waivers

_T = TypeVar("_T")

Given = str | Path | Iterable[str | Path]
"""A string is a requirement (PEP 508), a path a file of them, a wheel or a lock; one may stand without a list."""


class Call(NamedTuple):
    """What the caller asked for, once it makes sense."""

    requirements: Requirements
    targets: tuple[Target, ...]
    """At least one."""
    waivers: Waivers
    strict: bool
    options: IndexOptions
    libraries: tuple[Library, ...] = ()
    """Shared objects that come from no wheel."""


def understood(
    requirements: Given,
    targets: Callable[[], tuple[Target, ...]],
    output: str | Path,
    *,
    allow: Iterable[str],
    strict: bool,
    options: IndexOptions,
    libraries: Iterable[Path] = (),
) -> Call:
    """The call, understood; all that makes no sense about it is raised at once.

    :param targets: makes the targets, or raises what is wrong with them.
    :param libraries: shared objects for the layer's ``lib/``.
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
    brought = attempt(lambda: read_libraries(libraries)) or ()
    if not str(output):  # as a path it would be the working directory, which an unset variable does not mean
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
        requirements=wanted, targets=built_for, waivers=waivers, strict=strict, options=options, libraries=brought
    )
