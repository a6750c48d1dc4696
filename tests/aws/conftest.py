"""What the tests of the AWS room share: an endpoint, a session that speaks to it, and zips."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from lambda_wheels import LayerVersions, publish_layer
from lambda_wheels.aws import functions, patience
from tests.aws.endpoint import LambdaEndpoint, a_zip
from tests.loopback import bare_surroundings, build, index, out, served

__all__ = ["bare_surroundings", "build", "index", "out", "served"]

Publish = Callable[..., LayerVersions]

HERE = "eu-west-1"
REGIONS = ("eu-west-1", "eu-central-1", "us-east-1", "ap-southeast-2")


class Session(boto3.Session):  # type: ignore[misc]  # boto3 has no types
    """A caller's session, with settings of its own as from a configuration file, whose clients speak to ``url``."""

    def __init__(self, url: str, region: str | None = HERE, **settings: Any) -> None:
        super().__init__("testing", "testing", region_name=region)
        self._session.register_component("data_loader", loader())
        config = {"read_timeout": 5, "retries": {"mode": "standard", "total_max_attempts": 3}, **settings}
        self._session.set_default_client_config(Config(**config))
        self._url = url

    def client(self, *args: Any, **settings: Any) -> Any:
        """As boto3's."""
        return super().client(*args, endpoint_url=self._url, **settings)


@functools.cache
def loader() -> Any:
    """What is slow to read of botocore, once for all tests."""
    return boto3.Session()._session.get_component("data_loader")


@pytest.fixture
def no_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of AWS that this machine may know."""
    for name in list(os.environ):
        if name.startswith("AWS_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def aws(no_aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[LambdaEndpoint]:
    """A strict Lambda; pauses are short."""
    monkeypatch.setattr(patience, "PAUSES", (0.01, 0.02, 0.05, 0.1, 0.2, 0.4))
    monkeypatch.setattr(functions, "_ASK_EVERY", 0.01)
    with LambdaEndpoint() as endpoint:
        yield endpoint


@pytest.fixture
def session(aws: LambdaEndpoint) -> boto3.Session:
    """A session in ``HERE`` that speaks to ``aws``."""
    return Session(aws.url)


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    """A zip that somebody else made."""
    path = tmp_path / "layer.zip"
    path.write_bytes(a_zip({"python/demo.py": b"answer = 42\n"}))
    return path


@pytest.fixture
def publish(layer: Path, session: boto3.Session) -> Publish:
    """``publish_layer`` of ``layer`` as ``demo``, for python3.13 on arm64."""
    named: dict[str, Any] = {"name": "demo", "runtime": "python3.13", "architecture": "arm64", "session": session}
    return functools.partial(publish_layer, layer, **named)


def arn(number: int, *, name: str = "demo", region: str = HERE) -> str:
    """The ARN of a layer version of the endpoint."""
    return f"arn:aws:lambda:{region}:123456789012:layer:{name}:{number}"
