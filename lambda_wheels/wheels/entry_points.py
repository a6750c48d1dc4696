"""``entry_points.txt``: the names of scripts become names of files, so they must not climb. (Pure.)

https://packaging.python.org/specifications/entry-points/
"""

from __future__ import annotations

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
    group = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            group = line[1:-1].strip()
        elif group in _SCRIPTS and line and not line.startswith(("#", ";")):
            name = line.partition("=")[0].strip()
            if name in {"", ".", ".."} or any(character in name for character in "/\\:\0"):
                findings.add("entry-point-climbs", f"the script {name!r} would be outside its folder", member=member)
    return text
