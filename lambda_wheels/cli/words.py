"""What the command says besides its result: problems, notes, the library's log. (Prints to stderr.)"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import logging
import os
import sys
from collections.abc import Iterable, Iterator
from typing import TextIO

from lambda_wheels.hiding import hide_secrets
from lambda_wheels.problems import Problem, Severity, escape_controls


def say(text: str) -> None:
    """One line on stderr, if there is one: ``print`` would take stdout where the caller closed it."""
    if sys.stderr is not None:
        try:
            print(escape_controls(hide_secrets(text)), file=sys.stderr)
        except OSError:  # full, or nobody reads it: what is lost are words, not the work
            give_up(sys.stderr)


def show_every_name() -> None:
    """A name that stdout has no letters for is shown all the same, with escapes; stderr is so by itself."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def flush() -> None:
    """Let go of all that was printed.

    :raises OSError: stdout does not take it.
    """
    if sys.stderr is not None:
        try:
            sys.stderr.flush()
        except OSError:
            give_up(sys.stderr)
    if sys.stdout is not None:  # as it is where the caller closed it
        sys.stdout.flush()


def give_up(stream: TextIO | None) -> None:
    """Print to nowhere from now on: Python would complain once more when it flushes the stream at its end."""
    if stream is None:
        return
    with contextlib.suppress(OSError, ValueError), open(os.devnull, "wb") as nothing:  # noqa: PTH123  # no path of anybody's
        os.dup2(nothing.fileno(), stream.fileno())


def show_problems(problems: Iterable[Problem]) -> None:
    """A line for each problem."""
    for problem in problems:
        say(str(problem))


def show_result(options: argparse.Namespace, problems: Iterable[Problem], result: object, lines: Iterable[str]) -> None:
    """What was found on stderr; on stdout the result as JSON, or in lines, as the options say.

    :param result: what can be written as JSON.
    """
    show_problems(problem for problem in problems if not options.quiet or problem.severity is Severity.ERROR)
    if options.json:
        print(json.dumps(result, indent=2))
    elif not options.quiet:
        for line in lines:
            print(escape_controls(hide_secrets(line)))


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
        text = hide_secrets(super().format(record))
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

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # the base's name
        """As in ``say``: what cannot be shown is lost; ``logging`` would print a traceback."""
        if isinstance(sys.exc_info()[1], OSError):
            give_up(self.stream)
        else:
            super().handleError(record)


@contextlib.contextmanager
def show_log(*, verbose: bool, quiet: bool) -> Iterator[None]:
    """Show what the library logs: warnings, with ``verbose`` everything, with ``quiet`` nothing."""
    handler = _ToStderr()
    handler.setFormatter(_Words())
    logger = logging.getLogger("lambda_wheels")
    before = logger.level
    logger.setLevel(logging.CRITICAL if quiet else logging.DEBUG if verbose else logging.WARNING)
    chosen = logging.getLogger("lambda_wheels.proven")  # which architecture, where that was left to us
    chosen.setLevel(logging.NOTSET if quiet or verbose else logging.INFO)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
        chosen.setLevel(logging.NOTSET)
