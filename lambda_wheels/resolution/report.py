"""pip's installation report, read and not taken on trust. (Pure.)

The report's format is pip's (pip.pypa.io/en/stable/reference/installation-report/), version 1.
"""

from __future__ import annotations

import posixpath
import re
import urllib.parse
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from packaging.utils import InvalidWheelFilename, NormalizedName, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from lambda_wheels.errors import ResolutionError
from lambda_wheels.problems import Problem, Severity
from lambda_wheels.resolution.closure import Chosen, closure
from lambda_wheels.resolution.redaction import public_url
from lambda_wheels.targets import Target

_SHA256 = re.compile(r"[0-9a-f]{64}")
_PLAIN_FILENAME = re.compile(r"[A-Za-z0-9_.+!-]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class ResolvedWheel:
    """A wheel that pip chose."""

    name: NormalizedName
    version: Version
    filename: str
    url: str = field(repr=False)
    """Where it lies: http, https or file. May hold a token in its query: shown only through ``public_url``."""
    sha256: str
    requires_dist: tuple[str, ...]
    requires_python: str
    provides_extra: frozenset[NormalizedName]
    direct: bool
    """Whether a URL or a path named it, rather than a requirement that an index answered."""
    yanked: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Resolution:
    """The wheels for a target, sorted by name, each fitting and all of them complete."""

    target: Target
    wheels: tuple[ResolvedWheel, ...]
    problems: tuple[Problem, ...]
    """Warnings: a release that was yanked."""
    places: tuple[str, ...] = ()
    """As arguments of pip: the indexes, places and trusted hosts that requirement files brought; no credentials."""
    credentials: tuple[str, ...] = field(default=(), repr=False)
    """The URLs of indexes that carry credentials: they serve for the files there, too."""


def read_report(report: Mapping[str, Any], events: Iterable[Mapping[str, Any]], target: Target) -> Resolution:
    """The resolution that ``report`` tells of, once it is shown to be one for ``target``.

    :param events: what the runner told of the same run; its ``requirement`` events are what was asked for.
    :raises ResolutionError: with everything that does not hold: another environment, a wheel whose tags do not fit, one
        without a sha256, a set that is not the closure of what was asked for.
    """
    problems: list[Problem] = []
    if report.get("environment") != target.marker_environment:
        problems.append(
            Problem(
                rule="wrong-environment",
                message=f"pip evaluated markers for another machine than {target}",
                hint="this is a fault of lambda-wheels with this version of pip; please report it",
            )
        )
    wheels: list[ResolvedWheel] = []
    for item in report.get("install", ()):
        wheel = _read_wheel(item, target, problems)
        if wheel is not None:
            wheels.append(wheel)
    for name, count in Counter(wheel.name for wheel in wheels).items():
        if count > 1:
            problems.append(Problem(rule="wrong-closure", project=name, message="pip chose it more than once"))
    if not problems:
        problems += _check_closure(wheels, events, target)
    if problems:
        raise ResolutionError(problems)
    return Resolution(
        target=target,
        wheels=tuple(sorted(wheels, key=lambda wheel: wheel.name)),
        problems=tuple(_yanked(wheel) for wheel in wheels if wheel.yanked),
    )


def _read_wheel(item: Mapping[str, Any], target: Target, problems: list[Problem]) -> ResolvedWheel | None:
    """One entry of the report; what is wrong with it is added to ``problems``."""
    metadata = item["metadata"]
    url = item["download_info"]["url"]
    filename = urllib.parse.unquote(posixpath.basename(urllib.parse.urlsplit(url).path))
    project = canonicalize_name(metadata["name"])
    sha256 = item["download_info"].get("archive_info", {}).get("hashes", {}).get("sha256", "")

    def problem(rule: str, message: str, hint: str | None = None) -> None:
        problems.append(Problem(rule=rule, project=project, wheel=filename, message=message, hint=hint))

    try:
        if not _PLAIN_FILENAME.fullmatch(filename):
            raise InvalidWheelFilename(f"a character in {filename!r} has no place there")
        name, version, _, tags = parse_wheel_filename(filename)
        if (name, version) != (project, Version(metadata["version"])):
            problem(
                "wheel-metadata",
                f"the file name promises {name} {version}, its metadata {project} {metadata['version']}",
            )
            return None
    except (InvalidWheelFilename, InvalidVersion) as error:
        problem("wheel-filename", f"{public_url(url)}: {error}")
        return None
    if not target.accepts(tags):
        problem("wrong-tag", f"none of its tags runs on {target}")
    if not _SHA256.fullmatch(sha256):
        problem("no-sha256", f"no sha256 is known of {public_url(url)}")
    return ResolvedWheel(
        name=name,
        version=version,
        filename=filename,
        url=url,
        sha256=sha256,
        requires_dist=tuple(metadata.get("requires_dist", ())),
        requires_python=metadata.get("requires_python", ""),
        provides_extra=frozenset(canonicalize_name(extra) for extra in metadata.get("provides_extra", ())),
        direct=item["is_direct"],
        yanked=item["is_yanked"],
    )


def _check_closure(
    wheels: Iterable[ResolvedWheel], events: Iterable[Mapping[str, Any]], target: Target
) -> Iterable[Problem]:
    chosen = {
        wheel.name: Chosen(
            version=wheel.version, requires_dist=wheel.requires_dist, provides_extra=wheel.provides_extra
        )
        for wheel in wheels
    }
    asked = [event for event in events if event["event"] == "requirement" and not event["constraint"]]
    top = [(event["name"], event["specifier"], event["extras"], event["marker"]) for event in asked]
    return closure(top, chosen, target.marker_environment)


def _yanked(wheel: ResolvedWheel) -> Problem:
    return Problem(
        rule="yanked",
        severity=Severity.WARNING,
        project=wheel.name,
        wheel=wheel.filename,
        message=f"release {wheel.version} was withdrawn by its authors",
        hint="it is used since nothing else fits what was asked for; ask for another version",
    )
