"""Files as they were named: of requirements, of wheels, of locks. Are they what they should be? (Looks at the disk.)"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from lambda_wheels.errors import OutputError, UsageError
from lambda_wheels.problems import Problem
from lambda_wheels.resolution.redaction import public_path, public_url
from lambda_wheels.there import exists, is_file, is_folder
from lambda_wheels.wheels.filename import parse_plain_filename

_URL_AS_PATH: Final = r"([A-Za-z][A-Za-z0-9+.-]+):[/\\]+"
"""A URL that was made a path, which leaves one slash of two. A drive of Windows has one letter."""

_EXPORTED: Final = {
    "pyproject.toml": "lambda-wheels lock of what it requires, or uv export --format pylock.toml -o pylock.toml",
    "uv.lock": "uv export --format pylock.toml --no-emit-project --no-dev -o pylock.toml",
    "poetry.lock": "poetry export -f pylock.toml -o pylock.toml",
    "pdm.lock": "pdm export -f pylock -o pylock.toml",
    "Pipfile.lock": "pipenv requirements --hash > requirements.txt",
    "Pipfile": "pipenv requirements --hash > requirements.txt",
}
"""What other tools write for themselves, and how it becomes something that others can read."""

_PASSING: Final = ("/dev/", "/proc/")
"""Where names mean something else in another process, such as ``/dev/stdin``."""

_MOST: Final = 10_000_000
"""Bytes of a requirement file that is no plain file: a device may never end."""


def existing(path: Path) -> Path:
    """``path`` made absolute.

    :raises UsageError: nothing is there.
    :raises OutputError: that cannot be told.
    """
    there, problems = _made_absolute(path)
    if not problems:
        with told_of(there):
            problems = [] if exists(there) else [missing(there)]
    if problems:
        raise UsageError(problems)
    return there


def absolute(path: Path) -> tuple[Path, list[Problem]]:
    """The path of a file of requirements or a wheel, and what is wrong with it; at most one problem.

    :raises OutputError: it cannot be told what is there.
    """
    there, problems = _made_absolute(path)
    with told_of(there):
        return there, problems or _check_path(there)


def _made_absolute(path: Path) -> tuple[Path, list[Problem]]:
    """The path made absolute, and why it cannot be; at most one problem."""
    if re.match(_URL_AS_PATH, str(path)) and not os.path.exists(path):  # noqa: PTH110  # a folder's name, or else nothing
        return path, [missing(path)]  # before it gets the working directory in front
    try:
        return path.absolute(), []
    except FileNotFoundError:
        message = f"{public_path(path)} is not found: the working directory does not exist any more"
        return path, [Problem(rule="no-such-file", message=message)]


def is_passing(path: Path) -> bool:
    """Whether ``path`` can be read only once, or only by this process.

    :raises OutputError: that cannot be told.
    """
    with told_of(path):
        return path.suffix.lower() not in {".whl", ".toml"} and (
            not is_file(path) or path.as_posix().startswith(_PASSING)
        )


def read_passing(path: Path, passing: dict[Path, bytes]) -> list[Problem]:
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
    if not exists(path):
        return [missing(path)]
    if is_folder(path):
        return [no_wheel(str(path))]
    if path.suffix.lower() in {".whl", ".toml"} and not is_file(path):  # which need not end
        return [Problem(rule="unknown-file-kind", message=f"{path} is a pipe, a socket or a device, no plain file")]
    if path.suffix.lower() == ".whl":
        try:
            parse_plain_filename(path.name)
        except ValueError as error:
            hint = "give it the name that its builder gave it"
            return [Problem(rule="wheel-filename", wheel=path.name, message=str(error), hint=hint)]
        try:
            str(path).encode("utf-8")
        except UnicodeEncodeError:  # pip and we name files by their URLs, which are
            message = f"the path {path} is not UTF-8"
            hint = "rename the folder, or copy the wheel elsewhere"
            return [Problem(rule="wheel-unreadable", wheel=path.name, message=message, hint=hint)]
    elif path.name.endswith((".tar.gz", ".tar.bz2", ".tgz", ".zip")):
        return [no_wheel(str(path))]
    elif path.name in _EXPORTED:
        return [
            Problem(
                rule="unknown-file-kind",
                message=f"{path} is neither a requirement file nor a wheel nor a lock of the standard form",
                hint=f"export it: {_EXPORTED[path.name]}",
            )
        ]
    return []


def no_wheel(place: str) -> Problem:
    """What is wrong with ``place``, which is something that a wheel could be made of."""
    return Problem(
        rule="not-a-wheel",
        message=f"{place} is not a wheel, and nothing is built from source",
        hint=f"make a wheel of it: {wheel_command(place)}",
    )


def wheel_command(requirement: str) -> str:
    """The commands that make a wheel of a source distribution and let a build use it, as one hint."""
    return f'python -m pip wheel --no-deps --wheel-dir wheels "{requirement}", then add --find-links wheels'


def missing(path: Path) -> Problem:
    """What is wrong with a path at which there is nothing."""
    if url := re.match(_URL_AS_PATH, str(path)):
        shown = public_url(f"{url[1]}://{str(path)[url.end() :]}")
        return Problem(
            rule="no-such-file", message=f"{shown} is a URL, and only files are read", hint="download it first"
        )
    return Problem(rule="no-such-file", message=f"{public_path(path)} does not exist")


@contextlib.contextmanager
def told_of(path: Path) -> Iterator[None]:
    """What the system refuses inside the block is said as an error about ``path``.

    :raises OutputError: for an ``OSError``.
    """
    try:
        yield
    except OSError as error:
        message = f"{public_path(path)} cannot be read: {error.strerror or error}"
        raise OutputError(Problem(rule="disk-failed", message=message)) from error
