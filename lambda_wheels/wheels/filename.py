"""What the file name of a wheel promises. (Pure.)"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from packaging.tags import Tag, parse_tag
from packaging.utils import BuildTag, NormalizedName, canonicalize_name, parse_wheel_filename
from packaging.version import Version

from lambda_wheels.wheels.findings import Findings

MOST_TAGS: Final = 1_000
"""Tags that one compressed set may stand for; real ones stand for up to about twenty."""


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
        except ValueError:  # no version, or one with a number that is too long for Python
            return False


def read_filename(filename: str, findings: Findings) -> Identity:
    """Take the file name apart (https://packaging.python.org/specifications/binary-distribution-format/).

    :raises WheelError: it is not the name of a wheel.
    """
    try:
        identity = Identity(*parse_wheel_filename(filename))
    except ValueError as error:  # of packaging, or of Python where a number is too long for it
        raise findings.stop("wheel-filename", f"it is not the file name of a wheel: {error}") from None
    findings.project = identity.name
    return identity


def tags_in(line: str) -> frozenset[Tag]:
    """The tags that ``line``, a compressed set, stands for (``py2.py3-none-any``).

    :raises ValueError: it is none, or stands for more than could be meant: a line of 2,000 characters can be millions.
    """
    parts = line.split("-")
    if len(parts) != 3 or math.prod(part.count(".") + 1 for part in parts) > MOST_TAGS:
        raise ValueError(f"{line!r} is not a tag")
    return parse_tag(line)
