"""What AWS's refusals and silences mean, in our words. (Pure decisions about boto3's exceptions.)"""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Iterator
from typing import Any, Final

from boto3.exceptions import Boto3Error
from botocore.exceptions import (
    BotoCoreError,
    ChecksumError,
    ClientError,
    ConnectionError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    HTTPClientError,
    IncompleteReadError,
    NoAuthTokenError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
    SSLError,
    SSOError,
    TokenRetrievalError,
    WaiterError,
)
from botocore.parsers import ResponseParserError

from lambda_wheels.errors import AwsError
from lambda_wheels.hiding import hide_secrets
from lambda_wheels.problems import Problem

_EXPIRED: Final = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
_SKEWED: Final = {"InvalidSignatureException", "RequestTimeTooSkewed", "SignatureDoesNotMatch"}
_NOT_KNOWN: Final = {"UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId", "AuthFailure"}
_DENIED: Final = {"AccessDenied", "AccessDeniedException", "403", "AllAccessDisabled"}
_THROTTLED: Final = {
    "TooManyRequestsException",
    "Throttling",
    "ThrottlingException",
    "SlowDown",
    "RequestLimitExceeded",
}
_CREDENTIALS: Final = (
    CredentialRetrievalError,
    NoAuthTokenError,
    NoCredentialsError,
    PartialCredentialsError,
    SSOError,
    TokenRetrievalError,
)
_NOT_SENT: Final = (ConnectTimeoutError, EndpointConnectionError)
"""Before a request left, surely. TLS can break afterwards as well, and of a proxy an older urllib3 says it of both."""

_HALF_READ: Final = (ConnectionError, HTTPClientError, IncompleteReadError, ResponseParserError)
"""After a request left, perhaps: no answer, or one that could not be read to its end."""

_MISREAD: Final = (AttributeError, IndexError, KeyError, TypeError, ValueError)
"""What comes of reading an answer that is not AWS's, though its status is 200: a proxy's page, ``null``, ``{}``."""

_ON_THE_WAY: Final = (ChecksumError, WaiterError, Boto3Error, OSError)
"""What another try may mend; the other errors of botocore are about parameters, settings and files here."""

_LONGEST_WAIT: Final = 60.0
"""Seconds."""

_LONGEST_WORDS: Final = 500
"""Characters."""

_HALF: Final = re.compile(r"\b(Port could not be cast|Failed to parse:|Invalid header (?:name|value)).*", re.DOTALL)
"""What Python and urllib3 show where a password ends the host for them, or ends in a line break: a part of it."""
_QUERY: Final = re.compile(r"\?[^\s\"'<>]+")
"""Of a path, without a host."""
_SECRET: Final = re.compile(
    r"\bx-amz-(?:security-token|signature|credential)[\"']?\s*[=:]\s*[\"']?[^\s\"'&]*", re.IGNORECASE
)
_SIGNED: Final = re.compile(r"\bThe (?:Canonical String|String-to-Sign)\b.*", re.DOTALL)
"""What AWS had expected to be signed: the request, with its token."""

AWS_ERRORS: Final = (BotoCoreError, Boto3Error, ClientError, ResponseParserError)
"""What boto3 raises of its own. With an answer that is not AWS's it raises others: see :func:`answered`."""


def code_of(error: BaseException) -> str:
    """AWS's name for what happened; empty where it did not answer."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def status_of(error: BaseException) -> int:
    """The HTTP status; 0 where there was no answer."""
    if not isinstance(error, ClientError):
        return 0
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def is_throttled(error: BaseException) -> bool:
    """Whether AWS asks for patience, having done nothing."""
    return code_of(error) in _THROTTLED or status_of(error) == 429


def is_doubtful(error: BaseException) -> bool:
    """Whether what was asked for may have been done all the same: no answer, half of one, or a 5xx."""
    if isinstance(error, ClientError):
        return status_of(error) >= 500 and not is_throttled(error)
    return isinstance(error, _HALF_READ) and not isinstance(error, _NOT_SENT)


def is_unsent(error: BaseException) -> bool:
    """Whether the request surely never left."""
    return isinstance(error, _NOT_SENT)


def is_gone(error: BaseException) -> bool:
    """Whether what was asked for does not exist."""
    return code_of(error) == "ResourceNotFoundException" or status_of(error) == 404


def retry_after(error: BaseException) -> float:
    """Seconds that AWS asks to wait, but no more than a minute; 0 where it does not say."""
    headers: dict[str, Any] = {}
    if isinstance(error, ClientError):
        headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    try:
        seconds = float(headers.get("retry-after", 0))
    except ValueError:
        return 0.0
    return min(max(0.0, seconds), _LONGEST_WAIT) if math.isfinite(seconds) else 0.0


@contextlib.contextmanager
def answering(action: str) -> Iterator[None]:
    """For calls and for reading their answers: what is no answer of AWS's, as a proxy's page, is said to be none.

    boto3 takes any such page for an answer without members, or stumbles over it.

    :param action: as for :func:`problem_of`.
    :raises AwsError: it is none. ``AWS_ERRORS`` go through.
    """
    try:
        yield
    except AWS_ERRORS:  # some are a ValueError as well
        raise
    except _MISREAD as error:
        message = f"{action}: the answer cannot be read ({type(error).__name__}: {in_one_line(str(error))})"
        hint = "is a proxy, or another service, in AWS's place?"
        raise AwsError(Problem(rule="aws-failed", message=message, hint=hint)) from error


@contextlib.contextmanager
def answered(action: str) -> Iterator[None]:
    """As :func:`answering`, for where nobody asks what AWS's error is.

    :raises AwsError: in place of ``AWS_ERRORS`` too.
    """
    try:
        with answering(action):
            yield
    except AWS_ERRORS as error:
        raise AwsError(problem_of(error, action)) from error


def problem_of(error: BaseException, action: str) -> Problem:
    """What happened while ``action``, which names what was done to what: ``publishing duckdb in eu-west-1``."""
    cause = error.__cause__ or error.__context__
    if isinstance(error, Boto3Error) and isinstance(cause, AWS_ERRORS):  # of an upload it says no more than the words
        error = cause
    rule, message, hint = _understood(error)
    return Problem(rule=rule, message=f"{action}: {message}", hint=hint)


def _understood(error: BaseException) -> tuple[str, str, str | None]:
    """The rule, what happened, what to try."""
    code, said = code_of(error), _said(error)
    if isinstance(error, NoRegionError):
        return "no-region", "no region is known", "name one: --region eu-west-1, or AWS_DEFAULT_REGION"
    if isinstance(error, ProfileNotFound):
        return "aws-credentials", said, "name a profile that ~/.aws/config has"
    if isinstance(error, _CREDENTIALS):
        return "aws-credentials", said, "sign in: aws sso login, aws configure, or AWS_PROFILE"
    if isinstance(error, ParamValidationError):
        return "aws-refused", said, "if it is a parameter that is not known: python -m pip install --upgrade boto3"
    if code in _EXPIRED:
        return "aws-credentials", "the credentials have expired", "sign in again; what was done is not done twice"
    if code in _SKEWED:
        return "aws-credentials", said, "is this machine's clock right? else the secret key is not"
    if code in _NOT_KNOWN:
        return "aws-credentials", said, "AWS does not know these credentials; are they of another partition or account?"
    if code in _DENIED or status_of(error) == 403:
        return "aws-denied", said, "the reference lists the actions that each command needs"
    if is_throttled(error):
        return "aws-throttled", said, "try again later; what was done is not done twice"
    if code == "CodeStorageExceededException":
        return (
            "code-storage-full",
            said,
            "raise the quota 'Function and layer storage', or delete versions: lambda-wheels prune",
        )
    if isinstance(error, ConnectionError):
        return "aws-unreachable", said, _unreachable(error)
    if is_doubtful(error) or isinstance(error, _ON_THE_WAY):
        return "aws-failed", said, "try again; what was done is not done twice"
    if isinstance(error, ClientError):
        return "aws-refused", said, None
    return "aws-refused", said, "look at the region, at the variables AWS_*, and at ~/.aws/config and credentials"


def _unreachable(error: BaseException) -> str:
    if isinstance(error, SSLError):
        return "which certificates are trusted is said by AWS_CA_BUNDLE, or ca_bundle in ~/.aws/config"
    return "is the region's name right, and this machine on the network?"


def _said(error: BaseException) -> str:
    """AWS's own words in one line."""
    if isinstance(error, ClientError):
        said = error.response.get("Error", {})
        reason = str(said.get("Message") or "no reason given")
        if "<" in reason or reason.startswith("{"):  # a page, or what should be an answer: a function's settings
            reason = "no reason that can be read"
        text = f"{said.get('Code') or status_of(error)}: {reason}"
    else:
        text = str(error)
    return in_one_line(text)


def in_one_line(text: str) -> str:
    """Words about a request without what it was signed with, in one line that is not too long.

    A URL may carry in its query all that is needed to be who signed it, and before its host a password.
    """
    for pattern, instead in ((_SIGNED, ""), (_HALF, r"\1"), (_SECRET, "")):
        text = pattern.sub(instead, text)
    text = _QUERY.sub("", hide_secrets(text))
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_WORDS else f"{line[: _LONGEST_WORDS - 1]}…"
