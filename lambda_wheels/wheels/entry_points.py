"""``entry_points.txt``: the names of scripts become names of files, so they must not climb. (Pure.)

https://packaging.python.org/specifications/entry-points/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lambda_wheels.wheels.findings import Findings

_SCRIPTS: Final = frozenset({"console_scripts", "gui_scripts"})
_CLEAR: Final = re.compile(r"\[[^\[\]]+\]")
"""The head of a group that nobody takes for anything else."""
_HEAD: Final = re.compile(r"[\[\]\s]*(?:console_scripts|gui_scripts|DEFAULT)[\[\]\s]*", re.ASCII)
"""What somebody takes for the head of a group of scripts. What stands in ``DEFAULT``, ``configparser`` has in each."""


def read_entry_points(content: bytes, findings: Findings, *, member: str) -> str:
    """The text of ``entry_points.txt``, which stands in ``member``; empty if it is not UTF-8."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        findings.add("entry-points-encoding", "the file is not UTF-8", member=member)
        return ""
    for name in dict.fromkeys((*(name for name, _ in scripts_in(text)), *_names_for_others(text))):
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


def _names_for_others(text: str) -> Iterator[str]:
    """The names that installers may read where the specification has none: a wheel is for all of them.

    ``importlib.metadata``, by which pip goes, strips any brackets off a head and knows no comments with a ``;``; in
    Python 3.9 it is ``configparser``, which ends lines at line feeds alone and a head at its first bracket; and of
    ``a = ../b = m:f`` pip's distlib makes a script ``../b``.
    """
    for lines in (text.splitlines(), re.split("[\r\n]", text)):
        in_scripts = False
        for line in map(str.strip, lines):
            if line.startswith("["):
                if _HEAD.fullmatch(line) or _HEAD.fullmatch(line.partition("]")[0]):
                    in_scripts = True
                elif _CLEAR.fullmatch(line):
                    in_scripts = False
            if in_scripts and "=" in line and not line.startswith("#"):
                first, *others = map(str.strip, line.split("=")[:-1])
                yield first
                yield from (name for name in others if "/" in name or "\\" in name)
