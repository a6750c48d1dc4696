"""What the caller wants: requirements as strings, requirement files and wheels as paths. (Looks at the disk.)"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from packaging.utils import parse_wheel_filename

from lambda_wheels.errors import UsageError
from lambda_wheels.problems import Problem
from lambda_wheels.resolution.requirement_files import absolute, is_passing, missing, read_passing, told_of
from lambda_wheels.resolution.requirement_strings import check_string
from lambda_wheels.there import exists


class Requirements(NamedTuple):
    """What the caller asked for, sorted by kind and found well-formed."""

    strings: tuple[str, ...]
    """PEP 508 requirements."""
    files: tuple[Path, ...]
    """Requirement files, absolute."""
    wheels: tuple[Path, ...]
    """Wheels on this disk, absolute."""
    lock: Path | None = None
    """A lock, absolute: then there is nothing else but ``wheels``, as a lock says which wheels there are."""
    passing: Mapping[Path, bytes] = MappingProxyType({})
    """What those of ``files`` hold that can be read only once, and only here: pipes, ``/dev/stdin``."""


def read_requirements(given: str | Path | Iterable[str | Path], options_paths: Iterable[Path] = ()) -> Requirements:
    """Sort what the caller gave: a string is a requirement, a path a file; one of either may stand without a list.

    :param options_paths: further files and folders that must exist.
    :raises UsageError: with everything that cannot be meant: options hidden in a string, a file named by a string, a
        missing file, a URL to something other than a wheel, nothing at all.
    :raises OutputError: it cannot be told whether a file is there.
    """
    items = [given] if isinstance(given, str | os.PathLike) else list(given)
    strings: list[str] = []
    files: list[Path] = []
    wheels: list[Path] = []
    locks: list[Path] = []
    passing: dict[Path, bytes] = {}
    problems: list[Problem] = []
    kinds = {".whl": wheels, ".toml": locks}
    for item in items:
        if isinstance(item, str):
            found = check_string(item)
            strings.append(item.strip())
        elif isinstance(item, os.PathLike):
            path, found = absolute(Path(item))
            if not found and path not in passing and is_passing(path):
                found = read_passing(path, passing)
            kinds.get(path.suffix.lower(), files).append(path)
        else:
            raise TypeError(f"a requirement is a str, a file a Path; {type(item).__name__} is neither")
        problems += found
    for path in options_paths:
        with told_of(path):
            problems += [] if exists(path) else [missing(path)]
    if not items:
        problems.append(
            Problem(rule="no-requirement", message="nothing to build: no requirement and no requirement file was given")
        )
    if locks and len(items) > 1 + len(wheels):
        problems.append(
            Problem(
                rule="lock-not-alone",
                message=f"{locks[0].name} is a lock, beside which only wheels on this disk have a place",
                hint="lock everything together",
            )
        )
    if locks and not problems:  # pip is not there to say so
        for name, count in Counter(parse_wheel_filename(wheel.name)[0] for wheel in wheels).items():
            if count > 1:
                message = f"{count} wheels of it were given beside {locks[0].name}"
                problems.append(Problem(rule="bad-requirement", project=name, message=message, hint="give one"))
    if problems:
        raise UsageError(problems)
    return Requirements(
        strings=tuple(strings),
        files=tuple(files),
        wheels=tuple(wheels),
        lock=locks[0] if locks else None,
        passing=passing,
    )


def with_copies(requirements: Requirements, scratch: Path) -> Requirements:
    """The same requirements with a plain file in ``scratch`` for each that could be read only once."""
    copies = {}
    for number, (path, content) in enumerate(requirements.passing.items()):
        copies[path] = scratch / f"requirements-{number}.txt"
        copies[path].write_bytes(content)
    return requirements._replace(files=tuple(copies.get(path, path) for path in requirements.files), passing={})
