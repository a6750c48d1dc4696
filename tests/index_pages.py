"""The pages of a simple index (PEP 503, 658, 691, 700) over a folder of files. (Reads the disk; renders purely.)"""

from __future__ import annotations

import hashlib
import html
import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.parser import BytesParser
from pathlib import Path
from urllib.parse import quote

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)

HTML = "text/html; charset=utf-8"
JSON = "application/vnd.pypi.simple.v1+json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """What the index says about its files; mappings are by file name."""

    hashes: bool = True
    metadata: bool = True
    """Whether ``.metadata`` files are offered (PEP 658)."""
    lies: Mapping[str, bytes] = field(default_factory=dict)
    """Metadata to offer in place of the wheel's own; its hash on the page is that of the lie."""
    false_hashes: Mapping[str, str] = field(default_factory=dict)
    """sha256 to claim for a file."""
    requires_python: Mapping[str, str] = field(default_factory=dict)
    """``data-requires-python`` to claim; else what the wheel's own metadata says."""
    yanked: Mapping[str, str] = field(default_factory=dict)
    """Yanked files and the reason, which may be empty."""
    upload_time: Mapping[str, str] = field(default_factory=dict)
    """When files were uploaded; else 2024-01-01."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedFile:
    """One file as its project's page shows it."""

    filename: str
    url: str
    size: int
    sha256: str | None
    metadata_sha256: str | None
    requires_python: str | None
    yanked: str | None
    upload_time: str


def project_of(filename: str) -> str:
    """The normalised name of the project that a file belongs to, also where the name is a bad one."""
    try:
        return parse_wheel_filename(filename)[0]
    except InvalidWheelFilename:
        pass
    try:
        return parse_sdist_filename(filename)[0]
    except InvalidSdistFilename:
        return canonicalize_name(filename.partition("-")[0])


def metadata_of(path: Path) -> bytes | None:
    """The METADATA inside the wheel; None where the file has none to read."""
    try:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.endswith(".dist-info/METADATA") and name.count("/") == 1:
                    return archive.read(name)
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, ValueError):
        pass  # a broken wheel is listed like any other file
    return None


def offered_metadata(path: Path, listing: Listing) -> bytes | None:
    """The bytes of ``FILE.metadata``; None where the index offers none."""
    if not listing.metadata:
        return None
    return listing.lies.get(path.name) or metadata_of(path)


def list_file(path: Path, listing: Listing, base: str) -> ListedFile:
    """``path`` as the page shows it, its link below ``base``."""
    name, content = path.name, path.read_bytes()
    own, offered = metadata_of(path), offered_metadata(path, listing)
    said = BytesParser().parsebytes(own)["Requires-Python"] if own else None
    sha256 = listing.false_hashes.get(name) or hashlib.sha256(content).hexdigest()
    return ListedFile(
        filename=name,
        url=base + quote(name),
        size=len(content),
        sha256=sha256 if listing.hashes else None,
        metadata_sha256=hashlib.sha256(offered).hexdigest() if offered else None,
        requires_python=listing.requires_python.get(name, said),
        yanked=listing.yanked.get(name),
        upload_time=listing.upload_time.get(name, "2024-01-01T00:00:00Z"),
    )


def html_page(title: str, files: Iterable[ListedFile]) -> bytes:
    """A project's page, PEP 503."""
    lines = []
    for file in files:
        url = file.url + (f"#sha256={file.sha256}" if file.sha256 else "")
        attributes = {"href": url}
        if file.requires_python is not None:
            attributes["data-requires-python"] = file.requires_python
        if file.yanked is not None:
            attributes["data-yanked"] = file.yanked
        if file.metadata_sha256 is not None:
            attributes["data-core-metadata"] = f"sha256={file.metadata_sha256}"
        written = " ".join(f'{name}="{html.escape(value)}"' for name, value in attributes.items())
        lines.append(f"<a {written}>{html.escape(file.filename)}</a><br>")
    return _document(title, lines)


def json_page(project: str, files: Iterable[ListedFile]) -> bytes:
    """A project's page, PEP 691 and 700."""
    entries = [
        {
            "filename": file.filename,
            "url": file.url,
            "hashes": {"sha256": file.sha256} if file.sha256 else {},
            "requires-python": file.requires_python,
            "core-metadata": {"sha256": file.metadata_sha256} if file.metadata_sha256 else False,
            "yanked": False if file.yanked is None else file.yanked or True,
            "size": file.size,
            "upload-time": file.upload_time,
        }
        for file in files
    ]
    return json.dumps({"meta": {"api-version": "1.1"}, "name": project, "versions": [], "files": entries}).encode()


def html_root(projects: Iterable[str]) -> bytes:
    """The list of projects, PEP 503."""
    return _document("Simple index", [f'<a href="{project}/">{project}</a><br>' for project in projects])


def json_root(projects: Iterable[str]) -> bytes:
    """The list of projects, PEP 691."""
    return json.dumps({"meta": {"api-version": "1.1"}, "projects": [{"name": name} for name in projects]}).encode()


def _document(title: str, lines: Iterable[str]) -> bytes:
    head, body = f"<title>{html.escape(title)}</title>", "\n".join(lines)
    return f"<!DOCTYPE html><html><head>{head}</head><body>\n{body}\n</body></html>".encode()
