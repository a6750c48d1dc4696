"""The zip as PublishLayerVersion takes it: in the call, or as an object in a bucket. (Reads the disk, asks S3.)"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple, Protocol

from boto3.s3.transfer import TransferConfig

from lambda_wheels.aws.failures import AWS_ERRORS, code_of, problem_of, status_of
from lambda_wheels.aws.package import Package
from lambda_wheels.errors import AwsError, AwsRefusedError
from lambda_wheels.problems import Problem, Severity

REFERENCE: Final = "REFERENCE"
"""The storage mode in which Lambda reads the object in the bucket, and keeps no copy."""

_FOLDER: Final = "lambda-wheels"
_PARTS: Final = TransferConfig(multipart_threshold=16 << 20, multipart_chunksize=16 << 20, max_concurrency=4)

Told = Callable[[int, int], None]
"""Told how many bytes more are to be sent, and how many more were."""


class Bucket(NamedTuple):
    """Through which bucket zips go, and what becomes of them there."""

    template: str
    """``layers-{region}``, and after a slash what keys begin with."""
    keep: bool
    storage_mode: str | None

    def place(self, region: str, package: Package) -> Place:
        """Where what stays lies: its name is its digest, so that what is there is not sent again."""
        bucket, _, prefix = self.template.removeprefix("s3://").replace("{region}", region).partition("/")
        return Place(bucket, "/".join(part for part in (prefix.strip("/"), _FOLDER, f"{package.sha256}.zip") if part))


class Place(NamedTuple):
    """An object in a bucket."""

    bucket: str
    key: str

    def of_one(self, publisher: str) -> Place:
        """The place of an object that one publisher alone uses, and takes away again."""
        return self._replace(key=f"{self.key.removesuffix('.zip')}-{publisher}.zip")

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


class Source(Protocol):
    """Where Lambda is to take the zip from."""

    place: Place | None
    """The object, if it is one."""

    def parameters(self) -> dict[str, Any]:
        """The call's ``Content``."""

    def send_anew(self) -> bool:
        """Where Lambda did not find the zip, or found another: whether a new try may go better."""

    def close(self) -> Problem | None:
        """Take away what is no longer needed; what could not be is a warning."""


class InCall:
    """The bytes of the zip go into the call."""

    place: Place | None = None

    def __init__(self, package: Package, told: Told) -> None:
        self._package, self._told = package, told
        told(package.size, 0)

    def parameters(self) -> dict[str, Any]:
        """See :class:`Source`."""
        return {"ZipFile": self._package.read()}

    def send_anew(self) -> bool:
        """There is nothing that could be sent otherwise."""
        return False

    def close(self) -> Problem | None:
        """See :class:`Source`."""
        self._told(0, self._package.size)
        return None


class InBucket:
    """An object: the one that stays there, if it is there or is to stay; else one of our own, for a while."""

    def __init__(self, client: Any, bucket: Bucket, region: str, package: Package, publisher: str, told: Told) -> None:
        """:raises AwsRefusedError: Lambda in ``region`` cannot take an object from the bucket.

        :raises AwsError: S3 does not answer, or not us.
        """
        self._client, self._bucket, self._package, self._told = client, bucket, package, told
        lasting = bucket.place(region, package)
        check_bucket(client, lasting, region, elsewhere=bucket.storage_mode == REFERENCE)
        self._own = lasting if bucket.keep else lasting.of_one(publisher)
        self._is_sent = False
        self.place: Place | None = lasting
        if not _is_there(client, lasting, package):
            self.send_anew()

    def parameters(self) -> dict[str, Any]:
        """See :class:`Source`."""
        assert self.place is not None
        mode = self._bucket.storage_mode
        return {
            "S3Bucket": self.place.bucket,
            "S3Key": self.place.key,
            **({"S3ObjectStorageMode": mode} if mode else {}),
        }

    def send_anew(self) -> bool:
        """Put the zip where we put it, and use that."""
        self._told(self._package.size, 0)
        self._is_sent = True
        _send(self._client, self._own, self._package, lambda more: self._told(0, more))
        self.place = self._own
        return True

    def close(self) -> Problem | None:
        """Only what we put there for ourselves is taken away."""
        if not self._is_sent or self._bucket.keep:
            return None
        try:
            self._client.delete_object(Bucket=self._own.bucket, Key=self._own.key)
        except AWS_ERRORS as error:
            said = problem_of(error, f"removing {self._own}, which is no longer needed")
            return Problem(rule="not-deleted", severity=Severity.WARNING, message=said.message, hint=said.hint)
        return None


def check_bucket(client: Any, place: Place, region: str, *, elsewhere: bool) -> None:
    """Hold that Lambda in ``region`` can take an object from the bucket.

    :param elsewhere: whether it may be in another region, as with the storage mode REFERENCE.
    :raises AwsRefusedError: there is no such bucket, or it is in another region.
    :raises AwsError: S3 does not answer, or not us.
    """
    try:
        headers = client.head_bucket(Bucket=place.bucket)["ResponseMetadata"]["HTTPHeaders"]
        there = headers.get("x-amz-bucket-region")
    except AWS_ERRORS as error:
        if status_of(error) == 404:
            hint = f"make it with: aws s3 mb s3://{place.bucket} --region {region}"
            raise AwsRefusedError(_unusable(f"there is no bucket {place.bucket}", hint)) from error
        there = _redirected_to(error)
        if there is None:
            raise AwsError(problem_of(error, f"looking for the bucket {place.bucket}")) from error
    if there not in {None, region} and not elsewhere:
        hint = "name a bucket for each region, as layers-{region}"
        message = f"the bucket {place.bucket} is in {there}, and a layer in {region} needs one there"
        raise AwsRefusedError(_unusable(message, hint))


def _is_there(client: Any, place: Place, package: Package) -> bool:
    """Whether the zip is there, as far as size tells: what Lambda made of it is compared in the end."""
    try:
        return bool(client.head_object(Bucket=place.bucket, Key=place.key)["ContentLength"] == package.size)
    except AWS_ERRORS as error:
        # Without the right to list a bucket S3 says 403 for what is not there (S3 API, HeadObject).
        if status_of(error) in {403, 404}:
            return False
        raise AwsError(problem_of(error, f"looking for {place}")) from error


def _send(client: Any, place: Place, package: Package, told: Callable[[int], None]) -> None:
    """Send the zip, in parts that S3 checks as they come in.

    :param told: how many bytes more have left; called by several threads.
    :raises AwsError: S3 does not take it.
    """
    action = f"sending {package.path.name} to {place}"
    try:
        client.upload_file(
            str(package.path),
            place.bucket,
            place.key,
            ExtraArgs={"ChecksumAlgorithm": "SHA256", "ContentType": "application/zip"},
            Callback=told,
            Config=_PARTS,
        )
    except AWS_ERRORS as error:
        raise AwsError(problem_of(error, action)) from error
    except OSError as error:
        raise AwsError(Problem(rule="aws-failed", message=f"{action}: {error}")) from error


def _redirected_to(error: BaseException) -> str | None:
    """The region in which S3 says that a bucket is, if it says so."""
    if code_of(error) not in {"301", "PermanentRedirect", "307", "400"}:
        return None
    headers = getattr(error, "response", {}).get("ResponseMetadata", {}).get("HTTPHeaders", {})
    region = headers.get("x-amz-bucket-region")
    return None if region is None else str(region)


def _unusable(message: str, hint: str) -> Problem:
    return Problem(rule="bucket-unusable", message=message, hint=hint)
