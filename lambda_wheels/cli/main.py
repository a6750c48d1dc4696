"""The command's frame: parse, run, and turn what went wrong into lines and an exit code. (Prints.)"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from collections.abc import Sequence

from lambda_wheels.cli.parser import make_parser
from lambda_wheels.cli.words import say, show_log, show_problems
from lambda_wheels.errors import LambdaWheelsError, SurroundingsError

INTERRUPTED = 130
"""The exit code after Ctrl-C: 128 + SIGINT, as a shell reports it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    The exit code is 0: done; 1: it cannot be done as asked; 2: wrong usage; 3: the surroundings failed.
    """
    options = make_parser().parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A name that this terminal has no letters for is shown all the same; stderr is so by itself.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        code = _run(options)
        if sys.stdout is not None:  # as it is where the caller closed it
            sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        say("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        _give_up_stdout()
        return INTERRUPTED
    except OSError as error:
        # The library turns what the system refuses into errors of its own, so that this is about our words.
        _give_up_stdout()
        say(f"error: the result cannot be printed: {error.strerror or error}")
        return SurroundingsError.exit_code


def _run(options: argparse.Namespace) -> int:
    """Do what was asked; what went wrong becomes lines and an exit code."""
    try:
        with show_log(verbose=options.verbose, quiet=options.quiet):
            return int(options.run(options))
    except LambdaWheelsError as error:
        if options.json:
            print(json.dumps({"problems": [problem.as_dict() for problem in error.problems]}, indent=2))
        show_problems(error.problems)
        return error.exit_code


def _give_up_stdout() -> None:
    """Nobody reads it any more (``| head``): let Python not complain once more when it flushes it at its end."""
    if sys.stdout is None:
        return
    with open(os.devnull, "wb") as nothing:  # noqa: PTH123  # no path of anybody's
        os.dup2(nothing.fileno(), sys.stdout.fileno())
