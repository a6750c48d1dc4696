"""A layer that is there already, as a zip or a folder: what it says it is, and what it holds. (Reads the disk.)"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from lambda_wheels.errors import LayerError, OutputError, WheelError
from lambda_wheels.layers.contents import Contents
from lambda_wheels.layers.manifest import Manifest, is_manifest_path, manifest_path, parse_manifest
from lambda_wheels.layers.ours import TOP_FOLDERS, files_in
from lambda_wheels.layers.staging import STAGING_PREFIX
from lambda_wheels.layers.zip_file import sha256_of_zip
from lambda_wheels.problems import Problem, Severity
from lambda_wheels.there import is_file, is_folder
from lambda_wheels.wheels.directory import read_directory, readable
from lambda_wheels.wheels.directory_entry import DirectoryEntry
from lambda_wheels.wheels.findings import Findings
from lambda_wheels.wheels.modes import check_modes
from lambda_wheels.wheels.names import check_names
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


def check_kind(layer: Path) -> None:
    """Hold that ``layer`` is a folder or a plain file: a pipe or a device might never end.

    :raises LayerError: it is something else.
    :raises OutputError: that cannot be told.
    """
    with _reading(layer):
        known = is_folder(layer) or is_file(layer)
    if not known:
        raise not_ours(layer, "it is neither a zip nor a folder")


State = list[tuple[int, int, int] | None]
"""What is another when a layer is replaced."""


def check_unchanged(layer: Path, before: State) -> None:
    """Hold that no other layer took the place of ``layer``, which had the state ``before``.

    :raises OutputError: one did, so that what was found of it may be wrong.
    """
    if state_of(layer) != before:
        raise _unreadable(f"{layer} changed while it was read", "check it again")


def state_of(layer: Path) -> State:
    """Of the file or folder, and of the folders that a build puts into it."""
    states: State = []
    for path in (layer, *(layer / name for name in TOP_FOLDERS)):
        try:
            status = path.stat()
            states.append((status.st_ino, status.st_size, status.st_mtime_ns))
        except OSError:
            states.append(None)
    return states


def manifest_of(layer: Path) -> Manifest:
    """What a layer of ours says that it was made of.

    :raises LayerError: it says nothing, or not one thing, or is no zip.
    :raises OutputError: it cannot be read.
    """
    with _reading(layer):
        texts = [content for path, content in _manifests(layer) if manifest_path(content) == path]
    if len(texts) != 1:
        raise not_ours(layer, f"it has {len(texts) or 'no'} manifest{'s' if texts else ''}")
    try:
        return parse_manifest(texts[0])
    except ValueError as error:
        raise not_ours(layer, f"its manifest cannot be read: {error}") from None


def differences(layer: Path, contents: Contents) -> Iterator[Problem]:
    """What ``layer`` has otherwise than ``contents``; nothing where it is the same, and as a zip the same to the byte.

    :raises LayerError: it is no zip.
    :raises OutputError: it cannot be read.
    """
    with _reading(layer):
        zipped = not is_folder(layer)
    wanted = {entry.path: File(entry.mode, entry.sha256) for entry in contents.entries}
    if zipped:
        made = sha256_of_zip(contents)
        with _reading(layer):
            if _sha256(layer) == made:
                return
            found, different = _files_of_zip(layer)
    else:
        with _reading(layer):
            found, different = _files_of_folder(layer)
    said = {problem.member for problem in different}
    different += [
        _differs(message, path)
        for path, message in _different(found, wanted, modes=zipped or os.name != "nt")
        if path not in said
    ]
    yield from different[:_SHOWN]
    match len(different) - _SHOWN:
        case 1:
            yield _differs("1 other file differs as well")
        case more if more > 1:
            yield _differs(f"{more} other files differ as well")
    if zipped and not different:
        yield _differs(
            "its files are those that the lock makes, but it was packed again: other dates, order or compression"
        )


def not_ours(layer: Path, message: str) -> LayerError:
    """The error for what is no layer that could be compared."""
    return LayerError(
        Problem(
            rule="layer-differs",
            message=f"{layer} is no layer of lambda-wheels: {message}",
            hint="build it from the lock",
        )
    )


def _different(found: Mapping[str, File], wanted: Mapping[str, File], *, modes: bool) -> Iterator[tuple[str, str]]:
    for path in sorted(found.keys() | wanted.keys()):
        if path not in wanted:
            yield path, "it is not what the lock makes"
        elif path not in found:
            yield path, "the lock makes it, and it is missing"
        elif found[path].sha256 != wanted[path].sha256:
            yield path, "the lock makes other bytes of it"
        elif modes and found[path].mode != wanted[path].mode:
            yield path, f"it has the mode {found[path].mode:04o}, the lock makes {wanted[path].mode:04o}"


def _differs(message: str, member: str | None = None) -> Problem:
    return Problem(rule="layer-differs", member=member, message=message)


@contextlib.contextmanager
def _reading(layer: Path) -> Iterator[None]:
    """What is wrong with the layer as a file is said as an error about it.

    :raises LayerError: it is no zip.
    :raises OutputError: it, or a file of it, cannot be read, or is replaced at this moment.
    """
    try:
        yield
    except WheelError as error:  # its file is read as those of wheels are
        first, *others = error.problems
        place = f"{first.member}: " if first.member else ""
        more = f" (and {len(others):,} more)" if others else ""
        raise not_ours(layer, f"{place}{first.message}{more}") from None
    except OSError as error:
        what = error.filename if isinstance(error.filename, str) else layer
        raise _unreadable(f"{what} cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise _unreadable(f"{layer} changed while it was read: {error}", "check it again") from error


def _unreadable(message: str, hint: str | None = None) -> OutputError:
    return OutputError(Problem(rule="disk-failed", message=message, hint=hint))


def _manifests(layer: Path) -> Iterator[tuple[str, bytes]]:
    if is_folder(layer):
        for path in files_in(layer):
            place = layer / path
            if is_manifest_path(path) and _kind(place) is None and place.stat().st_size <= _LARGEST_MANIFEST:
                yield path, place.read_bytes()
        return
    with layer.open("rb") as file:
        findings = Findings(layer.name)
        entries = [entry for entry in _directory(layer, findings) if is_manifest_path(entry.name)]
        small = [entry for entry in entries if entry.size <= _LARGEST_MANIFEST]
        members = prove(layer, small, findings, _nobody).members
        if not members and findings.problems:
            raise WheelError(findings.problems)
        for name, member in members.items():
            yield name, read_member(file, member)


def _files_of_folder(layer: Path) -> tuple[dict[str, File], list[Problem]]:
    """The plain files of a folder, and what else there is."""
    found: dict[str, File] = {}
    different = [
        _differs("it is left over from a build that was ended, or is of one that runs: build it again", name.name)
        for name in sorted(layer.iterdir())
        if name.name.startswith(STAGING_PREFIX) and name.is_dir() and not name.is_symlink()
    ]
    for path in files_in(layer):
        if kind := _kind(layer / path):
            different.append(_differs(f"it is {kind}, and a layer holds plain files only", path))
        else:
            found[path] = File(stat.S_IMODE((layer / path).lstat().st_mode), _sha256(layer / path))
    return found, different


def _files_of_zip(layer: Path) -> tuple[dict[str, File], list[Problem]]:
    """The sound files of a zip, and what is wrong with the others."""
    findings = Findings(layer.name)
    entries = _directory(layer, findings)
    check_names(entries, findings)
    check_modes(entries, findings)
    members = prove(layer, entries, findings, _nobody).members
    modes = {entry.name: stat.S_IMODE(entry.mode) for entry in entries}
    found = {name: File(modes[name], member.sha256) for name, member in members.items()}
    errors = [problem for problem in findings.problems if problem.severity is Severity.ERROR]
    return found, [_differs(problem.message, problem.member) for problem in errors]


def _directory(layer: Path, findings: Findings) -> list[DirectoryEntry]:
    with layer.open("rb") as file:
        return readable(read_directory(file, os.fstat(file.fileno()).st_size, findings), findings)


def _kind(path: Path) -> str | None:
    """What ``path`` is, where it is no plain file: a pipe or a device might never end, and a link leads elsewhere."""
    mode = path.lstat().st_mode
    if stat.S_ISREG(mode):
        return None
    return "a symbolic link" if stat.S_ISLNK(mode) else "a pipe, a socket or a device"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _nobody(inflated: int) -> None:
    pass
