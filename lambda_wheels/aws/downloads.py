"""The zip of a layer version, fetched from where AWS says that it is. (Reads the network, writes the disk.)"""

from __future__ import annotations

import base64
import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from botocore.awsrequest import AWSRequest
from botocore.httpsession import URLLib3Session
from botocore.response import StreamingBody
from botocore.utils import get_environ_proxies

from lambda_wheels.aws.failures import AWS_ERRORS, problem_of
from lambda_wheels.errors import AwsError
from lambda_wheels.problems import Problem
from lambda_wheels.progress import Progress, ProgressEvent, Stage, silent
from lambda_wheels.store import open_store

_CHUNK: Final = 1 << 20


class Answer(NamedTuple):
    """What came back."""

    status: int
    range: str
    """Which part it is: the header Content-Range."""
    body: StreamingBody


@contextlib.contextmanager
def get(url: str, headers: dict[str, str] | None = None) -> Iterator[Answer]:
    """The answer to a signed URL; its ``body`` is not read yet. Proxies are those of the environment, as for boto3."""
    session = URLLib3Session(proxies=get_environ_proxies(url))
    with contextlib.closing(session):
        answer = session.send(AWSRequest(method="GET", url=url, headers=headers or {}, stream_output=True).prepare())
        length = answer.headers.get("Content-Length")
        with contextlib.closing(StreamingBody(answer.raw, None if length is None else int(length))) as body:
            yield Answer(answer.status_code, answer.headers.get("Content-Range", ""), body)


@contextlib.contextmanager
def downloaded(content: dict[str, Any], name: str, progress: Progress = silent) -> Iterator[Path]:
    """A file with the zip of a layer version, for a while.

    :param content: what GetLayerVersion says of it: ``Location``, ``CodeSha256``, ``CodeSize``.
    :param name: what it is called in words, and the file.
    :raises AwsError: it cannot be fetched, or is not what AWS says it is.
    """
    with open_store() as store, store.scratch() as scratch:
        path = scratch / f"{name}.zip"
        digest = hashlib.sha256()
        done = 0
        with path.open("wb") as file:
            for chunk in _body(str(content.get("Location", "")), name):
                file.write(chunk)
                digest.update(chunk)
                done += len(chunk)
                progress(ProgressEvent(stage=Stage.FETCH, done=done, total=content.get("CodeSize"), what=name))
        if base64.b64encode(digest.digest()).decode("ascii") != content.get("CodeSha256"):
            message = f"{name}: what was fetched does not have the CodeSha256 that Lambda reports"
            raise AwsError(Problem(rule="aws-differs", message=message, hint="try again"))
        yield path


def _body(url: str, name: str) -> Iterator[bytes]:
    if not url.startswith(("https://", "http://")):
        message = f"{name}: AWS does not say where its zip can be fetched"
        raise AwsError(Problem(rule="aws-failed", message=message, hint="is the endpoint an emulator?"))
    try:
        with get(url) as answer:
            if answer.status != 200:
                message = f"{name}: its zip was answered with HTTP status {answer.status}"
                raise AwsError(Problem(rule="aws-failed", message=message, hint="try again"))
            yield from answer.body.iter_chunks(_CHUNK)
    except AWS_ERRORS as error:
        raise AwsError(problem_of(error, f"fetching the zip of {name}")) from error
    except OSError as error:
        raise AwsError(Problem(rule="aws-failed", message=f"fetching the zip of {name}: {error}")) from error
