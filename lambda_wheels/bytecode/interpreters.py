"""Which interpreter of this machine compiles for a target. (Looks at the disk; starts what may be one, to ask it.)"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lambda_wheels.bytecode.processes import ALONE, output_of
from lambda_wheels.errors import LayerError
from lambda_wheels.problems import Problem

_log = logging.getLogger(__name__)

TIME_LIMIT: Final = 20.0
"""Seconds within which a command has to say whether it is an interpreter."""

NAME_ANOTHER: Final = "--bytecode-python PATH, bytecode=Path(…)"
"""How a caller points at an interpreter."""

_TO_COMPARE: Final = "--bytecode-python PATH, bytecode_python=Path(…)"
"""The same where one release is wanted, as by those who compare."""

_PROBE: Final = """
import json, sys
if sys.version_info >= (3, 13):
    import sysconfig
    free_threaded = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
else:
    free_threaded = False
print(json.dumps({
    "implementation": sys.implementation.name,
    "version": list(sys.version_info[:3]),
    "level": sys.version_info.releaselevel,
    "free_threaded": free_threaded,
    "executable": getattr(sys, "_base_executable", None) or sys.executable,
}))
"""
"""What a candidate is asked. A venv's ``python`` may be a launcher, so that what it launches is wanted."""

_EXE: Final = ".exe" if os.name == "nt" else ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Interpreter:
    """A final release of CPython that runs."""

    executable: str
    version: str
    """In full, ``3.13.0``: with the wheels it is all that bytecode depends on."""

    def __str__(self) -> str:
        return f"CPython {self.version}"


def find_interpreter(
    wanted: tuple[int, int],
    named: str | Path | None = None,
    *,
    release: str | None = None,
    time_limit: float = TIME_LIMIT,
) -> Interpreter:
    """The interpreter that compiles for CPython ``wanted``, ``(3, 13)``.

    :param named: the one to take; else the first that is found: the running one, those on PATH, what the ``py``
        launcher knows, pyenv's, uv's.
    :param release: in full, ``3.13.0``, where only one of that will do.
    :param time_limit: seconds for each.
    :raises LayerError: there is none, or ``named`` is another.
    """
    version = "{}.{}".format(*wanted)
    if named is not None:
        found = asked([str(Path(named).absolute())], wanted, time_limit) if str(named) else "has no name"
        if isinstance(found, str):
            raise _none(f"{str(named)!r} {found}, and bytecode for CPython {version} is wanted", version)
        if release not in {None, found.version}:
            raise _none(
                f"{str(named)!r} is {found}, and bytecode of CPython {release} is wanted", str(release), _TO_COMPARE
            )
        _log.info("bytecode comes from %s, %s", found, found.executable)
        return found
    others: dict[str, None] = {}
    for command in candidates(version):
        found = asked(command, wanted, time_limit)
        if isinstance(found, Interpreter) and release in {None, found.version}:
            _log.info("bytecode comes from %s, %s", found, found.executable)
            return found
        if isinstance(found, Interpreter):
            others[str(found)] = None
            found = f"is {found}"
        _log.debug("no interpreter for bytecode: %s %s", " ".join(command), found)
    if release is not None:
        only = f", only {', '.join(others)}" if others else ""
        raise _none(
            f"there is no CPython {release} on this machine{only}, and bytecode of it is wanted", release, _TO_COMPARE
        )
    raise _none(f"there is no CPython {version} on this machine, which bytecode for it needs", version)


def _none(message: str, version: str, name_another: str = NAME_ANOTHER) -> LayerError:
    return LayerError(
        Problem(
            rule="no-interpreter",
            message=message,
            hint=f"install CPython {version}, or say where one is ({name_another})",
        )
    )


def asked(command: list[str], wanted: tuple[int, int], time_limit: float) -> Interpreter | str:
    """The interpreter that ``command`` is, or why it is not the one that is wanted."""
    output = output_of([*command, *ALONE, "-c", _PROBE], time_limit)
    if output is None:
        return "does not run" if os.path.isfile(command[0]) else "is not a file"  # noqa: PTH113  # or cannot be seen
    try:
        said: Mapping[str, Any] = json.loads(output)
        major, minor, micro = map(int, said["version"])
        executable = str(said["executable"])
        implementation, level, free_threaded = said["implementation"], said["level"], said["free_threaded"]
    except (ValueError, KeyError, TypeError):
        return "is no Python"
    version = f"{major}.{minor}.{micro}"
    if implementation != "cpython":
        return f"is {implementation} {version}"
    if (major, minor) != wanted:
        return f"is CPython {version}"
    if level != "final":  # until the release, bytecode changes
        return f"is CPython {version} before its release ({level})"
    if free_threaded:
        return f"is CPython {version} without the GIL, which Lambda's is not"
    return Interpreter(executable=executable, version=version)


def candidates(version: str) -> Iterator[list[str]]:
    """Commands that may be CPython ``version``, each once, in the order in which they are asked."""
    seen = set()
    for command in _places(version):
        if command[0] not in seen and os.path.isfile(command[0]):  # noqa: PTH113  # what cannot be seen cannot be run
            seen.add(command[0])
            yield command


def _places(version: str) -> Iterator[list[str]]:
    running = "{}.{}".format(*sys.version_info[:2])
    if running == version and sys.executable and not getattr(sys, "frozen", False):  # else it is somebody's program
        yield [sys.executable]
    # Without what is relative: nothing is taken from the folder in which we happen to be.
    folders = [folder for folder in map(Path, os.environ.get("PATH", "").split(os.pathsep)) if folder.is_absolute()]
    for name in (f"python{version}", "python3", "python"):
        yield from ([str(folder / f"{name}{_EXE}")] for folder in folders)
    yield from ([str(folder / f"py{_EXE}"), f"-{version}"] for folder in folders)
    for folder in (*_pyenv(version), *_uv(version)):
        yield [str(folder / "bin" / f"python{version}")]
        yield [str(folder / "python.exe")]


def _pyenv(version: str) -> Iterator[Path]:
    root = Path(os.environ.get("PYENV_ROOT") or _home() / ".pyenv")
    for versions in (root / "versions", root / "pyenv-win" / "versions"):
        yield from _newest_first(versions, rf"{re.escape(version)}\.\d+")


def _uv(version: str) -> Iterator[Path]:
    data = Path(os.environ.get("XDG_DATA_HOME") or _home() / ".local" / "share")
    roaming = Path(os.environ.get("APPDATA") or data)
    named = os.environ.get("UV_PYTHON_INSTALL_DIR")
    for folder in [Path(named)] if named else [data / "uv/python", roaming / "uv/python", roaming / "uv/data/python"]:
        yield from _newest_first(folder, rf"cpython-{re.escape(version)}\.\d+-.*")


def _newest_first(folder: Path, pattern: str) -> list[Path]:
    """What in ``folder`` has such a name, the highest version first."""
    try:
        names = [path for path in folder.iterdir() if re.fullmatch(pattern, path.name)]
    except OSError:
        return []
    return sorted(names, key=lambda path: ([*map(int, re.findall(r"\d+", path.name))], path.name), reverse=True)


def _home() -> Path:
    """The user's folder, or where it is not known, one that holds nothing."""
    try:
        return Path.home()
    except RuntimeError:
        return Path(os.devnull)
