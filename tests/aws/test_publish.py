"""Publishing: once, where something changed, in every region. (Opens sockets on loopback.)"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import boto3
import pytest

from lambda_wheels import (
    AwsError,
    AwsRefusedError,
    LayerError,
    ProgressEvent,
    PublishError,
    PublishOutcome,
    UsageError,
    publish_layer,
)
from lambda_wheels.aws import package
from tests.aws.conftest import HERE, REGIONS, Publish, Session, arn
from tests.aws.endpoint import Fault, LambdaEndpoint, a_zip
from tests.aws.faults import Answer
from tests.conftest import Figure

pytestmark = pytest.mark.loopback


def test_first(aws: LambdaEndpoint, publish: Publish) -> None:
    """A layer that is not there becomes version 1, in the session's region, with what it says of itself."""
    versions = publish(description="Demo", license="MIT")
    [version] = versions.versions
    assert (version.region, version.outcome, version.arn) == (HERE, PublishOutcome.PUBLISHED, arn(1))
    client = Session(aws.url).client("lambda")
    said = client.get_layer_version(LayerName="demo", VersionNumber=1)
    client.close()
    assert said["Content"]["CodeSha256"] == versions.code_sha256
    assert re.fullmatch(f"Demo content-sha256:{versions.content_sha256}/[0-9a-f]{{8}}", said["Description"])
    assert (said["CompatibleRuntimes"], said["CompatibleArchitectures"]) == (["python3.13"], ["arm64"])
    assert said["LicenseInfo"] == "MIT"


def test_again(aws: LambdaEndpoint, publish: Publish) -> None:
    """The same content is taken as it is there, in two calls, whatever the description says now."""
    publish()
    before = len(aws.requests)
    [version] = publish(description="Other words").versions
    assert (version.outcome, version.arn) == (PublishOutcome.ALREADY_THERE, arn(1))
    assert [request.operation for request in aws.requests[before:]] == ["ListLayerVersions", "GetLayerVersion"]


def test_calls_where_nothing_changed(aws: LambdaEndpoint, publish: Publish, figure: Figure) -> None:
    """Fifty versions cost no more calls than one: two, of three that are allowed."""
    publish()
    for number in range(49):
        aws.add_layer(HERE, "demo", a_zip({"python/other.py": b"%d" % number}))
    before = len(aws.requests)
    assert publish().versions[0].arn == arn(1)
    figure(f"publishing where nothing changed, 50 versions there: {len(aws.requests) - before} API calls")
    assert len(aws.requests) - before == 2


def test_every_page(aws: LambdaEndpoint, publish: Publish) -> None:
    """A version is found on the last page, too."""
    publish()
    for number in range(7):
        aws.add_layer(HERE, "demo", a_zip({"python/other.py": b"%d" % number}))
    aws.page_size = 3
    assert publish().versions[0].arn == arn(1)
    assert aws.count("PublishLayerVersion") == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"runtime": ["python3.12", "python3.13"]},
        {"architecture": ["arm64", "x86_64"]},
        {"license": "MIT"},
    ],
)
def test_what_makes_a_version(aws: LambdaEndpoint, publish: Publish, changed: dict[str, object]) -> None:
    """Other runtimes, architectures or another licence need a version of their own; each is found again."""
    publish()
    assert publish(**changed).versions[0].arn == arn(2)
    assert publish(**changed).versions[0].arn == arn(2)
    assert publish().versions[0].arn == arn(1)


def test_copied_description(aws: LambdaEndpoint, publish: Publish) -> None:
    """A version that only claims to hold the content, its description being copied, is not taken for it."""
    client = Session(aws.url).client("lambda")
    digest = publish(dry_run=True).content_sha256
    client.publish_layer_version(
        LayerName="demo",
        Description=f"content-sha256:{digest}",
        Content={"ZipFile": a_zip({"python/other.py": b""})},
        CompatibleRuntimes=["python3.13"],
        CompatibleArchitectures=["arm64"],
    )
    client.close()
    assert publish().versions[0].arn == arn(2)


def test_other_dates(aws: LambdaEndpoint, publish: Publish, layer: Path) -> None:
    """A zip of the same files that only has other dates is no new content: what is there is fetched and compared."""
    publish()
    content = layer.read_bytes()
    layer.write_bytes(content.replace(content[10:14], b"\x11\x22\x33\x44"))
    again = publish()
    assert again.code_sha256 != publish(dry_run=True).versions[0].arn
    assert again.versions[0].arn == arn(1)


EVIL = ["./python/demo.py", "python//demo.py", "/python/demo.py", "../opt/python/demo.py"]


@pytest.mark.parametrize("more", EVIL)
def test_same_files_and_more(aws: LambdaEndpoint, publish: Publish, more: str) -> None:
    """A zip whose files are the same but for one that may be unpacked over them is another's, and not taken."""
    digest = publish(dry_run=True).content_sha256
    said: dict[str, Any] = {"CompatibleRuntimes": ["python3.13"], "CompatibleArchitectures": ["arm64"]}
    content = a_zip({"python/demo.py": b"answer = 42\n", more: b"answer = 0\n"})
    aws.add_layer(HERE, "demo", content, Description=f"content-sha256:{digest}", **said)
    assert publish().versions[0].arn == arn(2)


def test_not_compared(aws: LambdaEndpoint, publish: Publish, layer: Path) -> None:
    """Where what is there cannot be fetched to be compared, nothing is made: a second version would stay for good."""
    publish()
    content = layer.read_bytes()
    layer.write_bytes(content.replace(content[10:14], b"\x11\x22\x33\x44"))
    aws.fail("Download", Fault.status(403))
    [version] = publish().versions
    assert version.outcome is PublishOutcome.FAILED
    aws.mend()
    assert publish().versions[0].arn == arn(1)
    assert aws.made(HERE, "demo") == 1


@pytest.mark.hostile("AWS")
def test_version_that_vanished(aws: LambdaEndpoint, publish: Publish) -> None:
    """A version that is listed and gone when it is looked at counts as none."""
    publish()
    aws.fail("GetLayerVersion", Fault.status(404, "ResourceNotFoundException"), times=1)
    assert publish().versions[0].arn == arn(2)


@pytest.mark.hostile("AWS")
def test_answer_of_somebody_else(aws: LambdaEndpoint, publish: Publish) -> None:
    """A 200 that is not Lambda's, as a portal sends it, leaves doubt: the versions are read again."""
    aws.fail("PublishLayerVersion", Fault(instead=Answer(body=b"{}")), times=1)
    publish().raise_for_failures()
    assert aws.made(HERE, "demo") == 1


def test_dry_run(aws: LambdaEndpoint, publish: Publish) -> None:
    """A dry run says which regions would get a version, and makes none."""
    publish(regions=HERE)
    before = aws.made("us-east-1", "demo")
    versions = publish(regions=[HERE, "us-east-1"], dry_run=True)
    assert [version.outcome for version in versions.versions] == [
        PublishOutcome.ALREADY_THERE,
        PublishOutcome.WOULD_PUBLISH,
    ]
    assert aws.made("us-east-1", "demo") == before == 0


@pytest.mark.hostile("AWS")
def test_region_that_fails(aws: LambdaEndpoint, publish: Publish) -> None:
    """One region of four is forbidden: the others have it, and the next run does only what is missing."""
    aws.fail("*", Fault.access_denied(), region="us-east-1")
    versions = publish(regions=REGIONS)
    assert [version.outcome for version in versions.versions].count(PublishOutcome.PUBLISHED) == 3
    [failed] = versions.failed
    assert (failed.region, failed.arn, failed.problems[0].rule) == ("us-east-1", None, "aws-denied")
    assert set(versions.arns) == set(REGIONS) - {"us-east-1"}
    with pytest.raises(PublishError, match="aws-denied"):
        versions.raise_for_failures()
    aws.mend()
    again = publish(regions=REGIONS)
    again.raise_for_failures()
    made = [version.region for version in again.versions if version.outcome is PublishOutcome.PUBLISHED]
    assert made == ["us-east-1"]
    assert [aws.made(region, "demo") for region in REGIONS] == [1, 1, 1, 1]


@pytest.mark.hostile("AWS")
@pytest.mark.parametrize(
    ("fault", "rule", "words"),
    [
        (Fault.access_denied(), "aws-denied", "the reference lists the actions"),
        (Fault.expired_token(), "aws-credentials", "sign in again"),
        (Fault.clock_skew(), "aws-credentials", "is this machine's clock right"),
        (Fault.status(400, "CodeStorageExceededException"), "code-storage-full", "raise the quota"),
        (Fault.status(400, "InvalidParameterValueException", message="no such runtime"), "aws-refused", "no such run"),
        (Fault.throttled(), "aws-throttled", "try again later"),
        (Fault.status(503), "aws-failed", "try again"),
        (Fault.reset(), "aws-failed", "try again"),
    ],
)
def test_refused(aws: LambdaEndpoint, publish: Publish, fault: Fault, rule: str, words: str) -> None:
    """What AWS refuses for good when publishing, full code storage say, is told by its cause; nothing was made."""
    aws.fail("PublishLayerVersion", fault)
    [failed] = publish().failed
    [problem] = failed.problems
    assert problem.rule == rule and words in str(problem)
    assert aws.made(HERE, "demo") == 0


@pytest.mark.hostile("AWS")
def test_patience(aws: LambdaEndpoint, publish: Publish) -> None:
    """Throttled while publishing, with and without Retry-After, it waits and asks again; nothing is made twice."""
    aws.fail("PublishLayerVersion", Fault.throttled(retry_after=0), times=2)
    aws.fail("ListLayerVersions", Fault.throttled(), times=1)
    publish().raise_for_failures()
    assert aws.made(HERE, "demo") == 1
    assert aws.count("PublishLayerVersion") == 3


def test_sharing(aws: LambdaEndpoint, publish: Publish) -> None:
    """It is shared with those who were named and nobody else, once; who may use it besides is a warning."""
    whom = ["111122223333", "o-a1b2c3d4e5"]
    assert publish(share_with=whom).versions[0].shared_with == tuple(whom)
    publish(share_with=whom).raise_for_failures()
    assert aws.count("AddLayerVersionPermission") == 2
    [warning] = publish(share_with="111122223333").versions[0].problems
    assert warning.rule == "shared-wider" and "o-a1b2c3d4e5" in warning.message


def test_sharing_in_a_dry_run(aws: LambdaEndpoint, publish: Publish) -> None:
    """A dry run says with whom it would be shared, and shares it with nobody."""
    publish(share_with="111122223333")
    [version] = publish(share_with=["111122223333", "everyone"], dry_run=True).versions
    assert (version.shared_with, version.newly_shared_with) == (("111122223333", "everyone"), ("everyone",))
    assert aws.count("AddLayerVersionPermission") == 1


def test_sharing_lost(aws: LambdaEndpoint, publish: Publish) -> None:
    """A permission whose answer was lost is not an error when it turns out to be there."""
    aws.fail("AddLayerVersionPermission", Fault.commit_then_reset(), times=1)
    publish(share_with="everyone").raise_for_failures()
    assert publish(share_with="*").versions[0].problems == ()


def test_sharing_that_fails(aws: LambdaEndpoint, publish: Publish) -> None:
    """Where only the sharing fails, the version is told all the same, and the next run does the rest."""
    aws.fail("AddLayerVersionPermission", Fault.access_denied(), times=1)
    [version] = publish(share_with="everyone").versions
    assert (version.outcome, version.arn, version.problems[0].rule) == (PublishOutcome.FAILED, arn(1), "aws-denied")
    publish(share_with="everyone").raise_for_failures()
    assert aws.made(HERE, "demo") == 1


@pytest.mark.parametrize("whom", ["12345678901", "o-", "all", "arn:aws:iam::123456789012:root", ""])
def test_sharing_with_nobody(publish: Publish, aws: LambdaEndpoint, whom: str) -> None:
    """Who is no account, no organisation and not everyone is refused before anything is asked."""
    with pytest.raises(UsageError, match="bad-share"):
        publish(share_with=whom)
    assert aws.requests == []


def test_too_large_for_a_call(
    aws: LambdaEndpoint, publish: Publish, monkeypatch: pytest.MonkeyPatch, layer: Path
) -> None:
    """Over the limit and without a bucket nothing is asked; the message has the command that works."""
    monkeypatch.setattr(package, "DIRECT_UPLOAD_LIMIT", 10)
    with pytest.raises(AwsRefusedError) as caught:
        publish(regions=["eu-west-1", "us-east-1"])
    assert caught.value.problems[0].rule == "bucket-needed"
    command = (
        f"lambda-wheels publish {layer} --name demo --region eu-west-1 --region us-east-1 --runtime python3.13 "
        '--architecture arm64 --bucket "YOUR-BUCKET-{region}"'
    )
    assert command in str(caught.value)
    assert aws.requests == []


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        ({"name": "a/b"}, "bad-layer-name"),
        ({"name": "x" * 141}, "bad-layer-name"),
        ({"license": "x" * 513}, "bad-description"),
        ({"description": "x" * 168}, "bad-description"),
        ({"runtime": "python2.7"}, "unknown-runtime"),
        ({"architecture": "aarch64"}, "unknown-architecture"),
        ({"runtime": ()}, "no-target"),
        ({"keep": 3}, "bad-keep"),
        ({"bucket": ""}, "bucket-needed"),
        ({"bucket": "s3:///keys"}, "bucket-needed"),
        ({"storage_mode": "REFERENCE"}, "bucket-needed"),
        ({"storage_mode": "MOVE", "bucket": "b"}, "aws-refused"),
        ({"regions": ""}, "no-region"),
        ({"regions": ["eu-west-1", None]}, "no-region"),
    ],
)
def test_wrong_usage(aws: LambdaEndpoint, publish: Publish, wrong: dict[str, object], rule: str) -> None:
    """What AWS would not take is refused before anything is asked."""
    with pytest.raises(UsageError) as caught:
        publish(**wrong)
    assert caught.value.problems[0].rule == rule
    assert aws.requests == []


def test_longest_description(aws: LambdaEndpoint, publish: Publish) -> None:
    """A description may be as long as is said."""
    publish(description="x" * 167).raise_for_failures()


def test_iterators(aws: LambdaEndpoint, publish: Publish) -> None:
    """What may be a list may be anything that is gone through once."""
    versions = publish(regions=iter(REGIONS), share_with=iter(["everyone"]), runtime=iter(["python3.13"]))
    assert list(versions.arns) == list(REGIONS)
    assert versions.compatible_runtimes == ("python3.13",)
    assert versions.versions[0].shared_with == ("everyone",)


def test_no_region(publish: Publish, aws: LambdaEndpoint) -> None:
    """Without a region, named or the session's, it says how to name one."""
    with pytest.raises(UsageError, match="no-region"):
        publish(session=Session(aws.url, region=None))


def test_no_layer(publish: Publish, layer: Path, tmp_path: Path, session: boto3.Session) -> None:
    """A folder, an empty zip and what is no zip are refused."""
    for content in (b"", b"<html>", a_zip({})):
        layer.write_bytes(content)
        with pytest.raises(LayerError):
            publish()
    with pytest.raises(LayerError, match="not-a-layer"):
        publish_layer(tmp_path, name="demo", session=session)
    with pytest.raises(UsageError, match="no-such-file"):
        publish_layer(tmp_path / "none.zip", name="demo", session=session)


def test_nobody_there(publish: Publish, layer: Path, no_aws: None) -> None:
    """An endpoint that nobody serves is unreachable, in words."""
    session = Session("http://127.0.0.1:9", retries={"total_max_attempts": 1})
    [failed] = publish(session=session).failed
    assert failed.problems[0].rule == "aws-unreachable"


def test_progress(publish: Publish) -> None:
    """How much was sent is told, in the thread that called; what the callback raises ends it."""
    events: list[ProgressEvent] = []
    publish(progress=events.append)
    last = events[-1]
    assert (last.stage, last.done, last.total) == ("publish", last.total, last.total)

    def stop(event: ProgressEvent) -> None:
        raise KeyError("stop")

    with pytest.raises(KeyError, match="stop"):
        publish(progress=stop)


def test_no_profile(no_aws: None, layer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile that is not there is said before anything is asked."""
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(AwsError, match="nobody"):
        publish_layer(layer, name="demo", runtime="python3.13", architecture="arm64")
