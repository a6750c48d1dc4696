"""The pip child: the one place that starts a process. (Starts pip; reads what it writes.)"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

from packaging.version import Version

from lambda_wheels.errors import PipError, UsageError
from lambda_wheels.problems import Problem
from lambda_wheels.resolution.redaction import hide, redact
from lambda_wheels.resolution.turns import ANSWERED, Turns
from lambda_wheels.targets import Target

_log = logging.getLogger(__name__)

PIP_FLOOR: Final = Version("26.1")
"""The oldest pip that this works with: what it changes inside pip is held by tests from here on."""

TIME_LIMIT: Final = 1800.0
"""Seconds after which a pip child is ended, whatever it does: a byte now and then keeps pip waiting."""

_FOLDER = Path(__file__).parent
"""Where the package ``pip_child`` lies, which the child executes."""

_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); from pip_child.main import main; sys.path.pop(0); sys.exit(main())"
)
"""What the child begins with. The package is imported by itself, since importing all of us takes too long."""

_SECRET: Final = frozenset({"credentials", "secrets"})
"""The events with secrets, which are nobody else's."""

Event = dict[str, Any]

Preference = tuple[str, str, str]
"""A project, normalised, a version of it, and the name of a file of that."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PipRun:
    """What one run of pip left behind."""

    code: int
    events: tuple[Event, ...]
    words: str
    """pip's own output, without secrets."""
    credentials: tuple[str, ...] = field(default=(), repr=False)
    """The URLs of indexes that carry credentials, those from requirement files too."""


class Children:
    """The pip children that run side by side for one build, so that all can be ended at once."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._running: set[subprocess.Popen[str]] = set()
        self._ended = False

    @contextlib.contextmanager
    def having(self, process: subprocess.Popen[str]) -> Iterator[None]:
        """``process`` is one of them inside the block."""
        with self._guard:
            self._running.add(process)
            if self._ended:
                process.kill()
        try:
            yield
        finally:
            with self._guard:
                self._running.discard(process)

    def end(self) -> None:
        """Kill them, and those that are still to come."""
        with self._guard:
            self._ended = True
            for process in self._running:
                process.kill()


@cache
def _pip() -> tuple[str, str]:
    """The folder that holds pip, and its version.

    :raises PipError: where there is none, or one that is too old.
    """
    try:
        import pip
    except ImportError:
        found = None
    else:
        found = pip.__version__
        if Version(found) >= PIP_FLOOR:
            return str(Path(pip.__file__).parent.parent), found
    what = "pip is not installed" if found is None else f"pip {found} is too old"
    raise PipError(
        Problem(
            rule="pip-unusable",
            message=f"{what} for {sys.executable}",
            hint=f'python -m pip install "pip>={PIP_FLOOR}"',
        )
    )


def run_pip(
    arguments: Sequence[str],
    target: Target,
    *,
    scratch: Path,
    stored: str = "",
    preferred: Iterable[Preference] = (),
    on_event: Callable[[Event], None] = lambda event: None,
    turns: Turns | None = None,
    time_limit: float = TIME_LIMIT,
    children: Children | None = None,
) -> PipRun:
    """Run pip with ``arguments`` for ``target``, to its end.

    :param scratch: a folder for what pip writes; downloaded files are then in its ``downloads``.
    :param stored: where a wheel that is already there lies, as a format string of ``sha256`` and ``filename``.
    :param preferred: what pip tries before other files of the same projects.
    :param on_event: called with each event as it comes, in this thread.
    :param turns: where other processes may want the same wheels, and ``stored`` is known.
    :param time_limit: seconds, without those in which it waits for us.
    :param children: those with whom it may be ended from another thread.
    :raises PipError: where pip cannot be used, or took longer than ``time_limit``.
    :raises UsageError: where its configuration cannot be used.
    """
    location, version = _pip()
    downloads = scratch / "downloads"
    downloads.mkdir(exist_ok=True)
    instructions = {
        "pip_location": location,
        "pip_version": version,
        "marker_environment": target.marker_environment,
        "arguments": list(arguments),
        "downloads": str(downloads),
        "stored": stored,
        "preferred": list(preferred),
    }
    words = scratch / "pip.log"
    with words.open("wb") as log:
        # -I: no pip.py of the working directory, no PYTHONPATH. The instructions go by stdin since arguments and the
        # first environment of a process can be read by others, and an index's URL may carry a password.
        process = subprocess.Popen(
            [sys.executable, "-I", "-X", "utf8", "-c", _START, str(_FOLDER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=_instead_of_gone(scratch),
            env={**os.environ, "TMPDIR": str(scratch), "TEMP": str(scratch), "TMP": str(scratch)},
            text=True,
            encoding="utf-8",
        )
        with (children or Children()).having(process):
            heard, late = _converse(process, json.dumps(instructions), on_event, turns, time_limit)
    events = [event for event in heard if event["event"] not in _SECRET]
    secrets = {value for event in heard if event["event"] == "secrets" for value in event["values"]}
    text = hide(redact(words.read_text(encoding="utf-8", errors="replace")), secrets)
    _log.debug("pip %s said:\n%s", version, text)
    if late:
        raise PipError(
            Problem(
                rule="pip-timeout", message=f"pip did not finish within {time_limit:.0f} s", hint="is the index slow?"
            )
        )
    for event in events:
        if event["event"] == "internals-moved":
            raise PipError(
                Problem(
                    rule="pip-unusable",
                    message=f"pip {version} is not built as lambda-wheels knows it: {event['detail']}",
                    hint=f'install an older one (python -m pip install "pip<{version}"), or a newer lambda-wheels',
                )
            )
        if event["event"] == "misconfigured":
            raise UsageError(
                Problem(
                    rule="pip-refused",
                    message=event["detail"],
                    hint="percent-encode / ? # and @ in a user or a password"
                    if event["what"] == "url"
                    else "python -m pip config debug shows which files and variables are read",
                )
            )
    credentials = tuple(url for event in heard if event["event"] == "credentials" for url in event["urls"])
    return PipRun(code=process.returncode, events=tuple(events), words=text, credentials=credentials)


def _instead_of_gone(scratch: Path) -> Path | None:
    """Where pip works if the working directory is gone, which it asks for though it needs nothing there."""
    try:
        os.getcwd()  # noqa: PTH109  # Path.cwd() is the same
    except FileNotFoundError:
        return scratch
    return None


def _converse(
    process: subprocess.Popen[str],
    instructions: str,
    on_event: Callable[[Event], None],
    turns: Turns | None,
    time_limit: float,
) -> tuple[list[Event], bool]:
    """Give the child its instructions, read its events to the end, and leave no child behind, whatever happens.

    The second part of the answer says whether the child had to be ended for being late.
    """
    assert process.stdin is not None
    assert process.stdout is not None
    limit = _Limit(process, time_limit)
    limit.start()
    events: list[Event] = []
    try:
        _say(process, instructions + "\n")  # and left open: that it ends tells the child that we were killed
        for line in process.stdout:
            try:
                event = json.loads(line)
            except ValueError:
                continue  # a line cut short by the end of the process
            events.append(event)
            if event["event"] not in _SECRET:
                on_event(event)
            answered = event["event"] in ANSWERED
            if answered:
                limit.stop()
            if turns is not None:
                turns.hear(event, lambda: process.poll() is not None)
            if answered:
                _say(process, "+")  # one byte on every system, which the end of a line is not
                limit.start()
        process.wait()
    finally:
        limit.stop()
        if process.poll() is None:
            process.kill()
            process.wait()
        process.stdout.close()
        with contextlib.suppress(OSError):  # what it did not read
            process.stdin.close()
    return events, limit.passed


def _say(process: subprocess.Popen[str], words: str) -> None:
    """Write to the child. Where it has ended already, its exit code and words say why."""
    assert process.stdin is not None
    with contextlib.suppress(OSError):  # EPIPE, on Windows EINVAL
        process.stdin.write(words)
        process.stdin.flush()


class _Limit:
    """Kills a process that takes longer than so many seconds, not counting those in which this was stopped."""

    def __init__(self, process: subprocess.Popen[str], seconds: float) -> None:
        self._process = process
        self._left = seconds
        self._started = 0.0
        self._timer: threading.Timer | None = None
        self.passed = False

    def start(self) -> None:
        self._started = time.monotonic()
        self._timer = threading.Timer(max(self._left, 0.0), self._end)
        self._timer.daemon = True
        self._timer.start()

    def stop(self) -> None:
        """No thread of ours is left in the caller's process."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()
            self._timer = None
            self._left -= time.monotonic() - self._started

    def _end(self) -> None:
        self.passed = True
        self._process.kill()
