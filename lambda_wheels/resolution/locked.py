"""What a lock names for a target: its wheels, with everything that keeps one from being used. (Pure.)

The choice itself is ``packaging``'s (PEP 751, "Installation"): markers, tags, one entry for a project.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
import urllib.parse
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, cast

from packaging.markers import Environment, UndefinedComparison, UndefinedEnvironmentName
from packaging.pylock import (
    Package,
    PackageArchive,
    PackageDirectory,
    PackageSdist,
    PackageVcs,
    PackageWheel,
    Pylock,
    PylockSelectError,
)
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from lambda_wheels.errors import ResolutionError
from lambda_wheels.problems import Problem, Severity
from lambda_wheels.resolution.redaction import public_url, url_fault
from lambda_wheels.resolution.resolution import Resolution, ResolvedWheel
from lambda_wheels.targets import Target
from lambda_wheels.wheels import Wheel

Source = PackageVcs | PackageDirectory | PackageArchive | PackageWheel | PackageSdist

_PLAIN_FILENAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+!-]*\.whl")
_KINDS: Final = frozenset(kind for kind in hashlib.algorithms_guaranteed if not kind.startswith("shake"))
"""The kinds of hash that can be held: those that every Python has, and that have one length."""
_ANOTHER_LOCK: Final = "lock for this target too: lambda-wheels lock takes --runtime and --architecture repeatedly"

_SHOWN: Final = 2
"""How many environments a message names at the most."""


def select(lock: Pylock, path: Path, target: Target, *, but: Collection[str] = ()) -> Resolution:
    """The wheels of ``lock`` for ``target``.

    :param path: where the lock is: its relative paths begin in that folder.
    :param but: projects that come from elsewhere, whatever the lock says of them.
    :raises ResolutionError: with every entry that cannot be used, each naming its project: the lock does not serve the
        target, there is no wheel that runs there, a source is no wheel, a hash is missing.
    """
    if but:
        lock = dataclasses.replace(lock, packages=[package for package in lock.packages if package.name not in but])
    try:
        chosen = _choose(lock, target)
    except PylockSelectError as error:
        raise ResolutionError([*_unserved(lock, path, target, str(error))]) from None
    problems: list[Problem] = []
    wheels = [wheel for package, source in chosen if (wheel := _wheel(package, source, path.parent, target, problems))]
    if not chosen and not but:
        problems.append(
            Problem(
                rule="no-requirement",
                message=f"nothing in {path.name} applies to {target}",
                hint="were its packages all left out, or each marker false?",
            )
        )
    if problems:
        raise ResolutionError(problems)
    return Resolution(target=target, wheels=tuple(sorted(wheels, key=lambda wheel: wheel.name)))


def left_out(wheels: Iterable[Wheel], target: Target) -> Iterator[Problem]:
    """A warning for each requirement of ``wheels``, all that a lock names for ``target``, that they do not satisfy.

    A lock may have been cut on purpose: of what the runtime brings, say. Extras that were asked for are not known.
    """
    wheels = list(wheels)
    versions = {wheel.name: wheel.version for wheel in wheels}
    environment = {**target.marker_environment, "extra": ""}
    for wheel in wheels:
        for text in wheel.requires_dist:
            try:
                requirement = Requirement(text)
                if requirement.marker is not None and not requirement.marker.evaluate(environment):
                    continue
            except (InvalidRequirement, UndefinedComparison, UndefinedEnvironmentName):
                continue  # the first is found when the wheel is read; of the others nobody can tell
            found = versions.get(canonicalize_name(requirement.name))
            if found is None or not requirement.specifier.contains(found, prereleases=True):
                has = "leaves it out" if found is None else f"has {found}"
                yield Problem(
                    rule="lock-incomplete",
                    severity=Severity.WARNING,
                    project=wheel.name,
                    wheel=wheel.filename,
                    message=f"it needs {requirement.name}{requirement.specifier}, and the lock {has}",
                )


def _unserved(lock: Pylock, path: Path, target: Target, said: str) -> Iterator[Problem]:
    """Why there is no choice for ``target``; ``said`` is what packaging found first."""

    def not_for_target(message: str) -> Problem:
        return Problem(rule="lock-not-for-target", message=f"{path}: {message}", hint=_ANOTHER_LOCK)

    def choose(*packages: Package) -> list[tuple[Package, Source]]:
        return _choose(dataclasses.replace(lock, packages=packages), target)

    try:
        choose()
    except _MarkerError:
        yield Problem(rule="bad-lock", message=f"{path}: {said}")
        return
    except PylockSelectError:
        if lock.requires_python and not lock.requires_python.contains(target.python, prereleases=True):
            yield not_for_target(f"it is for Python {lock.requires_python}, and {target.runtime} has {target.python}")
        else:
            known = list(map(str, lock.environments or ()))
            more = f"; and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
            yield not_for_target(f"none of its environments is that of {target}: {'; '.join(known[:_SHOWN])}{more}")
        return
    found = Counter[str]()
    single = []
    for package in lock.packages:
        try:
            found.update(str(package.name) for _ in choose(package))
        except _MarkerError as error:
            message = f"{error}: {package.marker}"
            single.append(Problem(rule="bad-lock", project=package.name, message=message))
        except PylockSelectError:
            single.append(_unfit(package, target))
            found[package.name] += 1
    yield from single
    for name, count in found.items():
        if count > 1:
            yield Problem(
                rule="bad-lock",
                project=name,
                message=f"{path.name} has {count} entries of it that apply to {target}",
                hint="make it anew with the tool that made it",
            )
    if not single and max(found.values(), default=0) < 2:
        yield Problem(rule="bad-lock", message=f"{path}: {said}")


class _MarkerError(PylockSelectError):
    """A marker compares what cannot be compared, or asks for what a lock does not know."""


def _choose(lock: Pylock, target: Target) -> list[tuple[Package, Source]]:
    """What ``packaging`` chooses.

    :raises PylockSelectError: there is no choice.
    """
    try:
        return list(lock.select(environment=cast(Environment, target.marker_environment), tags=target.tags))
    except (UndefinedComparison, UndefinedEnvironmentName):
        raise _MarkerError("a marker in the lock cannot be evaluated") from None


def _unfit(package: Package, target: Target) -> Problem:
    """What keeps an entry that applies to ``target`` from being used there."""
    if package.requires_python and not package.requires_python.contains(target.python, prereleases=True):
        return Problem(
            rule="requires-python",
            project=package.name,
            message=f"it needs Python {package.requires_python}, and {target.runtime} has {target.python}",
            hint="make the lock anew for this runtime",
        )
    return _no_wheel(package, target)


def _no_wheel(package: Package, target: Target) -> Problem:
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
        hint=_ANOTHER_LOCK,
    )


def _wheel(
    package: Package, source: Source, folder: Path, target: Target, problems: list[Problem]
) -> ResolvedWheel | None:
    """What the lock says of one wheel; what is wrong with it is added to ``problems``."""
    if isinstance(source, PackageSdist):
        problems.append(_no_wheel(package, target))
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
        name, version, _, tags = parse_wheel_filename(filename)
        if not _PLAIN_FILENAME.fullmatch(filename) or name != package.name:
            raise InvalidWheelFilename(f"{filename!r} is not the file name of a wheel of {package.name}")
    except InvalidWheelFilename as error:
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
