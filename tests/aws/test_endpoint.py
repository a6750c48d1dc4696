"""The Lambda that the other tests lean on answers, refuses and fails as they ask. (Opens sockets on loopback.)"""

from __future__ import annotations

import base64
import contextlib
import functools
import hashlib
import json
import os
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from tests.aws.endpoint import Fault, LambdaEndpoint, a_zip

pytestmark = pytest.mark.loopback

HERE = "eu-west-1"
THERE = "us-east-1"
ZIP = a_zip({"python/demo.py": b"answer = 42\n"})
CONTENT = {"ZipFile": ZIP}

Connect = Callable[..., Any]


@functools.cache
def session(region: str) -> boto3.Session:
    """One for all tests, as it keeps what is slow to read."""
    return boto3.Session("testing", "testing", region_name=region)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[LambdaEndpoint]:
    """An endpoint, and nothing of the environment that boto3 would read."""
    for name in list(os.environ):
        if name.startswith("AWS_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    with LambdaEndpoint() as endpoint:
        yield endpoint


@pytest.fixture
def connect(aws: LambdaEndpoint) -> Iterator[Connect]:
    """Make a client of a region, which tries once and waits for ten seconds unless told otherwise."""
    with contextlib.ExitStack() as stack:

        def client(region: str = HERE, *, attempts: int = 1, read_timeout: float = 10) -> Any:
            config = Config(retries={"total_max_attempts": attempts, "mode": "standard"}, read_timeout=read_timeout)
            made = session(region).client("lambda", endpoint_url=aws.url, config=config)
            return stack.enter_context(contextlib.closing(made))

        yield client


@contextlib.contextmanager
def refused(status: int, code: str, words: str = "") -> Iterator[None]:
    """The call within fails with this error of AWS."""
    with pytest.raises(ClientError) as caught:
        yield
    response = caught.value.response
    assert (response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]) == (status, code)
    assert words in response["Error"]["Message"]


def fetch(url: str, headers: dict[str, str] | None = None) -> tuple[int, str | None, bytes]:
    """Status, Content-Range and body of a download."""
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers or {})) as response:
        return response.status, response.headers["Content-Range"], response.read()


def claiming(size: int) -> bytes:
    """A small zip that says it holds so many bytes."""
    plain = a_zip({"python/zeros": b"0"})
    place = plain.index(b"PK\x01\x02") + 24
    return plain[:place] + size.to_bytes(4, "little") + plain[place + 4 :]


# --- Layers ----------------------------------------------------------------------------------------------------------


def test_layer_there_and_back(aws: LambdaEndpoint, connect: Connect) -> None:
    """What was published is described, listed and downloaded as it was given, in its region only."""
    client, said = connect(), {"CompatibleRuntimes": ["python3.13"], "CompatibleArchitectures": ["arm64"]}
    made = client.publish_layer_version(
        LayerName="demo", Content=CONTENT, Description="d", LicenseInfo="MIT OR Apache-2.0", **said
    )
    arn = f"arn:aws:lambda:{HERE}:123456789012:layer:demo"
    assert (made["LayerArn"], made["LayerVersionArn"], made["Version"]) == (arn, f"{arn}:1", 1)
    assert made["Content"]["CodeSha256"] == base64.b64encode(hashlib.sha256(ZIP).digest()).decode()
    assert made["Content"]["CodeSize"] == len(ZIP)
    for answer in (
        client.get_layer_version(LayerName="demo", VersionNumber=1),
        client.get_layer_version(LayerName=arn, VersionNumber=1),
        client.get_layer_version_by_arn(Arn=f"{arn}:1"),
    ):
        assert {**answer, "ResponseMetadata": None} == {**made, "ResponseMetadata": None}
    [listed] = client.list_layer_versions(LayerName="demo")["LayerVersions"]
    assert listed == {
        **said,
        "Description": "d",
        "LicenseInfo": "MIT OR Apache-2.0",
        "CreatedDate": made["CreatedDate"],
        "Version": 1,
        "LayerVersionArn": f"{arn}:1",
    }
    assert fetch(made["Content"]["Location"]) == (200, None, ZIP)
    assert connect(THERE).list_layer_versions(LayerName="demo")["LayerVersions"] == []
    assert (aws.count("PublishLayerVersion"), aws.count("*", THERE), aws.count("Download", HERE)) == (1, 1, 1)
    with refused(404, "ResourceNotFoundException"):
        connect(THERE).get_layer_version_by_arn(Arn=f"{arn}:1")


def test_pages(aws: LambdaEndpoint, connect: Connect) -> None:
    """Versions come newest first, in pages as small as the client or the server wants; numbers are not used again."""
    client = connect()
    for number in range(6):
        runtime = f"python3.1{number % 2}"
        client.publish_layer_version(LayerName="demo", Content=CONTENT, CompatibleRuntimes=[runtime])
    client.delete_layer_version(LayerName="demo", VersionNumber=6)
    client.delete_layer_version(LayerName="demo", VersionNumber=6)
    assert client.publish_layer_version(LayerName="demo", Content=CONTENT)["Version"] == 7
    aws.page_size = 2
    pages = list(client.get_paginator("list_layer_versions").paginate(LayerName="demo"))
    assert [[item["Version"] for item in page["LayerVersions"]] for page in pages] == [[7, 5], [4, 3], [2, 1]]
    assert "NextMarker" not in pages[-1]
    first = client.list_layer_versions(LayerName="demo", MaxItems=1, CompatibleRuntime="python3.11")
    assert [item["Version"] for item in first["LayerVersions"]] == [4]
    with refused(400, "InvalidParameterValueException"):
        client.list_layer_versions(LayerName="demo", Marker="made up")
    with refused(400, "ValidationException"):
        client.list_layer_versions(LayerName="demo", MaxItems=51)
    assert (aws.versions(HERE, "demo"), aws.made(HERE, "demo")) == ([1, 2, 3, 4, 5, 7], 7)


@pytest.mark.parametrize(
    "wrong",
    [
        {"LayerName": "a.b"},
        {"LayerName": "a" * 141},
        {"Description": "d" * 257},
        {"LicenseInfo": "l" * 513},
        {"CompatibleRuntimes": ["python3.13"] * 16},
        {"CompatibleRuntimes": ["cp313"]},
        {"CompatibleArchitectures": ["x86_64", "arm64", "arm64"]},
        {"CompatibleArchitectures": ["aarch64"]},
    ],
    ids=str,
)
def test_wrong_members(connect: Connect, wrong: dict[str, Any]) -> None:
    """What AWS's model does not allow is refused."""
    with refused(400, "ValidationException", "1 validation error detected: Value "):
        connect().publish_layer_version(**{"LayerName": "demo", "Content": CONTENT, **wrong})


def test_wrong_contents(aws: LambdaEndpoint, connect: Connect) -> None:
    """What cannot be unpacked, or is too large packed or unpacked, is refused, and no version is made."""
    for content, status, code, words in (
        (b"no zip", 400, "InvalidParameterValueException", "Could not unzip uploaded file"),
        (
            claiming(262_144_001),
            400,
            "InvalidParameterValueException",
            "Unzipped size must be smaller than 262144000 b",
        ),
        (bytes(52_428_801), 413, "RequestEntityTooLargeException", "Request must be smaller than 70167211 bytes"),
    ):
        with refused(status, code, words):
            connect(read_timeout=20).publish_layer_version(LayerName="demo", Content={"ZipFile": content})
    assert aws.made(HERE, "demo") == 0


def test_from_s3(aws: LambdaEndpoint, connect: Connect) -> None:
    """A layer from S3 needs the key to be there, and the bucket in the region of the layer."""
    aws.objects["here", "key"] = aws.objects["there", "key"] = ZIP
    aws.bucket_regions["there"] = THERE
    client = connect()
    made = client.publish_layer_version(LayerName="demo", Content={"S3Bucket": "here", "S3Key": "key"})
    assert made["Content"]["CodeSize"] == len(ZIP)
    with refused(400, "InvalidParameterValueException", "S3 Error Code: NoSuchKey."):
        client.publish_layer_version(LayerName="demo", Content={"S3Bucket": "here", "S3Key": "other"})
    with refused(400, "InvalidParameterValueException", "S3 Error Code: PermanentRedirect."):
        client.publish_layer_version(LayerName="demo", Content={"S3Bucket": "there", "S3Key": "key"})


def test_permissions(connect: Connect) -> None:
    """Statements are added once, read and removed."""
    client, version = connect(), {"LayerName": "demo", "VersionNumber": 1}
    client.publish_layer_version(LayerName="demo", Content=CONTENT)
    one = {**version, "StatementId": "one", "Action": "lambda:GetLayerVersion", "Principal": "210987654321"}
    with refused(404, "ResourceNotFoundException", "No policy"):
        client.get_layer_version_policy(**version)
    added = client.add_layer_version_permission(**one)
    with refused(409, "ResourceConflictException", "already exists"):
        client.add_layer_version_permission(**one)
    with refused(412, "PreconditionFailedException"):
        client.add_layer_version_permission(**{**one, "StatementId": "two", "RevisionId": "old"})
    with refused(400, "InvalidParameterValueException"):
        client.add_layer_version_permission(**{**one, "StatementId": "two", "OrganizationId": "o-1234567890"})
    everyone = {"StatementId": "two", "Principal": "*", "OrganizationId": "o-1234567890"}
    client.add_layer_version_permission(**{**one, **everyone, "RevisionId": added["RevisionId"]})
    first, second = json.loads(client.get_layer_version_policy(**version)["Policy"])["Statement"]
    assert json.loads(added["Statement"]) == first
    assert first["Principal"] == {"AWS": "arn:aws:iam::210987654321:root"}
    assert second["Condition"] == {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}
    for name in ("one", "two"):
        client.remove_layer_version_permission(**version, StatementId=name)
    with refused(404, "ResourceNotFoundException"):
        client.remove_layer_version_permission(**version, StatementId="two")
    with refused(404, "ResourceNotFoundException"):
        client.get_layer_version_policy(**version)


def test_downloads(aws: LambdaEndpoint, connect: Connect) -> None:
    """A Location can be read in part unless that is switched off, and only with its signature."""
    connect().publish_layer_version(LayerName="demo", Content=CONTENT)
    url = connect().get_layer_version(LayerName="demo", VersionNumber=1)["Content"]["Location"]
    assert fetch(url, {"Range": "bytes=3-5"}) == (206, f"bytes 3-5/{len(ZIP)}", ZIP[3:6])
    assert fetch(url, {"Range": "bytes=3-"}) == (206, f"bytes 3-{len(ZIP) - 1}/{len(ZIP)}", ZIP[3:])
    for asked, headers, status in (
        (url, {"Range": f"bytes={len(ZIP)}-"}, 416),
        (url.partition("?")[0], {}, 403),
        (url, {"Authorization": "anything"}, 400),
    ):
        with pytest.raises(urllib.error.HTTPError) as caught:
            fetch(asked, headers)
        with caught.value:
            assert caught.value.code == status
    aws.ranges = False
    assert fetch(url, {"Range": "bytes=3-"}) == (200, None, ZIP)
    aws.fail("Download", Fault.cut_off(10))
    with pytest.raises(OSError, match="reset"):
        fetch(url)


# --- Functions -------------------------------------------------------------------------------------------------------


def test_update_takes_its_time(aws: LambdaEndpoint, connect: Connect) -> None:
    """While an update is in progress there is no other; a stale revision is refused; a failure says why."""
    client = connect()
    arn = client.publish_layer_version(LayerName="demo", Content=CONTENT)["LayerVersionArn"]
    aws.add_function(HERE, "f")
    before = client.get_function_configuration(FunctionName="f")
    assert "Layers" not in before
    change = {"FunctionName": "f", "Layers": [arn]}
    updated = client.update_function_configuration(**change, RevisionId=before["RevisionId"])
    assert (updated["LastUpdateStatus"], updated["Layers"]) == ("InProgress", [{"Arn": arn, "CodeSize": len(ZIP)}])
    for call in (client.update_function_configuration, client.publish_version):
        with refused(409, "ResourceConflictException", "An update is in progress"):
            call(FunctionName="f")
    states = [client.get_function(FunctionName="f")["Configuration"]["LastUpdateStatus"] for _ in range(2)]
    assert states == ["InProgress", "Successful"]
    with refused(412, "PreconditionFailedException"):
        client.update_function_configuration(**change, RevisionId=before["RevisionId"])
    aws.update_reads, aws.fail_updates["f"] = 0, "the disk is full"
    client.update_function_configuration(FunctionName="f", Layers=[], MemorySize=256)
    failed = client.get_function_configuration(FunctionName="f")
    assert (failed["LastUpdateStatus"], failed["LastUpdateStatusReason"]) == ("Failed", "the disk is full")
    client.update_function_configuration(FunctionName=before["FunctionArn"], Layers=[arn])
    client.get_waiter("function_updated_v2").wait(FunctionName="f")


def test_layers_of_a_function(aws: LambdaEndpoint, connect: Connect) -> None:
    """Lists of layers that Lambda would not take are refused, and the function stays as it is."""
    client = connect()
    small = [aws.add_layer(HERE, f"small-{number}", ZIP) for number in range(6)]
    half = [aws.add_layer(HERE, f"half-{number}", claiming(131_072_000)) for number in range(2)]
    second = aws.add_layer(HERE, "small-0", ZIP)
    secret = aws.add_layer(HERE, "secret", ZIP, account="210987654321", readable=False)
    aws.add_function(HERE, "f", layers=small[:1])
    aws.add_function(HERE, "image", package_type="Image")
    aws.add_function(THERE, "far", layers=[])
    for layers, words in (
        (small, "Cannot reference more than 5 layers"),
        ([small[0], second], "Two different versions of the same layer"),
        ([small[0] + "7"], "does not exist"),
        (half, "Layers consume more than the available size of 262144000 bytes"),
    ):
        with refused(400, "InvalidParameterValueException", words):
            client.update_function_configuration(FunctionName="f", Layers=layers)
    with refused(403, "AccessDeniedException"):
        client.update_function_configuration(FunctionName="f", Layers=[secret])
    with refused(400, "ValidationException"):
        client.update_function_configuration(FunctionName="f", Layers=["small-0:1"])
    with refused(400, "InvalidParameterValueException"):
        client.update_function_configuration(FunctionName="image", Layers=small[:1])
    with refused(400, "InvalidParameterValueException"):
        connect(THERE).update_function_configuration(FunctionName="far", Layers=small[:1])
    with refused(404, "ResourceNotFoundException", "Function not found"):
        client.get_function(FunctionName="far")
    client.delete_layer_version(LayerName="small-0", VersionNumber=1)
    assert [layer["Arn"] for layer in client.get_function_configuration(FunctionName="f")["Layers"]] == small[:1]
    assert client.get_function(FunctionName="image")["Code"]["RepositoryType"] == "ECR"
    location = client.get_function(FunctionName="f")["Code"]["Location"]
    assert b"app.py" in fetch(location)[2]


def test_versions_and_aliases(aws: LambdaEndpoint, connect: Connect) -> None:
    """Published versions keep their layers, are listed with and without paging, and are found by alias."""
    client, aws.update_reads = connect(), 0
    layer = aws.add_layer(HERE, "demo", ZIP)
    arn = aws.add_function(HERE, "f", layers=[layer])
    aws.add_function(HERE, "g")
    one = client.publish_version(FunctionName="f")
    assert (one["Version"], one["FunctionArn"]) == ("1", f"{arn}:1")
    assert client.publish_version(FunctionName="f")["Version"] == "1"
    client.update_function_configuration(FunctionName="f", Layers=[])
    assert client.publish_version(FunctionName="f", Description="bare")["Version"] == "2"
    aws.add_alias(HERE, "f", "live", "1", {"2": 0.5})
    live = client.get_function_configuration(FunctionName="f", Qualifier="live")
    assert (live["Version"], live["FunctionArn"], live["Layers"][0]["Arn"]) == ("1", f"{arn}:live", layer)
    assert client.get_function(FunctionName=f"{arn}:2")["Configuration"]["Description"] == "bare"
    with refused(404, "ResourceNotFoundException"):
        client.get_function(FunctionName="f", Qualifier="3")
    listed = client.list_versions_by_function(FunctionName="f")["Versions"]
    assert [item["Version"] for item in listed] == ["$LATEST", "1", "2"]
    assert "Layers" in listed[1] and "Layers" not in listed[2] and "LastUpdateStatus" not in listed[2]
    [alias] = client.list_aliases(FunctionName="f")["Aliases"]
    assert (alias["Name"], alias["RoutingConfig"]) == ("live", {"AdditionalVersionWeights": {"2": 0.5}})
    paginate = client.get_paginator("list_functions").paginate
    found = [item for page in paginate(PaginationConfig={"PageSize": 1}) for item in page["Functions"]]
    assert [item["FunctionArn"].rpartition(":")[2] for item in found] == ["f", "g"]
    aws.page_size = 3
    pages = [page["Functions"] for page in paginate(FunctionVersion="ALL")]
    assert [[item["Version"] for item in page] for page in pages] == [["$LATEST", "1", "2"], ["$LATEST"]]


# --- Faults ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "error", "made"),
    [
        (Fault.commit_then_silence(), ReadTimeoutError, 1),
        (Fault.commit_then_reset(), ConnectionClosedError, 1),
        (Fault.commit_then_status(503, "ServiceUnavailableException"), ClientError, 1),
        (Fault.silence(), ReadTimeoutError, 0),
        (Fault.reset(), ConnectionClosedError, 0),
        (Fault.status(500, "ServiceException"), ClientError, 0),
        (Fault.status(502), ClientError, 0),
        (Fault.delay(1), ReadTimeoutError, 1),
        (Fault.late_commit(1), ClientError, 1),
        (Fault.late_commit_after_reset(1), ConnectionClosedError, 1),
    ],
    ids="silence-late reset-late 503-late silence reset 500 502 delay late late-reset".split(),
)
def test_doubt(aws: LambdaEndpoint, connect: Connect, fault: Fault, error: type[Exception], made: int) -> None:
    """The client cannot know what was done; the state does, and once the fault is used up all is well."""
    aws.fail("PublishLayerVersion", fault, region=HERE, times=1)
    client = connect(read_timeout=0.2 if error is ReadTimeoutError else 10)
    with pytest.raises(error):
        client.publish_layer_version(LayerName="demo", Content=CONTENT)
    if fault.late or fault.pause:
        assert aws.versions(HERE, "demo") == []
        for _ in range(100):
            if not aws.versions(HERE, "demo"):
                time.sleep(0.05)
    assert aws.versions(HERE, "demo") == [1][:made]
    assert connect().publish_layer_version(LayerName="demo", Content=CONTENT)["Version"] == made + 1


def test_retries_make_versions(aws: LambdaEndpoint, connect: Connect) -> None:
    """boto3 repeats a publish that was committed: the trap that this server is there to show."""
    aws.fail("PublishLayerVersion", Fault.commit_then_reset(), times=2)
    connect(attempts=3).publish_layer_version(LayerName="demo", Content=CONTENT)
    assert (aws.made(HERE, "demo"), aws.count("PublishLayerVersion")) == (3, 3)


@pytest.mark.parametrize(
    ("fault", "status", "code", "words"),
    [
        (Fault.throttled(), 429, "TooManyRequestsException", "Rate exceeded"),
        (Fault.access_denied(), 403, "AccessDeniedException", "not authorized"),
        (Fault.expired_token(), 403, "ExpiredTokenException", "expired"),
        (Fault.clock_skew(), 403, "InvalidSignatureException", "Signature expired"),
        (Fault.status(404, "ResourceNotFoundException", message="gone"), 404, "ResourceNotFoundException", "gone"),
    ],
    ids="429 403 token skew 404".split(),
)
def test_refusals(aws: LambdaEndpoint, connect: Connect, fault: Fault, status: int, code: str, words: str) -> None:
    """An error reaches the client with its status, name and words, in the region that fails and in no other."""
    aws.fail("List*", fault, region=HERE)
    with refused(status, code, words):
        connect().list_layer_versions(LayerName="demo")
    assert connect(THERE).list_layer_versions(LayerName="demo")["LayerVersions"] == []
    aws.mend()
    assert connect().list_layer_versions(LayerName="demo")["LayerVersions"] == []
    assert [request.status for request in aws.matching("ListLayerVersions", HERE)] == [status, 200]


def test_order_of_faults(aws: LambdaEndpoint, connect: Connect) -> None:
    """Faults come in the order in which they were given, each as often as told and after as many as told."""
    aws.fail("ListFunctions", Fault.throttled(retry_after=7), times=1, after=1)
    aws.fail("ListFunctions", Fault.status(503, "ServiceException"), times=1, after=1)
    client, statuses, waits = connect(), [], []
    for _ in range(5):
        try:
            response = client.list_functions()
        except ClientError as error:
            response = error.response
        statuses.append(response["ResponseMetadata"]["HTTPStatusCode"])
        waits.append(response["ResponseMetadata"]["HTTPHeaders"].get("retry-after"))
    assert (statuses, waits) == ([200, 429, 503, 200, 200], [None, "7", None, None, None])


def test_nothing_outlives_it(aws: LambdaEndpoint) -> None:
    """Closing the server ends the silence, the delays and the late commits at once, and with them their threads."""
    before, failures = threading.active_count(), []

    def publish(client: Any) -> None:
        with contextlib.closing(client):
            try:
                client.publish_layer_version(LayerName="demo", Content=CONTENT)
            except Exception as error:  # noqa: BLE001 (whatever boto3 makes of it)
                failures.append(error)

    with LambdaEndpoint() as server:
        faults = [Fault.commit_then_silence(), Fault.delay(60), Fault.late_commit(60), Fault.silence()]
        for fault in faults:
            server.fail("*", fault, times=1)
        config = Config(retries={"total_max_attempts": 1}, read_timeout=60)
        clients = [session(HERE).client("lambda", endpoint_url=server.url, config=config) for _ in faults]
        threads = [threading.Thread(target=publish, args=(client,)) for client in clients]
        for thread in threads:
            thread.start()
        while server.count("*") < len(faults) or not server.made(HERE, "demo"):
            time.sleep(0.01)
        start = time.monotonic()
    assert time.monotonic() - start < 10
    for thread in threads:
        thread.join(5)
    assert (len(failures), threading.active_count(), server.made(HERE, "demo")) == (4, before, 1)


def test_what_it_does_not_know(aws: LambdaEndpoint, connect: Connect) -> None:
    """An operation or a member that the server does not have is refused, never ignored."""
    aws.add_function(HERE, "f")
    with refused(501, "NotImplemented"):
        connect().list_layers()
    with refused(501, "NotImplemented"):
        connect().update_function_configuration(FunctionName="f", EphemeralStorage={"Size": 1024})
    assert aws.count("ListLayers") == 1
