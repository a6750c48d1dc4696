"""The rules that each file of machine code has to keep by itself. (Pure.)"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from lambda_wheels.audit.placed import Placed, by_owner, chooses, fits, foreign_suffix, found, together
from lambda_wheels.problems import Problem, Severity
from lambda_wheels.targets import Target
from lambda_wheels.wheels.native import Elf, Format

_MACHINE_WORDS: Final = {
    "x86_64": r"x86_64|x86-64|amd64|x64",
    "aarch64": r"aarch64|arm64",
    "EM_386": r"x86|i[3-6]86|ia32",
    "EM_ARM": r"arm|armv[67]\w*|armhf",
    "EM_PPC64": r"ppc64(?:le)?",
    "EM_S390": r"s390x?",
    "EM_RISCV": r"riscv(?:64)?",
}
"""How the names of files and folders say for which machine something is."""


class _Wheel(NamedTuple):
    """All files of one wheel."""

    has_own: bool
    """Whether one of them is a library for the target."""
    chooses: bool
    paths: frozenset[str]


def audit_files(places: Sequence[Placed], target: Target) -> Iterator[Problem]:
    """What is wrong with any of the files on ``target``, whatever else is in the layer: what is alike, once a wheel."""
    for mine in by_owner(places).values():
        wheel = _Wheel(
            has_own=any(_is_own(place, target) for place in mine),
            chooses=chooses(mine),
            paths=frozenset(place.path for place in mine),
        )
        yield from together(problem for place in mine for rule in _RULES for problem in rule(place, wheel, target))


def _is_own(place: Placed, target: Target) -> bool:
    """Whether the loader would take it on ``target``."""
    elf = place.native.elf
    return place.native.is_loaded and elf is not None and not elf.damage and fits(elf, target)


def _format(place: Placed, wheel: _Wheel, target: Target) -> Iterator[Problem]:
    """What would be loaded is an ELF file; libraries for other systems may lie beside those for Linux."""
    if not place.native.is_loaded or place.native.format is Format.ELF:
        return
    for_linux = place.path.endswith(".so") or ".so." in place.path
    if place.native.format is not Format.OTHER:
        beside = wheel.has_own or wheel.chooses
        yield found(
            "foreign-binary",
            place,
            f"it is a {place.native.format} file, and {target.runtime} loads ELF files only",
            "take the project's wheel for Linux, built anew if need be",
            severity=Severity.WARNING if beside and not for_linux else None,
        )
    elif for_linux:
        yield found(
            "native-damaged",
            place,
            "it is named like a library, and is none: it does not begin as ELF files do",
            "fetch or build the wheel anew",
        )


def _machine(place: Placed, wheel: _Wheel, target: Target) -> Iterator[Problem]:
    """It is for the target's machine; files that are named for another may lie beside those for this one."""
    elf = place.native.elf
    if elf is None or not elf.machine or fits(elf, target):
        return
    beside = (wheel.has_own or wheel.chooses) and _is_named_for(place.native.path, elf)
    yield found(
        "wrong-machine",
        place,
        f"it is for {_machine_of(elf)}, {target} needs {target.machine}",
        f"take the wheel for {target.machine}",
        severity=Severity.WARNING if beside else None,
    )


def _machine_of(elf: Elf) -> str:
    order = "" if elf.little_endian else ", big-endian"
    return f"{elf.machine.removeprefix('EM_')} ({elf.bits}-bit{order})"


def _is_named_for(path: str, elf: Elf) -> bool:
    """Whether a name on the path says for which machine the file is."""
    words = _MACHINE_WORDS.get(elf.machine)
    return words is not None and re.search(rf"(?<![a-z0-9])(?:{words})(?![a-z0-9])", path.lower()) is not None


def _damage(place: Placed, wheel: _Wheel, target: Target) -> Iterator[Problem]:
    """The loader would not refuse it."""
    elf = place.native.elf
    if elf is not None and elf.damage and (not elf.machine or fits(elf, target)):
        yield found(
            "native-damaged", place, f"the loader would refuse it: {elf.damage}", "fetch or build the wheel anew"
        )


def _extension_name(place: Placed, wheel: _Wheel, target: Target) -> Iterator[Problem]:
    """An extension module that is named for another Python is not seen; one for this Python may lie beside it."""
    tagged = foreign_suffix(place.path, target)
    if tagged is None:
        return
    module = place.path.removesuffix(tagged)
    if not any(module + suffix in wheel.paths for suffix in target.extension_suffixes):
        yield found(
            "extension-name",
            place,
            f"{target} does not see this extension module: there its name ends in {target.extension_suffixes[0]}",
            f"take the wheel for {target.interpreter}",
        )


_RULES = (_format, _machine, _damage, _extension_name)
