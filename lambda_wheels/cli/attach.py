"""``lambda-wheels attach`` and ``detach``. (Prints.)"""

from __future__ import annotations

import argparse
from typing import Any

from lambda_wheels.aws.arns import short_arn
from lambda_wheels.aws.attach import attach_layer, detach_layer
from lambda_wheels.aws.clients import session_of
from lambda_wheels.aws.results import Attachment, Attachments, LayerChange
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
    show_result(options, problems, result.as_dict(), (_line(one, options) for one in result.functions))
    return 1 if result.failed else 0


def _line(one: Attachment, options: argparse.Namespace) -> str:
    """``my-function: attached; layers: base:3, duckdb:7; version 12``."""
    parts = [f"{one.function}: {one.change}"]
    if one.layers_before or one.layers:
        parts.append(f"layers: {', '.join(map(short_arn, one.layers)) or 'none'}")
    if one.function_version:
        parts.append(f"version {one.function_version}")
    if options.publish and options.dry_run and one.change is not LayerChange.FAILED:
        is_planned = one.change in {LayerChange.WOULD_ATTACH, LayerChange.WOULD_DETACH}
        parts.append(f"would make a version{'' if is_planned else ', if the function has changed since the last'}")
    return "; ".join(parts)
