"""``lambda-wheels lock``. (Prints.)"""

from __future__ import annotations

import argparse
import json

from lambda_wheels.cli.bars import bars
from lambda_wheels.cli.wanted import index_options, requirements
from lambda_wheels.cli.words import say, show_problems
from lambda_wheels.locking import lock as make_lock
from lambda_wheels.problems import escape_controls


def lock(options: argparse.Namespace) -> int:
    """Make the lock, and say what changed."""
    with bars(options) as progress:
        made = make_lock(
            requirements(options),
            runtime=options.runtime,
            architecture=options.architecture,
            output=options.output,
            upgrade=options.upgrade,
            upgrade_projects=options.upgrade_project,
            check=options.check,
            lib=options.lib,
            allow=options.allow,
            strict=options.strict,
            progress=progress,
            **index_options(options),
        )
    if not options.quiet:
        show_problems(made.warnings)
    if options.json:
        print(json.dumps(made.as_dict(), indent=2))
    elif not options.quiet:
        for change in made.changes:
            say(f"note: {change}")
        count = len({project.name for project in made.projects})
        what = f"{count} {'project' if count == 1 else 'projects'} for {', '.join(map(str, made.targets))}"
        print(escape_controls(f"{made.path}: {what}{'' if made.changed else ', unchanged'}"))
    return 0
