"""What the file name of a wheel promises. (Pure.)"""

from __future__ import annotations

from typing import NamedTuple

from packaging.tags import Tag
from packaging.utils import BuildTag, InvalidWheelFilename, NormalizedName, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from lambda_wheels.wheels.findings import Findings


class Identity(NamedTuple):
    """Who the wheel says it is: the name that pip chose it by."""

    name: NormalizedName
    version: Version
    build: BuildTag
    tags: frozenset[Tag]

    def is_named(self, folder: str) -> bool:
        """Whether ``name-version``, the stem of a folder's name, is this wheel's, however it is spelt."""
        name, _, version = folder.rpartition("-")
        return canonicalize_name(name) == self.name and self.is_version(version)

    def is_version(self, text: str) -> bool:
        """Whether ``text`` is this version, however it is spelt."""
        try:
            return Version(text) == self.version
        except InvalidVersion:
            return False


def read_filename(filename: str, findings: Findings) -> Identity:
    """Take the file name apart (https://packaging.python.org/specifications/binary-distribution-format/).

    :raises WheelError: it is not the name of a wheel.
    """
    try:
        identity = Identity(*parse_wheel_filename(filename))
    except (InvalidWheelFilename, InvalidVersion) as error:
        raise findings.stop("wheel-filename", f"it is not the file name of a wheel: {error}") from None
    findings.project = identity.name
    return identity
