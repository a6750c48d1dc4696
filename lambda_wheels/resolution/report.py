"""pip's installation report, read and not taken on trust. (Pure.)

The report's format is pip's (pip.pypa.io/en/stable/reference/installation-report/), version 1.
"""

from __future__ import annotations

import posixpath
import re
import urllib.parse
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import Version

from lambda_wheels.errors import ResolutionError
from lambda_wheels.problems import Problem, Severity
from lambda_wheels.resolution.closure import Chosen, closure
from lambda_wheels.resolution.newer_releases import told_held_back
from lambda_wheels.resolution.redaction import public_url
from lambda_wheels.resolution.resolution import Resolution, ResolvedWheel, Told
from lambda_wheels.targets import Target
from lambda_wheels.wheels.filename import parse_plain_filename

_SHA256 = re.compile(r"[0-9a-f]{64}")


def read_report(report: Mapping[str, Any], events: Sequence[Mapping[str, Any]], target: Target) -> Resolution:
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
    withdrawn = {event["filename"] for event in events if event["event"] == "withdrawn"}
    pages = {event["url"]: event["page"] for event in events if event["event"] == "prepare"}
    wheels: list[ResolvedWheel] = []
    yanked = []
    for item in report.get("install", ()):
        wheel = _read_wheel(item, pages, target, problems)
        if wheel is not None:
            wheels.append(wheel)
            if item["is_yanked"] or wheel.filename in withdrawn:
                yanked.append(_yanked(wheel))
    for name, count in Counter(wheel.name for wheel in wheels).items():
        if count > 1:
            problems.append(Problem(rule="wrong-closure", project=name, message="pip chose it more than once"))
    asked = [event for event in events if event["event"] == "requirement" and not event["constraint"]]
    top = tuple((event["name"], event["specifier"], tuple(event["extras"]), event["marker"]) for event in asked)
    chosen = {
        wheel.name: Chosen(
            version=wheel.version, requires_dist=wheel.told.requires_dist, provides_extra=wheel.told.provides_extra
        )
        for wheel in wheels
        if wheel.told is not None
    }
    if not problems:
        problems += closure(top, chosen, target.marker_environment)
    if problems:
        raise ResolutionError(problems)
    return Resolution(
        target=target,
        wheels=tuple(sorted(wheels, key=lambda wheel: wheel.name)),
        problems=(*yanked, *told_held_back(wheels, top, chosen, events, target)),
        asked=top,
    )


def _read_wheel(
    item: Mapping[str, Any], pages: Mapping[str, str], target: Target, problems: list[Problem]
) -> ResolvedWheel | None:
    """One entry of the report; what is wrong with it is added to ``problems``.

    :param pages: by the public URLs of files, the pages on which they stood.
    """
    metadata = item["metadata"]
    url = item["download_info"]["url"]
    filename = urllib.parse.unquote(posixpath.basename(urllib.parse.urlsplit(url).path))
    project = canonicalize_name(metadata["name"])
    sha256 = item["download_info"].get("archive_info", {}).get("hashes", {}).get("sha256", "").lower()

    def problem(rule: str, message: str, hint: str | None = None) -> None:
        problems.append(Problem(rule=rule, project=project, wheel=filename, message=message, hint=hint))

    try:
        name, version, _, tags = parse_plain_filename(filename)
        if (name, version) != (project, Version(metadata["version"])):
            problem(
                "wheel-metadata",
                f"the file name promises {name} {version}, its metadata {project} {metadata['version']}",
            )
            return None
    except ValueError as error:
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
        direct=item["is_direct"],
        told=Told(
            requires_dist=tuple(metadata.get("requires_dist", ())),
            requires_python=metadata.get("requires_python", ""),
            provides_extra=frozenset(canonicalize_name(extra) for extra in metadata.get("provides_extra", ())),
        ),
        index=_index_of(pages.get(public_url(url), ""), project),
    )


def _index_of(page: str, project: str) -> str:
    """The index whose page of ``project`` this is; empty where it is another kind of page."""
    index, _, last = page.rstrip("/").rpartition("/")
    return index if index and canonicalize_name(last) == project else ""


def _yanked(wheel: ResolvedWheel) -> Problem:
    return Problem(
        rule="yanked",
        severity=Severity.WARNING,
        project=wheel.name,
        wheel=wheel.filename,
        message=f"release {wheel.version} was withdrawn by its authors",
        hint="it is used since it is pinned or locked; ask for another version, or upgrade it in the lock",
    )
