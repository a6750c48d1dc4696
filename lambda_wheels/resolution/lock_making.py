"""From what was chosen for each target to one lock for all of them. (Looks at the disk for symbolic links.)"""

from __future__ import annotations

import os
import urllib.parse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from packaging.pylock import Package, PackageArchive, PackageWheel, Pylock
from packaging.version import Version

from lambda_wheels.errors import ResolutionError
from lambda_wheels.problems import Problem, Severity
from lambda_wheels.resolution.file_urls import path_of
from lambda_wheels.resolution.lock_markers import environment_marker, marker_for
from lambda_wheels.resolution.locked import select
from lambda_wheels.resolution.redaction import public_url
from lambda_wheels.resolution.resolution import Resolution, ResolvedWheel
from lambda_wheels.targets import Target

MADE_BY: Final = "lambda-wheels"
"""What a lock of ours says of who made it, and the name of our table in it."""
COOLDOWN: Final = "uploaded-prior-to"
"""The key in our table of the time before which every file was uploaded."""


def cooldown_of(lock: Pylock) -> str | None:
    """The time before which every file of a lock of ours was uploaded; None where there is none, or nobody can tell."""
    own = (lock.tool or {}).get(MADE_BY)
    moment = own.get(COOLDOWN) if isinstance(own, Mapping) else None
    return moment if isinstance(moment, str) else None


@dataclass(slots=True)
class _Entry:
    """One version of a project, from one place, with the targets that have it."""

    targets: list[Target] = field(default_factory=list)
    wheels: dict[str, ResolvedWheel] = field(default_factory=dict)
    """By file name."""


def make_lock(resolutions: Sequence[Resolution], sizes: Mapping[str, int], folder: Path) -> Pylock:
    """The lock that says for each target what its resolution says.

    The order of ``resolutions`` does not matter.

    :param sizes: bytes of each wheel, by sha256.
    :param folder: where the lock will be, a real path: files below it are named by their paths from there.
    """
    resolutions = sorted(resolutions, key=lambda one: (one.target.python_version, one.target.architecture))
    targets = [resolution.target for resolution in resolutions]
    entries: dict[tuple[str, Version, str], _Entry] = {}
    for resolution in resolutions:
        for wheel in resolution.wheels:
            place = public_url(wheel.url) if wheel.direct else ""
            entry = entries.setdefault((wheel.name, wheel.version, place), _Entry())
            entry.targets.append(resolution.target)
            entry.wheels.setdefault(wheel.filename, wheel)
    cooldown = min(filter(None, (resolution.uploaded_prior_to for resolution in resolutions)), default="")
    return Pylock(
        lock_version=Version("1.0"),
        environments=[environment_marker(target) for target in targets],
        created_by=MADE_BY,
        packages=[_package(entry, targets, sizes, folder) for _, entry in sorted(entries.items())],
        tool={MADE_BY: {COOLDOWN: cooldown}} if cooldown else None,
    )


def check_lock(lock: Pylock, path: Path, resolutions: Iterable[Resolution]) -> None:
    """That the lock, as any tool reads it, says for each target what was chosen for it.

    :raises ResolutionError: where it does not: a file that was kept for one target, say, would not be the best of those
        that others have.
    """
    problems = []
    for resolution in resolutions:
        read = {wheel.name: wheel for wheel in select(lock, path, resolution.target).wheels}
        for wheel in resolution.wheels:
            other = read.get(wheel.name)
            if other is None or other.sha256 != wheel.sha256:
                would = "nothing" if other is None else f"{other.filename} (sha256 {other.sha256})"
                message = f"one lock for all targets would say {would} for {resolution.target}, not {wheel.filename}"
                hint = f"choose it anew (--upgrade-project {wheel.name}), or make a lock for each target"
                problems.append(Problem(rule="bad-lock", project=wheel.name, message=message, hint=hint))
        for name in read.keys() - {wheel.name for wheel in resolution.wheels}:
            message = f"one lock for all targets would say it for {resolution.target} as well"
            problems.append(Problem(rule="bad-lock", project=name, message=message, hint="make a lock for each target"))
    if problems:
        raise ResolutionError(problems)


def queries_left_out(resolutions: Iterable[Resolution]) -> list[Problem]:
    """A warning, one for all files, where the lock leaves out of their URLs what may be needed to fetch them.

    It may as well be harmless, which cannot be told: an index may sign its URLs in any way.
    """
    urls = {wheel.url for resolution in resolutions for wheel in resolution.wheels if wheel.url.startswith("http")}
    hosts = [parts.hostname or "" for url in urls if (parts := urllib.parse.urlsplit(url)).query]
    if not hosts:
        return []
    files = "the URL of 1 file" if len(hosts) == 1 else f"the URLs of {len(hosts)} files"
    message = f"{files} of {', '.join(sorted(set(hosts)))} {'has' if len(hosts) == 1 else 'have'} a query, "
    return [
        Problem(
            rule="lock-without-query",
            severity=Severity.WARNING,
            message=message + "which the lock leaves out: if it grants access, a build from the lock cannot fetch them",
            hint="lock from a folder then: lambda-wheels fetch -o wheels, and lock --no-index --find-links wheels",
        )
    ]


def _package(entry: _Entry, targets: Sequence[Target], sizes: Mapping[str, int], folder: Path) -> Package:
    wheels = sorted(entry.wheels.values(), key=lambda wheel: wheel.filename)
    first = wheels[0]
    indexes = sorted({wheel.index for wheel in wheels if wheel.index})
    archive = None
    if first.direct:
        url, path = _place(first, folder)
        archive = PackageArchive(url=url, path=path, size=sizes[first.sha256], hashes={"sha256": first.sha256})
    return Package(
        name=first.name,
        version=first.version,
        marker=marker_for(entry.targets, targets),
        index=indexes[0] if indexes else None,
        archive=archive,
        wheels=None if archive else [_wheel(wheel, sizes, folder) for wheel in wheels],
    )


def _wheel(wheel: ResolvedWheel, sizes: Mapping[str, int], folder: Path) -> PackageWheel:
    url, path = _place(wheel, folder)
    return PackageWheel(
        name=wheel.filename, url=url, path=path, size=sizes[wheel.sha256], hashes={"sha256": wheel.sha256}
    )


def _place(wheel: ResolvedWheel, folder: Path) -> tuple[str | None, str | None]:
    """The URL of a wheel without anything secret, or its path from ``folder`` where it is below that."""
    if wheel.url.startswith("file:"):
        path = path_of(wheel.url)
        path = Path(os.path.realpath(path.parent), path.name)  # as that of the lock: /tmp is a link on macOS
        if path.is_relative_to(folder):
            return None, path.relative_to(folder).as_posix()
    return public_url(wheel.url), None
