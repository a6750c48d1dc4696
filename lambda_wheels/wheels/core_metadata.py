"""``METADATA``: who the wheel is, and what it needs. (Pure.)

https://packaging.python.org/specifications/core-metadata/
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name

from lambda_wheels.wheels.filename import Identity
from lambda_wheels.wheels.findings import Findings
from lambda_wheels.wheels.headers import read_headers

_MOST_REQUIREMENTS: Final = 10_000
"""Lines of Requires-Dist; the longest lists of real projects have some hundreds."""
_MOST_CHARACTERS: Final = 10_000
"""Of one requirement, or of Requires-Python."""
_LONG_NUMBER: Final = re.compile(r"[0-9]{100}")
"""Python reads no numbers of some thousand digits, and says so only when a version is compared."""


class CoreMetadata(NamedTuple):
    """The part of the metadata that decides where and with what a wheel works."""

    requires_python: SpecifierSet = SpecifierSet()
    requires_dist: tuple[str, ...] = ()
    provides_extra: frozenset[NormalizedName] = frozenset()


def read_metadata(content: bytes, identity: Identity, findings: Findings, *, member: str) -> CoreMetadata:
    """Read ``METADATA``, which stands in ``member``, and hold it against the file name."""
    try:
        headers = read_headers(content)
    except UnicodeDecodeError:
        findings.add("metadata-encoding", "the file is not UTF-8", member=member)
        return CoreMetadata()
    names, versions = headers.get("name", []), headers.get("version", [])
    if [canonicalize_name(name) for name in names] != [identity.name]:
        findings.add("metadata-name", f"it is of {_listed(names)}, not of {identity.name}", member=member)
    if len(versions) != 1 or not identity.is_version(versions[0]):
        findings.add("metadata-version", f"it is of version {_listed(versions)}, not {identity.version}", member=member)
    return CoreMetadata(
        requires_python=_requires_python(headers.get("requires-python", []), findings, member),
        requires_dist=_requires_dist(headers.get("requires-dist", []), findings, member),
        provides_extra=frozenset(canonicalize_name(extra) for extra in headers.get("provides-extra", [])),
    )


def _requires_python(said: list[str], findings: Findings, member: str) -> SpecifierSet:
    try:
        if len(said) <= 1:
            return SpecifierSet(_readable("".join(said)))
    except ValueError:
        pass
    findings.add("metadata-requires-python", f"Requires-Python {_listed(said)} cannot be read", member=member)
    return SpecifierSet()


def _requires_dist(said: list[str], findings: Findings, member: str) -> tuple[str, ...]:
    if len(said) > _MOST_REQUIREMENTS:
        message = f"it has {len(said):,} requirements, more than {_MOST_REQUIREMENTS:,}"
        findings.add("metadata-requires-dist", message, member=member)
        return ()
    for line in said:
        try:
            Requirement(_readable(line))
        except ValueError as error:
            reason = str(error).partition("\n")[0]
            findings.add("metadata-requires-dist", f"{line!r} is not a requirement: {reason}", member=member)
    return tuple(said)


def _readable(text: str) -> str:
    """``text``, if it can be taken apart in reasonable time, and compared.

    :raises ValueError: it cannot.
    """
    if len(text) > _MOST_CHARACTERS:
        raise ValueError(f"it has more than {_MOST_CHARACTERS:,} characters")
    if _LONG_NUMBER.search(text):
        raise ValueError("a number in it has more than 100 digits")
    return text


def _listed(values: list[str]) -> str:
    return ", ".join(map(repr, values)) or "nothing"
