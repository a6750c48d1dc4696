"""The command's frame: parse, run, and turn what went wrong into lines and an exit code. (Prints.)

It imports little until it runs, so that Ctrl-C while all the rest is imported ends as at any other moment.
"""

from __future__ import annotations

import contextlib
import gc
import signal
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    import argparse

INTERRUPTED = 128 + signal.SIGINT
"""The exit code after Ctrl-C, as a shell reports it."""
TERMINATED = 128 + signal.SIGTERM
"""The exit code after SIGTERM, which is how a job is cancelled."""


_NO_THREAD = "can't start new thread"
"""What Python says, as a RuntimeError, where the system refuses one."""


class _Terminated(KeyboardInterrupt):
    """SIGTERM: whatever cleans up after Ctrl-C cleans up after it, too."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    The exit code is 0: done; 1: it cannot be done as asked; 2: wrong usage; 3: the surroundings failed; 130 and 143:
    ended by Ctrl-C or SIGTERM.

    :raises SystemExit: by the parser, after a help text or where the arguments are wrong.
    """
    own_process = arguments is None
    if own_process:
        gc.disable()  # it lives too short for much to be collected, and looking for it takes as long as a small layer
    try:
        with _sigterm_ends():
            return _printed(arguments)
    except _Terminated:
        return _ended("terminated", TERMINATED)
    except KeyboardInterrupt:
        return _ended("interrupted", INTERRUPTED)
    finally:
        if own_process:
            gc.freeze()  # else Python looks through everything once more when it ends


def _ended(how: str, code: int) -> int:
    from lambda_wheels.cli.words import say

    say(how)
    return code


@contextlib.contextmanager
def _sigterm_ends() -> Iterator[None]:
    """For a while SIGTERM ends the command as Ctrl-C does, if nobody has decided otherwise about it."""

    def end(*_: object) -> NoReturn:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one must not stop the cleaning
        raise _Terminated

    if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    try:
        signal.signal(signal.SIGTERM, end)
    except ValueError:  # not in the main thread
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _printed(arguments: Sequence[str] | None) -> int:
    """Run, and see that what was printed has left: what cannot be printed has an exit code, too."""
    from lambda_wheels.cli.words import flush, give_up, say, show_every_name
    from lambda_wheels.errors import SurroundingsError

    try:
        show_every_name()
        try:
            return _run(arguments)
        finally:
            flush()
    except BrokenPipeError:
        give_up(sys.stdout)
        return INTERRUPTED
    except OSError as error:
        # The library turns what the system refuses into errors of its own, so that this is about our words.
        give_up(sys.stdout)
        say(f"error: the result cannot be printed: {error.strerror or error}")
        return SurroundingsError.exit_code


def _run(arguments: Sequence[str] | None) -> int:
    """Do what was asked; what went wrong becomes lines and an exit code."""
    from lambda_wheels.cli.parser import make_parser
    from lambda_wheels.cli.words import say, show_log, show_problems
    from lambda_wheels.errors import LambdaWheelsError, SurroundingsError

    options: argparse.Namespace = make_parser().parse_args(arguments)
    try:
        with show_log(verbose=options.verbose, quiet=options.quiet):
            return int(options.run(options))
    except LambdaWheelsError as error:
        show_problems(error.problems)  # first: they are said even if nobody reads stdout any more
        if options.json:
            import json

            print(json.dumps({"problems": [problem.as_dict() for problem in error.problems]}, indent=2))
        return error.exit_code
    except (MemoryError, RuntimeError) as error:
        if not isinstance(error, MemoryError) and _NO_THREAD not in str(error):
            raise
        say("error: the system gives no more memory, or no more threads; is there a limit (ulimit -a)?")
        return SurroundingsError.exit_code
