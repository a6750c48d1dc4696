"""Work done by a process whose system calls fail when a test says so. (Compiles a library; starts processes.)

A few lines of C are preloaded into one Python, which has everything imported and forks for each piece of work; pip's
children have them, too. They count the calls that lie below the folders of the machine, and let one of them fail.
"""

from __future__ import annotations

import json
import mmap
import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

SOURCE = Path(__file__).with_name("failing_calls.c")

KINDS = (
    "open create read write sync rename mkdir remove close stat list truncate times chmod copy lock access link"
).split()
"""As in the C source."""

SHORT = -1
"""No error: half of the bytes are written or read."""

_CONTROL = struct.Struct(f"@qIiiiii{len(KINDS)}i256s")

_SERVER = """
import json, importlib, os, pkgutil, signal, sys
import concurrent.futures.thread, filelock, http.client, logging, shutil, tempfile, lambda_wheels
from lambda_wheels.cli.main import main
for module in pkgutil.walk_packages(lambda_wheels.__path__, "lambda_wheels."):
    if not any(name in module.name for name in ("__main__", "pip_child", ".child", ".aws")):
        importlib.import_module(module.name)
import mmap
control = mmap.mmap(os.open(os.environ["FAILING_CALLS"], os.O_RDWR), int(sys.argv[1]))
for line in sys.stdin:
    asked = json.loads(line)
    process = os.fork()
    if not process:
        signal.alarm(120)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(os.open(asked["stdout"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), 1)
        os.dup2(os.open(asked["stderr"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), 2)
        if asked["user"]:
            os.setgroups([])
            os.setgid(asked["user"])
            os.setuid(asked["user"])
        control[:] = bytes.fromhex(asked["control"])
        code = 99
        try:
            code = main(asked["arguments"])
        except SystemExit as ended:
            code = ended.code
        except BaseException:
            import traceback
            traceback.print_exc()
        control[:12] = bytes(12)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    _, status = os.waitpid(process, 0)
    print(os.waitstatus_to_exitcode(status), flush=True)
"""


class Ended(NamedTuple):
    """How a piece of work ended."""

    code: int
    stdout: str
    stderr: str
    calls: dict[str, int]
    """How many of the armed kinds there were below the folders."""
    what: str
    """The first that failed; empty if none did."""


def compiled(folder: Path) -> Path:
    """The library.

    :raises OSError: there is no compiler.
    :raises subprocess.CalledProcessError: it does not compile.
    """
    library = folder / "failing_calls.so"
    command = ["gcc", "-O1", "-shared", "-fPIC", "-o", str(library), str(SOURCE), "-ldl"]
    subprocess.run(command, check=True, capture_output=True)
    return library


class Machine:
    """Three folders, for the store, the outputs and temporary files, and a process that works in them."""

    def __init__(self, base: Path) -> None:
        self.store, self.out, self.tmp = self.folders = tuple(base / name for name in ("store", "out", "tmp"))
        self._words = base / "words"
        self._words.mkdir()
        (base / "home").mkdir()
        control = base / "control"
        control.write_bytes(bytes(_CONTROL.size))
        with control.open("r+b") as file:
            self._control = mmap.mmap(file.fileno(), _CONTROL.size)
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.upper().startswith(("PIP_", "COVERAGE_PROCESS", "XDG_")) and not name.lower().endswith("_proxy")
        }
        environment |= {
            "PIP_CONFIG_FILE": os.devnull,
            "HOME": str(base / "home"),
            "LAMBDA_WHEELS_CACHE": str(self.store),
            "TMPDIR": str(self.tmp),
            "LD_PRELOAD": str(compiled(base)),
            "FAILING_CALLS": str(control),
            "FAILING_UNDER": ":".join(map(str, self.folders)),
        }
        self._process = subprocess.Popen(
            [sys.executable, "-c", _SERVER, str(_CONTROL.size)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def close(self) -> None:
        """End the process."""
        self._process.communicate()
        self._control.close()

    def begin(self, before: Path | None) -> None:
        """Make the folders anew, with what ``before`` holds in its own."""
        for folder in self.folders:
            shutil.rmtree(folder, ignore_errors=True)
            if before is not None and (before / folder.name).is_dir():
                shutil.copytree(before / folder.name, folder, symlinks=True)
            else:
                folder.mkdir()

    def keep(self, place: Path) -> None:
        """What :meth:`begin` can bring back."""
        for folder in self.folders:
            if folder.is_dir():
                shutil.copytree(folder, place / folder.name, symlinks=True)

    def run(
        self,
        arguments: Iterable[str | Path],
        kinds: Iterable[str] = (),
        *,
        at: int = 0,
        error: int = 0,
        lasting: bool = False,
        clock: int = 0,
        user: int = 0,
    ) -> Ended:
        """Run the command; the call ``at`` of ``kinds`` fails with ``error``, or all from there on if ``lasting``.

        :param clock: seconds by which the clock is wrong.
        :param user: who runs it, if root may decide that.
        """
        mask = sum(1 << KINDS.index(kind) for kind in kinds)
        said, warned = self._words / "stdout", self._words / "stderr"
        asked = {
            "arguments": [str(argument) for argument in arguments],
            "control": _CONTROL.pack(clock, mask, at, error, lasting, *bytes(len(KINDS) + 2), b"").hex(),
            "stdout": str(said),
            "stderr": str(warned),
            "user": user,
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        code = int(self._process.stdout.readline())
        *_, what = counted = _CONTROL.unpack(self._control[:])
        self._control[:] = bytes(_CONTROL.size)
        calls = dict(zip(KINDS, counted[-1 - len(KINDS) : -1], strict=True))
        stdout, stderr = (path.read_text(encoding="utf-8", errors="replace") for path in (said, warned))
        return Ended(code, stdout, stderr, calls, what.split(b"\0")[0].decode(errors="replace"))
