"""What the file name of a wheel promises. (Pure.)"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from packaging.tags import Tag, parse_tag
from packaging.utils import BuildTag, InvalidWheelFilename, NormalizedName, canonicalize_name, parse_wheel_filename
from packaging.version import Version

from lambda_wheels.wheels.findings import Findings

_LONGEST: Final = 255
"""Characters that the name of a file may have."""
_PLAIN: Final = re.compile(r"[A-Za-z0-9_.+!-]+")
_MOST_TAGS: Final = 1_000
"""Tags of a wheel; real ones have up to a hundred. In a compressed set the three parts are multiplied: one
line of text can stand for more tags than memory holds."""


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
        except ValueError:  # InvalidVersion is one; another is raised for a number of too many digits
            return False


def read_filename(filename: str, findings: Findings) -> Identity:
    """Take the file name apart (https://packaging.python.org/specifications/binary-distribution-format/).

    :raises WheelError: it is not the name of a wheel.
    """
    try:
        identity = Identity(*parse_filename(filename))
    except ValueError as error:
        raise findings.stop("wheel-filename", f"it is not the file name of a wheel: {error}") from None
    findings.project = identity.name
    return identity


def parse_filename(filename: str) -> tuple[NormalizedName, Version, BuildTag, frozenset[Tag]]:
    """As ``packaging`` does it, for names that a stranger can choose.

    :raises InvalidWheelFilename: it is no name of a wheel, or stands for more than a real one does.
    """
    if len(filename) > _LONGEST:
        raise InvalidWheelFilename(f"the name has more than {_LONGEST} characters: {filename[:_LONGEST]!r}")
    if _size("-".join(filename.removesuffix(".whl").rsplit("-", 3)[1:])) > _MOST_TAGS:
        raise InvalidWheelFilename(f"its tags stand for more than {_MOST_TAGS:,}: {filename!r}")
    return parse_wheel_filename(filename)


def parse_plain_filename(filename: str) -> tuple[NormalizedName, Version, BuildTag, frozenset[Tag]]:
    """The same, where no tag may have a space or a bracket in it, as in a browser's copy.

    :raises InvalidWheelFilename: likewise.
    """
    if not _PLAIN.fullmatch(filename):
        raise InvalidWheelFilename(f"a character in {filename!r} has no place there")
    return parse_filename(filename)


def tags_in(text: str) -> frozenset[Tag]:
    """The tags of a compressed set.

    :raises ValueError: it is none, or stands for more than a real one does.
    """
    if text.count("-") != 2 or _size(text) > _MOST_TAGS:
        raise ValueError(f"not a set of tags: {text[:_LONGEST]!r}")
    return parse_tag(text)


def tags_of_lines(lines: Iterable[str]) -> tuple[frozenset[Tag], list[str]]:
    """The tags of all lines of WHEEL, and the lines that are none.

    One line may hold a compressed set, though the specification wants them expanded.

    :raises ValueError: together they stand for more than a real wheel's do.
    """
    tags: set[Tag] = set()
    others = []
    number = 0
    for line in lines:
        try:
            tags |= tags_in(line)
            number += _size(line)
        except ValueError:
            others.append(line)
        if number + len(others) > _MOST_TAGS:
            raise ValueError(f"its tags stand for more than {_MOST_TAGS:,}")
    return frozenset(tags), others


def _size(text: str) -> int:
    """How many tags a compressed set stands for."""
    return math.prod(part.count(".") + 1 for part in text.split("-"))
