"""``entry_points.txt``: the names of scripts become names of files, so they must not climb. (Pure.)

https://packaging.python.org/specifications/entry-points/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lambda_wheels.wheels.findings import Findings

_SCRIPTS: Final = frozenset({"console_scripts", "gui_scripts"})


def read_entry_points(content: bytes, findings: Findings, *, member: str) -> str:
    """The text of ``entry_points.txt``, which stands in ``member``; empty if it is not UTF-8."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        findings.add("entry-points-encoding", "the file is not UTF-8", member=member)
        return ""
    for name, _ in scripts_in(text):
        if name in {"", ".", ".."} or any(character in name for character in "/\\:\0"):
            findings.add("entry-point-climbs", f"the script {name!r} would be outside its folder", member=member)
    return text


def scripts_in(text: str) -> Iterator[tuple[str, str]]:
    """Name and object reference of each script that the text of ``entry_points.txt`` asks for, as they stand there."""
    group = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            group = line[1:-1].strip()
        elif group in _SCRIPTS and line and not line.startswith(("#", ";")):
            name, _, value = line.partition("=")
            yield name.strip(), value.strip()
