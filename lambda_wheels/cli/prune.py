"""``lambda-wheels prune``. (Prints.)"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from lambda_wheels.aws.clients import session_of
from lambda_wheels.aws.prune import prune_layer
from lambda_wheels.aws.results import Pruned
from lambda_wheels.cli.words import show_result


def prune(options: argparse.Namespace) -> int:
    """Prune, and say for each region what was deleted; exits with 1 where something failed."""
    result = prune_layer(
        options.name,
        keep=options.keep,
        regions=getattr(options, "region", ()),
        dry_run=options.dry_run,
        session=session_of(options.profile),
    )
    verb = "would delete" if options.dry_run else "deleted"
    problems = [problem for one in result for problem in one.problems]
    show_result(options, problems, [one.as_dict() for one in result], (_line(one, verb) for one in result))
    return 1 if any(one.has_failed for one in result) else 0


def _line(one: Pruned, verb: str) -> str:
    """``eu-west-1: deleted 1, 2, 4; in use 3; kept 5, 6``."""
    parts = [f"{verb} {_numbers(one.deleted)}"]
    if one.used:
        parts.append(f"in use {_numbers(one.used)}")
    return f"{one.region}: {'; '.join([*parts, f'kept {_numbers(one.kept)}'])}"


def _numbers(versions: Sequence[int]) -> str:
    return ", ".join(map(str, sorted(versions))) or "nothing"
