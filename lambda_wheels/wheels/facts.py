"""A proven wheel as a JSON value and back, for the store to keep. (Pure.)"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from packaging.specifiers import SpecifierSet
from packaging.tags import Tag
from packaging.utils import canonicalize_name
from packaging.version import Version

from lambda_wheels.problems import Problem, Severity
from lambda_wheels.wheels.native import Elf, Format, Native
from lambda_wheels.wheels.wheel import Member, Wheel

if TYPE_CHECKING:
    from lambda_wheels.wheels.pyc import Pyc

_MEMBER_TYPES = (str, int, int, int, int, int, bool, str)
_ELF_TYPES = (str, int, bool, str, list, list, list, list, str, str)


def wheel_as_json(wheel: Wheel) -> object:
    """``wheel`` as lists, strings and numbers; equal wheels give equal values."""
    return {
        "filename": wheel.filename,
        "sha256": wheel.sha256,
        "size": wheel.size,
        "name": wheel.name,
        "version": str(wheel.version),
        "build": list(wheel.build),
        "tags": sorted(map(str, wheel.tags)),
        "requires_python": str(wheel.requires_python),
        "requires_dist": list(wheel.requires_dist),
        "provides_extra": sorted(wheel.provides_extra),
        "dist_info": wheel.dist_info,
        "data": wheel.data,
        "entry_points": wheel.entry_points,
        "members": [list(member) for member in wheel.members],
        "natives": [[native.path, native.format, list(native.elf) if native.elf else None] for native in wheel.natives],
        "pycs": [_pyc_as_json(pyc) for pyc in wheel.pycs],
        "problems": [problem.as_dict() for problem in wheel.problems],
    }


def wheel_from_json(value: object) -> Wheel:
    """What :func:`wheel_as_json` wrote, as a wheel again. The caller knows that it did: the store keeps a digest.

    :raises ValueError: these are not the facts of a wheel. (Not of each value that it would not have written.)
    """
    try:
        return _wheel(value)
    except (AssertionError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise ValueError(f"these are not the facts of a wheel: {error!r}") from error


def _wheel(value: Any) -> Wheel:
    build = value["build"]
    return Wheel(
        filename=_text(value["filename"]),
        sha256=_text(value["sha256"]),
        size=_number(value["size"]),
        name=canonicalize_name(value["name"]),
        version=Version(value["version"]),
        build=(_number(build[0]), _text(build[1])) if build else (),
        tags=frozenset(Tag(*text.split("-")) for text in value["tags"]),
        requires_python=SpecifierSet(value["requires_python"]),
        requires_dist=tuple(map(_text, value["requires_dist"])),
        provides_extra=frozenset(map(canonicalize_name, value["provides_extra"])),
        dist_info=_text(value["dist_info"]),
        data=_text(value["data"]),
        entry_points=_text(value["entry_points"]),
        members=tuple(map(_member, value["members"])),
        natives=tuple(map(_native, value["natives"])),
        pycs=tuple(map(_pyc, value["pycs"])),
        problems=tuple(Problem(**{**row, "severity": Severity(row["severity"])}) for row in value["problems"]),
    )


def _member(row: list[Any]) -> Member:
    if tuple(map(type, row)) != _MEMBER_TYPES:
        raise TypeError(row)
    return Member._make(row)


def _native(row: list[Any]) -> Native:
    path, kind, elf = row
    return Native(_text(path), Format(kind), None if elf is None else _elf(elf))


def _elf(row: list[Any]) -> Elf:
    if tuple(map(type, row)) != _ELF_TYPES:
        raise TypeError(row)
    machine, bits, little_endian, soname, needed, versions, rpath, runpath, interpreter, damage = row
    pairs = tuple((_text(library), _text(version)) for library, version in versions)
    lists = [tuple(map(_text, texts)) for texts in (needed, rpath, runpath)]
    return Elf(machine, bits, little_endian, soname, lists[0], pairs, lists[1], lists[2], interpreter, damage)


def _pyc_as_json(pyc: Pyc) -> list[object]:
    return [pyc.path, pyc.size, list(pyc.python) if pyc.python else None, pyc.kind.name, pyc.source, pyc.matches]


def _pyc(row: list[Any]) -> Pyc:
    from lambda_wheels.wheels.pyc import Pyc, PycKind  # here since most wheels have none

    path, size, python, kind, source, matches = row
    if matches is not None and type(matches) is not bool:
        raise TypeError(row)
    return Pyc(
        _text(path),
        _number(size),
        None if python is None else (_number(python[0]), _number(python[1])),
        PycKind[kind],
        None if source is None else _text(source),
        matches,
    )


def _text(value: object) -> str:
    if type(value) is not str:
        raise TypeError(value)
    return value


def _number(value: object) -> int:
    if type(value) is not int:
        raise TypeError(value)
    return value
