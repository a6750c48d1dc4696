"""The whole way against moto's server: S3 and Lambda, by the command as a user calls it. (Starts processes.)"""

from __future__ import annotations

import contextlib
import json
import logging
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

from lambda_wheels import PublishOutcome, publish_layer
from lambda_wheels.aws import package
from tests.aws.conftest import HERE, Session
from tests.aws.endpoint import a_zip
from tests.loopback import command

pytestmark = pytest.mark.aws

ROLE = '{"Version": "2012-10-17", "Statement": []}'


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    """The URL of a server, on loopback."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@pytest.fixture
def session(no_aws: None, moto: str) -> Session:
    """A session that speaks to it."""
    return Session(moto)


@contextlib.contextmanager
def client(session: Session, service: str) -> Iterator[Any]:
    """A client that is closed."""
    with contextlib.closing(session.client(service)) as made:
        yield made


@pytest.fixture
def large(layer: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A zip that is too large for a call, for a limit of a few bytes."""
    monkeypatch.setattr(package, "DIRECT_UPLOAD_LIMIT", 10)
    return layer


NAMED: dict[str, Any] = {"runtime": "python3.13", "architecture": "arm64"}


def bucket(session: Session, name: str) -> str:
    """A bucket in ``HERE``."""
    with client(session, "s3") as s3:
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": HERE})
    return name


def keys(session: Session, name: str) -> list[str]:
    """What is in a bucket."""
    with client(session, "s3") as s3:
        return [item["Key"] for item in s3.list_objects_v2(Bucket=name).get("Contents", [])]


def test_through_a_bucket(session: Session, large: Path) -> None:
    """What is too large for a call goes through the bucket of the region, and is taken away afterwards."""
    name = bucket(session, f"layers-{HERE}")
    published = publish_layer(large, name="through", bucket="layers-{region}", session=session, **NAMED)
    published.raise_for_failures()
    [version] = published.versions
    assert version.outcome is PublishOutcome.PUBLISHED
    assert version.staged is not None and version.staged.startswith(f"s3://layers-{HERE}/lambda-wheels/")
    assert keys(session, name) == []
    with client(session, "lambda") as aws:
        said = aws.get_layer_version(LayerName="through", VersionNumber=1)
    assert said["Content"]["CodeSha256"] == published.code_sha256
    again = publish_layer(large, name="through", bucket="layers-{region}", session=session, **NAMED)
    assert again.versions[0].outcome is PublishOutcome.ALREADY_THERE


def test_kept(session: Session, large: Path) -> None:
    """It stays where that is asked for, below the prefix, and is not sent again; who found it there leaves it."""
    name = bucket(session, "kept")
    settings: dict[str, Any] = {"bucket": f"{name}/some/prefix", "session": session, **NAMED}
    first = publish_layer(large, name="kept", keep=True, **settings)
    [key] = keys(session, name)
    assert key.startswith("some/prefix/lambda-wheels/") and key.endswith(".zip")
    with client(session, "s3") as s3:
        sent = s3.head_object(Bucket=name, Key=key, ChecksumMode="ENABLED")
    second = publish_layer(large, name="kept-2", **settings)
    with client(session, "s3") as s3:
        assert s3.head_object(Bucket=name, Key=key)["LastModified"] == sent["LastModified"]
    assert not first.failed and not second.failed
    assert keys(session, name) == [key]


@pytest.mark.hostile("AWS")
def test_wrong_object(session: Session, large: Path) -> None:
    """Another object under the zip's name is found out by what Lambda made of it, and sent anew."""
    name = bucket(session, "wrong")
    settings: dict[str, Any] = {"bucket": name, "session": session, "keep": True, **NAMED}
    publish_layer(large, name="wrong", **settings).raise_for_failures()
    [key] = keys(session, name)
    with client(session, "s3") as s3:
        s3.put_object(Bucket=name, Key=key, Body=b"x" * large.stat().st_size)
    published = publish_layer(large, name="wrong-2", **settings)
    published.raise_for_failures()
    with client(session, "lambda") as aws:
        listed = aws.list_layer_versions(LayerName="wrong-2")["LayerVersions"]
        said = aws.get_layer_version(LayerName="wrong-2", VersionNumber=listed[0]["Version"])
    assert len(listed) == 1
    assert said["Content"]["CodeSha256"] == published.code_sha256


@pytest.mark.hostile("AWS")
@pytest.mark.parametrize(
    ("region", "template", "words"),
    [(HERE, "none", "there is no bucket none"), ("us-east-1", "elsewhere", "elsewhere is in eu-west-1")],
)
def test_no_bucket(session: Session, large: Path, region: str, template: str, words: str) -> None:
    """A bucket that is not there, or in another region, is said before anything is sent."""
    if template == "elsewhere":
        bucket(session, template)
    published = publish_layer(large, name="none", bucket=template, regions=region, session=session, **NAMED)
    [problem] = published.failed[0].problems
    assert problem.rule == "bucket-unusable" and words in problem.message


def test_large_in_parts(session: Session, tmp_path: Path) -> None:
    """A zip of more than one part arrives as it is."""
    path = tmp_path / "large.zip"
    path.write_bytes(_stored(40 << 20))
    name = bucket(session, "parts")
    publish_layer(path, name="parts", bucket=name, session=session, **NAMED).raise_for_failures()


def _stored(size: int) -> bytes:
    """A zip of about that many bytes, which do not deflate."""
    return a_zip({"python/data.bin": random.Random(1).randbytes(size)})


def test_whole_way(moto: str, no_aws: None, layer: Path, monkeypatch: pytest.MonkeyPatch, session: Session) -> None:
    """Publish, attach, look, detach, prune: each by the command, and each again without harm."""
    for name, value in (
        ("AWS_ENDPOINT_URL", moto),
        ("AWS_ACCESS_KEY_ID", "testing"),
        ("AWS_SECRET_ACCESS_KEY", "testing"),
        ("AWS_DEFAULT_REGION", HERE),
    ):
        monkeypatch.setenv(name, value)
    with client(session, "iam") as iam:
        role = iam.create_role(RoleName="whole", AssumeRolePolicyDocument=ROLE)["Role"]["Arn"]
    with client(session, "lambda") as aws:
        aws.create_function(
            FunctionName="whole",
            Runtime="python3.13",
            Role=role,
            Handler="app.handler",
            Architectures=["arm64"],
            Code={"ZipFile": a_zip({"app.py": b""})},
        )

    def run(*arguments: str | Path) -> Any:
        done = subprocess.run(command(*arguments, "--json"), capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    publish = ("publish", layer, "--name", "whole", "--runtime", "python3.13", "--architecture", "arm64")
    assert run(*publish, "--dry-run")["versions"][0]["outcome"] == "would publish"
    version = run(*publish)["versions"][0]
    assert version["outcome"] == "published"
    assert run(*publish)["versions"][0]["outcome"] == "already there"
    attach = ("attach", version["arn"], "--function", "whole")
    assert run(*attach)["functions"][0]["layers"] == [version["arn"]]
    assert run(*attach)["functions"][0]["change"] == "already attached"
    assert run("prune", "whole", "--keep", "0")[0]["used"] == [1]
    assert run("inspect", layer)["zip_size"] == layer.stat().st_size
    assert run("detach", "whole", "--function", "whole")["functions"][0]["layers"] == []
    assert run("prune", "whole", "--keep", "0")[0]["deleted"] == [1]
