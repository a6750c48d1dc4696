"""The distributions of a layer: what was installed into it, going by what its installer left. (Pure.)

Sources: PyPA specifications, "Recording installed projects" and "Recording the Direct URL Origin"; setuptools, "Package
discovery and resource access" for ``.egg-info``.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final, NamedTuple

from packaging.tags import Tag
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from lambda_wheels.audit.held import Held
from lambda_wheels.problems import Problem
from lambda_wheels.wheels.core_metadata import CoreMetadata, read_metadata
from lambda_wheels.wheels.filename import Identity, tags_of_lines
from lambda_wheels.wheels.findings import Findings
from lambda_wheels.wheels.headers import read_headers
from lambda_wheels.wheels.record import Row, read_record

_INFO: Final = re.compile(r"(?P<stem>[^/]+)\.(?P<kind>dist-info|egg-info)")


class Installed(NamedTuple):
    """One distribution."""

    name: NormalizedName
    version: Version
    folder: str
    """Where it is: ``python/``."""
    info: str
    """The path of its ``.dist-info`` or ``.egg-info``."""
    metadata: CoreMetadata
    tags: frozenset[Tag]
    """Those of the wheel that it was installed from; empty where they are not known."""
    rows: dict[str, tuple[Row, ...]]
    """What RECORD says of each file, by its path in the layer."""
    is_editable: bool = False
    """Whether its modules stayed where they were, outside of the layer."""


class Installation(NamedTuple):
    """All distributions of a layer that one Python finds."""

    distributions: tuple[Installed, ...]
    owners: dict[str, NormalizedName]
    """Which project brought a file, by its path."""
    problems: tuple[Problem, ...]


def read_installation(held: Held, folders: Iterable[str]) -> Installation:
    """What is installed in ``folders``, of which the first counts before the others."""
    distributions: list[Installed] = []
    problems: list[Problem] = []
    for folder in folders:
        for info in _infos(held, folder):
            findings = Findings("")
            if distribution := _read(held, folder, info, findings):
                distributions.append(distribution)
            problems += (replace(problem, wheel=None) for problem in findings.problems)
    owners: dict[str, NormalizedName] = {}
    for distribution in distributions:
        for path in distribution.rows:
            owners.setdefault(path, distribution.name)
    return Installation(tuple(distributions), owners, tuple(problems))


def _infos(held: Held, folder: str) -> list[str]:
    """The paths of all ``.dist-info`` and ``.egg-info`` directly in ``folder``."""
    paths = (path.removeprefix(folder).partition("/")[0] for path in held.files if path.startswith(folder))
    return sorted(folder + name for name in set(paths) if _INFO.fullmatch(name))


def _read(held: Held, folder: str, info: str, findings: Findings) -> Installed | None:
    match = _INFO.fullmatch(info.removeprefix(folder))
    assert match is not None
    if match["kind"] == "egg-info":
        return _read_egg(held, folder, info, findings)
    name, _, version = match["stem"].rpartition("-")
    findings.project = canonicalize_name(name or version)
    path = f"{info}/METADATA"
    if path not in held.texts:
        if path not in held.files:
            hint = "install the project anew, or remove what is left of it"
            findings.add("metadata-missing", "there is no METADATA", member=info, hint=hint)
        return None
    try:
        identity = Identity(findings.project, Version(version), (), frozenset())
    except ValueError:  # as in Identity.is_version
        findings.add("dist-info-name", "it is not named for a project and a version", member=info)
        return None
    metadata = read_metadata(held.texts[path], identity, findings, member=path)
    record = f"{info}/RECORD"
    rows = read_record(held.texts[record], findings, member=record) if record in held.texts else None
    return Installed(
        identity.name,
        identity.version,
        folder,
        info,
        metadata,
        _tags(held.texts.get(f"{info}/WHEEL", b"")),
        _by_path(rows or (), folder, held),
        _is_editable(held.texts.get(f"{info}/direct_url.json", b"")),
    )


def _read_egg(held: Held, folder: str, info: str, findings: Findings) -> Installed | None:
    """What setuptools left: ``.egg-info`` is a file of metadata, or a folder with that and requirements."""
    findings.project = canonicalize_name(info.removeprefix(folder).removesuffix(".egg-info").partition("-")[0])
    path = info if info in held.files else f"{info}/PKG-INFO"
    try:
        headers = read_headers(held.texts.get(path, b""))
        name, version = canonicalize_name(headers["name"][0]), Version(headers["version"][0])
    except (KeyError, ValueError):  # no such header, not UTF-8, no version
        findings.add("metadata-missing", "there is no PKG-INFO that says name and version", member=info)
        return None
    metadata = read_metadata(held.texts[path], Identity(name, version, (), frozenset()), findings, member=path)
    requires = tuple(_egg_requirements(held.texts.get(f"{info}/requires.txt", b"").decode(errors="replace")))
    metadata = metadata._replace(requires_dist=metadata.requires_dist or requires)
    return Installed(name, version, folder, info, metadata, frozenset(), {})


def _egg_requirements(text: str) -> Iterator[str]:
    """What ``requires.txt`` asks for without an extra."""
    section = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not section:
            yield line
        elif line and section.startswith(":"):
            yield f"{line}; {section[1:]}"


def _tags(wheel_file: bytes) -> frozenset[Tag]:
    """The tags in ``WHEEL``; nothing where they cannot be read."""
    try:
        return tags_of_lines(read_headers(wheel_file).get("tag", []))[0]
    except ValueError:
        return frozenset()


def _is_editable(direct_url: bytes) -> bool:
    """What ``direct_url.json`` says (PEP 610); no where it cannot be read."""
    try:
        said = json.loads(direct_url)
    except (ValueError, RecursionError):
        return False
    about = said.get("dir_info") if isinstance(said, dict) else None
    return isinstance(about, dict) and about.get("editable") is True


def _by_path(rows: Iterable[Row], folder: str, held: Held) -> dict[str, tuple[Row, ...]]:
    """The rows by the paths of their files in the layer.

    ``pip --target`` records scripts and headers where they were before it moved them: ``../../bin/x`` for ``bin/x``.
    What lies outside of the layer is left out.
    """
    by_path: dict[str, list[Row]] = {}
    for row in rows:
        path = posixpath.normpath(folder + row.path)
        if row.path.startswith("../") and path not in held.files:
            path = folder + re.sub(r"^(?:\.\./)+", "", row.path)
            if path not in held.files:
                continue
        if not row.path.startswith("/"):
            by_path.setdefault(path, []).append(row)
    return {path: tuple(said) for path, said in by_path.items()}
