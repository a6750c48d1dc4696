"""What came of publishing, attaching and pruning: what the library returns and ``--json`` prints. (Pure values.)"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

from lambda_wheels.errors import AwsRefusedError, PublishError
from lambda_wheels.problems import Problem


class PublishOutcome(enum.StrEnum):
    """What came of publishing in a region. The values are those in ``--json``."""

    PUBLISHED = "published"
    """There is a new version."""
    ALREADY_THERE = "already there"
    """A version has the same content, runtimes, architectures and licence; it was taken, and nothing was made."""
    WOULD_PUBLISH = "would publish"
    """It was a dry run, and there is no such version yet."""
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True, slots=True)
class LayerVersion:
    """A layer in one region. The names of the attributes are the names in ``--json``."""

    region: str
    outcome: PublishOutcome
    arn: str | None = None
    """Of the version, which is what a function takes; None where there is none."""
    version: int | None = None
    staged: str | None = None
    """The object in a bucket through which the zip goes, ``s3://…``; None where it goes into the call itself."""
    shared_with: tuple[str, ...] = ()
    """Those of whom was asked that they may use it: account numbers, organisations, ``everyone``."""
    newly_shared_with: tuple[str, ...] = ()
    """Those of them who could not before; in a dry run those that would be added."""
    problems: tuple[Problem, ...] = ()
    """Why it failed; else warnings."""

    def as_dict(self) -> dict[str, Any]:
        """The version as a JSON object."""
        return {
            "region": self.region,
            "outcome": str(self.outcome),
            "arn": self.arn,
            "version": self.version,
            "staged": self.staged,
            "shared_with": list(self.shared_with),
            "newly_shared_with": list(self.newly_shared_with),
            "problems": [problem.as_dict() for problem in self.problems],
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class LayerVersions:
    """A layer in all regions that were asked for. The names of the attributes are the names in ``--json``."""

    name: str
    code_sha256: str
    """Of the zip, as Lambda reports it."""
    content_sha256: str
    """Of what it holds."""
    compatible_runtimes: tuple[str, ...]
    compatible_architectures: tuple[str, ...]
    versions: tuple[LayerVersion, ...]
    """One for each region, in the order in which they were named."""

    @property
    def arns(self) -> dict[str, str]:
        """The ARN in each region where there is a version."""
        return {version.region: version.arn for version in self.versions if version.arn is not None}

    @property
    def failed(self) -> tuple[LayerVersion, ...]:
        """The regions in which it failed."""
        return tuple(version for version in self.versions if version.outcome is PublishOutcome.FAILED)

    def raise_for_failures(self) -> None:
        """Do nothing if it worked in every region.

        :raises PublishError: it failed in one, or several; with the problems of them all.
        """
        if self.failed:
            raise PublishError(problem for version in self.failed for problem in version.problems)

    def as_dict(self) -> dict[str, Any]:
        """The layer as a JSON object."""
        return {
            "name": self.name,
            "code_sha256": self.code_sha256,
            "content_sha256": self.content_sha256,
            "compatible_runtimes": list(self.compatible_runtimes),
            "compatible_architectures": list(self.compatible_architectures),
            "versions": [version.as_dict() for version in self.versions],
        }


class LayerChange(enum.StrEnum):
    """What came of changing a function's layers. The values are those in ``--json``."""

    ATTACHED = "attached"
    ALREADY_ATTACHED = "already attached"
    WOULD_ATTACH = "would attach"
    DETACHED = "detached"
    NOT_ATTACHED = "not attached"
    """There was nothing to detach."""
    WOULD_DETACH = "would detach"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Attachment:
    """One function's layers. The names of the attributes are the names in ``--json``."""

    function: str
    """As it was named."""
    change: LayerChange
    layers_before: tuple[str, ...] = ()
    """The ARNs of its layer versions, as they were found."""
    layers: tuple[str, ...] = ()
    """Those that it has now, or would have."""
    function_version: str | None = None
    """The version of the function that was made, if that was asked for."""
    problems: tuple[Problem, ...] = ()
    """Why it failed; else warnings."""

    def as_dict(self) -> dict[str, Any]:
        """The function as a JSON object."""
        return {
            "function": self.function,
            "change": str(self.change),
            "layers_before": list(self.layers_before),
            "layers": list(self.layers),
            "function_version": self.function_version,
            "problems": [problem.as_dict() for problem in self.problems],
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Attachments:
    """All functions that were named, in their order."""

    functions: tuple[Attachment, ...]

    @property
    def failed(self) -> tuple[Attachment, ...]:
        """Those for which it failed."""
        return tuple(one for one in self.functions if one.change is LayerChange.FAILED)

    def raise_for_failures(self) -> None:
        """Do nothing if it worked for every function.

        :raises AwsRefusedError: it failed for one, or several; with the problems of them all.
        """
        if self.failed:
            raise AwsRefusedError(problem for one in self.failed for problem in one.problems)

    def as_dict(self) -> dict[str, Any]:
        """The functions as a JSON object."""
        return {"functions": [one.as_dict() for one in self.functions]}


@dataclass(frozen=True, kw_only=True, slots=True)
class Pruned:
    """What came of pruning a layer in one region. The names of the attributes are the names in ``--json``."""

    region: str
    deleted: tuple[int, ...] = ()
    """The versions that were deleted; in a dry run those that would be."""
    used: tuple[int, ...] = ()
    """Older versions that stay because a function, or a version of one, uses them."""
    kept: tuple[int, ...] = ()
    """The newest, that stay in any case."""
    problems: tuple[Problem, ...] = ()
    """Why it failed, for versions that could not be deleted, or for all."""

    @property
    def has_failed(self) -> bool:
        """Whether anything could not be done."""
        return bool(self.problems)

    def as_dict(self) -> dict[str, Any]:
        """The region as a JSON object."""
        return {
            "region": self.region,
            "deleted": list(self.deleted),
            "used": list(self.used),
            "kept": list(self.kept),
            "problems": [problem.as_dict() for problem in self.problems],
        }
