"""Publishing in one region, so that a layer is there once whatever happens. (Asks AWS.)

PublishLayerVersion has no token by which AWS would know a repeated call (AWS, "PublishLayerVersion"), so a call is made
once, and after an answer that leaves doubt the versions are read again. What we made ourselves is known by the mark of
the publisher in its description, and nothing else is ever deleted.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from lambda_wheels.aws.clients import Clients
from lambda_wheels.aws.failures import (
    AWS_ERRORS,
    answered,
    is_doubtful,
    is_throttled,
    is_unsent,
    problem_of,
    retry_after,
)
from lambda_wheels.aws.marks import marked, publisher_in
from lambda_wheels.aws.package import Package
from lambda_wheels.aws.patience import Patience, pauses
from lambda_wheels.aws.results import LayerVersion, PublishOutcome
from lambda_wheels.aws.sharing import Grant, not_asked_for, not_yet, share
from lambda_wheels.aws.staging import REFERENCE, Bucket, InBucket, InCall, Source, Told, check_bucket
from lambda_wheels.aws.versions import Version, Wanted, holding, versions_of
from lambda_wheels.errors import AwsError, LambdaWheelsError
from lambda_wheels.problems import Problem, Severity


class Order(NamedTuple):
    """What is to be published, everywhere alike."""

    name: str
    package: Package
    words: str
    """The description without marks."""
    license: str
    bucket: Bucket | None
    """None where the zip goes into the call."""
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

    def request(self, content: dict[str, Any], publisher: str) -> dict[str, Any]:
        """The parameters of the call; AWS takes no empty ones."""
        return {
            "LayerName": self.name,
            "Content": content,
            "Description": marked(self.words, self.package.content_sha256, publisher),
            **({"CompatibleRuntimes": list(self.package.runtimes)} if self.package.runtimes else {}),
            **({"CompatibleArchitectures": list(self.package.architectures)} if self.package.architectures else {}),
            **({"LicenseInfo": self.license} if self.license else {}),
        }


def publish_in(region: str, order: Order, clients: Clients, patience: Patience, told: Told) -> LayerVersion:
    """Publish in ``region``, or take what is there; what fails is said in the answer, for other regions go on."""
    problems: list[Problem] = []
    try:
        with answered(f"publishing {order.name} in {region}"):
            return _Region(region, order, clients, patience, told, problems).publish()
    except LambdaWheelsError as error:
        return LayerVersion(region=region, outcome=PublishOutcome.FAILED, problems=(*error.problems, *problems))


def look_in(region: str, order: Order, clients: Clients) -> LayerVersion:
    """What :func:`publish_in` would do. Changes nothing."""
    try:
        with answered(f"looking for {order.name} in {region}"):
            return _looked(region, order, clients)
    except LambdaWheelsError as error:
        return LayerVersion(region=region, outcome=PublishOutcome.FAILED, problems=error.problems)


def _looked(region: str, order: Order, clients: Clients) -> LayerVersion:
    shared = tuple(map(str, order.grants))
    client = clients.of_lambda(region)
    found = holding(client, order.name, versions_of(client, order.name), order.wanted)
    if found is not None:
        more = not_yet(client, order.name, found.number, order.grants)
        return LayerVersion(
            region=region,
            outcome=PublishOutcome.ALREADY_THERE,
            arn=found.arn,
            version=found.number,
            shared_with=shared,
            newly_shared_with=tuple(map(str, more)),
            problems=tuple(not_asked_for(client, order.name, found.number, order.grants)),
        )
    place = None
    if order.bucket is not None:
        place = order.bucket.place(region, order.package)
        check_bucket(clients.of_s3(region), place, region, elsewhere=order.bucket.storage_mode == REFERENCE)
    return LayerVersion(
        region=region,
        outcome=PublishOutcome.WOULD_PUBLISH,
        staged=None if place is None else str(place),
        shared_with=shared,
        newly_shared_with=shared,
    )


class _Region:
    """The publishing of one order in one region."""

    def __init__(
        self, region: str, order: Order, clients: Clients, patience: Patience, told: Told, problems: list[Problem]
    ) -> None:
        """:param problems: warnings are added to it, whatever comes of the rest."""
        self._region, self._order, self._clients, self._patience, self._told = region, order, clients, patience, told
        self._client = clients.of_lambda(region)
        self._problems = problems
        self._publisher = secrets.token_hex(4)
        """By this mark a version is known to be ours."""
        self._newest = 0
        """The version that was the newest when we looked: what we make comes after it."""

    def publish(self) -> LayerVersion:
        """The whole of it."""
        order = self._order
        before = [*versions_of(self._client, order.name)]
        version = holding(self._client, order.name, before, order.wanted)
        outcome = PublishOutcome.ALREADY_THERE
        staged = None
        if version is None:
            self._newest = max((one.number for one in before), default=0)
            with self._source() as source:
                version, outcome = self._make(source)
                staged = source.place
        added: tuple[Grant, ...] = ()
        try:
            added = share(self._client, order.name, version.number, order.grants)
            self._problems += not_asked_for(self._client, order.name, version.number, order.grants)
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
            newly_shared_with=tuple(map(str, added)),
            problems=tuple(self._problems),
        )

    @contextmanager
    def _source(self) -> Iterator[Source]:
        """Where Lambda takes the zip from, there for as long as it is needed."""
        order = self._order
        source: Source
        if order.bucket is None:
            source = InCall(order.package, self._told)
        else:
            client = self._clients.of_s3(self._region)
            source = InBucket(client, order.bucket, self._region, order.package, self._publisher, self._told)
        try:
            yield source
        finally:
            if (warning := source.close()) is not None:
                self._problems.append(warning)

    def _make(self, source: Source) -> tuple[Version, PublishOutcome]:
        """Make one version, or take that of another publisher who was faster."""
        once = self._clients.of_lambda(self._region, once=True)
        error: BaseException | None = None
        doubt = False
        for pause in pauses():
            try:
                answer = once.publish_layer_version(**self._order.request(source.parameters(), self._publisher))
                made, digest = Version.of(answer), answer["Content"].get("CodeSha256")
            except AWS_ERRORS as raised:
                error = raised
                if _is_missing_object(raised) and source.send_anew():  # somebody took it away
                    continue
                if not is_throttled(raised) and not is_unsent(raised) and not is_doubtful(raised):
                    raise
                doubt = doubt or is_doubtful(raised)
                self._patience.pause(max(pause, retry_after(raised)))
            except (AttributeError, KeyError, TypeError) as raised:
                error, doubt = AwsError(self._unreadable(raised)), True
                self._patience.pause(pause)
            else:
                if digest == self._order.package.code_sha256:
                    return self._settled(made, doubt=doubt)
                error = AwsError(self._differs(source, made))
                if not source.send_anew():
                    break
            if doubt and (found := self._agreed()) is not None:
                return found
        assert error is not None
        raise error

    def _settled(self, made: Version, *, doubt: bool) -> tuple[Version, PublishOutcome]:
        """What there is after we made one: numbers only rise, so that only what came in between can be lower."""
        if made.number == self._newest + 1 and not doubt:
            return made, PublishOutcome.PUBLISHED
        try:
            return self._agreed() or (made, PublishOutcome.PUBLISHED)
        except AWS_ERRORS as error:
            action = f"looking whether somebody else made a version of {self._order.name} as well"
            self._problems.append(problem_of(error, action).as_warning())
            return made, PublishOutcome.PUBLISHED

    def _agreed(self) -> tuple[Version, PublishOutcome] | None:
        """The lowest version since we looked, which all publishers take; of ours any other is deleted."""
        since = [one for one in versions_of(self._client, self._order.name) if one.number > self._newest]
        taken = holding(self._client, self._order.name, since, self._order.wanted)
        if taken is None:
            return None
        for one in since:
            if self._is_ours(one) and one != taken:
                self._delete(one)
        return taken, PublishOutcome.PUBLISHED if self._is_ours(taken) else PublishOutcome.ALREADY_THERE

    def _is_ours(self, version: Version) -> bool:
        return publisher_in(version.description) == self._publisher

    def _delete(self, version: Version) -> bool:
        """Take away a version that we made, and that nobody needs; whether it is gone."""
        try:
            self._client.delete_layer_version(LayerName=self._order.name, VersionNumber=version.number)
        except AWS_ERRORS as error:
            said = problem_of(error, f"deleting {version.arn}, which is not needed")
            self._problems.append(
                Problem(rule="not-deleted", severity=Severity.WARNING, message=said.message, hint=said.hint)
            )
            return False
        return True

    def _differs(self, source: Source, made: Version) -> Problem:
        deleted = "; it was deleted" if self._delete(made) else ""
        message = (
            f"{made.arn}, which Lambda made of {source.place or self._order.package.path}, is not that zip{deleted}"
        )
        return Problem(rule="aws-differs", message=message, hint="try again")

    def _unreadable(self, error: BaseException) -> Problem:
        message = (
            f"publishing {self._order.name} in {self._region}: the answer is not Lambda's ({type(error).__name__})"
        )
        return Problem(rule="aws-failed", message=message, hint="is there a proxy in between?")


def _is_missing_object(error: BaseException) -> bool:
    """Whether Lambda did not find the object in the bucket."""
    return "S3 Error Code: NoSuchKey" in str(error) or "S3 Error Code: NotFound" in str(error)
