"""A file of machine code at its place in a layer, as the rules about such files see it. (Pure values.)"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from packaging.tags import Tag

from lambda_wheels.problems import Problem, Severity
from lambda_wheels.targets import Target
from lambda_wheels.wheels import Wheel
from lambda_wheels.wheels.layout import landing
from lambda_wheels.wheels.native import Elf, Format, Native

_TAGGED: Final = r"(?a)\.(?:cpython|pypy|graalpy)[\w-]*\.so$"  # compiled when it is needed
"""The end of the name of an extension module that says for which interpreter it is (PEP 3149)."""


class Placed(NamedTuple):
    """One file of machine code in a layer."""

    path: str
    """Below ``/opt``, ``python/numpy/core/…``."""
    native: Native
    project: str | None
    """The project that brings it, normalised, as far as known."""
    wheel: str | None
    """The file name of the wheel that brings it."""

    @property
    def folder(self) -> str:
        """Where it lies, below ``/opt``: what the loader calls ``$ORIGIN``."""
        return posixpath.dirname(self.path)

    @property
    def owner(self) -> str:
        """What brings it: the wheel, the project, or nobody known."""
        return self.wheel or self.project or ""


def placed(wheel: Wheel, folder: str = "python/", *, scripts: bool = False) -> Iterator[Placed]:
    """The machine code of ``wheel``, unpacked into ``folder`` of a layer.

    :param scripts: whether its scripts are in the layer.
    """
    for native in wheel.natives:
        if (path := landing(native.path, wheel.data)) is not None:
            yield Placed(folder + path, native, wheel.name, wheel.filename)
        elif scripts and native.path.startswith(script := f"{wheel.data}/scripts/"):
            yield Placed(f"bin/{native.path.removeprefix(script)}", native, wheel.name, wheel.filename)


def fits(elf: Elf, target: Target) -> bool:
    """Whether the machine is the target's."""
    return (elf.machine, elf.bits, elf.little_endian) == (target.machine, 64, True)


def foreign_suffix(path: str, target: Target) -> str | None:
    """What says that an extension module is for another Python or machine, so that the target's never looks at it."""
    tagged = re.search(_TAGGED, path)
    return tagged[0] if tagged and tagged[0] not in target.extension_suffixes else None


def found(
    rule: str, place: Placed, message: str, hint: str, *, severity: Severity | None = None, others: int = 0
) -> Problem:
    """A finding about ``place``; about a program it is a warning, since nothing is started by an import.

    :param others: how many other files of the same owner it is about as well.
    """
    if severity is None:
        severity = Severity.ERROR if place.native.is_loaded else Severity.WARNING
    return Problem(
        rule=rule,
        severity=severity,
        project=place.project,
        wheel=place.wheel,
        member=place.native.path,
        message=message + and_others(others),
        hint=hint,
    )


def together(problems: Iterable[Problem]) -> Iterator[Problem]:
    """The problems, those that differ only in the file as one, which names the first."""
    groups: dict[Problem, list[Problem]] = {}
    for problem in problems:
        groups.setdefault(replace(problem, member=None), []).append(problem)
    for first, *others in groups.values():
        yield replace(first, message=first.message + and_others(len(others)))


def and_others(others: int) -> str:
    """What is said of the other files that a finding is about as well."""
    return f" (and {others:,} other {'file' if others == 1 else 'files'})" if others else ""


def chooses(places: Sequence[Placed]) -> bool:
    """Whether a wheel of these files brings libraries for several systems: it then loads the one that fits, or none.

    Debuggers and bridges to other languages do, some of them in a wheel for any platform.
    """
    loaded = [place.native for place in places if place.native.is_loaded and place.native.format is not Format.OTHER]
    return len({native.format for native in loaded}) > 1


def in_any(tags: Iterable[Tag], places: Sequence[Placed], *, chosen: bool) -> Iterator[Problem]:
    """What claims to fit any platform has no machine code that would be loaded; one file of it shows that it has.

    A program is a warning, unless there are programs for several machines, of which the wheel then chooses.

    :param chosen: whether the wheel :func:`chooses`, for which it is a warning.
    """
    if any(tag.platform != "any" for tag in tags):
        return
    shown = [place for place in places if place.native.is_loaded and place.native.elf is not None]
    if not shown:
        programs = {place: elf.machine for place in places if (elf := place.native.elf) is not None and not elf.damage}
        shown = [*programs] if len({*programs.values()}) == 1 else []
    if shown:
        yield found(
            "native-in-any",
            shown[0],
            "the wheel claims to fit any platform, and this file is machine code",
            "take a wheel that was built for the target, or report it to the project",
            severity=Severity.WARNING if chosen else None,
        )


def by_owner(places: Iterable[Placed]) -> dict[str, list[Placed]]:
    """The files of each wheel or project, together."""
    groups: dict[str, list[Placed]] = {}
    for place in places:
        groups.setdefault(place.owner, []).append(place)
    return groups
