"""A lock as a file: ``pylock.toml`` as PEP 751 defines it, whoever wrote it. (Reads the disk.)"""

from __future__ import annotations

import logging
import re
import tomllib
import urllib.parse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from packaging.pylock import Pylock, PylockUnsupportedVersionError, PylockValidationError
from packaging.utils import canonicalize_name

from lambda_wheels.errors import OutputError, ResolutionError
from lambda_wheels.problems import Problem
from lambda_wheels.resolution.redaction import redact

_log = logging.getLogger(__name__)

_DIGITS: Final = re.compile(rb"[0-9]{300}")
"""Of a version, a size or a marker. Python takes up to 4,300 for a number; the longest hash in hexadecimal has 128."""
_STRING: Final = re.compile(rb"\"[^\"\n]*\"|'[^'\n]*'")
_MOST_PARTS: Final = 100
"""Dots in a line, but for strings: ``tomllib`` takes a hundred times as long for a key of ten times as many parts."""
_MOST_DOTS: Final = 40
"""In a URL; real ones have up to ten."""
_SHOWN: Final = 200
_LARGEST: Final = 50_000_000
"""Bytes of a lock; those of a thousand projects have a tenth."""


def read_lock(path: Path) -> Pylock:
    """The lock at ``path``.

    :raises ResolutionError: it is not TOML, not a valid lock, or of a version that is not known.
    :raises OutputError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        raise unreadable(path, error) from error
    if len(content) > _LARGEST:
        raise bad_lock(path, "it does not end, or is too large for a lock")
    try:
        _check_bounds(content, path)
        value = tomllib.loads(content.decode("utf-8"))
        if "lock-version" not in value:
            raise bad_lock(path, "it has no lock-version, so it is another kind of file", _OTHER_KIND)
        _check_filenames(value, path)
        lock = Pylock.from_dict(_of_known_version(value, path))
        # An empty list, as Pipenv writes it, would mean that the lock is for nobody.
        return lock if lock.environments else replace(lock, environments=None)
    except UnicodeDecodeError:
        raise bad_lock(path, "it is not UTF-8") from None
    except PylockUnsupportedVersionError:
        raise bad_lock(
            path, f"it is of version {value['lock-version']}, and 1.0 is read", "make it with a tool that writes 1.0"
        ) from None
    except PylockValidationError as error:
        raise bad_lock(path, redact(str(error)), project=_project(value, error.context or "")) from None
    except (ValueError, RecursionError) as error:  # a number that is too long for Python among them
        raise bad_lock(path, f"it is not TOML: {error}") from None


def _check_bounds(content: bytes, path: Path) -> None:
    """Refuse what ``tomllib`` and ``packaging`` would take hours for, or stumble over.

    :raises ResolutionError: there is such a thing.
    """
    if _DIGITS.search(content):
        raise bad_lock(path, "a number in it has too many digits")
    if any(line.count(b".") > _MOST_PARTS for line in _STRING.sub(b"", content).splitlines()):
        raise bad_lock(path, "a key in it has too many parts")


def _check_filenames(value: dict[str, Any], path: Path) -> None:
    """The same for the names of wheels: one can stand for more tags than memory holds.

    :raises ResolutionError: there is such a thing.
    """
    for text in _names(value):
        if urllib.parse.unquote(text).count(".") > _MOST_DOTS:
            raise bad_lock(path, f"the name of a wheel in it stands for too many tags: {text[:_SHOWN]}")


def _names(value: dict[str, Any]) -> Iterator[str]:
    """What says how the wheels are named, in a lock that may have any form."""
    packages = value.get("packages")
    for package in packages if isinstance(packages, list) else ():
        wheels = package.get("wheels") if isinstance(package, dict) else None
        for wheel in wheels if isinstance(wheels, list) else ():
            if isinstance(wheel, dict):
                yield from (text for key in ("name", "path", "url") if isinstance(text := wheel.get(key), str))


def _of_known_version(value: dict[str, Any], path: Path) -> dict[str, Any]:
    """The same, a newer 1.x taken for 1.0, as the standard has it. ``packaging`` would say so in its own log."""
    version = value["lock-version"]
    if not isinstance(version, str) or not re.fullmatch(r"1\.[1-9][0-9]*", version):
        return value
    _log.warning("%s is of version %s, and is read as 1.0, which is the newest that is known", path, version)
    return value | {"lock-version": "1.0"}


def _project(value: dict[str, Any], context: str) -> str | None:
    """The project of the entry in which ``context``, ``packages[3].wheels[0]``, is."""
    found = re.match(r"packages\[([0-9]+)\]", context)
    entry = value["packages"][int(found[1])] if found else None
    name = entry.get("name") if isinstance(entry, dict) else None
    return canonicalize_name(name) if isinstance(name, str) else None


_OTHER_KIND = "export what is in it: uv export --format pylock.toml -o pylock.toml, or lambda-wheels lock REQUIREMENT…"


def unreadable(path: Path, error: OSError) -> OutputError:
    """The error for a file that the system does not let us read."""
    return OutputError(Problem(rule="disk-failed", message=f"{path} cannot be read: {error.strerror or error}"))


def bad_lock(
    path: Path, message: str, hint: str = "make it anew with the tool that made it", *, project: str | None = None
) -> ResolutionError:
    """The error for a lock that cannot be used."""
    return ResolutionError(Problem(rule="bad-lock", project=project, message=f"{path}: {message}", hint=hint))


def lock_text(lock: Pylock) -> str:
    """The lock as TOML. Equal locks give equal texts."""
    import tomli_w  # here since most builds only read locks

    value = dict(lock.to_dict())
    value["environments"] = [_in_single_quotes(marker) for marker in value["environments"]]
    value["packages"] = [
        package | {"marker": _in_single_quotes(package["marker"])} if "marker" in package else package
        for package in value["packages"]
    ]
    return tomli_w.dumps(value)


def _in_single_quotes(marker: str) -> str:
    """The same marker, easier to read where TOML puts double quotes around it."""
    return marker.replace('"', "'")
