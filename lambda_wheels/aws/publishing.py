"""Publishing in one region, so that a layer is there once whatever happens. (Asks AWS.)

PublishLayerVersion has no token by which AWS would know a repeated call (AWS, "PublishLayerVersion"), so a call is made
once, and after an answer that leaves doubt the versions are read again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from lambda_wheels.aws.clients import Clients
from lambda_wheels.aws.failures import (
    AWS_ERRORS,
    is_doubtful,
    is_throttled,
    is_unsent,
    problem_of,
    retry_after,
)
from lambda_wheels.aws.package import Package
from lambda_wheels.aws.patience import Patience, pauses
from lambda_wheels.aws.results import LayerVersion, PublishOutcome
from lambda_wheels.aws.sharing import Grant, share
from lambda_wheels.aws.staging import Place, check_bucket, is_staged, stage, unstage
from lambda_wheels.aws.versions import Version, Wanted, holding, versions_of
from lambda_wheels.errors import AwsError, LambdaWheelsError
from lambda_wheels.problems import Problem, Severity

REFERENCE: Final = "REFERENCE"
"""The storage mode in which Lambda reads the object in the bucket, and keeps no copy."""

Told = Callable[[int, int], None]
"""Told how many bytes more are to be sent, and how many more were."""


class Order(NamedTuple):
    """What is to be published, everywhere alike."""

    name: str
    package: Package
    description: str
    """With the digest in it."""
    license: str
    bucket: str | None
    """May have ``{region}`` in it; None where the zip goes into the call."""
    keep: bool
    """Whether what was put into the bucket stays there."""
    storage_mode: str | None
    grants: tuple[Grant, ...]

    @property
    def wanted(self) -> Wanted:
        """By what a version that is there already is known."""
        package = self.package
        return Wanted(
            package.content_sha256,
            package.code_sha256,
            frozenset(package.runtimes),
            frozenset(package.architectures),
            self.license,
        )

    def request(self, content: dict[str, Any]) -> dict[str, Any]:
        """The parameters of the call; AWS takes no empty ones."""
        return {
            "LayerName": self.name,
            "Content": content,
            "Description": self.description,
            **({"CompatibleRuntimes": list(self.package.runtimes)} if self.package.runtimes else {}),
            **({"CompatibleArchitectures": list(self.package.architectures)} if self.package.architectures else {}),
            **({"LicenseInfo": self.license} if self.license else {}),
        }


def publish_in(region: str, order: Order, clients: Clients, patience: Patience, told: Told) -> LayerVersion:
    """Publish in ``region``, or take what is there; what fails is said in the answer, for other regions go on."""
    try:
        return _Region(region, order, clients, patience, told).publish()
    except LambdaWheelsError as error:
        problems = error.problems
    except AWS_ERRORS as error:
        problems = (problem_of(error, f"publishing {order.name} in {region}"),)
    return LayerVersion(region=region, outcome=PublishOutcome.FAILED, problems=problems)


def look_in(region: str, order: Order, clients: Clients) -> LayerVersion:
    """What :func:`publish_in` would do. Changes nothing."""
    place = str(Place.of(order.bucket, region, order.package)) if order.bucket else None
    try:
        client = clients.of_lambda(region)
        found = holding(client, order.name, versions_of(client, order.name), order.wanted)
        if found is None and order.bucket:
            _check_bucket(region, order, clients)
    except LambdaWheelsError as error:
        return LayerVersion(region=region, outcome=PublishOutcome.FAILED, problems=error.problems)
    except AWS_ERRORS as error:
        problem = problem_of(error, f"looking for {order.name} in {region}")
        return LayerVersion(region=region, outcome=PublishOutcome.FAILED, problems=(problem,))
    shared = tuple(map(str, order.grants))
    if found is None:
        return LayerVersion(region=region, outcome=PublishOutcome.WOULD_PUBLISH, staged=place, shared_with=shared)
    return LayerVersion(
        region=region, outcome=PublishOutcome.ALREADY_THERE, arn=found.arn, version=found.number, shared_with=shared
    )


def _check_bucket(region: str, order: Order, clients: Clients) -> None:
    assert order.bucket is not None
    place = Place.of(order.bucket, region, order.package)
    check_bucket(clients.of_s3(region), place, region, elsewhere=order.storage_mode == REFERENCE)


class _Region:
    """The publishing of one order in one region."""

    def __init__(self, region: str, order: Order, clients: Clients, patience: Patience, told: Told) -> None:
        self._region, self._order, self._clients, self._patience, self._told = region, order, clients, patience, told
        self._client = clients.of_lambda(region)
        self._problems: list[Problem] = []

    def publish(self) -> LayerVersion:
        """The whole of it."""
        order = self._order
        before = [*versions_of(self._client, order.name)]
        version = holding(self._client, order.name, before, order.wanted)
        outcome = PublishOutcome.ALREADY_THERE
        staged = None
        if version is None:
            with self._content() as content:
                staged = content.place
                version, outcome = self._make(max((one.number for one in before), default=0), content)
        try:
            self._problems += share(self._client, order.name, version.number, order.grants)
        except AWS_ERRORS as error:
            outcome = PublishOutcome.FAILED
            self._problems.insert(0, problem_of(error, f"sharing {version.arn}"))
        return LayerVersion(
            region=self._region,
            outcome=outcome,
            arn=version.arn,
            version=version.number,
            staged=None if staged is None else str(staged),
            shared_with=tuple(map(str, order.grants)),
            problems=tuple(self._problems),
        )

    def _make(self, newest: int, content: _Content) -> tuple[Version, PublishOutcome]:
        """Make one version; another's, made since ``newest`` was the newest, is taken if its number is lower."""
        once = self._clients.of_lambda(self._region, once=True)
        error: BaseException | None = None
        for pause in pauses():
            try:
                answer = once.publish_layer_version(**self._order.request(content.parameters))
            except AWS_ERRORS as raised:
                error = raised
                if _is_missing_object(raised) and content.place is not None:
                    content.send()  # another publisher was done with it
                elif is_throttled(raised) or is_unsent(raised):
                    self._patience.pause(max(pause, retry_after(raised)))
                elif is_doubtful(raised):
                    self._patience.pause(pause)
                    if (found := self._since(newest)) is not None:
                        return found, PublishOutcome.PUBLISHED
                else:
                    raise
                continue
            made = Version.of(answer)
            if answer["Content"].get("CodeSha256") == self._order.package.code_sha256:
                return self._settled(newest, made)
            self._delete(made)
            error = AwsError(self._differs(content))
            if content.place is None:
                break
            content.send()
        assert error is not None
        raise error

    def _settled(self, newest: int, made: Version) -> tuple[Version, PublishOutcome]:
        """Ours, or the lower one of another publisher: numbers only rise, so that all come to the same."""
        if made.number > newest + 1 and (lower := self._since(newest, below=made.number)) is not None:
            self._delete(made)
            return lower, PublishOutcome.ALREADY_THERE
        return made, PublishOutcome.PUBLISHED

    def _since(self, newest: int, below: int | None = None) -> Version | None:
        """The lowest version after ``newest``, and ``below`` that, which holds what is wanted."""
        versions = versions_of(self._client, self._order.name)
        since = [one for one in versions if newest < one.number and (below is None or one.number < below)]
        return holding(self._client, self._order.name, since, self._order.wanted)

    def _delete(self, made: Version) -> None:
        """Take away a version that we made, and that nobody needs."""
        try:
            self._client.delete_layer_version(LayerName=self._order.name, VersionNumber=made.number)
        except AWS_ERRORS as error:
            said = problem_of(error, f"deleting {made.arn}, which is not needed")
            self._problems.append(
                Problem(rule="not-deleted", severity=Severity.WARNING, message=said.message, hint=said.hint)
            )

    def _differs(self, content: _Content) -> Problem:
        message = f"what Lambda in {self._region} made of {content.place or self._order.package.path} is not that zip"
        return Problem(rule="aws-differs", message=message, hint="try again; that version was deleted")

    @contextmanager
    def _content(self) -> Iterator[_Content]:
        """The zip as a call takes it: its bytes, or an object that is there for as long as it is needed."""
        package = self._order.package
        if self._order.bucket is None:
            self._told(package.size, 0)
            yield _Content({"ZipFile": package.read()})
            self._told(0, package.size)
            return
        _check_bucket(self._region, self._order, self._clients)
        place = Place.of(self._order.bucket, self._region, package)
        client = self._clients.of_s3(self._region)
        mode = self._order.storage_mode

        def send() -> None:
            self._told(package.size, 0)
            stage(client, place, package, lambda more: self._told(0, more))

        was_there = is_staged(client, place, package)
        if not was_there:
            send()
        request = {"S3Bucket": place.bucket, "S3Key": place.key, **({"S3ObjectStorageMode": mode} if mode else {})}
        try:
            yield _Content(request, place, send)
        finally:
            if not was_there and not self._order.keep and (warning := unstage(client, place)) is not None:
                self._problems.append(warning)


class _Content(NamedTuple):
    """The zip as a call takes it."""

    parameters: dict[str, Any]
    place: Place | None = None
    """Where it is, unless it is in the call itself."""
    send: Callable[[], None] = lambda: None
    """Put it there anew."""


def _is_missing_object(error: BaseException) -> bool:
    """Whether Lambda did not find the object in the bucket."""
    return "NoSuchKey" in str(error) or "S3 Error Code: NotFound" in str(error)
