"""``RECORD``: every member with its hash and size. (Pure.)

https://packaging.python.org/specifications/recording-installed-packages/#the-record-file
"""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Callable, Collection, Mapping
from typing import Final, NamedTuple

from lambda_wheels.targets.limits import ZIP_ENTRIES_LIMIT
from lambda_wheels.wheels.findings import Findings
from lambda_wheels.wheels.wheel import Member

DIGESTS: Final = frozenset({"sha256", "sha384", "sha512"})
"""The specification wants sha256 or better, and forbids md5 and sha1 by name."""

Digest = Callable[[Member, str], bytes]
"""The digest of a member under an algorithm's name."""


class Row(NamedTuple):
    """One line of RECORD."""

    path: str
    digest: str
    size: str


def read_record(content: bytes, findings: Findings, *, member: str) -> list[Row] | None:
    """The rows, their paths as the archive spells them (``/`` between folders, no ``./``); None: it cannot be read."""
    try:
        text = io.StringIO(content.decode("utf-8"), newline="")
    except UnicodeDecodeError:
        findings.add("record-encoding", "the file is not UTF-8", member=member)
        return None
    rows = []
    try:
        for number, row in enumerate(csv.reader(text), start=1):
            if number > ZIP_ENTRIES_LIMIT:
                findings.add("metadata-size", f"RECORD has more rows than {ZIP_ENTRIES_LIMIT:,}", member=member)
                return None
            if len(row) == 3:
                rows.append(Row(_as_member_name(row[0]), row[1], row[2]))
            elif row:
                findings.add("record-row", f"row {number} has {len(row)} columns, not 3", member=member)
    except csv.Error as error:
        findings.add("record-encoding", f"the file cannot be read as CSV: {error}", member=member)
        return None
    return rows


def check_record(
    rows: list[Row],
    files: Collection[str],
    folders: Collection[str],
    members: Mapping[str, Member],
    findings: Findings,
    *,
    record: str,
    digest: Digest,
) -> None:
    """Hold the rows against the archive.

    :param files: the names of all members that are files.
    :param folders: those of all folders; some tools give these rows as well.
    :param members: the files whose bytes are proven, by name.
    :param record: where RECORD stands; it and its signatures need no row.
    :param digest: asked for algorithms other than sha256, which the members have.
    """
    files = frozenset(files)
    folders = frozenset(folders)
    unhashed = {record, f"{record}.jws", f"{record}.p7s"}
    seen: set[str] = set()
    for row in rows:
        if row.path in folders:
            continue
        if row.path in seen:
            findings.add("record-duplicate-row", "RECORD has two rows for it", member=row.path)
        elif row.path not in files:
            findings.add("record-surplus-row", "RECORD has a row for it, the archive has no such file", member=row.path)
        elif row.path != record and row.path in members and (row.digest or row.path not in unhashed):
            _check_row(row, members[row.path], findings, digest)
        seen.add(row.path)
    for name in sorted(files - seen - unhashed):
        findings.add("record-missing-row", "RECORD has no row for it", member=name)


def _check_row(row: Row, member: Member, findings: Findings, digest: Digest) -> None:
    kind, separator, said = row.digest.partition("=")
    kind = kind.lower()
    if not separator:
        findings.add("record-hash", "RECORD has no hash of it", member=row.path)
    elif kind not in DIGESTS:
        findings.add("record-digest", f"RECORD has a hash of the kind {kind}, not sha256 or better", member=row.path)
    else:
        found = bytes.fromhex(member.sha256) if kind == "sha256" else digest(member, kind)
        if base64.urlsafe_b64encode(found).rstrip(b"=").decode() != said.rstrip("="):
            findings.add("record-hash", "its bytes do not have the hash that RECORD gives", member=row.path)
    if row.size and row.size != str(member.size):
        findings.add("record-size", f"it has {member.size:,} bytes, RECORD says {row.size}", member=row.path)


def _as_member_name(path: str) -> str:
    path = path.replace("\\", "/")
    while path.startswith("./"):
        path = path[2:]
    return path
