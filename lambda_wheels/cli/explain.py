"""``lambda-wheels explain``. (Prints.)"""

from __future__ import annotations

import argparse
import json
import textwrap
from collections.abc import Iterator, Sequence
from typing import Final

from lambda_wheels.cli.bars import bars
from lambda_wheels.cli.wanted import index_options, requirements
from lambda_wheels.errors import ResolutionError
from lambda_wheels.explaining import explain as explain_requirements
from lambda_wheels.problems import Problem, Severity, escape_controls
from lambda_wheels.resolution.explanation import Explanation
from lambda_wheels.targets import Target

_COLUMNS: Final = 100
"""How wide a line becomes; wherever it is printed, so that two outputs can be compared."""


def explain(options: argparse.Namespace) -> int:
    """Print which version each target would get, and why not the newest; exits with 1 where none gets all."""
    with bars(options) as progress:
        explanations = explain_requirements(
            requirements(options),
            runtime=options.runtime,
            architecture=options.architecture,
            progress=progress,
            **index_options(options),
        )
    if options.json:
        print(json.dumps([explanation.as_dict() for explanation in explanations], indent=2))
    else:
        for line in (*_tables(explanations), *_reasons(explanations)):
            print(escape_controls(line))
    return 0 if any(explanation.fits for explanation in explanations) else ResolutionError.exit_code


def _tables(explanations: Sequence[Explanation]) -> Iterator[str]:
    """For each project that was asked for, the version by runtime and architecture."""
    runtimes = list(dict.fromkeys(explanation.target.runtime for explanation in explanations))
    architectures = list(dict.fromkeys(explanation.target.architecture for explanation in explanations))
    versions = {
        (project.name, explanation.target): project.version
        for explanation in explanations
        for project in explanation.projects
        if project.asked
    }
    for name in dict.fromkeys(name for name, _ in versions):
        rows = [[name, *architectures]]
        for runtime in runtimes:
            found = (versions.get((name, Target(runtime, one)), "-") for one in architectures)
            rows.append([runtime, *found])
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        yield ""


def _reasons(explanations: Sequence[Explanation]) -> Iterator[str]:
    """Why not the newest, or nothing at all; what is the same for several targets is said once.

    What was asked for comes first, in the order of the tables; then by project what that needs.
    """
    asked = {project.name for explanation in explanations for project in explanation.projects if project.asked}
    groups: dict[tuple[str, str], list[Target]] = {}
    for explanation in explanations:
        for problem in explanation.problems:
            # The targets stand in front of the line, and need not stand in it.
            words = _words(problem).replace(f"{explanation.target}", "it")
            groups.setdefault((problem.project or "", words), []).append(explanation.target)
    for (_, words), targets in sorted(groups.items(), key=lambda group: (group[0][0] not in asked, group[0][0])):
        line = f"{', '.join(_named(targets))}: {words}"
        yield from textwrap.wrap(
            line, _COLUMNS, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
        )


def _named(targets: Sequence[Target]) -> Iterator[str]:
    """The targets, those of one runtime together."""
    for runtime in dict.fromkeys(target.runtime for target in targets):
        same = [target for target in targets if target.runtime == runtime]
        yield runtime if len(same) > 1 else str(same[0])


def _words(problem: Problem) -> str:
    hint = f"; {problem.hint}" if problem.hint and problem.severity is Severity.ERROR else ""
    project = f"{problem.project}: " if problem.project else ""
    return f"{project}{problem.message}{hint}"
