"""A layer that was built is published as what it is, from memory or from its zip. (Starts pip.)"""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest

from lambda_wheels import LayerError, PublishOutcome, attach_layer, publish_layer
from tests.aws.conftest import HERE
from tests.aws.endpoint import LambdaEndpoint
from tests.loopback import Build
from tests.wheel_factory import make_wheel

pytestmark = pytest.mark.pip


def test_built(build: Build, served: Path, out: Path, aws: LambdaEndpoint, session: boto3.Session) -> None:
    """What was built says where it runs; its zip alone says the same, and is the same version."""
    make_wheel(served, "demo")
    built = build("demo", output=out / "layer.zip")
    versions = publish_layer(built, name="demo", session=session)
    versions.raise_for_failures()
    assert versions.code_sha256 == built.code_sha256
    assert versions.compatible_runtimes == built.compatible_runtimes
    again = publish_layer(built.path, name="demo", session=session)
    assert again.versions[0].outcome is PublishOutcome.ALREADY_THERE
    assert (again.content_sha256, again.arns) == (built.content_sha256, versions.arns)
    aws.add_function(HERE, "f")
    attach_layer(again, function="f", session=session).raise_for_failures()


def test_changed_since(build: Build, served: Path, out: Path, aws: LambdaEndpoint, session: boto3.Session) -> None:
    """What somebody replaced since it was built is not published."""
    make_wheel(served, "demo")
    built = build("demo", output=out / "layer.zip")
    built.path.write_bytes(built.path.read_bytes() + b" ")
    with pytest.raises(LayerError, match="layer-changed"):
        publish_layer(built, name="demo", session=session)
    assert aws.requests == []
