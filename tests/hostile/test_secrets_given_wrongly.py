"""A URL with a secret that was given where something else belongs is not repeated. (Starts pip; loopback.)"""

from __future__ import annotations

import argparse
import contextlib
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

import lambda_wheels
from lambda_wheels import Problem
from lambda_wheels.cli import main
from lambda_wheels.cli.parser import make_parser
from lambda_wheels.hiding import hide_secrets
from tests.aws.conftest import loader
from tests.aws.endpoint import a_zip
from tests.conftest import Tried
from tests.loopback import bare_surroundings

__all__ = ["bare_surroundings"]

TARGET: Final = ["--runtime=python3.13", "--architecture=arm64"]
INDEX: Final = ["demo", *TARGET, "--index-url=http://127.0.0.1:9/", "--retries=0", "--timeout=1"]
ARN: Final = "arn:aws:lambda:eu-west-1:123456789012:layer:demo:1"
COMMANDS: Final[dict[str, list[str]]] = {
    "build": [*INDEX, "--output=o.zip"],
    "fetch": [*INDEX, "--output=o"],
    "lock": INDEX,
    "explain": INDEX,
    "check": ["layer.zip", *TARGET],
    "publish": ["layer.zip", "--name=demo", *TARGET],
    "attach": [ARN, "--function=f"],
    "detach": ["demo", "--function=f"],
    "prune": ["demo", "--keep=1"],
    "inspect": ["layer.zip"],
    "cache": ["info"],
    "runtimes": [],
}
"""Arguments that each command would take."""

WRONG: Final = (
    "https://alice:sesame@127.0.0.1:9/x?token=sesame",
    "https://127.0.0.1:9/x.zip?X-Amz-Date=1&X-Amz-Signature='sesame'",
    "--index-url=https://alice:1/sesame@127.0.0.1:9/",
    "s3://alice:sesame@bucket/key#sesame",
    "demo @ https://alice:sesame@127.0.0.1:9/demo-1.0-py3-none-any.whl",
    "alice:sesame@127.0.0.1:9",
)


@pytest.fixture(autouse=True)
def surroundings(bare_surroundings: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A layer in the working directory, and nobody who answers."""
    monkeypatch.chdir(tmp_path)
    Path("layer.zip").write_bytes(a_zip({"python/demo.py": b""}))
    monkeypatch.setattr("lambda_wheels.aws.patience.PAUSES", (0.01,))
    shared = loader()  # what is slow to read of botocore
    monkeypatch.setattr("botocore.session.create_loader", lambda *_: shared)
    for name, value in (
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
        ("AWS_ACCESS_KEY_ID", "testing"),
        ("AWS_SECRET_ACCESS_KEY", "testing"),
        ("AWS_DEFAULT_REGION", "eu-west-1"),
        ("AWS_MAX_ATTEMPTS", "1"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ):
        monkeypatch.setenv(name, value)


def slips(command: str) -> Iterator[list[str]]:
    """Command lines of which one argument is something else than it should be."""
    base = COMMANDS[command]
    [commands] = make_parser()._subparsers._group_actions  # type: ignore[union-attr]
    parser: argparse.ArgumentParser = commands.choices[command]  # type: ignore[index]
    parser._fill(parser)  # type: ignore[attr-defined]
    for wrong in WRONG:
        yield [*base, f"--indexurl={wrong}"]
        yield [*base, "--indexurl", wrong]
        if wrong == WRONG[-1]:  # which may be the name of a file
            continue
        yield [*base, wrong]
        yield ["--", wrong, *base[1:]]
        for action in parser._actions:
            if action.option_strings and not isinstance(action, argparse._HelpAction):
                flag = action.option_strings[-1]
                yield [*(one for one in base if not one.startswith(f"{flag}=")), f"{flag}={wrong}"]


@pytest.mark.hostile("Secrets")
@pytest.mark.pip
@pytest.mark.once
@pytest.mark.parametrize(
    "command", [pytest.param(name, marks=[] if name in {"cache", "check"} else pytest.mark.long) for name in COMMANDS]
)
def test_argument(command: str, capfd: pytest.CaptureFixture[str], tried: Tried) -> None:
    """A URL with a password, or a signed one, is given to each flag and argument of each command, and to a flag with a
    slip in it: what is refused is told of without the secret.
    """
    for arguments in slips(command):
        with contextlib.suppress(SystemExit):
            main([command, *arguments])
        out, err = capfd.readouterr()
        assert "sesame" not in out + err, arguments
        assert "alice" not in out + err, arguments
        tried(1)


@pytest.mark.hostile("Secrets")
def test_library(tmp_path: Path, tried: Tried) -> None:
    """The same is given to the library in place of a runtime, a requirement, a path, a waiver, a region, an ARN."""
    for wrong in WRONG:
        for call in (
            lambda wrong: lambda_wheels.build_layer("demo", runtime=wrong, architecture="arm64", output="o.zip"),
            lambda wrong: lambda_wheels.build_layer("demo", runtime="python3.13", architecture=wrong, output="o.zip"),
            lambda wrong: lambda_wheels.build_layer(
                wrong.partition("@ ")[2] or wrong, runtime="python3.13", architecture="arm64", output="o.zip"
            ),
            lambda wrong: lambda_wheels.build_layer(
                [wrong.encode()], runtime="python3.13", architecture="arm64", output="o.zip"
            ),
            lambda wrong: lambda_wheels.build_layer(
                "demo", runtime="python3.13", architecture="arm64", output="o.zip", allow=[wrong]
            ),
            lambda wrong: lambda_wheels.build_layer(
                Path(wrong), runtime="python3.13", architecture="arm64", output="o.zip"
            ),
            lambda wrong: lambda_wheels.inspect_layer(wrong),
            lambda wrong: lambda_wheels.attach_layer(wrong, function="f"),
            lambda wrong: lambda_wheels.attach_layer(ARN, function="f", region=wrong),
            lambda wrong: lambda_wheels.prune_layer(wrong, keep=1),
            lambda wrong: lambda_wheels.prune_layer("demo", keep=1, regions=[wrong]),
        ):
            with pytest.raises((lambda_wheels.LambdaWheelsError, TypeError)) as caught:
                call(wrong)
            said = f"{caught.value} {caught.value!r} {''.join(traceback.format_exception_only(caught.value))}"
            assert "sesame" not in said
            assert "alice" not in said
            tried(1)


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org/simple/ is gone",
        "file:///home/me@work/x and file:///x",
        r"C:\users\me:x@work is not here",
        "git+https://example.org/x.git@v1.0 is not a wheel",
        "demo @ https://example.org/x.whl; did you mean 'x'?",
        "User: arn:aws:sts::123456789012:assumed-role/admin/me@example.org may not",
        "is it there? a:b",
        "write to me@example.org",
    ],
)
def test_nothing_hidden(text: str) -> None:
    """What is no secret is left as it is."""
    assert hide_secrets(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("'https://alice:sesame@h/x?token=sesame' is none", "'https://h/x' is none"),
        ("(https://h/x?t='sesame').", "(https://h/x')."),
        ("https:/alice:sesame@h/x.zip", "https:/h/x.zip"),
        ("see https://alice:1/sesame@h/ and http://h/#sesame, please", "see https://h/ and http://h/, please"),
        ("--proxy=alice:sesame@h:80", "--proxy=h:80"),
    ],
)
def test_hidden(text: str, shown: str) -> None:
    """Of a URL in a sentence the secret is left out, and every problem is told so."""
    assert hide_secrets(text) == shown
    problem = Problem(rule="bad-arn", message=text, hint=text)
    assert (problem.message, problem.hint) == (shown, shown)
