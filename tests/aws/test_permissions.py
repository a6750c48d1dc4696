"""The reference names every action that a command asks AWS for. (Opens sockets on loopback.)"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from lambda_wheels import (
    attach_layer,
    check,
    detach_layer,
    inspect_function,
    inspect_layer,
    prune_layer,
    publish_layer,
)
from tests.aws.conftest import HERE, arn
from tests.aws.endpoint import Fault, LambdaEndpoint, a_zip
from tests.aws.test_inspect import ours

pytestmark = pytest.mark.loopback

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "aws.md"


def allowed(*rows: str) -> set[str]:
    """The operations of Lambda that the page names in these rows."""
    text = PAGE.read_text(encoding="utf-8")
    found: set[str] = set()
    for row in rows:
        line = next(line for line in text.splitlines() if line.startswith(f"| {row} |"))
        found |= set(re.findall(r"`lambda:(\w+)`", line))
    return found


PUBLISH: dict[str, Any] = {"name": "demo", "runtime": "python3.13", "architecture": "arm64"}

COMMANDS: list[tuple[Callable[..., object], dict[str, Any], tuple[str, ...]]] = [
    (lambda path, **more: publish_layer(path, **PUBLISH, **more), {}, ("`publish`",)),
    (lambda path, **more: publish_layer(path, **PUBLISH, **more), {"dry_run": True}, ("`publish --dry-run`",)),
    (
        lambda path, **more: publish_layer(path, **PUBLISH, **more),
        {"share_with": ["everyone"]},
        ("`publish`", "`publish --share-with`"),
    ),
    (lambda path, **more: attach_layer(arn(1), function="f", **more), {}, ("`attach`, `detach`",)),
    (
        lambda path, **more: attach_layer(arn(1), function="f", **more),
        {"publish": True},
        ("`attach`, `detach`", "`attach --publish`, `detach --publish`"),
    ),
    (lambda path, **more: detach_layer("other", function="f", **more), {}, ("`attach`, `detach`",)),
    (lambda path, **more: prune_layer("demo", keep=0, **more), {}, ("`prune`",)),
    (lambda path, **more: inspect_layer(arn(1), **more), {}, ("`inspect` and `check` of an ARN",)),
    (lambda path, **more: check(arn(1), **more), {}, ("`inspect` and `check` of an ARN",)),
    (lambda path, **more: inspect_function("f", **more), {}, ("`inspect` of a function",)),
]


@pytest.mark.parametrize(("command", "settings", "rows"), COMMANDS)
def test_named(
    aws: LambdaEndpoint,
    session: boto3.Session,
    layer: Path,
    command: Callable[..., object],
    settings: dict[str, Any],
    rows: tuple[str, ...],
) -> None:
    """What a command asks for is in its row."""
    said = {"CompatibleRuntimes": ["python3.13"], "CompatibleArchitectures": ["arm64"]}
    aws.add_layer(HERE, "demo", ours(("demo", "1.0")), **said)  # type: ignore[arg-type]
    other = aws.add_layer(HERE, "other", a_zip({"python/other.py": b""}))
    aws.add_function(HERE, "f", layers=[other])
    command(layer, session=session, **settings)
    asked = {request.operation for request in aws.requests} - {"Download"}
    assert asked <= allowed(*rows)


def test_duplicate(aws: LambdaEndpoint, session: boto3.Session, layer: Path) -> None:
    """Looking again, and deleting a duplicate of one's own, is among what publishing needs."""
    aws.fail("PublishLayerVersion", Fault.late_commit(0.0), times=1)
    publish_layer(layer, session=session, **PUBLISH)
    publish_layer(layer, session=session, **PUBLISH)
    assert {request.operation for request in aws.requests} <= allowed("`publish`") | {"Download"}
