"""One entry of a lock for a target: the wheel that it names, or what keeps it from naming one. (Pure.)"""

from __future__ import annotations

import hashlib
import re
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from packaging.pylock import Package, PackageArchive, PackageDirectory, PackageSdist, PackageVcs, PackageWheel
from packaging.utils import InvalidWheelFilename

from lambda_wheels.problems import Problem
from lambda_wheels.resolution.redaction import public_url, url_fault
from lambda_wheels.resolution.resolution import ResolvedWheel
from lambda_wheels.targets import Target
from lambda_wheels.wheels.filename import parse_filename

Source = PackageVcs | PackageDirectory | PackageArchive | PackageWheel | PackageSdist

ANOTHER_LOCK: Final = "lock for this target too: lambda-wheels lock takes --runtime and --architecture repeatedly"
"""What to try where a lock has nothing for a target."""

_PLAIN_FILENAME: Final = r"[A-Za-z0-9_][A-Za-z0-9_.+!-]{,250}\.whl"
_KINDS: Final = frozenset(kind for kind in hashlib.algorithms_guaranteed if not kind.startswith("shake"))
"""The kinds of hash that can be held: those that every Python has, and that have one length."""


def no_wheel(package: Package, target: Target) -> Problem:
    """What is wrong with an entry of which no wheel runs on ``target``."""
    named = f"{package.name} {package.version}" if package.version else str(package.name)
    if not package.wheels:
        return Problem(
            rule="only-sdist",
            project=package.name,
            message=f"the lock has no wheel of {named}, only a source distribution",
            hint="make a wheel of it and lock that, or ask for another version",
        )
    return Problem(
        rule="no-fitting-wheel",
        project=package.name,
        message=f"of the wheels of {named} in the lock ({len(package.wheels)}) none runs on {target}",
        hint=ANOTHER_LOCK,
    )


def wheel_of(
    package: Package, source: Source, folder: Path, target: Target, problems: list[Problem]
) -> ResolvedWheel | None:
    """What the lock says of one wheel; what is wrong with it is added to ``problems``."""
    if isinstance(source, PackageSdist):
        problems.append(no_wheel(package, target))
        return None
    if isinstance(source, PackageVcs | PackageDirectory):
        problems.append(_not_a_wheel(package, source))
        return None
    url, filename = _url(source, folder), filename_of(source)
    if not _is_one_url(url):
        message = f"{public_url(url) if url.isprintable() else '(a malformed URL)'} is not the URL of a file"
        problems.append(Problem(rule="bad-lock", project=package.name, message=message))
        return None
    try:
        name, version, _, tags = parse_filename(filename)
        if not re.fullmatch(_PLAIN_FILENAME, filename) or name != package.name:
            raise InvalidWheelFilename(f"{filename!r} is not the file name of a wheel of {package.name}")
    except ValueError as error:
        problems.append(
            _not_a_wheel(package, source)
            if isinstance(source, PackageArchive) and not filename.endswith(".whl")
            else Problem(rule="wheel-filename", project=package.name, message=str(error))
        )
        return None
    faults = [*_faults(package, filename, url, source.hashes)]
    if not target.accepts(tags):  # an archive, for which packaging does not ask
        faults.append(Problem(rule="no-fitting-wheel", project=name, message=f"{filename} does not run on {target}"))
    if package.version not in {None, version}:
        faults.append(
            Problem(rule="bad-lock", project=name, message=f"the lock says {package.version}, and names {filename}")
        )
    if faults:
        problems += faults
        return None
    hashes = {kind.lower(): digest.lower() for kind, digest in source.hashes.items()}
    return ResolvedWheel(
        name=name,
        version=version,
        filename=filename,
        url=url.partition("#")[0],  # else what stands there would be pip's, and not the hash that we add
        sha256=hashes.pop("sha256"),
        direct=isinstance(source, PackageArchive),
        index=public_url(package.index) if package.index else "",
        size=source.size,
        hashes=tuple(sorted(hashes.items())),
    )


def files_of(package: Package) -> Sequence[PackageArchive | PackageWheel]:
    """The files that may be wheels of an entry."""
    return [package.archive] if package.archive else package.wheels or ()


def filename_of(source: PackageArchive | PackageWheel) -> str:
    """The name of the file; empty where its URL cannot be read."""
    if isinstance(source, PackageWheel):
        return source.filename
    try:
        place = source.path or urllib.parse.unquote(urllib.parse.urlsplit(source.url or "").path)
    except ValueError:
        return ""
    return place.replace("\\", "/").rpartition("/")[2]


def _url(source: PackageArchive | PackageWheel, folder: Path) -> str:
    """Where the file is; a path wins, being nearer."""
    return (folder / source.path).absolute().as_uri() if source.path else source.url or ""


def _is_one_url(url: str) -> bool:
    """Whether it is a URL, and nothing follows it: pip would take ``URL ; MARKER`` apart."""
    try:
        urllib.parse.urlsplit(url)
    except ValueError:
        return False
    return url.isprintable() and " " not in url and "\0" not in urllib.parse.unquote(url)


def _faults(package: Package, filename: str, url: str, hashes: Mapping[str, str]) -> Iterator[Problem]:
    """What is wrong with where a wheel is, and with its hashes."""

    def fault(rule: str, message: str, hint: str = "make the lock anew with the tool that made it") -> Problem:
        return Problem(rule=rule, project=package.name, wheel=filename, message=message, hint=hint)

    parts = urllib.parse.urlsplit(url)
    if "@" in parts.netloc:
        yield fault(
            "url-credentials",
            f"{public_url(url)} carries a user or a password",
            "put them into netrc, a keyring or the URL of the index, and take them out of the lock",
        )
    elif parts.scheme not in {"http", "https", "file"} or url_fault(f"{parts.scheme}://{parts.netloc}{parts.path}"):
        yield fault("bad-lock", f"{public_url(url)} is not the URL of a file")
    kinds = {kind.lower() for kind in hashes}
    if len(kinds) < len(hashes):
        yield fault("bad-lock", "the lock has two hashes of one kind")
    elif unknown := sorted(kinds - _KINDS):
        yield fault("bad-lock", f"the lock has a hash of the kind {unknown[0]!r}, which is not known")
    elif "sha256" not in kinds:
        yield fault("no-sha256", f"the lock has no sha256 of it, only {', '.join(sorted(kinds))}")
    elif not re.fullmatch(r"[0-9a-fA-F]{64}", {kind.lower(): value for kind, value in hashes.items()}["sha256"]):
        yield fault("bad-lock", "the sha256 in the lock is not one")


def _not_a_wheel(package: Package, source: PackageVcs | PackageDirectory | PackageArchive | PackageWheel) -> Problem:
    if isinstance(source, PackageDirectory):
        what = f"the folder {source.path!r}"
        hint = "leave it out of the lock (uv export --no-emit-project), or name a wheel of it beside the lock"
    elif isinstance(source, PackageVcs):
        what = f"a repository ({source.type})"
        hint = "make a wheel of it and lock that"
    else:
        what = public_url(source.url) if source.url else repr(source.path)
        hint = "make a wheel of it and lock that"
    return Problem(
        rule="not-a-wheel",
        project=package.name,
        message=f"the lock gives {what} for it, and nothing is built from source",
        hint=hint,
    )
