"""``lambda-wheels attach`` and ``detach``. (Prints.)"""

from __future__ import annotations

import argparse
from typing import Any

from lambda_wheels.aws.attach import attach_layer, detach_layer
from lambda_wheels.aws.clients import session_of
from lambda_wheels.aws.results import Attachment, Attachments
from lambda_wheels.cli.words import show_result


def attach(options: argparse.Namespace) -> int:
    """Attach, and say for each function what came of it; exits with 1 where one failed."""
    return _show(attach_layer(options.layer, position=options.position, **_common(options)), options)


def detach(options: argparse.Namespace) -> int:
    """Detach, and say for each function what came of it; exits with 1 where one failed."""
    return _show(detach_layer(options.layer, **_common(options)), options)


def _common(options: argparse.Namespace) -> dict[str, Any]:
    """The parameters that both share."""
    return {
        "function": options.function,
        "publish": options.publish,
        "restore": options.restore,
        "dry_run": options.dry_run,
        "region": options.region,
        "session": session_of(options.profile),
    }


def _show(result: Attachments, options: argparse.Namespace) -> int:
    problems = [problem for one in result.functions for problem in one.problems]
    show_result(options, problems, result.as_dict(), map(_line, result.functions))
    return 1 if result.failed else 0


def _line(one: Attachment) -> str:
    """``my-function: attached; layers: base:3, duckdb:7; version 12``."""
    parts = [f"{one.function}: {one.change}"]
    if one.layers_before or one.layers:
        parts.append(f"layers: {', '.join(':'.join(arn.split(':')[6:]) for arn in one.layers) or 'none'}")
    if one.function_version:
        parts.append(f"version {one.function_version}")
    return "; ".join(parts)
