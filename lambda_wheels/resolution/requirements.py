"""What the caller wants: requirements as strings, requirement files and wheels as paths. (Looks at the disk.)"""

from __future__ import annotations

import os
import re
import urllib.parse
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from lambda_wheels.errors import UsageError
from lambda_wheels.problems import Problem
from lambda_wheels.resolution.redaction import public_url, redact

_FILE_ENDINGS = (".txt", ".toml", ".whl", ".zip", ".tar.gz", ".tar.bz2", ".tgz", ".in", ".cfg", ".lock")
"""Endings with which a string is taken for a file meant as a path. As a project's name a stranger could own it."""


_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


@dataclass(frozen=True, kw_only=True, slots=True)
class Requirements:
    """What the caller asked for, sorted by kind and found well-formed."""

    strings: tuple[str, ...]
    """PEP 508 requirements."""
    files: tuple[Path, ...]
    """Requirement files, absolute."""
    wheels: tuple[Path, ...]
    """Wheels on this disk, absolute."""


def read_requirements(given: str | Path | Iterable[str | Path], options_paths: Iterable[Path] = ()) -> Requirements:
    """Sort what the caller gave: a string is a requirement, a path a file; one of either may stand without a list.

    :param options_paths: further files and folders that must exist.
    :raises UsageError: with everything that cannot be meant: options hidden in a string, a file named by a string, a
        missing file, a URL to something other than a wheel, nothing at all.
    """
    items = [given] if isinstance(given, str | os.PathLike) else list(given)
    strings: list[str] = []
    files: list[Path] = []
    wheels: list[Path] = []
    problems: list[Problem] = []
    for item in items:
        if isinstance(item, str):
            found = _check_string(item)
            strings.append(item.strip())
        elif isinstance(item, os.PathLike):
            path = Path(item).absolute()
            found = _check_path(path)
            (wheels if path.suffix == ".whl" else files).append(path)
        else:
            raise TypeError(f"a requirement is a str, a file a Path; {item!r} is neither")
        problems += found
    problems += [_missing(path) for path in options_paths if not _exists(path)]
    if not items:
        problems.append(
            Problem(rule="no-requirement", message="nothing to build: no requirement and no requirement file was given")
        )
    if problems:
        raise UsageError(problems)
    return Requirements(strings=tuple(strings), files=tuple(files), wheels=tuple(wheels))


def _check_string(text: str) -> list[Problem]:
    """What is wrong with a requirement given as a string; at most one problem."""
    shown = redact(text)
    if not text.isprintable():
        return [Problem(rule="bad-requirement", message=f"{shown!r} holds a line break or another control character")]
    stripped = text.strip()
    if stripped.startswith("-"):
        return [
            Problem(
                rule="bad-requirement",
                message=f"{shown!r} is an option, not a requirement",
                hint="options are parameters (and flags) of their own; a requirement file is given as a Path",
            )
        ]
    if _URL.match(stripped):
        return [
            Problem(
                rule="bad-requirement",
                message=f"{shown!r} is a URL, which does not say of which project",
                hint="write it as NAME @ URL",
            )
        ]
    if "@" not in stripped and (stripped.lower().endswith(_FILE_ENDINGS) or _names_something(stripped)):
        return [
            Problem(
                rule="string-for-path",
                message=f"{shown!r} looks like a file, but a string is a requirement",
                hint=f"did you mean Path({stripped!r})? (On the command line: {_flag(stripped)})",
            )
        ]
    try:
        requirement = Requirement(stripped)
    except InvalidRequirement as error:
        reason = str(error).splitlines()[0]
        return [
            Problem(
                rule="bad-requirement",
                message=f"{shown!r} is not a requirement as PEP 508 defines it: {redact(reason)}",
                hint='write it as NAME, NAME>=1.0 or NAME[extra]==1.0; python_version<"3.13"',
            )
        ]
    return _check_url(requirement.name, requirement.url) if requirement.url else []


def _names_something(text: str) -> bool:
    """Whether ``text`` names something on this disk; without a separator in it, a file: a folder is often named so."""
    return os.path.isfile(text) or ("/" in text.replace(os.sep, "/") and _exists(text))  # noqa: PTH113


def _exists(path: str | Path) -> bool:
    return os.path.exists(path)  # noqa: PTH110  # Path.exists raises for what is too long for a name


def _flag(text: str) -> str:
    """How a file is given on the command line."""
    return f"./{text}" if text.lower().endswith(".whl") else f"-r {text}"


def _check_url(name: str, url: str) -> list[Problem]:
    """What is wrong with the URL of ``name @ URL``; at most one problem."""
    try:
        parts = urllib.parse.urlsplit(url)
    except ValueError:
        return [Problem(rule="bad-requirement", project=name, message="its URL is malformed")]
    if "@" in parts.netloc:
        return [
            Problem(
                rule="url-credentials",
                project=name,
                message=f"{public_url(url)} carries a user or a password",
                hint="put them into netrc or a keyring, or into the index's URL if the file lies on the same host",
            )
        ]
    if parts.scheme not in {"http", "https", "file"} or not parts.path.endswith(".whl"):
        return [_source(public_url(url))]
    filename = urllib.parse.unquote(parts.path.rpartition("/")[2])
    try:
        project, _, _, _ = parse_wheel_filename(filename)
    except InvalidWheelFilename as error:
        return [Problem(rule="wheel-filename", project=name, message=str(error))]
    if project != canonicalize_name(name):
        return [Problem(rule="bad-requirement", project=name, message=f"its URL is that of a wheel of {project}")]
    return []


def _check_path(path: Path) -> list[Problem]:
    """What is wrong with a file of requirements or a wheel; at most one problem."""
    if not _exists(path):
        return [_missing(path)]
    if path.is_dir():
        return [_source(str(path))]
    if path.suffix == ".whl":
        try:
            parse_wheel_filename(path.name)
        except InvalidWheelFilename as error:
            return [Problem(rule="wheel-filename", wheel=path.name, message=str(error))]
    elif path.name.endswith((".tar.gz", ".tar.bz2", ".tgz", ".zip")):
        return [_source(str(path))]
    elif path.suffix == ".toml":
        return [
            Problem(
                rule="unknown-file-kind",
                message=f"{path} is neither a requirement file nor a wheel",
                hint="export the requirements of a project or a lock to a requirements.txt",
            )
        ]
    return []


def _source(place: str) -> Problem:
    return Problem(
        rule="not-a-wheel",
        message=f"{place} is not a wheel, and nothing is built from source",
        hint=f"make a wheel of it: {wheel_command(place)}",
    )


def wheel_command(requirement: str) -> str:
    """The commands that make a wheel of a source distribution and let a build use it, as one hint."""
    return f'python -m pip wheel --no-deps --wheel-dir wheels "{requirement}", then add --find-links wheels'


def _missing(path: Path) -> Problem:
    return Problem(rule="no-such-file", message=f"{path} does not exist")
