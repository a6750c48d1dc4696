"""The commands for AWS, called in this process: their lines, their JSON and their exit codes. (Opens sockets.)"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lambda_wheels.cli import main
from tests.aws.conftest import HERE, arn
from tests.aws.endpoint import Fault, LambdaEndpoint, a_zip
from tests.aws.test_inspect import installed, ours

pytestmark = pytest.mark.loopback

NAMED = ("--name=demo", "--runtime=python3.13", "--architecture=arm64")


@pytest.fixture(autouse=True)
def surroundings(aws: LambdaEndpoint, layer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``layer.zip`` in the working directory, and an environment that leads to the endpoint."""
    monkeypatch.chdir(layer.parent)
    for name, value in (
        ("AWS_ENDPOINT_URL", aws.url),
        ("AWS_ACCESS_KEY_ID", "testing"),
        ("AWS_SECRET_ACCESS_KEY", "not-to-be-told"),
        ("AWS_DEFAULT_REGION", HERE),
        ("AWS_RETRY_MODE", "standard"),
        ("AWS_MAX_ATTEMPTS", "1"),
    ):
        monkeypatch.setenv(name, value)


def test_publish(aws: LambdaEndpoint, capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each region, which ends in the ARN; a dry run says what would be done."""
    arguments = ["publish", "layer.zip", *NAMED, f"--region={HERE}", "--region=us-east-1"]
    assert main([*arguments, "--dry-run"]) == 0
    assert capsys.readouterr() == (f"{HERE}: would publish\nus-east-1: would publish\n", "")
    assert main(arguments) == 0
    there = arn(1, region="us-east-1")
    assert capsys.readouterr() == (f"{HERE}: published {arn(1)}\nus-east-1: published {there}\n", "")
    assert main([*arguments, "-q"]) == 0
    assert capsys.readouterr() == ("", "")
    share = ["publish", "layer.zip", *NAMED, "--share-with=everyone"]
    assert main([*share, "--dry-run"]) == 0
    assert capsys.readouterr().out == f"{HERE}: already there, would be shared with everyone {arn(1)}\n"
    assert main(share) == 0
    assert capsys.readouterr().out == f"{HERE}: already there, shared with everyone {arn(1)}\n"


def test_publish_that_fails(aws: LambdaEndpoint, capsys: pytest.CaptureFixture[str]) -> None:
    """A region that fails has its reason on stderr, and makes the exit code 1; the others are told."""
    aws.fail("*", Fault.access_denied(), region="us-east-1")
    arguments = ["publish", "layer.zip", *NAMED, f"--region={HERE}", "--region=us-east-1"]
    assert main(arguments) == 1
    printed = capsys.readouterr()
    assert printed.out == f"{HERE}: published {arn(1)}\nus-east-1: failed\n"
    assert printed.err.startswith("error[aws-denied] publishing demo in us-east-1: AccessDeniedException: User: ")
    assert main([*arguments, "--json", "-q"]) == 1
    [here, there] = json.loads(capsys.readouterr().out)["versions"]
    assert (here["outcome"], there["outcome"], there["arn"]) == ("already there", "failed", None)


def test_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    """Wrong usage is 2, what is not a layer 1, a profile that is not there 3: one line each."""
    for arguments, code, rule in (
        (["publish", "layer.zip", "--name=demo"], 2, "no-target"),
        (["publish", "none.zip", *NAMED], 2, "no-such-file"),
        (["publish", ".", *NAMED], 1, "not-a-layer"),
        (["publish", "layer.zip", *NAMED, "--profile=none"], 3, "aws-credentials"),
        (["attach", "demo", "--function=f"], 2, "bad-arn"),
        (["prune", "demo", "--keep=-1"], 2, "bad-keep"),
        (["inspect", "none.zip"], 2, "no-such-file"),
        (["inspect", "none"], 1, "no-such-function"),
        (["check", arn(9)], 1, "no-such-layer-version"),
    ):
        assert main(arguments) == code
        printed = capsys.readouterr()
        assert printed.out == ""
        assert printed.err.startswith(f"error[{rule}] ") and printed.err.count("\n") == 1


@pytest.mark.parametrize("verbose", [[], ["-v"]])
def test_no_secret(aws: LambdaEndpoint, capsys: pytest.CaptureFixture[str], verbose: list[str]) -> None:
    """The secret key is in no line, whatever happens."""
    aws.fail("PublishLayerVersion", Fault.clock_skew())
    assert main(["publish", "layer.zip", *NAMED, *verbose]) == 1
    printed = capsys.readouterr()
    assert "clock" in printed.err
    assert "not-to-be-told" not in printed.out + printed.err


def test_attach_and_detach(aws: LambdaEndpoint, capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each function: what was done, and its layers now; 1 where one failed."""
    demo = aws.add_layer(HERE, "demo", a_zip({"python/demo.py": b""}))
    aws.add_function(HERE, "f")
    attach = ["attach", demo, "--function=f", "--function=none"]
    assert main([*attach, "--publish"]) == 1
    printed = capsys.readouterr()
    assert printed.out == "f: attached; layers: demo:1; version 1\nnone: failed\n"
    assert printed.err.startswith(f"error[no-such-function] there is no function none in {HERE}; ")
    assert main(["detach", "demo", "--function=f", "--dry-run"]) == 0
    assert capsys.readouterr() == ("f: would detach; layers: none\n", "")
    assert main(["detach", "demo", "--function=f", "--json"]) == 0
    [said] = json.loads(capsys.readouterr().out)["functions"]
    assert (said["change"], said["layers_before"], said["layers"]) == ("detached", [demo], [])
    assert main(["detach", "demo", "--function=f"]) == 0
    assert capsys.readouterr() == ("f: not attached\n", "")


def test_prune(aws: LambdaEndpoint, capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each region: what was deleted, what is in use, what was kept."""
    arns = [aws.add_layer(HERE, "demo", a_zip({"python/demo.py": b"%d" % number})) for number in range(4)]
    aws.add_function(HERE, "f", layers=[arns[1]])
    assert main(["prune", "demo", "--keep=1", "--dry-run"]) == 0
    assert capsys.readouterr() == (f"{HERE}: would delete 1, 3; in use 2; kept 4\n", "")
    assert main(["prune", "demo", "--keep=1", f"--region={HERE}", "--region=us-east-1"]) == 0
    assert capsys.readouterr().out == (
        f"{HERE}: deleted 1, 3; in use 2; kept 4\nus-east-1: deleted nothing; kept nothing\n"
    )


def test_inspect(aws: LambdaEndpoint, layer: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A zip, a version and a function are shown; problems are told, and change no exit code."""
    layer.write_bytes(ours(("demo", "1.0")))
    assert main(["inspect", "layer.zip"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("layer.zip\n  size ")
    assert "  built for    python3.13 on arm64\n" in out and "\n  demo 1.0: " in out
    lacking = a_zip(installed("demo", "1.0", b"", requires="Requires-Dist: other\n"))
    said = {"CompatibleRuntimes": ["python3.13"], "CompatibleArchitectures": ["arm64"]}
    first = aws.add_layer(HERE, "first", lacking, **said)  # type: ignore[arg-type]
    second = aws.add_layer(HERE, "second", layer.read_bytes())
    assert main(["inspect", first]) == 0
    printed = capsys.readouterr()
    assert printed.err.startswith("error[missing-requirement] demo: it needs other")
    assert printed.out.startswith(f"{first}\n")
    aws.add_function(HERE, "f", layers=[first, second])
    assert main(["inspect", "f"]) == 0
    out = capsys.readouterr().out
    assert ":function:f: python3.13 on arm64\n" in out and " are left\n" in out
    assert f"demo is in 2 layers: {first}, {second}; files of the last one are used\n" in out


def test_inspect_by_name(aws: LambdaEndpoint, layer: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A name is a function's unless a layer is here that has it; what it was taken for is said."""
    aws.add_function(HERE, "f")
    Path("f").mkdir()
    assert main(["inspect", "f"]) == 0
    printed = capsys.readouterr()
    assert ":function:f: " in printed.out
    assert printed.err == "note: f is taken for a function; what has that name here is no layer\n"
    Path("f", "python").mkdir()
    assert main(["inspect", "f"]) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("f\n  size ")
    assert printed.err == "note: f is taken for the layer that has that name here; a function's ARN names a function\n"
    assert main(["inspect", "f", "-q"]) == 0
    assert capsys.readouterr() == ("", "")
    assert main(["inspect", f"arn:aws:lambda:{HERE}:123456789012:function:f"]) == 0
    printed = capsys.readouterr()
    assert ":function:f: " in printed.out and printed.err == ""


@pytest.mark.parametrize("name", ["f" * 200, "f" * 5000])
def test_inspect_long_name(aws: LambdaEndpoint, capsys: pytest.CaptureFixture[str], name: str) -> None:
    """A name that is too long for a file is a function's all the same."""
    assert main(["inspect", name]) in {1, 3}
    printed = capsys.readouterr()
    assert printed.out == "" and printed.err.startswith(("error[no-such-function] ", "error[aws-"))
    assert printed.err.count("\n") == 1


def test_check_with_a_profile(
    aws: LambdaEndpoint, layer: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A version is fetched by whom the profile names."""
    version = aws.add_layer(HERE, "demo", ours(("demo", "1.0")))
    Path("config").write_text("[profile mine]\naws_access_key_id = mine\naws_secret_access_key = mine\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(Path("config").absolute()))
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    assert main(["check", version, "--profile=mine"]) == 0
    assert main(["check", version, "--profile=none"]) == 3
    assert capsys.readouterr().err.startswith("error[aws-credentials] ")


def test_dry_run_with_a_version(aws: LambdaEndpoint, capsys: pytest.CaptureFixture[str]) -> None:
    """A dry run says that a version would be made, or when; and none is."""
    demo = aws.add_layer(HERE, "demo", a_zip({"python/demo.py": b""}))
    aws.add_function(HERE, "f")
    attach = ["attach", demo, "--function=f", "--publish"]
    assert main([*attach, "--dry-run"]) == 0
    assert capsys.readouterr() == ("f: would attach; layers: demo:1; would make a version\n", "")
    assert aws.count("PublishVersion") == 0
    assert main([*attach, "-q"]) == 0
    assert main([*attach, "--dry-run"]) == 0
    words = "f: already attached; layers: demo:1; would make a version, if the function has changed since the last\n"
    assert capsys.readouterr() == (words, "")


def test_detach_wrongly(aws: LambdaEndpoint, capsys: pytest.CaptureFixture[str]) -> None:
    """What is no layer's ARN is wrong usage in a line, whatever it is."""
    for layer in ("arn:layer:x", arn(1)[:-1] + "latest", arn(1) + "0" * 5000):
        assert main(["detach", layer, "--function=f"]) == 2
        printed = capsys.readouterr()
        assert printed.err.startswith("error[bad-arn] ") and printed.err.count("\n") == 1
