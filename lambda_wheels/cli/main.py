"""The command's frame: parse, run, and turn what went wrong into lines and an exit code. (Prints.)"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence

from lambda_wheels.cli.parser import make_parser
from lambda_wheels.cli.words import show_log, show_problems
from lambda_wheels.errors import LambdaWheelsError

INTERRUPTED = 130
"""The exit code after Ctrl-C: 128 + SIGINT, as a shell reports it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    The exit code is 0: done; 1: it cannot be done as asked; 2: wrong usage; 3: the surroundings failed.
    """
    options = make_parser().parse_args(arguments)
    try:
        with show_log(verbose=options.verbose, quiet=options.quiet):
            code = options.run(options)
            sys.stdout.flush()
            return int(code)
    except LambdaWheelsError as error:
        if options.json:
            print(json.dumps({"problems": [problem.as_dict() for problem in error.problems]}, indent=2))
        show_problems(error.problems)
        return error.exit_code
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Who read our output has gone (``| head``). Python would complain once more when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return INTERRUPTED
