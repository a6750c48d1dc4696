"""Read a wheel, strictly. (Reads the disk, in threads.)"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final

from lambda_wheels.wheels.content import chunks_of
from lambda_wheels.wheels.core_metadata import CoreMetadata, read_metadata
from lambda_wheels.wheels.damage import DamagedMemberError
from lambda_wheels.wheels.directory import read_directory, readable
from lambda_wheels.wheels.directory_entry import DirectoryEntry
from lambda_wheels.wheels.entry_points import read_entry_points
from lambda_wheels.wheels.filename import Identity, read_filename
from lambda_wheels.wheels.findings import Findings
from lambda_wheels.wheels.layout import check_data, find_data, find_dist_info, landing
from lambda_wheels.wheels.modes import check_modes
from lambda_wheels.wheels.names import check_names
from lambda_wheels.wheels.proof import Proof, prove
from lambda_wheels.wheels.pyc import HEADER, Pyc, PycKind, Source, pyc_of, source_path
from lambda_wheels.wheels.record import check_record, read_record
from lambda_wheels.wheels.surprises import check_surprises
from lambda_wheels.wheels.wheel import Member, Wheel
from lambda_wheels.wheels.wheel_file import check_wheel_file

MAX_METADATA: Final = 16 * 1024 * 1024
"""Bytes that METADATA and RECORD may have: they are read whole. RECORD of 65,534 members has about 8 million."""
MAX_LIST: Final = 1024 * 1024
"""Bytes that WHEEL and ``entry_points.txt`` may have: each line of them is a value. Real ones have up to 100,000."""


def read_wheel(path: Path, *, filename: str | None = None, on_inflated: Callable[[int], None] | None = None) -> Wheel:
    """Read the wheel at ``path``, inflate each member once, and check all that needs nothing but the wheel.

    :param filename: the name to believe where that of ``path`` is another, as for a file that just came in.
    :param on_inflated: told, from this thread, how many bytes were inflated since it was last told; what it raises ends
        the reading and reaches the caller.
    :returns: what was learnt. Its ``problems`` need not stop a build: warnings, and errors that can be waived.
    :raises WheelError: with everything that was found, where anything of it cannot be waived.
    :raises OSError: the file cannot be read, which says nothing about the wheel.
    """
    findings = Findings(filename or path.name)
    identity = read_filename(findings.wheel, findings)
    with path.open("rb") as file:
        return _read(path, file, identity, findings, on_inflated or (lambda _: None))


def read_member(file: BinaryIO, member: Member) -> bytes:
    """The bytes of a proven member, inflated; ``file`` is the wheel.

    :raises ValueError: the wheel is no longer the one that was proven.
    """
    try:
        return b"".join(chunks_of(file, member))
    except DamagedMemberError as damage:
        raise ValueError(f"{member.name}: {damage}") from None


def _read(
    path: Path, file: BinaryIO, identity: Identity, findings: Findings, on_inflated: Callable[[int], None]
) -> Wheel:
    size = file.seek(0, 2)
    entries = read_directory(file, size, findings)
    check_names(entries, findings)
    check_modes(entries, findings)
    proof = prove(path, readable(entries, findings), findings, on_inflated, keep=_header_of_bytecode)

    names = [entry.name for entry in entries]
    files = [entry.name for entry in entries if not entry.is_folder]
    dist_info = find_dist_info(names, identity, findings)
    data = find_data(names, identity, findings) or _data_beside(dist_info)
    check_data(files, data, dist_info, findings)
    check_surprises(((name, landed) for name in files if (landed := landing(name, data)) is not None), findings)
    metadata, entry_points = CoreMetadata(), ""
    if dist_info is not None:
        metadata, entry_points = _read_dist_info(file, dist_info, entries, proof.members, identity, findings)
    findings.raise_if_unsafe()
    assert dist_info is not None  # without one we have just raised
    return Wheel(
        filename=findings.wheel,
        sha256=proof.sha256,
        size=size,
        name=identity.name,
        version=identity.version,
        build=identity.build,
        tags=identity.tags,
        requires_python=metadata.requires_python,
        requires_dist=metadata.requires_dist,
        provides_extra=metadata.provides_extra,
        dist_info=dist_info,
        data=data,
        entry_points=entry_points,
        members=tuple(proof.members.values()),
        natives=proof.natives,
        pycs=tuple(_wrong_bytecode(file, proof, data)),
        problems=tuple(findings.problems),
    )


def _header_of_bytecode(entry: DirectoryEntry) -> int:
    return HEADER.size if entry.name.endswith(".pyc") else 0


def _wrong_bytecode(file: BinaryIO, proof: Proof, data: str) -> Iterator[Pyc]:
    """What of the bytecode may be wrong and counts nevertheless; most wheels have none at all."""
    if not proof.starts:
        return
    compared: Counter[str] = Counter()
    landed = {path: member for member in proof.members.values() if (path := landing(member.name, data)) is not None}
    for path, member in landed.items():
        if member.name not in proof.starts:
            continue
        source = landed.get(source_path(path))
        of = Source(source.name, source.size, partial(read_member, file, source)) if source else None
        pyc = pyc_of(member.name, member.size, proof.starts[member.name], of, compared=compared)
        if (source is None and not pyc.is_cached) or (pyc.kind is PycKind.UNCHECKED and pyc.matches is False):
            yield pyc


def _read_dist_info(
    file: BinaryIO,
    dist_info: str,
    entries: list[DirectoryEntry],
    members: Mapping[str, Member],
    identity: Identity,
    findings: Findings,
) -> tuple[CoreMetadata, str]:
    """Check the files of ``dist_info`` against the wheel: what METADATA says, and the text of ``entry_points.txt``."""
    files = {entry.name for entry in entries if not entry.is_folder}
    folders = {entry.name for entry in entries if entry.is_folder}

    def content(name: str, missing: str | None, most: int) -> bytes | None:
        """The bytes of one file; None where it is missing, which breaks the rule ``missing``, or was found damaged."""
        member = f"{dist_info}/{name}"
        if member not in files and missing is not None:
            findings.add(missing, f"there is no {name}", member=member)
        elif member in members and members[member].size > most:
            findings.add("metadata-size", f"the file has more than {most:,} bytes", member=member)
        elif member in members:
            return read_member(file, members[member])
        return None

    wheel_file = content("WHEEL", "wheel-file-missing", MAX_LIST)
    if wheel_file is not None:
        check_wheel_file(wheel_file, identity, findings, member=f"{dist_info}/WHEEL")
    metadata = CoreMetadata()
    metadata_file = content("METADATA", "metadata-missing", MAX_METADATA)
    if metadata_file is not None:
        metadata = read_metadata(metadata_file, identity, findings, member=f"{dist_info}/METADATA")
    record = f"{dist_info}/RECORD"
    record_file = content("RECORD", "record-missing", MAX_METADATA)
    rows = read_record(record_file, findings, member=record) if record_file is not None else None
    if rows is not None:
        check_record(
            rows,
            files,
            folders,
            members,
            findings,
            record=record,
            digest=lambda member, kind: _digest(file, member, kind),
        )
    entry_points = content("entry_points.txt", None, MAX_LIST)
    if entry_points is None:
        return metadata, ""
    return metadata, read_entry_points(entry_points, findings, member=f"{dist_info}/entry_points.txt")


def _digest(file: BinaryIO, member: Member, kind: str) -> bytes:
    digest = hashlib.new(kind)
    for chunk in chunks_of(file, member):
        digest.update(chunk)
    return digest.digest()


def _data_beside(dist_info: str | None) -> str:
    """The name that a ``.data`` folder would have."""
    return f"{(dist_info or '').removesuffix('.dist-info')}.data"
