"""``publish_layer()``: a zip becomes a layer version in every region that is to have it, once. (Asks AWS.)"""

from __future__ import annotations

import shlex
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

from lambda_wheels.aws.arns import bad_layer_name, is_layer_name
from lambda_wheels.aws.clients import Clients
from lambda_wheels.aws.marks import ROOM
from lambda_wheels.aws.package import Package, read_package
from lambda_wheels.aws.patience import Patience
from lambda_wheels.aws.publishing import Order, look_in, publish_in
from lambda_wheels.aws.regions import AT_ONCE, regions_of
from lambda_wheels.aws.results import LayerVersion, LayerVersions
from lambda_wheels.aws.sharing import Grant
from lambda_wheels.aws.staging import REFERENCE, Bucket
from lambda_wheels.aws.workers import run_side_by_side
from lambda_wheels.errors import AwsRefusedError, UsageError
from lambda_wheels.layers import Layer
from lambda_wheels.problems import Problem
from lambda_wheels.progress import Progress, ProgressEvent, Stage, silent
from lambda_wheels.resolution.requirement_files import existing
from lambda_wheels.targets.limits import DIRECT_UPLOAD_LIMIT

_LICENSE_LIMIT: Final = 512
"""Characters (Lambda API, PublishLayerVersion)."""
_IN_MEMORY: Final = 1 << 30
"""Bytes of calls that are on their way: a zip in a call is there as itself, in base64 and in JSON."""


def publish_layer(
    layer: Layer | str | Path,
    *,
    name: str,
    regions: str | Iterable[str] = (),
    description: str | None = None,
    license: str = "",
    share_with: str | Iterable[str] = (),
    bucket: str | None = None,
    keep: bool = False,
    storage_mode: Literal["COPY", "REFERENCE"] | None = None,
    runtime: str | Iterable[str] = (),
    architecture: str | Iterable[str] = (),
    dry_run: bool = False,
    session: Any = None,
    progress: Progress = silent,
) -> LayerVersions:
    """Make a layer version of a zip in each region, unless one with the same content is there.

    It may be called again after any failure, and does only what is missing. A region that fails does not stop the
    others, and is said in what is returned: see :meth:`LayerVersions.raise_for_failures`.

    :param layer: what was built, or a zip, whoever made it.
    :param name: of the layer.
    :param regions: AWS's names, ``eu-west-1``; else the session's own.
    :param description: up to 167 characters; the digest of the content is added. Else the projects are named.
    :param license: up to 512 characters: an SPDX identifier, a URL, or a text.
    :param share_with: accounts by their twelve digits, organisations as ``o-a1b2c3d4e5``, or ``everyone``.
    :param bucket: through which the zip goes, which it has to above 50 MB. ``layers-{region}`` names one for each
        region; after a slash may stand what keys are to begin with.
    :param keep: leave the zip in the bucket.
    :param storage_mode: ``REFERENCE`` lets Lambda read the object in the bucket, which then stays there.
    :param runtime: those that are named as compatible; else those that a layer of ours is known to run on.
    :param architecture: the same.
    :param dry_run: say what would be done, and change nothing.
    :param session: a ``boto3.Session``; else the environment says who you are, as for every AWS tool.
    :param progress: called with each step.
    :raises UsageError: the call makes no sense, or nothing is known of a zip and nothing was named.
    :raises LayerError: the zip cannot be a layer.
    :raises AwsRefusedError: the zip is too large for a call, and no bucket was named.
    :raises OutputError: the zip cannot be read.
    :raises AwsError: there is no such profile.
    """
    named, whom, runtimes, architectures = map(_several, (regions, share_with, runtime, architecture))
    call = {
        "name": name,
        "region": named,
        "description": description,
        "license": license or None,
        "share-with": whom,
        "runtime": runtimes,
        "architecture": architectures,
    }
    _check(name, license, description, keep, bucket, storage_mode)
    grants = tuple(dict.fromkeys(map(Grant.read, whom)))
    if not isinstance(layer, Layer):
        layer = Path(layer)
        existing(layer)
    package = read_package(layer, runtimes, architectures, progress)
    if bucket is None and not package.is_direct:
        raise AwsRefusedError(_bucket_needed(package, call))
    order = Order(
        name,
        package,
        package.words if description is None else description,
        license,
        None if bucket is None else Bucket(bucket, keep or storage_mode == REFERENCE, storage_mode),
        grants,
    )
    patience = Patience()
    with Clients(session, patience) as clients:
        wanted = regions_of(named, clients)
        if dry_run:
            versions = run_side_by_side(lambda region: look_in(region, order, clients), wanted, AT_ONCE, patience)
        else:
            versions = _publish(wanted, order, clients, patience, progress)
    return LayerVersions(
        name=name,
        code_sha256=package.code_sha256,
        content_sha256=package.content_sha256,
        compatible_runtimes=package.runtimes,
        compatible_architectures=package.architectures,
        versions=tuple(versions),
    )


def _publish(
    regions: Sequence[str], order: Order, clients: Clients, patience: Patience, progress: Progress
) -> list[LayerVersion]:
    """In all regions side by side; ``progress`` is called in this thread alone."""
    sent = _Sent()
    at_once = AT_ONCE
    if order.bucket is None:
        at_once = max(1, min(at_once, _IN_MEMORY // (4 * order.package.size)))
    return run_side_by_side(
        lambda region: publish_in(region, order, clients, patience, sent.add),
        regions,
        at_once,
        patience,
        tell=lambda: progress(sent.event(order.name)),
    )


class _Sent:
    """How many bytes were sent of how many."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._total = self._done = 0

    def add(self, total: int, done: int) -> None:
        """So many more."""
        with self._lock:
            self._total += total
            self._done += done

    def event(self, what: str) -> ProgressEvent:
        """How far it is."""
        with self._lock:
            return ProgressEvent(stage=Stage.PUBLISH, done=self._done, total=self._total, what=what)


def _check(
    name: str, license: str, description: str | None, keep: bool, bucket: str | None, storage_mode: str | None
) -> None:
    """:raises UsageError: AWS would not take it."""
    problems = []
    if not is_layer_name(name):
        problems.append(bad_layer_name(name))
    if len(license) > _LICENSE_LIMIT:
        message = f"the licence has {len(license)} characters; AWS takes {_LICENSE_LIMIT}"
        problems.append(
            Problem(rule="bad-description", message=message, hint="name it by its SPDX identifier, or a URL")
        )
    if description is not None and len(description) > ROOM:
        message = f"the description has {len(description)} characters; beside the digest there is room for {ROOM}"
        problems.append(Problem(rule="bad-description", message=message, hint="shorten it"))
    if not isinstance(keep, bool):  # a number is what prune_layer takes
        message = f"keep={keep!r}: it says whether the zip stays in the bucket"
        problems.append(Problem(rule="bad-keep", message=message, hint="old versions are deleted by prune_layer"))
    if bucket is not None and not bucket.removeprefix("s3://").partition("/")[0]:
        problems.append(
            Problem(rule="bucket-needed", message="the bucket has no name", hint="name it, or leave it out")
        )
    if bucket is None and storage_mode is not None:
        message = f"{storage_mode} says how Lambda takes the zip from a bucket, and none was named"
        problems.append(Problem(rule="bucket-needed", message=message, hint="name it: --bucket layers-{region}"))
    if storage_mode not in {None, "COPY", REFERENCE}:
        message = f"{storage_mode!r} is no storage mode"
        problems.append(Problem(rule="aws-refused", message=message, hint="COPY or REFERENCE"))
    if problems:
        raise UsageError(problems)


def _bucket_needed(package: Package, call: Mapping[str, str | list[str] | None]) -> Problem:
    """With the command that would work: what was asked for, and a bucket."""
    words = ["lambda-wheels", "publish", str(package.path)]
    for flag, value in call.items():
        for text in _several(value or ()):
            words += [f"--{flag}", text]
    return Problem(
        rule="bucket-needed",
        message=f"{package.path} is {package.size:,} bytes, and a call takes {DIRECT_UPLOAD_LIMIT:,}",
        hint=f'send it through a bucket: {shlex.join(words)} --bucket "YOUR-BUCKET-{{region}}"',
    )


def _several(values: str | Iterable[str]) -> list[str]:
    """A list, of one where one was given."""
    return [values] if isinstance(values, str) else list(values)
