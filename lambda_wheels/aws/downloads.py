"""The zip of a layer version, fetched from where AWS says that it is. (Reads the network, writes the disk.)"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar
from urllib.parse import urlsplit

from botocore.awsrequest import AWSRequest
from botocore.exceptions import ResponseStreamingError
from botocore.httpsession import URLLib3Session
from botocore.response import StreamingBody
from botocore.utils import get_environ_proxies
from urllib3.exceptions import HTTPError

from lambda_wheels.aws.failures import AWS_ERRORS, is_doubtful, is_unsent, problem_of
from lambda_wheels.aws.patience import pauses
from lambda_wheels.errors import AwsError, OutputError
from lambda_wheels.problems import Problem
from lambda_wheels.progress import Progress, ProgressEvent, Stage, silent
from lambda_wheels.store import open_store

_CHUNK: Final = 1 << 20
_AGAIN: Final = 3
"""How often a download that broke is begun again."""

_Result = TypeVar("_Result")


class NotServedError(OSError):
    """What answered does not give it."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP status {status}")
        self.status = status


class Answer(NamedTuple):
    """What came back."""

    status: int
    """200, or 206 for a part."""
    range: str
    """Which part it is: the header Content-Range."""
    body: StreamingBody

    def chunks(self) -> Iterator[bytes]:
        """The body, piece by piece.

        :raises HTTPClientError: the rest does not come.
        """
        try:
            yield from self.body.iter_chunks(_CHUNK)
        except (OSError, HTTPError) as error:  # those of TLS and the like, which botocore lets pass
            raise ResponseStreamingError(error=error) from error


def is_fetchable(url: str) -> bool:
    """Whether ``url`` is one from which something can be fetched."""
    try:
        return urlsplit(url).scheme in {"http", "https"} and urlsplit(url).port != 0
    except ValueError:  # a bracket or a port that is none
        return False


@contextlib.contextmanager
def get(url: str, headers: dict[str, str] | None = None, client: Any = None) -> Iterator[Answer]:
    """The answer to a signed URL; its ``body`` is not read yet.

    :param client: that of boto3 which said the URL: its certificates, proxies and timeouts count here, too. Else those
        of the environment.
    :raises NotServedError: the answer is another than that it is there.
    """
    with contextlib.closing(_session(url, client)) as session:
        answer = session.send(AWSRequest(method="GET", url=url, headers=headers or {}, stream_output=True).prepare())
        length = answer.headers.get("Content-Length")
        with contextlib.closing(StreamingBody(answer.raw, None if length is None else int(length))) as body:
            if answer.status_code not in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}:
                raise NotServedError(answer.status_code)
            yield Answer(answer.status_code, answer.headers.get("Content-Range", ""), body)


def _session(url: str, client: Any) -> URLLib3Session:
    """How the host of ``url`` is spoken to."""
    trusted: bool | str = os.environ.get("AWS_CA_BUNDLE") or os.environ.get("REQUESTS_CA_BUNDLE") or True
    if client is None:
        return URLLib3Session(verify=trusted, proxies=get_environ_proxies(url))
    # That a client was made with ``verify``, or from a file with ``ca_bundle``, is nowhere public in it.
    own = getattr(getattr(client, "_endpoint", None), "http_session", None)
    config = client.meta.config
    return URLLib3Session(
        verify=getattr(own, "_verify", trusted),
        proxies=get_environ_proxies(url) if config.proxies is None else config.proxies,
        timeout=(config.connect_timeout, config.read_timeout),
        client_cert=config.client_cert,
        proxies_config=config.proxies_config,
    )


def repeated(attempt: Callable[[], _Result]) -> _Result:
    """What a download gives, begun again a few times where another try may help. It changes nothing at AWS."""
    for pause in pauses()[:_AGAIN]:
        try:
            return attempt()
        except (*AWS_ERRORS, OSError) as error:
            if not _may_pass(error):
                raise
        time.sleep(pause)
    return attempt()


def _may_pass(error: BaseException) -> bool:
    if isinstance(error, NotServedError):
        return error.status >= HTTPStatus.INTERNAL_SERVER_ERROR or error.status == HTTPStatus.TOO_MANY_REQUESTS
    return is_doubtful(error) or is_unsent(error)


@contextlib.contextmanager
def downloaded(content: dict[str, Any], name: str, progress: Progress = silent, client: Any = None) -> Iterator[Path]:
    """A file with the zip of a layer version, for a while.

    :param content: what GetLayerVersion says of it: ``Location``, ``CodeSha256``, ``CodeSize``.
    :param name: what it is called in words, and the file.
    :param client: that of boto3 which said so: see :func:`get`.
    :raises AwsError: it cannot be fetched, or is not what AWS says it is.
    :raises OutputError: the disk does not take it.
    """
    url = str(content.get("Location", ""))
    if not is_fetchable(url):
        message = f"{name}: AWS does not say where its zip can be fetched"
        raise AwsError(Problem(rule="aws-failed", message=message, hint="is the endpoint an emulator?"))

    def tell(done: int) -> None:
        progress(ProgressEvent(stage=Stage.FETCH, done=done, total=content.get("CodeSize"), what=name))

    with open_store() as store, store.scratch() as scratch:
        path = scratch / f"{name}.zip"
        try:
            digest = repeated(lambda: _fetch(url, path, client, tell))
        except NotServedError as error:
            message = f"{name}: its zip was answered with {error}"
            raise AwsError(Problem(rule="aws-failed", message=message, hint="try again")) from error
        except (*AWS_ERRORS, OSError) as error:
            raise AwsError(problem_of(error, f"fetching the zip of {name}")) from error
        if base64.b64encode(digest).decode("ascii") != content.get("CodeSha256"):
            message = f"{name}: what was fetched does not have the CodeSha256 that Lambda reports"
            raise AwsError(Problem(rule="aws-differs", message=message, hint="try again"))
        yield path


def _fetch(url: str, path: Path, client: Any, tell: Callable[[int], None]) -> bytes:
    """The sha256 of what was written to ``path``.

    :raises OutputError: the disk does not take it.
    """
    digest = hashlib.sha256()
    done = 0
    with get(url, client=client) as answer:
        try:
            with path.open("wb") as file:
                for chunk in answer.chunks():
                    file.write(chunk)
                    digest.update(chunk)
                    done += len(chunk)
                    tell(done)
        except AWS_ERRORS:  # some of them are OSErrors as well
            raise
        except OSError as error:
            message = f"{path} cannot be written: {error.strerror or error}"
            raise OutputError(Problem(rule="disk-failed", message=message)) from error
    return digest.digest()
