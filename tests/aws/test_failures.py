"""What AWS's errors mean, and what may have been done all the same. (Pure.)"""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    ProfileNotFound,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from lambda_wheels.aws.failures import is_doubtful, is_gone, is_throttled, is_unsent, problem_of, retry_after


def answered(status: int, code: str, message: str = "words", **headers: str) -> ClientError:
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
        (answered(403, "AccessDeniedException"), "aws-denied", "no"),
        (answered(403, "AccessDenied"), "aws-denied", "no"),
        (answered(403, "403"), "aws-denied", "no"),
        (answered(403, "ExpiredTokenException"), "aws-credentials", "no"),
        (answered(400, "ExpiredToken"), "aws-credentials", "no"),
        (answered(403, "InvalidSignatureException"), "aws-credentials", "no"),
        (answered(403, "UnrecognizedClientException"), "aws-credentials", "no"),
        (NoCredentialsError(), "aws-credentials", "no"),
        (ProfileNotFound(profile="p"), "aws-credentials", "no"),
        (NoRegionError(), "no-region", "no"),
        (answered(400, "InvalidParameterValueException"), "aws-refused", "no"),
        (ParamValidationError(report="Unknown parameter"), "aws-refused", "no"),
        (answered(400, "CodeStorageExceededException"), "code-storage-full", "no"),
        (answered(429, "TooManyRequestsException"), "aws-throttled", "later"),
        (answered(400, "ThrottlingException"), "aws-throttled", "later"),
        (answered(503, "SlowDown"), "aws-throttled", "later"),
        (EndpointConnectionError(endpoint_url=URL), "aws-unreachable", "unsent"),
        (ConnectTimeoutError(endpoint_url=URL), "aws-unreachable", "unsent"),
        (answered(500, "ServiceException"), "aws-failed", "perhaps"),
        (answered(504, "504", "<html>Gateway Timeout</html>"), "aws-failed", "perhaps"),
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
    ("said", "seconds"), [("3", 3.0), ("0.5", 0.5), ("", 0.0), ("Mon", 0.0), ("9999", 60.0), ("-1", 0)]
)
def test_retry_after(said: str, seconds: float) -> None:
    """How long AWS asks to wait, within bounds; a date, which it never sends, counts as nothing."""
    assert retry_after(answered(429, "TooManyRequestsException", **{"retry-after": said})) == seconds


def test_gone() -> None:
    """What does not exist is told from what may not be seen."""
    assert is_gone(answered(404, "ResourceNotFoundException"))
    assert not is_gone(answered(403, "AccessDeniedException"))
