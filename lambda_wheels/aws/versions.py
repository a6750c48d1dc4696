"""The versions of a layer that are there, and which of them holds what is to be published. (Asks AWS.)"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from lambda_wheels.aws.downloads import downloaded, is_fetchable
from lambda_wheels.aws.failures import AWS_ERRORS, is_gone
from lambda_wheels.aws.marks import digest_in
from lambda_wheels.errors import WheelError
from lambda_wheels.layers.inside import read_inside

_log = logging.getLogger(__name__)

_PAGE: Final = 50
"""Versions in one answer, at the most (Lambda API, ListLayerVersions)."""


class Wanted(NamedTuple):
    """What makes one layer version as good as another; descriptions do not."""

    content_sha256: str
    code_sha256: str
    runtimes: frozenset[str]
    architectures: frozenset[str]
    license: str


class Version(NamedTuple):
    """A version as it is listed."""

    number: int
    arn: str
    description: str
    runtimes: frozenset[str]
    architectures: frozenset[str]
    license: str

    @classmethod
    def of(cls, item: dict[str, Any]) -> Version:
        """The version in an answer of AWS."""
        return cls(
            item["Version"],
            item["LayerVersionArn"],
            item.get("Description") or "",
            frozenset(item.get("CompatibleRuntimes") or ()),
            frozenset(item.get("CompatibleArchitectures") or ()),
            item.get("LicenseInfo") or "",
        )

    def claims(self, wanted: Wanted) -> bool:
        """Whether it says that it is what is wanted."""
        return (
            digest_in(self.description) == wanted.content_sha256
            and self.runtimes == wanted.runtimes
            and self.architectures == wanted.architectures
            and self.license == wanted.license
        )


def versions_of(client: Any, name: str) -> Iterator[Version]:
    """Every version of the layer ``name``, all pages; none where there is no such layer."""
    marker: dict[str, str] = {}
    seen: set[str] = set()
    while True:
        try:
            page = client.list_layer_versions(LayerName=name, MaxItems=_PAGE, **marker)
        except AWS_ERRORS as error:
            if is_gone(error):
                return
            raise
        yield from map(Version.of, page["LayerVersions"])
        next_marker = page.get("NextMarker")
        if not next_marker or next_marker in seen:  # an endpoint that knows no pages sends the same one for ever
            return
        seen.add(next_marker)
        marker = {"Marker": next_marker}


def holding(client: Any, name: str, versions: Iterable[Version], wanted: Wanted) -> Version | None:
    """The lowest of ``versions`` that holds what is wanted: so all who ask get the same.

    A description can be copied to another content, so each that claims to be it is held against what AWS has.
    """
    for version in sorted(versions):
        if version.claims(wanted) and _holds(client, name, version, wanted):
            return version
    return None


def content_of(client: Any, name: str, number: int) -> dict[str, Any] | None:
    """What AWS says of the zip of a version; None where there is no such version any more."""
    try:
        content: dict[str, Any] = client.get_layer_version(LayerName=name, VersionNumber=number)["Content"]
    except AWS_ERRORS as error:
        if is_gone(error):
            return None
        raise
    return content


def _holds(client: Any, name: str, version: Version, wanted: Wanted) -> bool:
    """Whether it is that zip; or another with the same files, as where somebody zips them with today's dates.

    :raises AwsError: it cannot be fetched: to take that for a no would make one more version of the same.
    """
    content = content_of(client, name, version.number)
    if content is None or content.get("CodeSha256") == wanted.code_sha256:
        return content is not None
    if not is_fetchable(str(content.get("Location", ""))):
        _log.warning("%s could not be compared: the endpoint does not say where its zip is", version.arn)
        return False
    try:
        with downloaded(content, f"{name}-{version.number}", client=client) as path:
            inside = read_inside(path)
    except (WheelError, ValueError):
        return False
    # What is not sound may unpack to other files than those that were read.
    return inside.is_sound and inside.content_sha256 == wanted.content_sha256
