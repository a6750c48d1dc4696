"""What the name of a member may be: one small function a rule. (Pure.)

Each function takes a name, without the ``/`` that ends a folder's, and returns what is wrong with it, or None. (The
first, about bytes that may be no text, takes the whole entry.) A name that breaks several rules is reported under the
first of them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from lambda_wheels.targets.limits import ZIP_ENTRIES_LIMIT
from lambda_wheels.wheels.directory_entry import UTF8_FLAG, DirectoryEntry
from lambda_wheels.wheels.findings import Findings

MAX_COMPONENT: Final = 255
"""Bytes in one component of a path: what the file systems of Linux hold."""
MAX_NAME: Final = 1024
"""Bytes in a whole name: well below every system's limit, with room for the folder that it is unpacked into."""

_BIDIRECTIONAL = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Unicode's Bidi_Control characters: they make a name look like another."""
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_DRIVE = re.compile(r"(^|/)[A-Za-z]:")
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])", re.IGNORECASE)
"""https://learn.microsoft.com/windows/win32/fileio/naming-a-file"""

NameRule = Callable[[str], str | None]


def member_name_encoding(entry: DirectoryEntry) -> str | None:
    """The one rule about the bytes of a name, before they are text."""
    if entry.raw_name.isascii():
        return None
    if not entry.flags & UTF8_FLAG:
        return "the name is not ASCII, and the archive does not say that it is UTF-8"
    try:
        entry.raw_name.decode("utf-8")
    except UnicodeDecodeError:
        return "the name is not UTF-8"
    return None


def member_name_empty(name: str) -> str | None:
    """No empty name, nor ``a//b``."""
    if not name:
        return "the name is empty"
    if "//" in name.lstrip("/") or (name.endswith("/") and name.strip("/")):
        return "a component of the path is empty"
    return None


def member_name_control(name: str) -> str | None:
    """No NUL, line break or other control character."""
    found = _CONTROL.search(name)
    return f"the name holds the control character U+{ord(found[0]):04X}" if found else None


def member_name_bidirectional(name: str) -> str | None:
    """No character that lets a name look like another."""
    found = _BIDIRECTIONAL.search(name)
    return f"the name holds U+{ord(found[0]):04X}, which changes the direction of text" if found else None


def member_name_backslash(name: str) -> str | None:
    """No backslash: on Windows it separates folders."""
    return "the name holds a backslash, which separates folders on Windows" if "\\" in name else None


def member_name_drive(name: str) -> str | None:
    """No ``C:``."""
    return "the name holds a drive letter of Windows" if _DRIVE.search(name) else None


def member_name_absolute(name: str) -> str | None:
    """No path from the root, and no ``//server/share``."""
    return "the path is absolute" if name.startswith("/") else None


def member_name_climbs(name: str) -> str | None:
    """No ``..``."""
    return "the path climbs out of its folder" if ".." in name.split("/") else None


def member_name_dot(name: str) -> str | None:
    """No ``.``."""
    return "a component of the path is '.'" if "." in name.split("/") else None


def member_name_length(name: str) -> str | None:
    """No more than file systems hold."""
    encoded = name.encode("utf-8", "surrogateescape")
    if len(encoded) > MAX_NAME:
        return f"the path has {len(encoded):,} bytes, more than {MAX_NAME:,}"
    if len(encoded) > MAX_COMPONENT and any(len(part) > MAX_COMPONENT for part in encoded.split(b"/")):
        return f"a component of the path has more than {MAX_COMPONENT} bytes"
    return None


def member_name_reserved(name: str) -> str | None:
    """No name that is a device on Windows."""
    for component in name.split("/"):
        if _RESERVED.fullmatch(component.split(".", 1)[0].rstrip(" ")):
            return f"{component!r} is a device on Windows"
    return None


def member_name_trailing(name: str) -> str | None:
    """No trailing dot or space: Windows drops them."""
    for component in name.split("/"):
        if component.endswith((".", " ")):
            return f"{component!r} ends in a dot or a space, which Windows drops"
    return None


REFUSED: Final[Sequence[NameRule]] = (
    member_name_control,
    member_name_bidirectional,
    member_name_backslash,
    member_name_drive,
    member_name_absolute,
    member_name_climbs,
    member_name_dot,
    member_name_empty,
    member_name_length,
)
"""A name that breaks one of these could be written outside its folder, or be another file than the one checked."""

WARNED: Final[Sequence[NameRule]] = (member_name_reserved, member_name_trailing)
"""A name that breaks one of these works in Lambda, but cannot be unpacked on every machine."""


def check_names(entries: Sequence[DirectoryEntry], findings: Findings) -> None:
    """Hold every name against the rules above, and all of them against each other.

    :raises WheelError: they name more folders than an archive may have members.
    """
    for entry in entries:
        if (message := member_name_encoding(entry)) is not None:
            findings.add("member-name-encoding", message, member=entry.name)
        elif (broken := _first_broken(REFUSED, entry.path)) is not None:
            findings.add(*broken, member=entry.name)
        elif (broken := _first_broken(WARNED, entry.path)) is not None:
            findings.warn(*broken, member=entry.name)
    _check_twins(entries, findings)
    _check_file_and_folder(entries, findings)


def _first_broken(rules: Iterable[NameRule], path: str) -> tuple[str, str] | None:
    for rule in rules:
        if (message := rule(path)) is not None:
            return rule.__name__.replace("_", "-"), message
    return None


def folded(path: str) -> str:
    """What paths have in common that are one on a file system which ignores case, or how a letter is composed."""
    return unicodedata.normalize("NFC", path).casefold()


def _check_twins(entries: Sequence[DirectoryEntry], findings: Findings) -> None:
    seen: dict[str, str] = {}
    names: set[str] = set()
    for entry in entries:
        if entry.name in names:
            findings.add("member-duplicate", "two members have this name", member=entry.name)
            continue
        names.add(entry.name)
        first = seen.setdefault(folded(entry.path), entry.path)
        if first != entry.path:
            findings.warn("member-name-case", f"the name equals {first!r} but for case", member=entry.name)


def _check_file_and_folder(entries: Sequence[DirectoryEntry], findings: Findings) -> None:
    files = {entry.path for entry in entries if not entry.is_folder}
    folders = {entry.path for entry in entries if entry.is_folder}
    for path in [*files, *folders]:
        while (path := path.rpartition("/")[0]) and path not in folders:
            folders.add(path)
        # One name can have 500 folders: all of those of many names would not fit into memory.
        if len(folders) > ZIP_ENTRIES_LIMIT:
            raise findings.stop("archive-members", f"the members are in more than {ZIP_ENTRIES_LIMIT:,} folders")
    for path in sorted(files & folders):
        findings.add("member-file-and-folder", "the path is both a file and a folder", member=path)
