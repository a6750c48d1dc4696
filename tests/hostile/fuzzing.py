"""Many cases from one seed, each held to what is promised: only our errors, a line each, in bounded time and memory."""

from __future__ import annotations

import base64
import contextlib
import signal
import sys
import unicodedata
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any, Final, TypeVar

import pytest

from lambda_wheels.errors import LambdaWheelsError
from lambda_wheels.problems import Problem

LONGEST: Final = 20
"""Seconds after which a case has hung: hundreds of times what the slowest one takes."""
ROOM: Final = 1_500_000_000
"""Bytes of memory, addresses reserved for threads included, that may be taken on top of what the process has."""
_SHOWN: Final = 800

Case = TypeVar("Case")


def fuzz(
    seed: str,
    count: int,
    make: Callable[[Random], Case],
    hold: Callable[[Case], object],
    *,
    allowed: tuple[type[Exception], ...] = (),
) -> int:
    """Hold ``count`` cases; the answer is how many there were.

    :param seed: which cases: the same seed gives the same ones, each by its own number.
    :param make: makes one.
    :param hold: does with it what may only end well, or in one of our errors. Problems that it returns are looked at.
    :param allowed: what else it may end in, where its docstring says so.
    """
    failures: list[str] = []
    with bounded_memory(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number in range(count):
            case = make(Random(f"{seed}/{number}"))
            try:
                with bounded_time():
                    _held(hold, case, allowed)
            except (Exception, pytest.fail.Exception) as error:
                failures.append(f"{seed}/{number}: {type(error).__name__}: {str(error)[:500]}\n{_shown(case)}")
                if len(failures) == 3:
                    raise AssertionError("\n\n".join(failures)) from error
                last = error
    if failures:
        raise AssertionError("\n\n".join(failures)) from last
    return count


def _held(hold: Callable[[Any], object], case: Any, allowed: tuple[type[Exception], ...]) -> None:
    found: object
    try:
        found = hold(case)
    except LambdaWheelsError as error:
        found = error.problems or pytest.fail("refused without a word")
    except allowed:
        return
    if isinstance(found, tuple | list):
        each_in_a_line(one for one in found if isinstance(one, Problem))


def each_in_a_line(problems: Iterable[Problem]) -> None:
    """What is said of each fits on one line of a terminal that shows UTF-8."""
    for problem in problems:
        text = str(problem)
        text.encode("utf-8")
        assert len(text.splitlines()) == 1, text
        assert all(unicodedata.category(character) not in {"Cc", "Cf"} for character in text), ascii(text)


@contextlib.contextmanager
def bounded_time(seconds: float = LONGEST) -> Iterator[None]:
    """Fail where the block takes longer, so that what hangs is told with its place."""
    if sys.platform == "win32":
        yield
        return

    def late(number: int, frame: FrameType | None) -> None:
        pytest.fail(f"it took more than {seconds} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def bounded_memory(room: int = ROOM) -> Iterator[None]:
    """Let a block that wants more memory than ``room`` fail with a MemoryError. (On Linux.)"""
    if sys.platform != "linux":
        yield
        return
    import resource

    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    before = resource.getrlimit(resource.RLIMIT_AS)
    most = pages * resource.getpagesize() + room
    if before[1] != resource.RLIM_INFINITY:
        most = min(most, before[1])
    resource.setrlimit(resource.RLIMIT_AS, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def _shown(case: object) -> str:
    if isinstance(case, bytes):
        text = base64.b64encode(case).decode()
        return f"base64: {text}" if len(text) < _SHOWN else f"{len(case):,} bytes"
    return repr(case)[:_SHOWN]
