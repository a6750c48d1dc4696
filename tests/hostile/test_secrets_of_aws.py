"""Secrets of AWS's configuration, signed URLs and functions' variables are nowhere. (Opens sockets on loopback.)"""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

import lambda_wheels
from lambda_wheels.cli import main
from tests.aws.conftest import HERE, aws, layer, loader, no_aws
from tests.aws.endpoint import Fault, LambdaEndpoint, a_zip
from tests.aws.faults import Answer
from tests.aws.layer_plane import SIGNATURE
from tests.aws.test_inspect import installed
from tests.conftest import Tried
from tests.hostile.secret_forms import chain, contents, forms, found

__all__ = ["aws", "layer", "no_aws"]

pytestmark = [pytest.mark.loopback, pytest.mark.once]

KEY: Final = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
SESSION: Final = "IQoJb3JpZ2luX2VjEXAMPLE//////////wEaCXVz"
VARIABLE: Final = "hunter2-of-the-function"
SECRETS: Final = forms(KEY) | forms(SESSION) | forms(VARIABLE) | {SIGNATURE, "se-same", "se%2Dsame"}

DEMO: Final = f"arn:aws:lambda:{HERE}:123456789012:layer:demo:1"

CALLS: Final[dict[str, Callable[[], Any]]] = {
    "publish": lambda: lambda_wheels.publish_layer(
        "layer.zip", name="other", runtime="python3.13", architecture="arm64", regions=HERE
    ),
    "publish through S3": lambda: lambda_wheels.publish_layer(
        "layer.zip", name="other", runtime="python3.13", architecture="arm64", regions=HERE, bucket="b"
    ),
    "attach": lambda: lambda_wheels.attach_layer(DEMO, function="f"),
    "detach": lambda: lambda_wheels.detach_layer("demo", function="f", region=HERE),
    "prune": lambda: lambda_wheels.prune_layer("demo", keep=1, regions=HERE),
    "inspect a version": lambda: lambda_wheels.inspect_layer(DEMO),
    "inspect a function": lambda: lambda_wheels.inspect_function("f", region=HERE),
    "check": lambda: lambda_wheels.check(DEMO, runtime="python3.13", architecture="arm64"),
}

COMMANDS: Final = {
    "publish": ["publish", "layer.zip", "--name=other", "--runtime=python3.13", "--architecture=arm64"],
    "attach": ["attach", DEMO, "--function=f"],
    "detach": ["detach", "demo", "--function=f"],
    "prune": ["prune", "demo", "--keep=1"],
    "inspect a version": ["inspect", DEMO],
    "inspect a function": ["inspect", "f"],
    "check": ["check", DEMO, "--runtime=python3.13", "--architecture=arm64"],
}


def an_error(words: str, code: str = "InternalFailure", status: int = 400) -> Fault:
    """Nothing is done, and this is said."""
    return Fault.status(status, code, message=words)


def a_body(body: bytes, status: int = 200) -> Fault:
    """Nothing is done, and this is the answer."""
    answer = Answer(status=status, headers={"Content-Type": "application/json"}, body=body)
    return Fault(commits=False, instead=answer)


ECHO: Final = f"Authorization: AWS4-HMAC-SHA256 Credential=AKIA/x, Signature=abc; X-Amz-Security-Token: {SESSION}"
FAULTS: Final[dict[str, Fault | None]] = {
    "none": None,
    "token": an_error(f"The token {SESSION} is not one"),
    "headers": an_error(ECHO, "IncompleteSignature", 403),
    "JSON": an_error(json.dumps({"headers": {"x-amz-security-token": SESSION}})),
    "string to sign": an_error(
        f"The request signature we calculated does not match. The Canonical String for this request should have been "
        f"'GET\n/x\n\nx-amz-security-token:{SESSION}\n'",
        "SignatureDoesNotMatch",
        403,
    ),
    "signed URL": an_error(f"could not read https://bucket.s3.amazonaws.com/x?{SIGNATURE}", status=500),
    "settings that are no JSON": a_body(b'{"Environment": {"Variables": {"P": "%s"}}, ' % VARIABLE.encode(), 500),
    "settings of another kind": a_body(json.dumps({"Environment": {"Variables": {"P": VARIABLE}}}).encode()),
    "settings as an error": a_body(json.dumps({"Environment": {"Variables": {"P": VARIABLE}}}).encode(), 400),
    "reset": Fault.reset(),
    "half": Fault.cut_off(10),
    "refused": Fault.access_denied(),
}


@pytest.fixture
def surroundings(aws: LambdaEndpoint, layer: Path, monkeypatch: pytest.MonkeyPatch) -> LambdaEndpoint:
    """A layer, a function with a variable, and an environment with credentials that leads to them."""
    monkeypatch.chdir(layer.parent)
    shared = loader()  # what is slow to read of botocore
    monkeypatch.setattr("botocore.session.create_loader", lambda *_: shared)
    for name, value in (
        ("AWS_ENDPOINT_URL", aws.url),
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", KEY),
        ("AWS_SESSION_TOKEN", SESSION),
        ("AWS_DEFAULT_REGION", HERE),
        ("AWS_MAX_ATTEMPTS", "1"),
    ):
        monkeypatch.setenv(name, value)
    version = aws.add_layer(HERE, "demo", a_zip(installed("demo", "1.0", b"")))
    aws.add_function(HERE, "f", layers=[version])
    aws.set_variables(HERE, "f", {"PASSWORD": VARIABLE})
    return aws


class Listening:
    """Everything that a call says."""

    def __init__(self, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
        self._caplog, self._capfd = caplog, capfd

    def hold(self, call: Callable[[], Any], *places: Path) -> None:
        """Nothing secret is in it, nor in what is left in ``places``."""
        said: list[str] = []
        with self._caplog.at_level(logging.DEBUG, "lambda_wheels"):
            try:
                result = call()
            except lambda_wheels.LambdaWheelsError as error:
                said += [*chain(error), traceback.format_exc()]
            except SystemExit:
                pass
            else:
                said.append(repr(result))
                if hasattr(result, "as_dict"):
                    said.append(json.dumps(result.as_dict()))
        own = [record for record in self._caplog.records if record.name.startswith("lambda_wheels")]
        said += [f"{record.getMessage()} {vars(record)!r}" for record in own]
        said += self._capfd.readouterr()
        for text in said:
            assert not found(text, SECRETS), text
            assert "Traceback" not in text or "LambdaWheelsError" in text or "lambda_wheels.errors" in text
        for name, content in contents(*places):
            assert not found(content, SECRETS), name


@pytest.fixture
def listening(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Listening:
    """Everything that is said in this test."""
    return Listening(caplog, capfd)


def store_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A store for this test, to look into."""
    monkeypatch.setenv("LAMBDA_WHEELS_CACHE", str(tmp_path / "store"))
    return tmp_path / "store"


@pytest.mark.hostile("Secrets")
@pytest.mark.parametrize(
    "call", [pytest.param(name, marks=[] if name == "attach" else pytest.mark.long) for name in CALLS]
)
def test_answers(
    surroundings: LambdaEndpoint,
    listening: Listening,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    tried: Tried,
    call: str,
) -> None:
    """AWS, or what stands in its place, repeats the token, the signed request, a signed URL or a function's variables
    in an answer: none of it is in a result, a message, a log, an error and what it came of, or a file.
    """
    store = store_of(monkeypatch, tmp_path)
    for fault in FAULTS.values():
        surroundings.mend()
        if fault is not None:
            surroundings.fail("*", fault)
        listening.hold(CALLS[call], store)
        tried(1)
        if fault is not None:  # in the middle: the first answers are right
            surroundings.mend()
            surroundings.fail("*", fault, after=1)
            listening.hold(CALLS[call], store)
            tried(1)


@pytest.mark.hostile("Secrets")
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name == "inspect a function" else pytest.mark.long) for name in COMMANDS]
)
def test_commands(surroundings: LambdaEndpoint, listening: Listening, tried: Tried, at_length: bool, name: str) -> None:
    """The commands for AWS print neither secrets nor a function's variables, with -v and --json too."""
    for fault in (None, FAULTS["token"], FAULTS["headers"], FAULTS["settings that are no JSON"]):
        for words in (["--json"], ["-v"], ["-q"])[: 3 if at_length else 1]:
            surroundings.mend()
            if fault is not None:
                surroundings.fail("*", fault)
            listening.hold(lambda words=words: main([*COMMANDS[name], *words]))  # type: ignore[misc]
            tried(1)


SETTINGS: Final[dict[str, dict[str, str]]] = {
    "token with a line break": {"AWS_SESSION_TOKEN": SESSION + "\n"},
    "token that ends in another header": {"AWS_SESSION_TOKEN": SESSION + "\r\nX-Other: 1"},
    "endpoint": {"AWS_ENDPOINT_URL": "http://alice:se-same@127.0.0.1:9/"},
    "endpoint with a slash": {"AWS_ENDPOINT_URL": "http://alice:12/se-same@127.0.0.1:9/"},
    "endpoint with a slash, other half": {"AWS_ENDPOINT_URL": "http://alice:se-same/x@127.0.0.1:9/"},
    "endpoint with a question mark": {"AWS_ENDPOINT_URL": "http://alice:se-same?x@127.0.0.1:9/"},
    "endpoint without scheme": {"AWS_ENDPOINT_URL": "alice:se-same@127.0.0.1:9"},
    "endpoint with a bracket": {"AWS_ENDPOINT_URL": "http://alice:se-same@[127.0.0.1:9"},
    "endpoint with a query": {"AWS_ENDPOINT_URL": "http://127.0.0.1:9/?token=se-same"},
    "proxy": {"HTTP_PROXY": "http://alice:se-same@127.0.0.1:9/", "AWS_ENDPOINT_URL": "http://127.0.0.1:9/"},
    "proxy with a slash": {"HTTP_PROXY": "http://alice:se-same/x@h:9/", "AWS_ENDPOINT_URL": "http://127.0.0.1:9/"},
    "bad line": {"file": f"[default]\naws_secret_access_key {KEY}\n"},
    "no section": {"file": f"aws_secret_access_key = {KEY}\n"},
    "not UTF-8": {"file": f"[default]\naws_secret_access_key = \udcff{KEY}\n"},
    "nested": {"file": f"[default]\ns3 =\n  {KEY}\n"},
    "twice": {"file": f"[default]\naws_session_token = {SESSION}\naws_session_token = {KEY}\n"},
    "a program's argument": {"file": f"[default]\ncredential_process = /nowhere/x --password {KEY}\n"},
    "a program, quoted": {"file": f"[default]\ncredential_process = /nowhere/x '{KEY}\n"},
}
"""Settings in the environment; ``file`` is what stands in ~/.aws/config and credentials."""


@pytest.mark.hostile("Secrets")
@pytest.mark.process
def test_settings(
    surroundings: LambdaEndpoint, listening: Listening, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tried: Tried
) -> None:
    """AWS settings that cannot be read or used (a token with a line break, an endpoint or a proxy with a password in
    it, a broken ~/.aws/credentials) are told of without what is secret in them, and errors bring nothing else along.
    """
    for settings in SETTINGS.values():
        with monkeypatch.context() as patch:
            for name, value in settings.items():
                if name != "file":
                    patch.setenv(name, value)
                    continue
                path = tmp_path / "aws"
                path.write_bytes(value.encode("utf-8", "surrogateescape"))
                for variable in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
                    patch.setenv(variable, str(path))
                for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
                    patch.delenv(variable)
            for call in (
                CALLS["attach"],
                CALLS["inspect a version"],
                lambda: main(["prune", "demo", "--keep=1", "-v"]),
            ):
                listening.hold(call)
                tried(1)


@pytest.mark.hostile("Secrets")
def test_signed_urls(
    surroundings: LambdaEndpoint,
    listening: Listening,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    tried: Tried,
    at_length: bool,
) -> None:
    """The signed URL of a zip that is gone, cut off, answered otherwise, or no URL at all, is in no message or file."""
    store = store_of(monkeypatch, tmp_path)
    faults = [Fault.reset(), Fault.cut_off(30), Fault.status(403, "AccessDenied"), Fault.status(500), a_body(b"{}")]
    for fault in faults:
        surroundings.mend()
        surroundings.fail("Download", fault)
        for call in ("inspect a version", "inspect a function", "attach", "check")[: 4 if at_length else 1]:
            listening.hold(CALLS[call], store)
            tried(1)
    said = json.loads(_an_answer(surroundings))
    for url in (
        f"http://127.0.0.1:9/x?{SIGNATURE}",
        f"http://alice:se-same@127.0.0.1:x/?{SIGNATURE}",
        f"http://[{SIGNATURE}",
        f"ftp://h/?{SIGNATURE}",
        SIGNATURE,
        f"http://127.0.0.1:9/\n{SIGNATURE}",
    ):
        surroundings.mend()
        said["Content"]["Location"] = url
        surroundings.fail("GetLayerVersion*", a_body(json.dumps(said).encode()))
        listening.hold(CALLS["inspect a version"], store)
        tried(1)


def _an_answer(aws: LambdaEndpoint) -> bytes:
    """What GetLayerVersion says."""
    import boto3

    client = boto3.client("lambda", region_name=HERE)
    said = client.get_layer_version(LayerName="demo", VersionNumber=1)
    return json.dumps({name: value for name, value in said.items() if name != "ResponseMetadata"}).encode()
