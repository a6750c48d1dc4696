"""The command's frame: parse, run, and turn what went wrong into lines and an exit code. (Prints.)

It imports little until it runs, so that Ctrl-C while all the rest is imported ends as at any other moment. What comes
before it, Python's own start and the door of the package, which is kept short for that, nobody here can catch.
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

ENDING: dict[int, str] = {signal.SIGTERM: "terminated"}
"""The signals by which a job is cancelled, or its terminal closed, and the word for each; 128 is added for the code."""
if sys.platform != "win32":
    ENDING[signal.SIGHUP] = "hung up"

_NO_THREAD = "can't start new thread"
"""What Python says, as a RuntimeError, where the system refuses one."""


class _Ended(KeyboardInterrupt):
    """One of these signals: whatever cleans up after Ctrl-C cleans up after it, too."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    The exit code is 0: done; 1: it cannot be done as asked; 2: wrong usage; 3: the surroundings failed; 129, 130 and
    143: ended by SIGHUP, Ctrl-C or SIGTERM.

    :raises SystemExit: by the parser, after a help text or where the arguments are wrong.
    """
    own_process = arguments is None
    if own_process:
        gc.disable()  # it lives too short for much to be collected, and looking for it takes as long as a small layer
    try:
        with _signals_end():
            return _printed(arguments)
    except _Ended as ended:
        return _ended(ENDING[ended.number], 128 + ended.number)
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
def _signals_end() -> Iterator[None]:
    """For a while they end the command as Ctrl-C does, but for those that somebody, such as nohup, decided upon."""
    ours = [number for number in ENDING if signal.getsignal(number) is signal.SIG_DFL]

    def end(number: int, _: object) -> NoReturn:
        for each in ours:
            signal.signal(each, signal.SIG_IGN)  # a second one must not stop the cleaning
        raise _Ended(number)

    try:
        for number in ours:
            signal.signal(number, end)
    except ValueError:  # not in the main thread
        ours = []
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


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
