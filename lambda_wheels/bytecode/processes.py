"""Other interpreters as processes: asked who they are, and to compile. (Starts processes; speaks to them by pipes.)"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final

from lambda_wheels.bytecode.child.main import ANSWER, REQUEST

_START = "import sys; sys.path[:0] = sys.argv[1:]; from child.main import main; del sys.path[0]; main()"
"""What a compiler begins with. The package is imported by itself, since all of us need a newer Python, and others."""
_FOLDER: Final = Path(__file__).parent
"""Where the package ``child`` lies, which a compiler executes."""

ALONE: Final = ("-I", "-S", "-B", "-X", "utf8", "-W", "ignore")
"""No ``PYTHON*`` variable, no site-packages and so no ``.pth`` file, nothing written, no warning printed."""

_LAST_MOMENT: Final = 5.0
"""Seconds that a process has for ending by itself."""
_KILL: Final = 9
"""SIGKILL. The module ``signal`` is the command's."""


def output_of(command: Sequence[str], time_limit: float) -> bytes | None:
    """What ``command`` prints to stdout; None if it cannot be started, fails, or takes longer than so many seconds."""
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,  # no file, which a full disk would leave empty
            stderr=subprocess.DEVNULL,
            # Python's install manager for Windows installs what it is asked for, unless it is told not to.
            env={**os.environ, "PYTHON_MANAGER_AUTOMATIC_INSTALL": "false"},
            start_new_session=True,
        )
    except (OSError, ValueError):  # ValueError: a NUL in it
        return None
    assert process.stdout is not None
    try:
        output, _ = process.communicate(timeout=time_limit)
    except subprocess.TimeoutExpired:  # perhaps only what a launcher has started holds the pipe
        return None
    finally:
        _end_with_children(process)
        process.stdout.close()
    return output if process.returncode == 0 else None


def _end_with_children(process: subprocess.Popen[bytes]) -> None:
    """End a process that is still there, and what it has started, where the system knows that."""
    if process.poll() is not None:
        return
    with contextlib.suppress(OSError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, _KILL)
    process.wait()


class CompilerEndedError(Exception):
    """The process ended, or was ended, before it answered; says how."""


class Compiler:
    """A process that compiles: one question, one answer. For one thread; any other may end it."""

    def __init__(self, executable: str) -> None:
        """Start it.

        :raises OSError: it cannot be started.
        """
        self._process = subprocess.Popen(
            [executable, *ALONE, "-c", _START, str(_FOLDER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._questions: IO[bytes] = self._process.stdin
        self._answers: IO[bytes] = self._process.stdout
        self._asked: float | None = time.monotonic()
        self._late = False

    def greeting(self) -> tuple[int, bytes]:
        """How it answers before any question: the kind, and the content.

        :raises CompilerEndedError: not at all.
        """
        return self._answer()

    def ask(self, path: str, source: bytes) -> tuple[int, bytes]:
        """How it answers ``source``, which is at ``path`` in Lambda.

        :raises CompilerEndedError: not at all.
        """
        self._asked = time.monotonic()
        name = path.encode()
        with contextlib.suppress(OSError):  # it has ended, as its silence will show
            for piece in (REQUEST.pack(len(name), len(source)), name, source):
                self._questions.write(piece)
            self._questions.flush()
        return self._answer()

    def _answer(self) -> tuple[int, bytes]:
        head = self._answers.read(ANSWER.size)
        if len(head) == ANSWER.size:
            kind, size = ANSWER.unpack(head)
            content = self._answers.read(size)
            if len(content) == size:
                self._asked = None
                return kind, content
        raise CompilerEndedError(self._last_words())

    def _last_words(self) -> str:
        """How it ended; it is about to, having let go of its stdout."""
        try:
            code = self._process.wait(_LAST_MOMENT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        if self._late:
            return "was ended, for it did not answer in time"
        return f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"

    def end_if_late(self, time_limit: float) -> bool:
        """End it if the answer is due for more than so many seconds; whether it had to be."""
        asked = self._asked
        if asked is not None and time.monotonic() - asked > time_limit:
            self._late = True
            self._process.kill()
        return self._late

    def end(self) -> None:
        """End it, whatever it does: its own thread then finds no answer."""
        self._process.kill()

    def close(self) -> None:
        """Leave nothing of it; by its own thread."""
        with contextlib.suppress(OSError):  # what it no longer read
            self._questions.close()
        try:
            self._process.wait(_LAST_MOMENT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._answers.close()
