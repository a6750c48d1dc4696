"""Whether a folder holds only what we wrote, so that we may write it again. (Reads the disk.)"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

from lambda_wheels.errors import OutputRefusedError
from lambda_wheels.layers.manifest import FOLDER, Manifest, is_manifest_path, manifest_path, parse_manifest
from lambda_wheels.layers.record import INSTALLER, layer_path
from lambda_wheels.layers.staging import STAGING_PREFIX
from lambda_wheels.problems import Problem
from lambda_wheels.there import is_file

TOP_FOLDERS: Final = ("python", "bin", "lib", FOLDER)
"""Where a layer of ours can have files."""

_LARGEST_MANIFEST = 16 << 20
_RECORD: Final = re.compile(r"python/(?:lib/python3\.[^/]*/site-packages/)?[^/]*\.dist-info/RECORD")


def check_ours(folder: Path) -> None:
    """Hold that ``folder`` is empty (but for empty folders), or that we wrote every file in it.

    To be called under the output's lock: while another build writes, the folder is neither.

    Ours is a manifest, the libraries that it names, what a RECORD beside an INSTALLER of ours lists, and bytecode that
    Python wrote beside it.

    :raises OutputRefusedError: naming a file that is not.
    """
    foreign = foreign_file(folder)
    if foreign is not None:
        raise OutputRefusedError(
            Problem(
                rule="output-not-ours",
                message=f"the folder {str(folder)!r} holds {foreign!r}, which lambda-wheels did not write",
                hint="choose a folder that is new or empty",
            )
        )


def foreign_file(folder: Path, rest: Path | None = None) -> str | None:
    """The first file in ``folder`` that we did not write, if there is one.

    :param rest: where the rest of the same tree is, if it was moved only in part.
    """
    parts = {part: sorted(files_in(part)) for part in (folder, rest) if part is not None}
    files = parts[folder]
    if not files:
        return None
    known: set[str] = set()
    manifests = 0
    for part, paths in parts.items():
        found = {path: manifest for path in paths if (manifest := _manifest(part, path)) is not None}
        manifests += len(found)
        known.update(found, (library.path for manifest in found.values() for library in manifest.libraries))
        known.update(_recorded(part, paths))
    if not manifests:
        return files[0]
    return next((path for path in files if path not in known and not _is_bytecode(path)), None)


def files_in(folder: Path) -> Iterator[str]:
    """Everything in ``folder`` but folders, with ``/``; links are not followed."""
    top = os.fspath(folder)
    for place, folders, names in os.walk(top, onerror=_raise):  # paths of 5,000 files would take long
        if place == top:
            folders[:] = [name for name in folders if not name.startswith(STAGING_PREFIX)]
        inside = place[len(top) :].replace(os.sep, "/").strip("/")
        prefix = f"{inside}/" if inside else ""
        links = [name for name in folders if Path(place, name).is_symlink()]
        yield from (prefix + name for name in [*names, *links])


def _raise(error: OSError) -> None:
    raise error


def _manifest(folder: Path, path: str) -> Manifest | None:
    """The manifest at ``path``, if it is one."""
    if not is_manifest_path(path) or not is_file(folder / path, follow=False):
        return None
    if (folder / path).stat().st_size > _LARGEST_MANIFEST:
        return None
    content = (folder / path).read_bytes()
    try:
        manifest = parse_manifest(content)
    except ValueError:
        return None
    return manifest if manifest_path(content) == path else None


def _recorded(folder: Path, files: Collection[str]) -> Iterator[str]:
    """What the RECORD files of the wheels that we put into ``folder`` list, of which ``files`` are all."""
    for path in filter(_RECORD.fullmatch, files):  # not by glob(), which passes over what cannot be read
        record = folder / path
        installer = record.with_name("INSTALLER")
        # Not a link, nor a pipe, which would be waited for.
        ours = is_file(record, follow=False) and is_file(installer, follow=False)
        if not ours or installer.read_bytes() != INSTALLER:
            continue
        home = f"{record.parent.parent.relative_to(folder).as_posix()}/"
        with record.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
            try:
                yield from (layer_path(row[0], home) for row in csv.reader(file) if row)
            except csv.Error:
                continue


def _is_bytecode(path: str) -> bool:
    folder, _, name = path.rpartition("/")
    return folder.rpartition("/")[2] == "__pycache__" and name.endswith(".pyc") and path.startswith("python/")
