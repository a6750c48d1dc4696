"""What the caller wants: requirements as strings, requirement files and wheels as paths. (Looks at the disk.)"""

from __future__ import annotations

import os
import re
import urllib.parse
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from lambda_wheels.errors import UsageError
from lambda_wheels.problems import Problem
from lambda_wheels.resolution.redaction import public_path, public_url, redact, url_fault

_FILE_ENDINGS = (".txt", ".toml", ".whl", ".zip", ".tar.gz", ".tar.bz2", ".tgz", ".in", ".cfg", ".lock")
"""Endings with which a string is taken for a file meant as a path. As a project's name a stranger could own it."""


_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_URL_AS_PATH = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):[/\\]+")
"""A URL that was made a path, which leaves one slash of two. A drive of Windows has one letter."""

_EXPORTED = {
    "pyproject.toml": "lambda-wheels lock of what it requires, or uv export --format pylock.toml -o pylock.toml",
    "uv.lock": "uv export --format pylock.toml --no-emit-project --no-dev -o pylock.toml",
    "poetry.lock": "poetry export -f pylock.toml -o pylock.toml",
    "pdm.lock": "pdm export -f pylock -o pylock.toml",
    "Pipfile.lock": "pipenv requirements --hash > requirements.txt",
    "Pipfile": "pipenv requirements --hash > requirements.txt",
}
"""What other tools write for themselves, and how it becomes something that others can read."""

_PASSING = ("/dev/", "/proc/")
"""Where names mean something else in another process, such as ``/dev/stdin``."""

_MOST = 10_000_000
"""Bytes of a requirement file that is no plain file: a device may never end."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Requirements:
    """What the caller asked for, sorted by kind and found well-formed."""

    strings: tuple[str, ...]
    """PEP 508 requirements."""
    files: tuple[Path, ...]
    """Requirement files, absolute."""
    wheels: tuple[Path, ...]
    """Wheels on this disk, absolute."""
    lock: Path | None = None
    """A lock, absolute: then there is nothing else but ``wheels``, as a lock says which wheels there are."""
    passing: Mapping[Path, bytes] = field(default_factory=dict)
    """What those of ``files`` hold that can be read only once, and only here: pipes, ``/dev/stdin``."""


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
    locks: list[Path] = []
    passing: dict[Path, bytes] = {}
    problems: list[Problem] = []
    kinds = {".whl": wheels, ".toml": locks}
    for item in items:
        if isinstance(item, str):
            found = _check_string(item)
            strings.append(item.strip())
        elif isinstance(item, os.PathLike):
            path, found = _absolute(Path(item))
            if not found and path not in passing and _is_passing(path):
                found = _read_passing(path, passing)
            kinds.get(path.suffix.lower(), files).append(path)
        else:
            raise TypeError(f"a requirement is a str, a file a Path; {item!r} is neither")
        problems += found
    problems += [_missing(path) for path in options_paths if not _exists(path)]
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


def existing(path: Path) -> Path:
    """``path`` made absolute.

    :raises UsageError: nothing is there.
    """
    absolute, problems = _absolute_path(path)
    if not problems and not _exists(absolute):
        problems = [_missing(absolute)]
    if problems:
        raise UsageError(problems)
    return absolute


def with_copies(requirements: Requirements, scratch: Path) -> Requirements:
    """The same requirements with a plain file in ``scratch`` for each that could be read only once."""
    copies = {}
    for number, (path, content) in enumerate(requirements.passing.items()):
        copies[path] = scratch / f"requirements-{number}.txt"
        copies[path].write_bytes(content)
    return replace(requirements, files=tuple(copies.get(path, path) for path in requirements.files), passing={})


def _check_string(text: str) -> list[Problem]:
    """What is wrong with a requirement given as a string; at most one problem."""
    shown = redact(text)
    if _has_other_bytes(text):
        return [Problem(rule="bad-requirement", message=f"{shown!r} holds bytes that are not UTF-8")]
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
    if fault := url_fault(urllib.parse.urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))):
        return [Problem(rule="bad-requirement", project=name, message=f"its URL is malformed: {fault}")]
    filename = urllib.parse.unquote(parts.path.rpartition("/")[2])
    try:
        project, _, _, _ = parse_wheel_filename(filename)
    except InvalidWheelFilename as error:
        return [Problem(rule="wheel-filename", project=name, message=str(error))]
    if project != canonicalize_name(name):
        return [Problem(rule="bad-requirement", project=name, message=f"its URL is that of a wheel of {project}")]
    return []


def _absolute(path: Path) -> tuple[Path, list[Problem]]:
    """The path of a file of requirements or a wheel, and what is wrong with it; at most one problem."""
    absolute, problems = _absolute_path(path)
    return absolute, problems or _check_path(absolute)


def _absolute_path(path: Path) -> tuple[Path, list[Problem]]:
    """The path made absolute, and why it cannot be; at most one problem."""
    if _URL_AS_PATH.match(str(path)) and not _exists(path):
        return path, [_missing(path)]  # before it gets the working directory in front
    try:
        return path.absolute(), []
    except FileNotFoundError:
        message = f"{public_path(path)} is not found: the working directory does not exist any more"
        return path, [Problem(rule="no-such-file", message=message)]


def _has_other_bytes(text: str) -> bool:
    """Whether ``text`` came from bytes that are not UTF-8, which Python turns into lone surrogates."""
    return any("\ud800" <= character <= "\udfff" for character in text)


def _is_passing(path: Path) -> bool:
    """Whether ``path`` can be read only once, or only by this process."""
    return path.suffix.lower() not in {".whl", ".toml"} and (not path.is_file() or path.as_posix().startswith(_PASSING))


def _read_passing(path: Path, passing: dict[Path, bytes]) -> list[Problem]:
    """Note what ``path`` holds; at most one problem."""
    try:
        with path.open("rb") as file:
            content = file.read(_MOST + 1)
    except OSError as error:
        return [Problem(rule="disk-failed", message=f"{path} cannot be read: {error.strerror}")]
    if len(content) > _MOST:
        return [
            Problem(rule="unknown-file-kind", message=f"{path} does not end, or is too long for a requirement file")
        ]
    passing[path] = content
    return []


def _check_path(path: Path) -> list[Problem]:
    """What is wrong with a file of requirements or a wheel; at most one problem."""
    if not _exists(path):
        return [_missing(path)]
    if path.is_dir():
        return [_source(str(path))]
    if path.suffix.lower() == ".whl":
        try:
            parse_wheel_filename(path.name)
        except InvalidWheelFilename as error:
            return [Problem(rule="wheel-filename", wheel=path.name, message=str(error))]
    elif path.name.endswith((".tar.gz", ".tar.bz2", ".tgz", ".zip")):
        return [_source(str(path))]
    elif path.name in _EXPORTED:
        return [
            Problem(
                rule="unknown-file-kind",
                message=f"{path} is neither a requirement file nor a wheel nor a lock of the standard form",
                hint=f"export it: {_EXPORTED[path.name]}",
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
    if url := _URL_AS_PATH.match(str(path)):
        shown = public_url(f"{url[1]}://{str(path)[url.end() :]}")
        return Problem(
            rule="no-such-file", message=f"{shown} is a URL, and only files are read", hint="download it first"
        )
    return Problem(rule="no-such-file", message=f"{public_path(path)} does not exist")
