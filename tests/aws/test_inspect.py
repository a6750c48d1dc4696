"""Inspecting layers, layer versions and functions, and checking a version. (Opens sockets on loopback.)"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import boto3
import pytest

from lambda_wheels import (
    AwsError,
    AwsRefusedError,
    LayerError,
    UsageError,
    check,
    inspect_function,
    inspect_layer,
    publish_layer,
)
from lambda_wheels.layers.manifest import Manifest, ManifestWheel
from lambda_wheels.targets import Target
from lambda_wheels.targets.limits import UNZIPPED_LIMIT
from tests.aws.conftest import HERE, arn
from tests.aws.endpoint import Fault, LambdaEndpoint, a_zip
from tests.aws.faults import Answer

pytestmark = pytest.mark.loopback

TARGET = Target("python3.13", "arm64")


def installed(name: str, version: str, content: bytes, *, requires: str = "") -> dict[str, bytes]:
    """The files of a pure project, as an installer leaves them."""
    info = f"python/{name}-{version}.dist-info"
    files = {
        f"python/{name}.py": content,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{requires}".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = [f"{path.removeprefix('python/')},," for path in [*files, f"{info}/RECORD"]]
    return {**files, f"{info}/RECORD": "\n".join(rows).encode()}


def ours(*projects: tuple[str, str]) -> bytes:
    """A layer of ours, with its manifest."""
    files: dict[str, bytes] = {}
    for name, version in projects:
        files |= installed(name, version, b"answer = 42\n")
    sha256 = hashlib.sha256(b"").hexdigest()
    wheels = tuple(ManifestWheel(*project, f"{'-'.join(project)}-py3-none-any.whl", sha256) for project in projects)
    manifest = Manifest(wheels, (TARGET,))
    return a_zip({**files, manifest.path: manifest.as_bytes()})


def test_zip(tmp_path: Path) -> None:
    """Of a zip of ours: what it was made of, its sizes, where it runs."""
    path = tmp_path / "layer.zip"
    path.write_bytes(ours(("demo", "1.0"), ("other", "2.0")))
    seen = inspect_layer(path)
    assert {(project.name, project.version) for project in seen.projects} == {("demo", "1.0"), ("other", "2.0")}
    assert all(project.unzipped_size > 0 for project in seen.projects)
    assert (seen.path, seen.arn, seen.is_ours, seen.targets, seen.problems) == (path, None, True, (TARGET,), ())
    assert seen.zip_size == path.stat().st_size
    assert "python3.12" in seen.compatible_runtimes and set(seen.compatible_architectures) == {"arm64", "x86_64"}
    assert set(seen.as_dict()) == set(type(seen).__slots__)


def test_zip_of_somebody_else(tmp_path: Path) -> None:
    """Of another's zip, its projects and sizes; where it runs is not known."""
    path = tmp_path / "layer.zip"
    path.write_bytes(a_zip(installed("demo", "1.0", b"")))
    seen = inspect_layer(path)
    assert [project.name for project in seen.projects] == ["demo"]
    assert (seen.is_ours, seen.targets, seen.compatible_runtimes) == (False, (), ())


def test_version(aws: LambdaEndpoint, session: boto3.Session, tmp_path: Path) -> None:
    """A published version is fetched and shown as what was published."""
    path = tmp_path / "layer.zip"
    path.write_bytes(ours(("demo", "1.0")))
    published = publish_layer(path, name="demo", license="MIT", session=session)
    seen = inspect_layer(arn(1), session=session)
    assert (seen.arn, seen.path, seen.license, seen.description) == (arn(1), None, "MIT", "demo 1.0")
    assert (seen.code_sha256, seen.content_sha256) == (published.code_sha256, published.content_sha256)
    assert seen.compatible_runtimes == published.compatible_runtimes
    assert seen.content_sha256 == inspect_layer(path).content_sha256


def test_function(aws: LambdaEndpoint, session: boto3.Session) -> None:
    """A function shows its layers, what is left of the limit, and what two layers both bring."""
    first = aws.add_layer(HERE, "first", a_zip(installed("demo", "1.0", b"x" * 1000)))
    second = aws.add_layer(
        HERE, "second", a_zip({**installed("demo", "2.0", b"x" * 500), **installed("other", "1.0", b"")})
    )
    aws.add_function(HERE, "f", layers=[first, second], code=a_zip({"app.py": b"x" * 100}))
    seen = inspect_function("f", session=session)
    assert [layer.arn for layer in seen.layers] == [first, second]
    assert seen.projects_twice == {"demo": (first, second)}
    assert seen.code_size == 100
    assert seen.left == UNZIPPED_LIMIT - 100 - sum(layer.unzipped_size for layer in seen.layers)
    assert seen.problems == ()


def test_function_that_is_being_updated(aws: LambdaEndpoint, session: boto3.Session) -> None:
    """Who only looks does not wait for an update to finish."""
    aws.add_function(HERE, "f")
    aws.update_reads = 1000
    session.client("lambda").update_function_configuration(FunctionName="f", Description="new")
    assert inspect_function("f", session=session).layers == ()
    assert aws.count("GetFunctionConfiguration") == 1


@pytest.mark.parametrize("body", [b"{}", b"null", b"<html>Sign in to the network</html>"])
def test_no_answer_of_lambda(aws: LambdaEndpoint, session: boto3.Session, body: bytes) -> None:
    """What comes with status 200 and is not Lambda's answer is said to be none."""
    aws.add_layer(HERE, "demo", a_zip(installed("demo", "1.0", b"")))
    page = Answer(status=200, headers={"Content-Type": "application/json"}, body=body)
    aws.fail("*", Fault(commits=False, instead=page))
    with pytest.raises(AwsError, match="aws-failed"):
        inspect_layer(arn(1), session=session)
    with pytest.raises(AwsError, match="aws-failed"):
        inspect_function("f", session=session)


@pytest.mark.parametrize(
    ("function", "settings", "rule"),
    [("", {}, "no-such-function"), (None, {}, "no-such-function"), ("f", {"region": ""}, "no-region")],
)
def test_no_name(
    aws: LambdaEndpoint, session: boto3.Session, function: Any, settings: dict[str, Any], rule: str
) -> None:
    """An empty name, as of a variable that was not set, is refused before anything is asked."""
    with pytest.raises(UsageError, match=rule):
        inspect_function(function, session=session, **settings)
    assert aws.requests == []


def test_layer_of_a_function_that_cannot_be_read(aws: LambdaEndpoint, session: boto3.Session) -> None:
    """Another account's layer that may not be read is said; the rest is shown."""
    mine = aws.add_layer(HERE, "mine", a_zip(installed("demo", "1.0", b"")))
    theirs = aws.add_layer(HERE, "theirs", a_zip({"python/x.py": b""}), account="999999999999", readable=False)
    aws.add_function(HERE, "f", layers=[theirs, mine])
    seen = inspect_function("f", session=session)
    assert [layer.arn for layer in seen.layers] == [mine]
    assert "theirs:1" in seen.problems[0].message


def test_check_of_a_version(aws: LambdaEndpoint, session: boto3.Session) -> None:
    """A version is checked for what it says it is for, as a zip would be; a target that is named goes before."""
    lacking = a_zip(installed("demo", "1.0", b"", requires="Requires-Dist: other\n"))
    said = {"CompatibleRuntimes": ["python3.13"], "CompatibleArchitectures": ["arm64"]}
    aws.add_layer(HERE, "demo", lacking, **said)  # type: ignore[arg-type]
    [problem] = check(arn(1), session=session)
    assert (problem.rule, problem.project) == ("missing-requirement", "demo")
    assert check(arn(1), runtime="python3.12", architecture="x86_64", session=session) == (problem,)
    aws.add_layer(HERE, "demo", lacking)
    with pytest.raises(UsageError, match="no-target"):
        check(arn(2), session=session)


def test_what_was_fetched_is_not_it(aws: LambdaEndpoint, session: boto3.Session) -> None:
    """What does not have the digest that Lambda reports is not looked at."""
    aws.add_layer(HERE, "demo", a_zip(installed("demo", "1.0", b"")))
    aws.fail("Download", Fault.cut_off(50))
    with pytest.raises(AwsError):
        inspect_layer(arn(1), session=session)


@pytest.mark.parametrize("what", [arn(9), arn(1, name="none")])
def test_not_there(aws: LambdaEndpoint, session: boto3.Session, what: str) -> None:
    """A version that does not exist is said so."""
    with pytest.raises(AwsRefusedError, match="no-such-layer-version"):
        inspect_layer(what, session=session)


def test_wrong(aws: LambdaEndpoint, session: boto3.Session, tmp_path: Path) -> None:
    """What is no layer, no version and no function is told apart."""
    with pytest.raises(UsageError, match="bad-arn"):
        inspect_layer("arn:aws:s3:::bucket", session=session)
    with pytest.raises(UsageError, match="no-such-file"):
        inspect_layer("none.zip", session=session)
    for name in ("none", "none:$LATEST.PUBLISHED"):
        with pytest.raises(AwsRefusedError, match="no-such-function"):
            inspect_function(name, session=session)
    path = tmp_path / "layer.zip"
    path.write_bytes(b"<html>")
    with pytest.raises(LayerError):
        inspect_layer(path)
