"""What can go wrong between an index and its reader, as changes of a right answer. (Pure values.)"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

PORTAL = b"<!DOCTYPE html><html><body><h1>Welcome to the hotel</h1><form>Room number</form></body></html>"


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """An answer, and how to send it."""

    path: str
    """The path that was asked for."""
    status: int = 200
    reason: str = ""
    """The words beside the status; else the usual ones."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Without Content-Length, which the server adds."""
    body: bytes = b""
    padding: int = 0
    """Spaces to send after the body."""
    stop_after: int | None = None
    """Send so many bytes of the promised body, then end the connection."""
    reset: bool = False
    """End it with a reset rather than in order."""
    pause: float = 0.0
    """Seconds before each byte of the body, sent one at a time."""
    silent: bool = False
    """Send nothing, keep the connection open."""
    raw: Callable[[], Iterable[bytes]] | None = None
    """Send these pieces as they are, status line, headers and all; then end the connection."""

    @property
    def size(self) -> int:
        """Bytes that the answer promises."""
        return len(self.body) + self.padding


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """A way to fail: make one with the class methods. ``times``: how many requests it hits; None is all of them."""

    change: Callable[[Answer], Answer]
    times: int | None = None

    @classmethod
    def status(cls, code: int, *, retry_after: int | None = None, times: int | None = None) -> Fault:
        """An error status, if wanted with Retry-After in seconds."""
        headers = {"Content-Type": "text/plain"} | ({} if retry_after is None else {"Retry-After": str(retry_after)})
        if code == 401:
            headers["WWW-Authenticate"] = 'Basic realm="index"'
        body = f"status {code}".encode()
        return cls(change=lambda answer: Answer(path=answer.path, status=code, headers=headers, body=body), times=times)

    @classmethod
    def redirect(cls, to: str | None, *, code: int = 302, times: int | None = None) -> Fault:
        """A redirect to ``to``, a path or a URL of any scheme; None: to itself, a loop."""

        def change(answer: Answer) -> Answer:
            return Answer(path=answer.path, status=code, headers={"Location": answer.path if to is None else to})

        return cls(change=change, times=times)

    @classmethod
    def portal(cls, *, times: int | None = None) -> Fault:
        """The HTML page of a login portal, with status 200."""
        headers = {"Content-Type": "text/html"}
        return cls(change=lambda answer: Answer(path=answer.path, headers=headers, body=PORTAL), times=times)

    @classmethod
    def reset(cls, *, after: int = 10, times: int | None = None) -> Fault:
        """The connection is reset after so many bytes of the body."""
        return cls(change=lambda answer: replace(answer, stop_after=after, reset=True), times=times)

    @classmethod
    def short_body(cls, *, times: int | None = None) -> Fault:
        """Half of the promised body, then the end."""
        return cls(change=lambda answer: replace(answer, stop_after=answer.size // 2), times=times)

    @classmethod
    def wrong_body(cls, *, times: int | None = None) -> Fault:
        """The right length, but the bits of the last byte are flipped."""

        def change(answer: Answer) -> Answer:
            return replace(answer, body=answer.body[:-1] + bytes(byte ^ 0xFF for byte in answer.body[-1:]))

        return cls(change=change, times=times)

    @classmethod
    def empty_body(cls, *, times: int | None = None) -> Fault:
        """Nothing, with a Content-Length that says so."""
        return cls(change=lambda answer: replace(answer, body=b""), times=times)

    @classmethod
    def silence(cls, *, times: int | None = None) -> Fault:
        """No answer at all, until the server is closed."""
        return cls(change=lambda answer: replace(answer, silent=True), times=times)

    @classmethod
    def drip(cls, *, pause: float = 1.0, times: int | None = None) -> Fault:
        """The right body, one byte every ``pause`` seconds."""
        return cls(change=lambda answer: replace(answer, pause=pause), times=times)

    @classmethod
    def raw(cls, make: Callable[[Answer], Iterable[bytes]], *, times: int | None = None) -> Fault:
        """Whatever ``make`` makes of the right answer, byte for byte, in as many pieces as it likes."""
        return cls(change=lambda answer: replace(answer, raw=lambda: make(answer)), times=times)

    @classmethod
    def body(cls, content: bytes, kind: str = "", *, times: int | None = None, **headers: str) -> Fault:
        """Another body, well sent, perhaps of another content type and with further headers (``_`` for ``-``)."""
        more = {name.replace("_", "-"): value for name, value in headers.items()}

        def change(answer: Answer) -> Answer:
            said = dict(answer.headers) | ({"Content-Type": kind} if kind else {}) | more
            return replace(answer, body=content, headers=said)

        return cls(change=change, times=times)

    @classmethod
    def large(cls, *, size: int, times: int | None = None) -> Fault:
        """The right page, and then spaces up to ``size`` bytes."""
        return cls(change=lambda answer: replace(answer, padding=max(0, size - len(answer.body))), times=times)
