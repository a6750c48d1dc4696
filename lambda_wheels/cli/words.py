"""What the command says besides its result: problems, notes, the library's log. (Prints to stderr.)"""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Iterable, Iterator
from typing import TextIO

from lambda_wheels.problems import Problem, Severity, escape_controls


def say(text: str) -> None:
    """One line on stderr, if there is one: ``print`` would take stdout where the caller closed it."""
    if sys.stderr is not None:
        print(escape_controls(text), file=sys.stderr)


def show_problems(problems: Iterable[Problem]) -> None:
    """A line for each problem."""
    for problem in problems:
        say(str(problem))


def in_bytes(size: int) -> str:
    """``23.4 MB``; a megabyte is 1,000,000 bytes, as on a disk. Lambda's 250 MB are 262,144,000 bytes."""
    if size < 1_000_000:
        return f"{size / 1000:.1f} kB"
    return f"{size / 1_000_000:.1f} MB"


class _Words(logging.Formatter):
    """The log as notes, but for problems, which say themselves what they are.

    pip's words have names in them that strangers gave: their control characters are shown, not obeyed.
    """

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        if not text.startswith(f"{Severity.WARNING}["):
            text = f"note: {text}"
        return "\n".join(map(escape_controls, text.split("\n")))


class _ToStderr(logging.StreamHandler[TextIO]):
    """Writes to what stderr is now, and not to what it was: a progress bar puts itself in its place for a while."""

    def emit(self, record: logging.LogRecord) -> None:
        """One record, if there is a stderr."""
        if sys.stderr is not None:
            self.setStream(sys.stderr)
            super().emit(record)


@contextlib.contextmanager
def show_log(*, verbose: bool, quiet: bool) -> Iterator[None]:
    """Show what the library logs: warnings, with ``verbose`` everything, with ``quiet`` nothing."""
    handler = _ToStderr()
    handler.setFormatter(_Words())
    logger = logging.getLogger("lambda_wheels")
    before = logger.level
    logger.setLevel(logging.CRITICAL if quiet else logging.DEBUG if verbose else logging.WARNING)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
