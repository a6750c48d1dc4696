"""What any layer holds, ours or another's. (Reads the disk.)"""

from __future__ import annotations

import os
import re
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

from lambda_wheels.audit.held import Held, HeldFile
from lambda_wheels.layers.linked import linked_files
from lambda_wheels.layers.manifest import is_manifest_path
from lambda_wheels.layers.packed import Packed, PackedFolder, PackedZip
from lambda_wheels.problems import Problem, Severity
from lambda_wheels.there import is_folder
from lambda_wheels.wheels.directory_entry import UTF8_FLAG, DirectoryEntry
from lambda_wheels.wheels.findings import Findings
from lambda_wheels.wheels.modes import check_modes
from lambda_wheels.wheels.names import check_names
from lambda_wheels.wheels.native import Native
from lambda_wheels.wheels.pyc import HEADER, Pyc, Source, pyc_of, source_path

_MOST_RECORDS: Final = 16 << 20
"""Bytes of all RECORDs together; those of 280 projects have 4 million."""
_MOST_TEXT: Final = 8 << 20
"""Bytes of all other texts together, which take longer to read; those of 280 projects have 3 million."""
_LONGEST_LINK: Final = 4096
"""Bytes: what Linux takes (``PATH_MAX``)."""
_TEXT: Final = re.compile(
    r"(?:.*/)?[^/]+(?:\.dist-info/(?:METADATA|WHEEL|RECORD|direct_url\.json)|\.egg-info(?:/(?:PKG-INFO|requires\.txt))?)"
)


class Reading(NamedTuple):
    """What a layer holds, and what is wrong with it as an archive or a tree of files."""

    held: Held
    problems: tuple[Problem, ...]
    is_sound: bool
    """Whether all of it could be read, and may be unpacked."""


def read_layer(layer: Path, on_read: Callable[[int], None] = lambda _: None) -> Reading:
    """Read every file of ``layer``, a zip or a folder.

    :param on_read: told how many bytes were read since it was last told.
    :raises WheelError: it is no zip, or there is too much of it.
    :raises OSError: it, or a file of it, cannot be read.
    :raises ValueError: it changed while it was read.
    """
    findings = Findings(layer.name)
    packed = packed_as(layer)
    listed = list_entries(packed, findings)
    entries = [entry for entry in listed if findings.refused.isdisjoint((entry.name, entry.path))]
    read = packed.read(entries, _wanted(entries, findings), findings, on_read)
    has_modes = os.name != "nt" or not is_folder(layer)
    files = {
        entry.path: HeldFile(entry.size, _mode(entry, has_modes), read.sha256[entry.name])
        for entry in entries
        if entry.name in read.sha256 and not stat.S_ISLNK(entry.mode)
    }
    links = {
        entry.path: read.starts[entry.name].decode("utf-8", "surrogateescape")
        for entry in entries
        if stat.S_ISLNK(entry.mode) and entry.name in read.starts
    }
    texts = {name: start for name, start in read.starts.items() if name in files and not name.endswith(".pyc")}
    compared: Counter[str] = Counter()
    pycs = [_pyc(packed, name, read.starts[name], files, compared) for name in files if name.endswith(".pyc")]
    natives = [native for native in read.natives if native.path in files]
    linked = linked_files(links, files)
    files |= {path: files[real] for path, real in linked.items()}
    texts |= _linked_texts(texts, linked)
    natives += _linked_natives(natives, linked)
    held = Held(
        files=files,
        folders={entry.path: _mode(entry, has_modes) for entry in entries if entry.is_folder},
        links=links,
        linked=linked,
        texts=texts,
        pycs=tuple(pycs),
        natives=tuple(natives),
        zip_size=None if is_folder(layer) else layer.stat().st_size,
    )
    return Reading(
        held,
        tuple(said_of_layer(findings.problems, layer)),
        is_sound=all(problem.severity is not Severity.ERROR for problem in findings.problems),
    )


def list_entries(packed: Packed, findings: Findings) -> list[DirectoryEntry]:
    """What is listed. What is wrong with names and kinds of files goes to ``findings``; links are none of it."""
    listed = packed.entries(findings)
    check_names([_as_utf8(entry, findings) for entry in listed], findings)
    check_modes((entry for entry in listed if not stat.S_ISLNK(entry.mode)), findings)
    return listed


def packed_as(layer: Path) -> Packed:
    """How ``layer`` lies on the disk."""
    return PackedFolder(layer) if is_folder(layer) else PackedZip(layer)


def said_of_layer(problems: Iterable[Problem], layer: Path) -> Iterator[Problem]:
    """What was found by those who read wheels, as findings about a layer."""
    for problem in problems:
        message = problem.message if problem.member else f"{layer}: {problem.message}"
        yield replace(problem, wheel=None, message=message)


def _as_utf8(entry: DirectoryEntry, findings: Findings) -> DirectoryEntry:
    """The member, its name taken for UTF-8 where it can be: Info-ZIP's ``zip`` on Linux does not say that it is."""
    if entry.flags & UTF8_FLAG or entry.raw_name.isascii() or not entry.name.isprintable():
        return entry
    message = (
        "the name is not ASCII, and the archive does not say that it is UTF-8; what Lambda makes of it is not known"
    )
    findings.warn("member-name-encoding", message, member=entry.name)
    return entry._replace(flags=entry.flags | UTF8_FLAG)


def _wanted(entries: Sequence[DirectoryEntry], findings: Findings) -> dict[str, int]:
    """How many of their first bytes files are known by."""
    wanted: dict[str, int] = {}
    left = {True: _MOST_RECORDS, False: _MOST_TEXT}
    for entry in entries:
        name = entry.name
        if stat.S_ISLNK(entry.mode):
            wanted[name] = _LONGEST_LINK
        elif name.endswith(".pyc"):
            wanted[name] = HEADER.size
        elif is_manifest_path(name) or _TEXT.fullmatch(name):
            left[name.endswith("/RECORD")] -= entry.size
            if left[name.endswith("/RECORD")] < 0:
                findings.add("metadata-size", "with it, the files of metadata are too large to be read", member=name)
            else:
                wanted[name] = entry.size
    return wanted


def _mode(entry: DirectoryEntry, has_modes: bool) -> int | None:
    """Who may do what with it; nothing is known where all of the mode is 0, as in zips that Windows made."""
    return stat.S_IMODE(entry.mode) if has_modes and entry.mode else None


def _pyc(packed: Packed, path: str, header: bytes, files: Mapping[str, HeldFile], compared: Counter[str]) -> Pyc:
    """What a file of bytecode says of itself, and whether it is of its source."""
    source = source_path(path)
    known = source in files
    of = Source(source, files[source].size, lambda: packed.content(source), packed.date(source)) if known else None
    return pyc_of(path, files[path].size, header, of, compared=compared)


def _linked_texts(texts: Mapping[str, bytes], linked: Mapping[str, str]) -> dict[str, bytes]:
    """The texts that are there by way of links, as far as they are not too many."""
    found: dict[str, bytes] = {}
    left = _MOST_TEXT
    for path, real in linked.items():
        if real in texts and len(texts[real]) <= left:
            found[path] = texts[real]
            left -= len(texts[real])
    return found


def _linked_natives(natives: Iterable[Native], linked: Mapping[str, str]) -> list[Native]:
    by_path = {native.path: native for native in natives}
    return [by_path[real]._replace(path=path) for path, real in linked.items() if real in by_path]
