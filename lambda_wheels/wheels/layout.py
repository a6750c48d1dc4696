"""Which folder is the wheel's ``.dist-info``, which its ``.data``, and where files of the latter land. (Pure.)

Found as pip finds them, by the ends of top-level names: nothing passes here as plain that pip would treat as special.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from lambda_wheels.wheels.filename import Identity
from lambda_wheels.wheels.findings import Findings

SCHEMES: Final = frozenset({"purelib", "platlib", "headers", "scripts", "data"})
"""https://packaging.python.org/specifications/binary-distribution-format/#the-data-directory"""
_INTO_ROOT: Final = frozenset({"purelib", "platlib", "data"})
"""Schemes whose files pip's ``--target`` puts beside the other files of the wheel."""


def find_dist_info(names: Collection[str], identity: Identity, findings: Findings) -> str | None:
    """The ``.dist-info`` folder, if there is exactly one and it is this wheel's."""
    folders = _folders(names, ".dist-info")
    own = [folder for folder in folders if identity.is_named(folder.removesuffix(".dist-info"))]
    for folder in folders:
        if folder not in own:
            findings.add("dist-info-name", f"it is not of {identity.name} {identity.version}", member=folder)
    if not folders:
        findings.add("dist-info-missing", "there is no .dist-info folder")
    if len(own) > 1:
        findings.add("dist-info-several", f"there are {len(own)} .dist-info folders: {', '.join(own)}", member=own[1])
    return own[0] if len(own) == 1 else None


def find_data(names: Collection[str], identity: Identity, findings: Findings) -> str | None:
    """The ``.data`` folder, if there is exactly one and it is this wheel's."""
    folders = _folders(names, ".data")
    own = [folder for folder in folders if identity.is_named(folder.removesuffix(".data"))]
    for folder in folders:
        if folder not in own:
            findings.add("data-name", f"it is not of {identity.name} {identity.version}", member=folder)
    if len(own) > 1:
        findings.add("data-several", f"there are {len(own)} .data folders: {', '.join(own)}", member=own[1])
    return own[0] if own else None


def check_data(files: Collection[str], data: str, dist_info: str | None, findings: Findings) -> None:
    """Every file of ``.data`` is in a known scheme, and lands where no other file of the wheel is."""
    taken = {name for name in files if name.partition("/")[0] != data}
    folders = {folder for name in taken for folder in folders_above(name)}
    for name in files:
        first, _, inside = name.partition("/")
        if first != data:
            continue
        scheme, _, path = inside.partition("/")
        if not path:
            findings.add("data-scheme", "it is in no scheme", member=name)
        elif scheme not in SCHEMES:
            findings.add("data-scheme", f"{scheme!r} is not a scheme", member=name)
        elif scheme in _INTO_ROOT:
            if path in taken or path in folders or not taken.isdisjoint(folders_above(path)):
                findings.add("data-collision", f"it lands on {path}, which is there already", member=name)
            top = path.partition("/")[0]
            if top.endswith(".dist-info") and top != dist_info:
                findings.add("data-dist-info", f"it lands in {top}, which is not of this wheel", member=name)
            taken.add(path)
            folders.update(folders_above(path))


def landing(name: str, data: str) -> str | None:
    """Where a member is among the modules that Python finds; None for scripts and headers, which are not there."""
    first, _, inside = name.partition("/")
    if first != data:
        return name
    scheme, _, path = inside.partition("/")
    return path if path and scheme in _INTO_ROOT else None


def _folders(names: Collection[str], ending: str) -> list[str]:
    return sorted({top for top in (name.partition("/")[0] for name in names) if top.endswith(ending)})


def folders_above(path: str) -> Iterator[str]:
    """The folders above ``path``, the nearest first."""
    while path := path.rpartition("/")[0]:
        yield path
