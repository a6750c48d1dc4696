"""A zip in an S3 bucket, from where Lambda takes what is too large for a call. (Asks S3.)"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig

from lambda_wheels.aws.failures import AWS_ERRORS, code_of, problem_of, status_of
from lambda_wheels.aws.package import Package
from lambda_wheels.errors import AwsError, AwsRefusedError
from lambda_wheels.problems import Problem

_FOLDER = "lambda-wheels"
_PARTS = TransferConfig(multipart_threshold=16 << 20, multipart_chunksize=16 << 20, max_concurrency=4)


class Place(NamedTuple):
    """An object in a bucket."""

    bucket: str
    key: str

    @classmethod
    def of(cls, template: str, region: str, package: Package) -> Place:
        """Where ``package`` is put for ``region``; its name is its digest, so that what is there is not sent again.

        :param template: ``layers-{region}``, and after a slash what keys begin with.
        """
        bucket, _, prefix = template.replace("{region}", region).partition("/")
        return cls(bucket, "/".join(part for part in (prefix.strip("/"), _FOLDER, f"{package.sha256}.zip") if part))

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


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


def is_staged(client: Any, place: Place, package: Package) -> bool:
    """Whether the zip is there, as far as size tells: what Lambda made of it is compared in the end."""
    try:
        return bool(client.head_object(Bucket=place.bucket, Key=place.key)["ContentLength"] == package.size)
    except AWS_ERRORS as error:
        if status_of(error) == 404:
            return False
        # Without the right to list a bucket S3 says 403 for what is not there (S3 API, HeadObject).
        if status_of(error) == 403:
            return False
        raise AwsError(problem_of(error, f"looking for {place}")) from error


def stage(client: Any, place: Place, package: Package, told: Callable[[int], None]) -> None:
    """Send the zip, in parts that S3 checks as they come in.

    :param told: how many bytes more have left; called by several threads.
    :raises AwsError: S3 does not take it.
    """
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
        raise AwsError(problem_of(error, f"sending {package.path.name} to {place}")) from error
    except (Boto3Error, OSError) as error:  # boto3 wraps some of them in words
        cause = error.__cause__ or error.__context__
        if isinstance(cause, AWS_ERRORS):
            raise AwsError(problem_of(cause, f"sending {package.path.name} to {place}")) from error
        raise AwsError(
            Problem(rule="aws-failed", message=f"sending {package.path.name} to {place}: {error}")
        ) from error


def unstage(client: Any, place: Place) -> Problem | None:
    """Take the object away again; what S3 refuses is a warning, for the layer has what it needs."""
    try:
        client.delete_object(Bucket=place.bucket, Key=place.key)
    except AWS_ERRORS as error:
        found = problem_of(error, f"removing {place}, which is no longer needed")
        return found.as_warning()
    return None


def _redirected_to(error: BaseException) -> str | None:
    """The region in which S3 says that a bucket is, if it says so."""
    if code_of(error) not in {"301", "PermanentRedirect", "307", "400"}:
        return None
    headers = getattr(error, "response", {}).get("ResponseMetadata", {}).get("HTTPHeaders", {})
    region = headers.get("x-amz-bucket-region")
    return None if region is None else str(region)


def _unusable(message: str, hint: str) -> Problem:
    return Problem(rule="bucket-unusable", message=message, hint=hint)
