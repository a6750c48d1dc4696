"""``lambda-wheels check``. (Prints.)"""

from __future__ import annotations

import argparse
import json

from lambda_wheels.aws.arns import is_arn
from lambda_wheels.checking import Checked
from lambda_wheels.checking import checked as check_layer
from lambda_wheels.cli.bars import bars
from lambda_wheels.cli.wanted import index_options
from lambda_wheels.cli.words import say, show_problems
from lambda_wheels.layers import DIRECT_UPLOAD_LIMIT
from lambda_wheels.problems import Severity, escape_controls


def check(options: argparse.Namespace) -> int:
    """Look at the layer, and compare it with its lock; exits with 1 where something is wrong."""
    session = None
    if is_arn(options.layer):
        from lambda_wheels.aws.clients import session_of  # here, as it brings boto3 along

        session = session_of(options.profile)
    with bars(options) as progress:
        result = check_layer(
            options.layer,
            runtime=options.runtime,
            architecture=options.architecture,
            lock=options.lock,
            wheels=options.wheels,
            lib=options.lib,
            bytecode_python=options.bytecode_python,
            imports=options.imports,
            python=options.python,
            root=options.root,
            allow=options.allow,
            strict=options.strict,
            session=session,
            progress=progress,
            **index_options(options),
        )
    show_problems(problem for problem in result.problems if not options.quiet or problem.severity is Severity.ERROR)
    if options.json:
        print(json.dumps([problem.as_dict() for problem in result.problems], indent=2))
    elif not options.quiet:
        _summarise(options, result)
    return 1 if any(problem.severity is Severity.ERROR for problem in result.problems) else 0


def _summarise(options: argparse.Namespace, result: Checked) -> None:
    """What was found, in a line; where a layer differs from its lock, the differences say it."""
    if options.lock and not any(problem.rule == "layer-differs" for problem in result.problems):
        print(escape_controls(f"{options.layer}: is what {options.lock} makes"))
    looked = result.looked
    if not looked.targets:
        return
    errors = sum(problem.severity is Severity.ERROR for problem in result.problems)
    counts = ((errors, "error"), (len(result.problems) - errors, "warning"))
    found = " and ".join(_counted(count, word) for count, word in counts if count)
    holds = f"{_counted(looked.projects, 'project')}, {_counted(looked.natives, 'file')} of machine code"
    targets = " and ".join(map(str, looked.targets))
    print(escape_controls(f"{options.layer}: {found or 'nothing'} found for {targets} ({holds})"))
    if looked.zip_size > DIRECT_UPLOAD_LIMIT:
        say("note: over 50 MB zipped, so publishing it needs an S3 bucket")


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"
