"""What runs a target's Python here: this machine itself, or an emulator. (Starts candidates.)"""

from __future__ import annotations

import json
import logging
import os
import platform
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from lambda_wheels.bytecode.interpreters import Interpreter, asked, candidates
from lambda_wheels.bytecode.processes import ALONE
from lambda_wheels.errors import ImportsNotTriedError
from lambda_wheels.imports.processes import new_place, run
from lambda_wheels.problems import Problem
from lambda_wheels.targets import Target

_log = logging.getLogger(__name__)

TIME_LIMIT: Final = 20.0
"""Seconds within which a command has to say which Python it is."""

_CPUS: Final = {"aarch64": "neoverse-n1", "x86_64": "max"}
"""Which processor is emulated. Graviton2, on which arm64 functions run, has Neoverse N1 cores; what qemu takes by
itself has more, and is three times as slow in a Python that is built with pointer authentication."""

_IN_A_ROOT: Final = ("var/lang/bin", "usr/local/bin", "usr/bin")
"""Where the interpreter is in a root folder; the first is Lambda's own place."""

_PROBE: Final = """
import importlib.machinery, json, sys
suffixes = importlib.machinery.EXTENSION_SUFFIXES
print(json.dumps([sys.implementation.name, "%d.%d.%d" % sys.version_info[:3], suffixes]))
"""


class Python(NamedTuple):
    """A command that is the target's Python."""

    command: tuple[str, ...]
    environment: dict[str, str]
    suffixes: tuple[str, ...]
    """Of the extension modules that it loads."""

    def __str__(self) -> str:
        return " ".join(self.command)


def find_python(target: Target, tree: Path, named: Path | None, root: Path | None) -> Python:
    """What runs the Python of ``target`` for a layer in ``tree``.

    :param named: the interpreter to take; within ``root``, if there is one.
    :param root: a folder like ``/`` with the target's Python and its libraries, for an emulator.
    :raises ImportsNotTriedError: nothing does.
    """
    if sys.platform != "linux":
        here = {"darwin": "macOS", "win32": "Windows"}.get(sys.platform, sys.platform)
        raise _not_tried(f"the files of a layer are for Linux, and this is {here}", "check it on a Linux machine")
    command = _emulated(target, named, root) if root is not None else [_interpreter(target, named)]
    interpreter = Path(command[-1])
    environment = {
        "LANG": "C.UTF-8",
        # As in Lambda, what is in bin/ is found, and what is in lib/; but no program that Lambda may lack.
        "PATH": f"{interpreter.parent}:{tree / 'bin'}",
        "LD_LIBRARY_PATH": f"{interpreter.parent.parent / 'lib'}:{tree / 'lib'}" if root else str(tree / "lib"),
    }
    python = _probed(tuple(command), environment, target)
    _log.info("modules are imported by %s", python)
    return python


def _interpreter(target: Target, named: Path | None) -> str:
    """The interpreter of this machine."""
    version = "{}.{}".format(*target.python_version)
    if platform.machine() != target.machine:
        raise _not_tried(
            f"this machine is {platform.machine()}, and the layer is for {target.architecture}",
            f"install qemu-user, and name a folder with CPython {version} for {target.architecture} (--root "
            "FOLDER, root=Path(…))",
        )
    if named is not None:
        found = asked([str(named.absolute())], target.python_version, TIME_LIMIT)
        if isinstance(found, str):
            raise _not_tried(f"{str(named)!r} {found}, and CPython {version} is wanted", _another(version))
        return found.executable
    for command in candidates(version):
        found = asked(command, target.python_version, TIME_LIMIT)
        if isinstance(found, Interpreter):
            return found.executable
        _log.debug("no interpreter to import with: %s %s", " ".join(command), found)
    raise _not_tried(f"there is no CPython {version} on this machine", _another(version))


def _another(version: str) -> str:
    return f"install CPython {version}, or say where one is (--python PATH, python=Path(…))"


def _emulated(target: Target, named: Path | None, root: Path) -> list[str]:
    """The command that emulates the target's machine, with what is in ``root`` in place of what is in ``/``."""
    root = root.absolute()
    if not os.path.isdir(root):  # noqa: PTH112  # nor one that cannot be seen
        raise _not_tried(f"{str(root)!r} is not a folder", "name one that is like / of the target")
    version = "{}.{}".format(*target.python_version)
    interpreter = next((path for path in _in(root, named, version) if os.path.isfile(path)), None)  # noqa: PTH113
    if interpreter is None:
        missing = named or f"python{version} in {', '.join(_IN_A_ROOT)}"
        raise _not_tried(
            f"{str(root)!r} has no {missing}",
            "say where it is in that folder (--python PATH, python=Path(…))",
        )
    for name in (f"qemu-{target.machine}", f"qemu-{target.machine}-static"):
        if emulator := shutil.which(name):
            return [str(Path(emulator).absolute()), "-cpu", _CPUS[target.machine], "-L", str(root), str(interpreter)]
    raise _not_tried(f"there is no qemu-{target.machine} on PATH", "install it: apt-get install qemu-user")


def _in(root: Path, named: Path | None, version: str) -> Iterator[Path]:
    """Where the interpreter may be in ``root``."""
    if named is None:
        yield from (root / folder / f"python{version}" for folder in _IN_A_ROOT)
    elif named.absolute().is_relative_to(root):
        yield named.absolute()
    else:
        yield root / str(named).lstrip("/")


def _probed(command: tuple[str, ...], environment: dict[str, str], target: Target) -> Python:
    """Hold that ``command`` is the Python of ``target``, having asked it as modules are imported later."""
    with new_place() as place, tempfile.TemporaryFile() as output:
        ending = run(
            [*command, *ALONE, "-c", _PROBE],
            environment,
            place,
            output=output,
            time_limit=TIME_LIMIT,
            stopped=threading.Event(),
        )
        output.seek(0)
        said = output.read(1 << 16).decode(errors="backslashreplace").strip()
    try:
        implementation, version, suffixes = json.loads(said)
        suffixes = tuple(map(str, suffixes))
    except (ValueError, TypeError):
        words = f": {said.splitlines()[-1][:300]}" if said else ""
        raise _not_tried(f"{' '.join(command)} {ending}{words}", "try it by hand") from None
    # Says all in one: the version, the machine, that it is for glibc, and with the GIL.
    wanted = ".cpython-{}{}-{}-linux-gnu.so".format(*target.python_version, target.machine)
    if wanted not in suffixes:
        raise _not_tried(
            f"{command[-1]} is {implementation} {version}, whose extension modules end in {' or '.join(suffixes)}, "
            f"and {wanted} is wanted",
            "name another (--python PATH, python=Path(…))",
        )
    return Python(command, environment, suffixes)


def _not_tried(message: str, hint: str) -> ImportsNotTriedError:
    return ImportsNotTriedError(Problem(rule="imports-not-tried", message=message, hint=hint))
