"""``METADATA``: who the wheel is, and what it needs. (Pure.)

https://packaging.python.org/specifications/core-metadata/
"""

from __future__ import annotations

from typing import Final, NamedTuple

from packaging.requirements import InvalidRequirement
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name

from lambda_wheels.wheels.filename import Identity
from lambda_wheels.wheels.findings import Findings
from lambda_wheels.wheels.headers import read_headers
from lambda_wheels.wheels.needs import requirement_in

_LONGEST: Final = 4_096
"""Characters of a requirement or a ``Requires-Python``; real ones have up to some hundreds. Longer ones would take
minutes to read, and hold numbers of more digits than Python takes."""
_MOST_REQUIREMENTS: Final = 5_000
"""Real wheels have up to a thousand."""
_MOST_EXTRAS: Final = 1_000
"""Real wheels have up to some hundreds. Each is looked for in all requirements."""
_SHOWN: Final = 5
"""How many values a message names at the most."""
_LONGEST_SHOWN: Final = 200
"""Characters of each."""


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
    except ValueError as error:
        findings.add("metadata-size", str(error), member=member)
        return CoreMetadata()
    names, versions = headers.get("name", []), headers.get("version", [])
    if [canonicalize_name(name) for name in names] != [identity.name]:
        findings.add("metadata-name", f"it is of {_listed(names)}, not of {identity.name}", member=member)
    if len(versions) != 1 or not identity.is_version(versions[0]):
        findings.add("metadata-version", f"it is of version {_listed(versions)}, not {identity.version}", member=member)
    return CoreMetadata(
        requires_python=_requires_python(headers.get("requires-python", []), findings, member),
        requires_dist=_requires_dist(headers.get("requires-dist", []), findings, member),
        provides_extra=_provides_extra(headers.get("provides-extra", []), findings, member),
    )


def _requires_python(said: list[str], findings: Findings, member: str) -> SpecifierSet:
    try:
        if len(said) <= 1 and len("".join(said)) <= _LONGEST:
            return SpecifierSet("".join(said))
    except ValueError:
        pass
    findings.add("metadata-requires-python", f"Requires-Python {_listed(said)} cannot be read", member=member)
    return SpecifierSet()


def _requires_dist(said: list[str], findings: Findings, member: str) -> tuple[str, ...]:
    if len(said) > _MOST_REQUIREMENTS:
        message = f"it has {len(said):,} requirements, more than {_MOST_REQUIREMENTS:,}"
        findings.add("metadata-size", message, member=member)
        return ()
    sound = []
    for line in said:
        try:
            if len(line) > _LONGEST:
                raise InvalidRequirement(f"it has more than {_LONGEST:,} characters")
            requirement_in(line)
        except InvalidRequirement as error:
            reason = str(error).partition("\n")[0]
            findings.add("metadata-requires-dist", f"{_cut(line)!r} is not a requirement: {reason}", member=member)
        else:
            sound.append(line)
    return tuple(sound)


def _provides_extra(said: list[str], findings: Findings, member: str) -> frozenset[NormalizedName]:
    if len(said) > _MOST_EXTRAS:
        findings.add("metadata-size", f"it has {len(said):,} extras, more than {_MOST_EXTRAS:,}", member=member)
        return frozenset()
    return frozenset(map(canonicalize_name, said))


def _listed(values: list[str]) -> str:
    return ", ".join(map(repr, map(_cut, values[:_SHOWN]))) or "nothing"


def _cut(text: str) -> str:
    """The start of what is too long for a message."""
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
