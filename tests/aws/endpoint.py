"""Lambda's API on loopback, for tests: strict answers for several regions, a log of what was asked, faults on demand.

::

    with LambdaEndpoint() as aws:
        aws.fail("PublishLayerVersion", Fault.commit_then_silence(), region="eu-west-1", times=1)
        ...  # boto3 clients with endpoint_url=aws.url
        assert aws.count("PublishLayerVersion", "eu-west-1") == 2
        assert aws.made("eu-west-1", "duckdb") == 1

The region is the one that the client signed for. Downloads are in the log as the operation ``Download``. (Opens a
socket on 127.0.0.1.)
"""

from __future__ import annotations

import json
import re
import select
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import parse_qsl, urlsplit

from tests.aws import api_model
from tests.aws.api_model import AwsError
from tests.aws.control_plane import ControlPlane
from tests.aws.faults import Answer, Fault, Rule
from tests.aws.layer_plane import SIGNATURE, a_zip
from tests.loopback_server import LoopbackServer, reset

__all__ = ["Fault", "LambdaEndpoint", "Request", "a_zip"]

WIRE_LIMIT: Final = 70_167_211


@dataclass(slots=True)
class Request:
    """One request, in the log from the moment it came in."""

    method: str
    path: str
    """As sent, with the query."""
    region: str
    operation: str
    """As botocore's model names it; ``Download``, or nothing for what is not known."""
    when: float
    """By the monotonic clock."""
    status: int | None = None
    """None while nothing was answered."""


class LambdaEndpoint(ControlPlane):
    """Lambda on 127.0.0.1, open within ``with``; closing it ends all that hangs.

    :param ranges: whether downloads can be had in part.
    """

    def __init__(self, *, ranges: bool = True) -> None:
        super().__init__()
        self.ranges = ranges
        self.requests: list[Request] = []
        self._rules: list[Rule] = []
        self._server: _Server | None = None

    def __enter__(self) -> Self:
        self._server = server = _Server(self)
        self._thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="lambda endpoint")
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.end()
        self._thread.join()
        failures = self._server.errors
        if failures and error is None:
            raise ExceptionGroup("the Lambda endpoint itself failed", failures)
        if failures and error is not None:
            error.add_note(f"the Lambda endpoint itself failed: {failures}")

    @property
    def url(self) -> str:
        """For ``endpoint_url``."""
        assert self._server is not None, "the server is only there within `with`"
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def fail(
        self, operation: str, fault: Fault, *, region: str | None = None, times: int | None = None, after: int = 0
    ) -> None:
        """Let requests for operations like ``operation`` (``List*``) fail; of several faults the first left counts.

        :param times: how many requests it hits; None is all of them.
        :param after: how many it lets pass first, of those that no earlier fault took.
        """
        with self._lock:
            self._rules.append(Rule(operation, fault, region, times, after))

    def mend(self) -> None:
        """Take all faults away."""
        with self._lock:
            self._rules.clear()

    def matching(self, operation: str, region: str | None = None) -> list[Request]:
        """The requests so far for operations like ``operation``, answered or not."""
        log = list(self.requests)
        return [entry for entry in log if fnmatchcase(entry.operation, operation) and region in {None, entry.region}]

    def count(self, operation: str, region: str | None = None) -> int:
        """How many requests came for operations like ``operation``."""
        return len(self.matching(operation, region))

    def fault_for(self, request: Request) -> Fault:
        """What is to happen to ``request``; an ordinary answer is a fault without any."""
        with self._lock:
            for rule in self._rules:
                if rule.takes(request.operation, request.region):
                    return rule.fault
        return Fault()

    def answer(self, request: Request, in_path: dict[str, str], body: bytes, authorization: str, part: str) -> Answer:
        """Do the work that ``request`` asks for."""
        try:
            if request.operation == "Download":
                return self._download(request.path, authorization, part)
            if not request.region:
                raise AwsError(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
            if not request.operation:
                raise AwsError(404, "UnknownOperationException", "")
            if len(body) > WIRE_LIMIT:
                words = f"Request must be smaller than {WIRE_LIMIT} bytes for the {request.operation} operation"
                raise AwsError(413, "RequestEntityTooLargeException", words)
            query = dict(parse_qsl(urlsplit(request.path).query, keep_blank_values=True))
            given = api_model.parameters(request.operation, in_path, query, body)
            content = self.perform(request.operation, request.region, given)
        except AwsError as error:
            return Answer.error(error.status, error.code, error.message)
        status = api_model.status_of(request.operation)
        encoded = b"" if status == 204 else json.dumps(content).encode()
        return Answer(status=status, headers={"Content-Type": "application/json"}, body=encoded)

    def _download(self, target: str, authorization: str, part: str) -> Answer:
        url = urlsplit(target)
        if authorization:
            raise AwsError(400, "InvalidArgument", "Only one auth mechanism allowed")
        if url.query != SIGNATURE:
            raise AwsError(403, "SignatureDoesNotMatch", "The request signature we calculated does not match")
        body = self.download(url.path)
        if body is None:
            raise AwsError(404, "NoSuchKey", "The specified key does not exist.")
        headers = {"Content-Type": "application/zip"} | ({"Accept-Ranges": "bytes"} if self.ranges else {})
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", part) if self.ranges else None
        if not found:
            return Answer(headers=headers, body=body)
        first, last = int(found[1]), min(int(found[2] or len(body)), len(body) - 1)
        if first > last:
            raise AwsError(416, "InvalidRange", "The requested range is not satisfiable")
        headers["Content-Range"] = f"bytes {first}-{last}/{len(body)}"
        return Answer(status=206, headers=headers, body=body[first : last + 1])


class _Server(LoopbackServer):
    """Knows what it is to do later, too."""

    def __init__(self, endpoint: LambdaEndpoint) -> None:
        self.endpoint = endpoint
        self._later: list[threading.Thread] = []
        super().__init__(_Handler)

    def later(self, seconds: float, work: Callable[[], object]) -> None:
        """Do ``work`` after a while, unless the server is closed before."""

        def wait() -> None:
            try:
                if not self.ended.wait(seconds):
                    work()
            except Exception as error:  # noqa: BLE001 (raised when the server is closed)
                self.errors.append(error)

        thread = threading.Thread(target=wait, name="late commit")
        self._later.append(thread)
        thread.start()

    def end(self) -> None:
        """And wait for what was to be done later."""
        super().end()
        for thread in self._later:
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else every small answer waits 40 ms for the client's acknowledgement
    server: _Server

    def do_GET(self) -> None:
        endpoint, url, authorization = self.server.endpoint, urlsplit(self.path), self.headers.get("Authorization", "")
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        operation, in_path = api_model.route(self.command, url.path, query) or ("", {})
        scope = re.search(r"Credential=[^/]+/\d{8}/([a-z0-9-]+)/lambda/aws4_request", authorization)
        region = scope[1] if scope else ""
        if self.command == "GET" and url.path.startswith("/download/"):
            operation, region = "Download", url.path.split("/")[2]
        request = Request(self.command, self.path, region, operation, time.monotonic())
        endpoint.requests.append(request)
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        part, fault = self.headers.get("Range", ""), endpoint.fault_for(request)
        if len(body) < length or (fault.pause and self.server.ended.wait(fault.pause)):
            self.close_connection = True
            return

        def work() -> Answer:
            return endpoint.answer(request, in_path, body, authorization, part)

        if fault.late is not None:
            self.server.later(fault.late, work)
        answer = work() if fault.commits else Answer()
        if fault.instead is not None:
            answer = fault.instead
        self._send(answer, fault, request)

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 (their names are given)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on stderr: the log is ``requests``."""

    def _send(self, answer: Answer, fault: Fault, request: Request) -> None:
        if fault.silent:
            self._wait_for_the_end()
        if fault.silent or (fault.resets and fault.cut is None):
            self._end_connection(abruptly=fault.resets)
            return
        request.status = answer.status
        self.send_response(answer.status)
        self.send_header("x-amzn-RequestId", str(uuid.uuid4()))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body[: fault.cut])
        if fault.cut is not None:
            self._end_connection(abruptly=fault.resets)

    def _wait_for_the_end(self) -> None:
        """Until the client goes, or the server is closed."""
        while not self.server.ended.is_set():
            if select.select([self.connection], [], [], 0.2)[0]:  # it hangs up, or (against the rules) goes on
                return

    def _end_connection(self, *, abruptly: bool) -> None:
        self.close_connection = True
        if abruptly:
            reset(self.connection)
