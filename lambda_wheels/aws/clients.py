"""Clients of AWS's services; profile, role, endpoint and retries are those of the caller's session. (Imports boto3.)"""

from __future__ import annotations

import threading
from typing import Any, Final, Self

import boto3
from botocore.config import Config

from lambda_wheels.aws.failures import AWS_ERRORS, problem_of
from lambda_wheels.aws.patience import Patience
from lambda_wheels.aws.signed import Signed, cut_off
from lambda_wheels.errors import AwsError
from lambda_wheels.problems import Problem
from lambda_wheels.resolution.redaction import url_fault

_ONCE: Final = Config(retries={"total_max_attempts": 1})
"""For what is not to be done twice: PublishLayerVersion has no token that would tell two calls for one from two."""

_TIDYING: Final = (".AbortMultipartUpload", ".DeleteObject")
"""Calls that take away what a job that was given up has left in a bucket, where it would cost."""

_UNUSABLE: Final = (*AWS_ERRORS, OSError, ValueError)
"""What comes of settings that make no sense: a number that is none, some URLs and a program that is not there are
Python's own errors."""


def session_of(profile: str | None) -> Any:
    """A session for ``profile``, or as the environment says.

    :raises AwsError: there is no such profile, or the settings cannot be read.
    """
    try:
        return boto3.Session(profile_name=profile)
    except _UNUSABLE as error:
        problem = problem_of(error, "signing in to AWS")
    raise AwsError(problem)  # here, where no line of a file that could not be parsed comes with it


class Clients:
    """One session's clients, each made once, and closed at the end of ``with``. May be used by several threads."""

    def __init__(self, session: Any = None, patience: Patience | None = None) -> None:
        """Clients of one job.

        :param session: a ``boto3.Session``; else a new one, as the environment says.
        :param patience: once it is stopped no client sends anything more, boto3's own repetitions included; but
            for what tidies up in S3.
        :raises AwsError: the environment names a profile that is not there.
        """
        self._session = session if session is not None else session_of(None)
        self._patience = patience
        self._signed = Signed()
        self._made: dict[tuple[str, str, bool], Any] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        cut_off(error)
        for client in list(self._made.values()):  # a thread that was left behind may be making one
            client.close()

    @property
    def region(self) -> str | None:
        """The session's own, if it has one.

        :raises AwsError: the session's settings cannot be read.
        """
        try:
            region: str | None = self._session.region_name
        except _UNUSABLE as error:
            raise AwsError(problem_of(error, "looking for the session's region")) from error
        return region

    def of_lambda(self, region: str, *, once: bool = False) -> Any:
        """Lambda in ``region``; with ``once`` no call is repeated, whatever comes of it."""
        return self._of("lambda", region, once=once)

    def of_s3(self, region: str) -> Any:
        """S3 in ``region``."""
        return self._of("s3", region)

    def _of(self, service: str, region: str, *, once: bool = False) -> Any:
        key = (service, region, once)
        with self._lock:  # a session may not be used by two threads at once (boto3, "Multithreading")
            if key not in self._made:
                try:
                    # A config of one's own is merged with that of the session.
                    client = self._session.client(service, region_name=region, config=_ONCE if once else None)
                except _UNUSABLE as error:
                    raise AwsError(problem_of(error, f"reaching {service} in {region}")) from error
                if fault := url_fault(client.meta.endpoint_url):  # else half a password would be asked for as a host
                    message = f"reaching {service} in {region}: the endpoint's URL cannot be read: {fault}"
                    hint = "percent-encode / ? # and @ in a user or a password of AWS_ENDPOINT_URL"
                    raise AwsError(Problem(rule="aws-refused", message=message, hint=hint))
                client.meta.events.register("before-send", self._before_send)
                client.meta.events.register("response-received", self._signed.clean)
                self._made[key] = client
            return self._made[key]

    def _before_send(self, event_name: str = "", request: Any = None, **_: object) -> None:
        """:raises StoppedError: the job was given up."""
        if request is not None:
            self._signed.remember(request.headers)
        if self._patience is not None and not event_name.endswith(_TIDYING):
            self._patience.check()
