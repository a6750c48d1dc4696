"""A layer that is there already, as a zip or a folder: what it says it is, and what it holds. (Reads the disk.)"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from lambda_wheels.errors import LayerError, WheelError
from lambda_wheels.layers.contents import Contents
from lambda_wheels.layers.manifest import Manifest, is_manifest_path, manifest_path, parse_manifest
from lambda_wheels.layers.ours import files_in
from lambda_wheels.problems import Problem
from lambda_wheels.wheels.directory import read_directory, readable
from lambda_wheels.wheels.directory_entry import DirectoryEntry
from lambda_wheels.wheels.findings import Findings
from lambda_wheels.wheels.proof import prove
from lambda_wheels.wheels.reader import read_member

_LARGEST_MANIFEST = 16 << 20
_SHOWN = 20
"""How many files a comparison names at the most."""


class File(NamedTuple):
    """What can be compared of a file in a layer."""

    mode: int
    """``0o755`` or ``0o644``, or what else somebody made of it."""
    sha256: str


def manifest_of(layer: Path) -> Manifest:
    """What a layer of ours says that it was made of.

    :raises LayerError: it says nothing, or not one thing.
    :raises WheelError: the zip cannot be read as one.
    :raises OSError: it cannot be read.
    """
    texts = [content for path, content in _manifests(layer) if manifest_path(content) == path]
    if len(texts) != 1:
        raise _not_ours(layer, f"it has {len(texts) or 'no'} manifest{'s' if texts else ''}")
    try:
        return parse_manifest(texts[0])
    except ValueError as error:
        raise _not_ours(layer, f"its manifest cannot be read: {error}") from None


def differences(layer: Path, contents: Contents, zip_sha256: str) -> Iterator[Problem]:
    """What ``layer`` has otherwise than ``contents``; nothing where it is the same, and as a zip the same to the byte.

    :param zip_sha256: of the zip that ``contents`` make.
    :raises WheelError: the zip cannot be read as one.
    :raises OSError: it cannot be read.
    """
    if layer.is_file() and _sha256(layer) == zip_sha256:
        return
    found = dict(_files(layer))
    wanted = {entry.path: File(entry.mode, entry.sha256) for entry in contents.entries}
    different = [*_different(found, wanted)]
    yield from (_differs(message, member) for member, message in different[:_SHOWN])
    if len(different) > _SHOWN:
        yield _differs(f"{len(different) - _SHOWN} other files differ as well")
    if not different and layer.is_file():
        yield _differs(
            "its files are those that the lock makes, but it was packed again: other dates, order or compression"
        )


def _different(found: Mapping[str, File], wanted: Mapping[str, File]) -> Iterator[tuple[str, str]]:
    for path in sorted(found.keys() | wanted.keys()):
        if path not in wanted:
            yield path, "it is not what the lock makes"
        elif path not in found:
            yield path, "the lock makes it, and it is missing"
        elif found[path].sha256 != wanted[path].sha256:
            yield path, "the lock makes other bytes of it"
        elif found[path].mode != wanted[path].mode and os.name != "nt":
            yield path, f"it has the mode {found[path].mode:04o}, the lock makes {wanted[path].mode:04o}"


def _differs(message: str, member: str | None = None) -> Problem:
    return Problem(rule="layer-differs", member=member, message=message)


def _not_ours(layer: Path, message: str) -> LayerError:
    return LayerError(
        Problem(
            rule="layer-differs",
            message=f"{layer} is no layer of lambda-wheels: {message}",
            hint="build it from the lock",
        )
    )


def _manifests(layer: Path) -> Iterator[tuple[str, bytes]]:
    if layer.is_dir():
        for path in files_in(layer):
            if is_manifest_path(path) and (layer / path).stat().st_size <= _LARGEST_MANIFEST:
                yield path, (layer / path).read_bytes()
        return
    with layer.open("rb") as file:
        findings = Findings(layer.name)
        entries = [entry for entry in _directory(layer, findings) if is_manifest_path(entry.name)]
        members, _ = prove(layer, [entry for entry in entries if entry.size <= _LARGEST_MANIFEST], findings, _nobody)
        for name, member in members.items():
            yield name, read_member(file, member)


def _files(layer: Path) -> Iterator[tuple[str, File]]:
    if layer.is_dir():
        for path in files_in(layer):
            yield path, File(stat.S_IMODE((layer / path).lstat().st_mode), _sha256(layer / path))
        return
    findings = Findings(layer.name)
    entries = _directory(layer, findings)
    members, _ = prove(layer, entries, findings, _nobody)
    if findings.problems:
        raise WheelError(findings.problems)
    modes = {entry.name: stat.S_IMODE(entry.mode) for entry in entries}
    yield from ((name, File(modes[name], member.sha256)) for name, member in members.items())


def _directory(layer: Path, findings: Findings) -> list[DirectoryEntry]:
    with layer.open("rb") as file:
        return readable(read_directory(file, layer.stat().st_size, findings), findings)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _nobody(inflated: int) -> None:
    pass
