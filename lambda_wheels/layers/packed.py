"""A layer as it lies on the disk, as a zip or a folder: what is listed, and what is in it. (Reads the disk.)"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from lambda_wheels.layers.staging import STAGING_PREFIX
from lambda_wheels.targets.limits import UNZIPPED_LIMIT, ZIP_ENTRIES_LIMIT
from lambda_wheels.wheels.content import content_of
from lambda_wheels.wheels.directory import read_directory, readable
from lambda_wheels.wheels.directory_entry import UTF8_FLAG, DirectoryEntry
from lambda_wheels.wheels.findings import Findings
from lambda_wheels.wheels.modes import is_executable
from lambda_wheels.wheels.names import MAX_NAME
from lambda_wheels.wheels.native import START, Native, concerns
from lambda_wheels.wheels.proof import prove
from lambda_wheels.wheels.wheel import Member

_MOST_IN_ZIP: Final = 2 * UNZIPPED_LIMIT
"""Bytes, unzipped, that are looked at: what is somewhat too large can still be told of."""
_MOST_IN_FOLDER: Final = 8 * UNZIPPED_LIMIT
"""The same where nothing need be inflated, and no library is held in memory."""


class Read(NamedTuple):
    """What was read of the files of a layer, by the names under which they are listed."""

    sha256: Mapping[str, str]
    """Of each file that is sound."""
    starts: Mapping[str, bytes]
    """As many of their first bytes as were wanted."""
    natives: Sequence[Native]


class Packed(Protocol):
    """A zip or a folder."""

    def entries(self, findings: Findings) -> list[DirectoryEntry]:
        """What is listed.

        :raises WheelError: it is no archive, or there is too much in it.
        """

    def read(
        self,
        entries: Sequence[DirectoryEntry],
        wanted: Mapping[str, int],
        findings: Findings,
        on_read: Callable[[int], None],
    ) -> Read:
        """Read ``entries``, each once; of those in ``wanted`` keep so many bytes.

        :raises ValueError: one is no longer what was listed.
        """

    def content(self, name: str) -> bytes:
        """All of one file that was read.

        :raises ValueError: it is no longer what it was.
        """

    def date(self, name: str) -> int | None:
        """When a file was changed, in seconds, as Python would see it; None where that is not known."""


class PackedZip:
    """A layer as a zip."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.members: Mapping[str, Member] = {}
        """Those that were read."""

    def entries(self, findings: Findings) -> list[DirectoryEntry]:
        """The members."""
        with self._path.open("rb") as file:
            return readable(read_directory(file, file.seek(0, os.SEEK_END), findings, most=_MOST_IN_ZIP), findings)

    def read(
        self,
        entries: Sequence[DirectoryEntry],
        wanted: Mapping[str, int],
        findings: Findings,
        on_read: Callable[[int], None],
    ) -> Read:
        """Prove the members."""
        proof = prove(self._path, entries, findings, on_read, keep=lambda entry: wanted.get(entry.name, 0))
        self.members = proof.members
        return Read({name: member.sha256 for name, member in proof.members.items()}, proof.starts, proof.natives)

    def content(self, name: str) -> bytes:
        """One member, inflated."""
        return content_of(self._path, self.members[name])

    def date(self, name: str) -> int | None:
        """What Lambda makes of the dates in a zip is not known."""
        return None


class PackedFolder:
    """A layer as a folder. What is listed are its plain files, folders, links and all else; links are not followed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._dates: dict[str, int] = {}

    def entries(self, findings: Findings) -> list[DirectoryEntry]:
        """Everything below the folder, but for what a build has not completed."""
        entries: list[DirectoryEntry] = []
        size = 0
        for name, status in _below(os.fspath(self._path)):
            if len(entries) == ZIP_ENTRIES_LIMIT:
                raise findings.stop(
                    "too-many-files", f"the layer has more than {ZIP_ENTRIES_LIMIT:,} files and folders"
                )
            mode = status.st_mode
            length = 0 if name.endswith("/") else status.st_size
            size += length
            if size > _MOST_IN_FOLDER:
                raise findings.stop(
                    "too-large", f"the layer has more than {_MOST_IN_FOLDER:,} bytes; Lambda allows {UNZIPPED_LIMIT:,}"
                )
            self._dates[name] = int(status.st_mtime)
            raw_name = os.fsencode(name)
            entries.append(DirectoryEntry(name, raw_name, UTF8_FLAG, 0, 0, length, length, mode, 0, end=0))
        return sorted(entries, key=lambda entry: entry.name)

    def read(
        self,
        entries: Sequence[DirectoryEntry],
        wanted: Mapping[str, int],
        findings: Findings,
        on_read: Callable[[int], None],
    ) -> Read:
        """Read the plain files, and where the links lead."""
        sha256: dict[str, str] = {}
        starts: dict[str, bytes] = {}
        natives: list[Native] = []
        for entry in entries:
            if stat.S_ISLNK(entry.mode):
                starts[entry.name] = os.fsencode((self._path / entry.name).readlink())
            elif stat.S_ISREG(entry.mode):
                with (self._path / entry.name).open("rb") as file:
                    start = file.read(max(START, wanted.get(entry.name, 0)))
                    if entry.name in wanted:
                        starts[entry.name] = start[: wanted[entry.name]]
                    file.seek(0)
                    sha256[entry.name] = hashlib.file_digest(file, "sha256").hexdigest()
                    if file.tell() != entry.size:
                        raise ValueError(f"{entry.name} has another size than it had")
                    if concerns(entry.name, start, executable=is_executable(entry.mode)):
                        from lambda_wheels.wheels.elf import read_native  # as in proof: most layers have none

                        natives.append(read_native(entry.name, file))
                on_read(entry.size)
        return Read(sha256, starts, natives)

    def content(self, name: str) -> bytes:
        """One file."""
        return (self._path / name).read_bytes()

    def date(self, name: str) -> int | None:
        """As the file system has it."""
        return self._dates[name]


def _below(top: str) -> Iterator[tuple[str, os.stat_result]]:
    """Everything in a folder, with ``/``, folders with one at the end. Folders whose names are too long are not opened.

    One folder after the other: a function that calls itself would end at the thousandth level.
    """
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        with os.scandir(os.path.join(top, folder)) as found:  # noqa: PTH118  # paths of 5,000 files would take long
            for entry in found:
                status = entry.stat(follow_symlinks=False)
                if not stat.S_ISDIR(status.st_mode):
                    yield folder + entry.name, status
                elif folder or not entry.name.startswith(STAGING_PREFIX):
                    name = f"{folder}{entry.name}/"
                    yield name, status
                    if len(os.fsencode(name)) <= MAX_NAME + len("/"):
                        waiting.append(name)
