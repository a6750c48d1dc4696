"""Proven wheels made by hand: what a reader gives, over a file that holds just members. (Writes the disk.)"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from packaging.specifiers import SpecifierSet
from packaging.tags import parse_tag
from packaging.utils import canonicalize_name
from packaging.version import Version

from lambda_wheels.layers import Contents, Entry, View, lay_out
from lambda_wheels.layers.sources import pieces_of
from lambda_wheels.store import StoredWheel
from lambda_wheels.targets import Target
from lambda_wheels.wheels import Member, Wheel
from lambda_wheels.wheels.native import Native
from lambda_wheels.wheels.pyc import Pyc

TARGET = Target("python3.13", "arm64")


def hand_made(
    folder: Path,
    name: str = "demo",
    version: str = "1.0",
    files: Mapping[str, bytes] | None = None,
    *,
    tag: str = "py3-none-any",
    requires_python: str = "",
    requires: Sequence[str] = (),
    extras: Sequence[str] = (),
    natives: Sequence[Native] = (),
    pycs: Sequence[Pyc] = (),
    entry_points: str = "",
    data: str = "",
    executable: Collection[str] = (),
    deflated: bool = False,
) -> StoredWheel:
    """A wheel with ``files`` and what its dist-info needs. Its file is no zip: only where members lie matters here.

    :param data: the name of the ``.data`` folder, where it is not the plain one.
    """
    dist_info = f"{name}-{version}.dist-info"
    contents = dict(files if files is not None else {f"{name}/__init__.py": f"NAME = {name!r}\n".encode()})
    contents[f"{dist_info}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()
    contents[f"{dist_info}/WHEEL"] = b"Wheel-Version: 1.0\n"
    if entry_points:
        contents[f"{dist_info}/entry_points.txt"] = entry_points.encode()
    contents[f"{dist_info}/RECORD"] = b"what the wheel says\n"
    filename = f"{name}-{version}-{tag}.whl"
    blob = b"rubbish before "
    members = []
    for path, content in contents.items():
        stream = _deflate(content) if deflated else content
        members.append(
            Member(
                name=path,
                method=8 if deflated else 0,
                crc=zlib.crc32(content),
                offset=len(blob),
                compressed_size=len(stream),
                size=len(content),
                executable=path in executable,
                sha256=hashlib.sha256(content).hexdigest(),
            )
        )
        blob += stream + b" rubbish between "
    folder.mkdir(parents=True, exist_ok=True)
    (folder / filename).write_bytes(blob)
    wheel = Wheel(
        filename=filename,
        sha256=hashlib.sha256(blob).hexdigest(),
        size=len(blob),
        name=canonicalize_name(name),
        version=Version(version),
        build=(),
        tags=frozenset(parse_tag(tag)),
        requires_python=SpecifierSet(requires_python),
        requires_dist=tuple(requires),
        provides_extra=frozenset(map(canonicalize_name, extras)),
        dist_info=dist_info,
        data=data or f"{name}-{version}.data",
        entry_points=entry_points,
        members=tuple(members),
        natives=tuple(natives),
        pycs=tuple(pycs),
        problems=(),
    )
    return StoredWheel(wheel, folder / filename)


def contents_of(*wheels: StoredWheel, scripts: bool = False, allow: Collection[str] = ()) -> Contents:
    """The layer of ``wheels`` for the target of these tests."""
    return lay_out([View(TARGET, wheels)], scripts=scripts, allow=allow)


def by_path(contents: Contents) -> dict[str, Entry]:
    """The entries by path, without the manifest."""
    return {entry.path: entry for entry in contents.entries if entry.path != contents.manifest.path}


def bytes_at(contents: Contents, path: str) -> bytes:
    """The inflated bytes of one entry."""
    return b"".join(pieces_of(by_path(contents)[path]))


def _deflate(content: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(content) + compressor.flush()
