"""What AWS's refusals and silences mean, in our words. (Pure decisions about botocore's exceptions.)"""

from __future__ import annotations

from typing import Any, Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
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
    ProxyConnectionError,
    SSLError,
    SSOError,
    TokenRetrievalError,
)
from botocore.parsers import ResponseParserError

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
_NOT_SENT: Final = (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError, SSLError)
"""Before a request left."""

_HALF_READ: Final = (HTTPClientError, IncompleteReadError, ResponseParserError)
"""After a request left: no answer, or one that could not be read to its end."""

_LONGEST_WAIT: Final = 60.0
"""Seconds."""

AWS_ERRORS: Final = (BotoCoreError, ClientError, ResponseParserError)
"""Everything that boto3 raises about AWS."""


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
    """Whether the request never left."""
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
        return min(max(0.0, float(headers.get("retry-after", 0))), _LONGEST_WAIT)
    except ValueError:
        return 0.0


def problem_of(error: BaseException, action: str) -> Problem:
    """What happened while ``action``, which names what was done to what: ``publishing duckdb in eu-west-1``."""
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
    if isinstance(error, _NOT_SENT):
        return "aws-unreachable", said, "is the region's name right, and this machine on the network?"
    if is_doubtful(error) or not isinstance(error, ClientError):
        return "aws-failed", said, "try again; what was done is not done twice"
    return "aws-refused", said, None


def _said(error: BaseException) -> str:
    """AWS's own words in one line."""
    if isinstance(error, ClientError):
        said = error.response.get("Error", {})
        reason = str(said.get("Message") or "no reason given")
        if "<" in reason:  # a proxy's or an emulator's page in place of an answer
            reason = "no reason that can be read"
        text = f"{said.get('Code') or status_of(error)}: {reason}"
    else:
        text = str(error)
    return " ".join(text.split())
