"""What is known of a proven wheel: the values that the other rooms work with. (Pure values.)"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from packaging.specifiers import SpecifierSet
from packaging.tags import Tag
from packaging.utils import BuildTag, NormalizedName
from packaging.version import Version

from lambda_wheels.problems import Problem
from lambda_wheels.wheels.native import Native

if TYPE_CHECKING:
    from lambda_wheels.wheels.pyc import Pyc


class Member(NamedTuple):  # a named tuple because a build makes thousands: four times as fast
    """A file inside a wheel, whose bytes were inflated once and found right."""

    name: str
    """Its path in the archive, with ``/``."""
    method: int
    """How it is compressed: 0 stored, 8 deflated."""
    crc: int
    """CRC-32 of the inflated bytes."""
    offset: int
    """Where its compressed bytes begin in the wheel, in bytes."""
    compressed_size: int
    """Bytes in the wheel."""
    size: int
    """Bytes when inflated."""
    executable: bool
    """Whether the archive gives anyone the right to execute it."""
    sha256: str
    """Of the inflated bytes, hexadecimal."""


class Wheel(NamedTuple):
    """A wheel whose archive, RECORD and metadata were read and hold (or whose slips are in ``problems``)."""

    filename: str
    sha256: str
    """Of the whole file, hexadecimal."""
    size: int
    """Of the whole file, in bytes."""
    name: NormalizedName
    version: Version
    build: BuildTag
    tags: frozenset[Tag]
    requires_python: SpecifierSet
    requires_dist: tuple[str, ...]
    """``Requires-Dist`` as written, one requirement each."""
    provides_extra: frozenset[NormalizedName]
    dist_info: str
    """The name of the ``.dist-info`` folder as it stands in the archive."""
    data: str
    """The name that the ``.data`` folder has in the archive, or would have."""
    entry_points: str
    """The text of ``entry_points.txt``; empty where there is none."""
    members: tuple[Member, ...]
    """In the order of the archive's directory. Folders are left out."""
    natives: tuple[Native, ...]
    """Those of its members that are machine code."""
    pycs: tuple[Pyc, ...]
    """Those of its members that are bytecode which counts though it may be wrong: there is no source of it, or it is
    run without being compared with its source, and is of another."""
    problems: tuple[Problem, ...]
    """What was found that need not stop a build: warnings, and errors that can be waived for a project."""
