"""``lambda-wheels check``. (Prints.)"""

from __future__ import annotations

import argparse
import json

from lambda_wheels.checking import check as check_layer
from lambda_wheels.cli.bars import bars
from lambda_wheels.cli.wanted import index_options
from lambda_wheels.cli.words import show_problems
from lambda_wheels.problems import escape_controls


def check(options: argparse.Namespace) -> int:
    """Compare the layer with its lock; exits with 1 where they differ."""
    with bars(options) as progress:
        problems = check_layer(
            options.layer,
            lock=options.lock,
            wheels=options.wheels,
            bytecode_python=options.bytecode_python,
            progress=progress,
            **index_options(options),
        )
    show_problems(problems)
    if options.json:
        print(json.dumps([problem.as_dict() for problem in problems], indent=2))
    elif not problems and not options.quiet:
        print(escape_controls(f"{options.layer}: is what {options.lock} makes"))
    return 1 if problems else 0
