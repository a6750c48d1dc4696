"""What can go wrong between Lambda and its client, and whether the work was done all the same. (Values.)"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from tests.aws.api_model import error_body


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What is sent."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    """Without Content-Length, which the server adds."""
    body: bytes = b""

    @classmethod
    def error(cls, status: int, code: str, message: str, *, retry_after: int | None = None) -> Answer:
        """An error in AWS's form; without a code the page of a load balancer."""
        retry = {} if retry_after is None else {"Retry-After": str(retry_after)}
        if not code:
            page = f"<html><body><h1>{status}</h1></body></html>".encode()
            return cls(status=status, headers={"Content-Type": "text/html", **retry}, body=page)
        headers = {"Content-Type": "application/json", "x-amzn-ErrorType": code, **retry}
        return cls(status=status, headers=headers, body=error_body(status, code, message))


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """A way to fail: make one with the class methods."""

    commits: bool = True
    """The work is done before anything is said."""
    instead: Answer | None = None
    """Said in place of the right answer."""
    silent: bool = False
    """Say nothing, keep the connection open until the client goes or the server is closed."""
    resets: bool = False
    """End the connection with a reset."""
    cut: int | None = None
    """Bytes of the body after which the connection ends."""
    pause: float = 0.0
    """Seconds before the work."""
    late: float | None = None
    """Seconds after which the work is done, whatever was said."""

    @classmethod
    def commit_then_silence(cls) -> Fault:
        """The work is done, and the client hears nothing."""
        return cls(silent=True)

    @classmethod
    def commit_then_reset(cls) -> Fault:
        """The work is done, and the connection is reset."""
        return cls(resets=True)

    @classmethod
    def commit_then_status(cls, code: int = 500, error_code: str = "ServiceException") -> Fault:
        """The work is done, and the answer is an error."""
        return cls(instead=Answer.error(code, error_code, "An error occurred."))

    @classmethod
    def silence(cls) -> Fault:
        """Nothing is done, and nothing is said."""
        return cls(commits=False, silent=True)

    @classmethod
    def reset(cls) -> Fault:
        """Nothing is done, and the connection is reset."""
        return cls(commits=False, resets=True)

    @classmethod
    def status(
        cls, code: int, error_code: str = "", *, message: str = "An error occurred.", retry_after: int | None = None
    ) -> Fault:
        """Nothing is done, and the answer is an error; without ``error_code`` the page of a load balancer."""
        return cls(commits=False, instead=Answer.error(code, error_code, message, retry_after=retry_after))

    @classmethod
    def throttled(cls, *, retry_after: int | None = None) -> Fault:
        """429, if wanted with Retry-After in seconds."""
        return cls.status(429, "TooManyRequestsException", message="Rate exceeded", retry_after=retry_after)

    @classmethod
    def access_denied(cls) -> Fault:
        """403: the caller may not do this."""
        words = "User: arn:aws:iam::123456789012:user/test is not authorized to perform this operation"
        return cls.status(403, "AccessDeniedException", message=words)

    @classmethod
    def expired_token(cls) -> Fault:
        """403: the session of the caller is over."""
        words = "The security token included in the request is expired"
        return cls.status(403, "ExpiredTokenException", message=words)

    @classmethod
    def clock_skew(cls) -> Fault:
        """403: the caller's clock is slow."""
        words = "Signature expired: 20261122T100000Z is now earlier than 20261122T101500Z (20261122T102000Z - 5 min.)"
        return cls.status(403, "InvalidSignatureException", message=words)

    @classmethod
    def delay(cls, seconds: float) -> Fault:
        """The right work and answer, after a while; a client that has gone by then does not stop the work."""
        return cls(pause=seconds)

    @classmethod
    def late_commit(cls, seconds: float, code: int = 500, error_code: str = "ServiceException") -> Fault:
        """An error at once, and the work is done ``seconds`` later (unless the server is closed before)."""
        return cls(commits=False, late=seconds, instead=Answer.error(code, error_code, "An error occurred."))

    @classmethod
    def late_commit_after_reset(cls, seconds: float) -> Fault:
        """A reset at once, and the work is done ``seconds`` later."""
        return cls(commits=False, late=seconds, resets=True)

    @classmethod
    def cut_off(cls, after: int) -> Fault:
        """The right answer, but the connection is reset after so many bytes of the body."""
        return cls(resets=True, cut=after)


@dataclass(slots=True)
class Rule:
    """When a fault is due, and how often it was asked."""

    operation: str
    fault: Fault
    region: str | None
    times: int | None
    after: int
    seen: int = 0

    def takes(self, operation: str, region: str) -> bool:
        """Whether the fault hits this request, which counts as seen if it is of the right kind."""
        if not fnmatchcase(operation, self.operation) or self.region not in {None, region}:
            return False
        self.seen += 1
        return self.seen > self.after and (self.times is None or self.seen <= self.after + self.times)
