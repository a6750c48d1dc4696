"""``WHEEL``: the version of the format and the tags, which must be those of the file name. (Pure.)

https://packaging.python.org/specifications/binary-distribution-format/#file-contents
"""

from __future__ import annotations

import re
from typing import Final

from packaging.tags import Tag

from lambda_wheels.wheels.filename import Identity, tags_of_lines
from lambda_wheels.wheels.findings import Findings
from lambda_wheels.wheels.headers import read_headers

_SHOWN: Final = 100
"""Characters of a line that is no tag."""


def check_wheel_file(content: bytes, identity: Identity, findings: Findings, *, member: str) -> None:
    """Hold ``WHEEL`` against the file name; ``member`` is where it stands."""
    try:
        headers = read_headers(content)
    except UnicodeDecodeError:
        findings.add("wheel-file-encoding", "the file is not UTF-8", member=member)
        return
    except ValueError as error:
        findings.add("metadata-size", str(error), member=member)
        return
    _check_version(headers.get("wheel-version", []), findings, member)
    pure = headers.get("root-is-purelib", [])
    if [value.lower() for value in pure] not in (["true"], ["false"]):
        findings.add("wheel-purelib", "Root-Is-Purelib must be 'true' or 'false', once", member=member)
    _check_tags(headers.get("tag", []), identity, findings, member)
    build = "".join(map(str, identity.build))
    said = headers.get("build", [])
    if said and [text.lstrip("0") for text in said] != [build.lstrip("0")]:
        findings.add("wheel-build", f"the build is {', '.join(said)!r}, the file name's is {build!r}", member=member)


def _check_version(said: list[str], findings: Findings, member: str) -> None:
    version = re.fullmatch(r"([0-9]{1,9})\.([0-9]{1,9})", said[0]) if len(said) == 1 else None
    if version is None:
        findings.add("wheel-version", "Wheel-Version must be given once, as in '1.0'", member=member)
    elif version[1] != "1":
        findings.add("wheel-version", f"Wheel-Version is {said[0]}; only 1.x is known", member=member)
    elif version[2] != "0":
        findings.warn("wheel-version", f"Wheel-Version is {said[0]}, newer than the 1.0 that is known", member=member)


def _check_tags(lines: list[str], identity: Identity, findings: Findings, member: str) -> None:
    try:
        tags, others = tags_of_lines(lines)
    except ValueError as error:
        findings.add("metadata-size", str(error), member=member)
        return
    tags |= {Tag(line[:_SHOWN], "?", "?") for line in others}
    if tags != identity.tags:
        findings.add(
            "wheel-tags",
            f"against the file name, it adds {_listed(tags - identity.tags)} and lacks {_listed(identity.tags - tags)}",
            member=member,
        )


def _listed(tags: frozenset[Tag]) -> str:
    """At most three of the tags, in a stable order."""
    names = sorted(map(str, tags))
    return ", ".join([*names[:3], f"{len(names) - 3} others"] if len(names) > 4 else names) or "none"
