"""What AWS's errors mean, and what may have been done all the same. (Pure.)"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest
from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    ProfileNotFound,
    ProxyConnectionError,
    ReadTimeoutError,
    SSLError,
)
from botocore.parsers import ResponseParserError

from lambda_wheels import AwsError
from lambda_wheels.aws.clients import Clients, session_of
from lambda_wheels.aws.failures import (
    answered,
    is_doubtful,
    is_gone,
    is_throttled,
    is_unsent,
    problem_of,
    retry_after,
)


def answer(status: int, code: str, message: str = "words", **headers: str) -> ClientError:
    """An error that AWS answered."""
    said: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": headers},
    }
    return ClientError(said, "PublishLayerVersion")


URL = "https://lambda.example"


@pytest.mark.parametrize(
    ("error", "rule", "done"),
    [
        (answer(403, "AccessDeniedException"), "aws-denied", "no"),
        (answer(403, "AccessDenied"), "aws-denied", "no"),
        (answer(403, "403"), "aws-denied", "no"),
        (answer(403, "ExpiredTokenException"), "aws-credentials", "no"),
        (answer(400, "ExpiredToken"), "aws-credentials", "no"),
        (answer(403, "InvalidSignatureException"), "aws-credentials", "no"),
        (answer(403, "UnrecognizedClientException"), "aws-credentials", "no"),
        (NoCredentialsError(), "aws-credentials", "no"),
        (ProfileNotFound(profile="p"), "aws-credentials", "no"),
        (NoRegionError(), "no-region", "no"),
        (answer(400, "InvalidParameterValueException"), "aws-refused", "no"),
        (ParamValidationError(report="Unknown parameter"), "aws-refused", "no"),
        (answer(400, "CodeStorageExceededException"), "code-storage-full", "no"),
        (answer(429, "TooManyRequestsException"), "aws-throttled", "later"),
        (answer(400, "ThrottlingException"), "aws-throttled", "later"),
        (answer(503, "SlowDown"), "aws-throttled", "later"),
        (EndpointConnectionError(endpoint_url=URL), "aws-unreachable", "unsent"),
        (ConnectTimeoutError(endpoint_url=URL), "aws-unreachable", "unsent"),
        (SSLError(endpoint_url=URL, error="EOF"), "aws-unreachable", "perhaps"),
        (ProxyConnectionError(proxy_url=URL), "aws-unreachable", "perhaps"),
        (S3UploadFailedError("Failed to upload"), "aws-failed", "no"),
        (answer(500, "ServiceException"), "aws-failed", "perhaps"),
        (answer(504, "504", "<html>Gateway Timeout</html>"), "aws-failed", "perhaps"),
        (ReadTimeoutError(endpoint_url=URL), "aws-failed", "perhaps"),
        (ConnectionClosedError(endpoint_url=URL), "aws-failed", "perhaps"),
        (ResponseParserError("half of it"), "aws-failed", "perhaps"),
    ],
)
def test_meaning(error: Exception, rule: str, done: str) -> None:
    """Each has its rule, one line without markup, and is told apart by what may have been done."""
    problem = problem_of(error, "publishing demo")
    assert problem.rule == rule
    assert problem.message.startswith("publishing demo: ")
    assert "<" not in problem.message and "\n" not in str(problem)
    assert is_throttled(error) is (done == "later")
    assert is_unsent(error) is (done == "unsent")
    assert is_doubtful(error) is (done == "perhaps")


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("3", 3.0),
        ("0.5", 0.5),
        ("", 0.0),
        ("Mon", 0.0),
        ("9999", 60.0),
        ("-1", 0),
        ("nan", 0),
        ("inf", 0),
        ("1e999", 0),
    ],
)
def test_retry_after(said: str, seconds: float) -> None:
    """How long AWS asks to wait, within bounds; a date, which it never sends, counts as nothing."""
    assert retry_after(answer(429, "TooManyRequestsException", **{"retry-after": said})) == seconds


def test_gone() -> None:
    """What does not exist is told from what may not be seen."""
    assert is_gone(answer(404, "ResourceNotFoundException"))
    assert not is_gone(answer(403, "AccessDeniedException"))


SIGNED = "https://user:hunter2@bucket.example/x.zip?X-Amz-Security-Token=hunter2&X-Amz-Signature=hunter2"
CANONICAL = (
    "The request signature we calculated does not match.\n\nThe Canonical String for this request should have been\n"
    "'GET\n/2018-10-31/layers\nx-amz-security-token:hunter2\n\nhost'\n\nThe String-to-Sign should have been\nhunter2"
)


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url=SIGNED),
        ReadTimeoutError(endpoint_url=SIGNED),
        SSLError(endpoint_url=SIGNED, error="Max retries exceeded with url: /x.zip?X-Amz-Signature=hunter2 (Caused"),
        answer(403, "InvalidSignatureException", CANONICAL),
        answer(400, "Odd", "the header x-amz-security-token: hunter2 is odd"),
        OSError(f"cannot read {SIGNED}"),
    ],
)
def test_no_secret(error: Exception) -> None:
    """No word of AWS or boto3 is passed on that lets somebody act as the caller; where it was stays."""
    said = str(problem_of(error, "publishing demo"))
    assert "hunter2" not in said
    assert "bucket.example/x.zip" in said or "signature" in said or "is odd" in said


def test_upload() -> None:
    """An upload that fails is told by its reason, which boto3 wraps."""
    error = S3UploadFailedError("Failed to upload")
    error.__context__ = answer(403, "AccessDenied")
    assert problem_of(error, "sending demo").rule == "aws-denied"


def test_long_words() -> None:
    """AWS's words are cut where they are very long."""
    assert len(problem_of(answer(400, "Odd", "word " * 9999), "publishing demo").message) < 550


def test_answered() -> None:
    """What AWS does wrong, and what comes of an answer that is not AWS's, is one error of ours."""
    for error in (KeyError("Functions"), TypeError("None"), ResponseParserError("half"), answer(500, "Odd")):
        with pytest.raises(AwsError) as caught, answered("pruning demo"):
            raise error
        assert caught.value.problems[0].rule == "aws-failed"
        assert caught.value.problems[0].message.startswith("pruning demo: ")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWS_ENDPOINT_URL", "garbage"),
        ("AWS_DEFAULT_REGION", "eu_west!1"),
        ("AWS_RETRY_MODE", "never"),
        ("AWS_MAX_ATTEMPTS", "abc"),
        ("AWS_CONFIG_FILE", "broken"),
    ],
)
def test_settings(name: str, value: str, no_aws: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings that cannot be used are said to be looked at; trying again is no advice."""
    if value == "broken":
        (tmp_path / value).write_text("[default\nregion = eu-west-1\n")
        value = str(tmp_path / value)
    monkeypatch.setenv(name, value)
    with pytest.raises(AwsError) as caught, Clients(session_of(None)) as clients:
        clients.of_lambda(clients.region or "eu-west-1")
    [problem] = caught.value.problems
    assert problem.rule == "aws-refused"
    assert "~/.aws/config" in str(problem.hint) and "again" not in str(problem)


def test_region_of_a_broken_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """A caller's session that cannot say its region is an error of ours, too."""

    class Broken(boto3.Session):  # type: ignore[misc]  # boto3 has no types
        @property
        def region_name(self) -> str:
            raise ProfileNotFound(profile="p")

    with pytest.raises(AwsError), Clients(Broken()) as clients:
        assert clients.region
