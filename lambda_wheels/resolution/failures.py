"""pip's failures in our words: from the runner's events to an error. (Pure.)

pip's exit code is 1 for everything and its last lines are the same for no such project, no wheel, a 403 and a dead
network, so nothing is read from its words: only from what the runner saw.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from lambda_wheels.errors import (
    IndexUnavailableError,
    LambdaWheelsError,
    OutputError,
    PipError,
    ResolutionError,
    UsageError,
)
from lambda_wheels.problems import Problem
from lambda_wheels.resolution.child import Event, PipRun
from lambda_wheels.resolution.fitting import every_target, excludes, instead, passed_over, python_needed
from lambda_wheels.resolution.index_failures import failed_files, failed_pages
from lambda_wheels.resolution.known_form import in_known_form
from lambda_wheels.resolution.missing_wheels import explain, has_candidates
from lambda_wheels.resolution.redaction import redact
from lambda_wheels.resolution.refusals import refusals
from lambda_wheels.targets import Target

_HARMLESS_PROGRAMS = frozenset({"lsb_release", "uname", "rustc"})
"""What pip asks in every run for the name that it gives itself towards an index; it passes over their absence."""

_SHOWN = 6
"""How many wishes a message names at the most."""

_NOT_UNDERSTOOD = 2
"""pip's exit code for options that it does not take, or whose values it does not understand."""

_BAD_MARKER = (
    "bad-requirement",
    "a marker of a requirement compares what cannot be compared",
    "correct it, or ask for another version of what requires it",
)

_PIP_ERRORS = {
    "UndefinedComparison": _BAD_MARKER,
    "UndefinedEnvironmentName": _BAD_MARKER,
    "HashMismatch": (
        "hash-mismatch",
        "the file has another hash than the one required",
        "was it replaced? Compare it before you renew the hash",
    ),
    "HashMissing": (
        "hash-missing",
        "a hash is required for everything, and this has none",
        "add its --hash to the requirement file",
    ),
    "HashUnpinned": ("hash-missing", "with hashes required, it must be pinned with ==", "pin it, and give its --hash"),
    "UnsupportedWheel": ("no-fitting-wheel", "the wheel does not run on {target}", "give a wheel whose tags fit"),
    "InvalidWheel": ("wheel-unreadable", "the wheel cannot be read", "fetch it again"),
    "InvalidWheelFilename": ("wheel-filename", "the wheel's file name is not one", "name it as its builder did"),
    "MetadataInconsistent": (
        "wheel-metadata",
        "its metadata contradicts its name or the index",
        "report it to the project",
    ),
    "MetadataInvalid": ("wheel-metadata", "its metadata is invalid", "ask for another version"),
    "ResolutionTooDeepError": (
        "resolution-too-deep",
        "pip gave up: too many combinations of versions",
        "pin some of the versions, or constrain them",
    ),
}
"""pip's exception classes: our rule, what happened, what to try."""


def failure(run: PipRun, target: Target) -> LambdaWheelsError:
    """The error that a failed run of pip is."""
    try:
        with in_known_form("what pip told of its failure"):
            return _failure(run, target)
    except PipError as error:
        return error


def _failure(run: PipRun, target: Target) -> LambdaWheelsError:
    events = run.events
    if refused := [*refusals(events)]:
        return ResolutionError(refused)
    if pages := failed_pages(events):
        return IndexUnavailableError(pages)
    failed = next((event for event in events if event["event"] == "failed"), None)
    if failed is not None and (missing := _missing(failed, events, target)):
        return ResolutionError(missing)
    if files := failed_files(events):
        return IndexUnavailableError(files)
    if programs := [event["name"] for event in events if event["event"] == "program"]:
        unknown = sorted(set(programs) - _HARMLESS_PROGRAMS)
        if unknown:
            return ResolutionError(
                Problem(
                    rule="program-refused",
                    message=f"pip wanted to start {', '.join(unknown)}, and nothing is run while wheels are resolved",
                    hint="a dependency is given as source or as a repository: make a wheel of it",
                )
            )
    if failed is None and run.code == _NOT_UNDERSTOOD:
        return UsageError(
            Problem(rule="pip-refused", message=f"pip does not take what it was given: {_last_line(run)}")
        )
    if failed is None:
        return PipError(Problem(rule="pip-failed", message=f"pip ended with code {run.code}: {_last_line(run)}"))
    return _by_class(failed, run, target)


def _missing(failed: Event, events: Iterable[Event], target: Target) -> list[Problem]:
    """What pip could not find, or could not have together."""
    problems = [*_unfit_parents(failed, target), *_without_candidates(failed, target)]
    if failed["causes"] and not problems:
        return [_conflict(failed["causes"], events)]
    return problems


def _unfit_parents(failed: Event, target: Target) -> Iterator[Problem]:
    """What needs another Python; of several versions of one project, the newest speaks for all."""
    unfit = [
        cause
        for cause in failed["causes"]
        if cause["python"] and not SpecifierSet(cause["specifier"]).contains(target.python, prereleases=True)
    ]
    for same in _by(unfit, lambda cause: str(cause["parent"]).partition(" ")[0]):
        newest = max(same, key=_parent_version)
        others = instead([one for one in every_target() if not excludes(newest["specifier"], one)], target)
        said = ["ask for an older version"] if _has_older(same, failed["files"]) else []
        said += [f"build for {others}"] if others else []
        yield Problem(
            rule="requires-python",
            message=f"{_who(same) or 'what was asked for'} {python_needed(newest['specifier'], target)}",
            hint=", or ".join(said) or None,
        )


def _has_older(causes: Sequence[dict[str, Any]], files: Mapping[str, Sequence[Sequence[str]]]) -> bool:
    """Whether there are releases, older than all that are in the way, that pip could try."""
    project = str(causes[0]["parent"]).partition(" ")[0].partition("[")[0]
    oldest = min(map(_parent_version, causes))
    return any(
        file.kind == "candidate" and not file.yanked and file.version < oldest
        for file in passed_over(project, files.get(project, ()))
    )


def _without_candidates(failed: Event, target: Target) -> Iterator[Problem]:
    """The projects of which there was nothing to choose, one problem each.

    One that a path or a URL names has a wheel, though no index was asked for it: something else, a conflict, is wrong.
    """
    direct = {cause["project"] for cause in failed["causes"] if cause["direct"]}
    causes = [cause for cause in failed["causes"] if not cause["python"] and cause["project"] not in direct]
    for same in _by(causes, lambda cause: str(cause["project"])):
        project, newest = same[0]["project"], max(same, key=_parent_version)
        files = passed_over(project, failed["files"][project])
        if not has_candidates(files, newest["specifier"]):
            yield explain(project, newest["specifier"], _who(same), files, target)


def _conflict(causes: Sequence[dict[str, Any]], events: Iterable[Event]) -> Problem:
    wanted = []
    for same in _by(causes, lambda cause: f"{str(cause['parent']).partition(' ')[0]} {cause['requirement']}"):
        who = _who(same)
        wanted.append(f"{who or 'you'} ask{'s' if who else ''} for {same[0]['requirement']}")
    wanted += [
        f"a constraint says {event['name']}{event['specifier']}"
        for event in events
        if event["event"] == "requirement"
        and event["constraint"]
        and canonicalize_name(event["name"]) in {cause["project"] for cause in causes}
    ]
    more = f"; and {len(wanted) - _SHOWN} more" if len(wanted) > _SHOWN else ""
    return Problem(
        rule="conflict",
        message=f"no set of versions satisfies everything: {'; '.join(wanted[:_SHOWN])}{more}",
        hint="give one of them" if all(cause["direct"] for cause in causes) else "loosen one of these",
    )


def _by(causes: Iterable[dict[str, Any]], key: Callable[[dict[str, Any]], str]) -> list[list[dict[str, Any]]]:
    """The causes that are the same but for a version, together: pip tries many versions of a project in vain."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for cause in causes:
        groups.setdefault(key(cause), []).append(cause)
    return list(groups.values())


def _who(causes: Sequence[dict[str, Any]]) -> str:
    """The projects that wanted it, each by its newest version; empty where the caller did."""
    said = []
    for same in _by(causes, lambda cause: str(cause["parent"]).partition(" ")[0]):
        versions = {cause["parent"] for cause in same}
        older = f" (and {len(versions) - 1} older)" if len(versions) > 1 else ""
        if newest := max(same, key=_parent_version)["parent"]:
            said.append(f"{newest}{older}")
    return " and ".join(said)


def _parent_version(cause: dict[str, Any]) -> Version:
    """The version of ``demo 1.0``; a requirement of the caller's own comes first of all."""
    text = str(cause["parent"]).rpartition(" ")[2]
    try:
        return Version(text)
    except ValueError:
        return Version("0")


def _by_class(failed: Event, run: PipRun, target: Target) -> LambdaWheelsError:
    """The error for an exception of pip that says all there is to say."""
    first_line = redact(next(iter(failed["message"].strip().splitlines()), failed["class"]))
    for name in failed["ancestors"]:
        if name in _PIP_ERRORS:
            rule, what, hint = _PIP_ERRORS[name]
            subject = redact(failed["requirement"])
            detail = f" ({first_line})" if not subject else ""
            return ResolutionError(
                Problem(
                    rule=rule,
                    message=f"{subject}{': ' if subject else ''}{what.format(target=target)}{detail}",
                    hint=hint,
                )
            )
    if "OSError" in failed["ancestors"]:
        return OutputError(Problem(rule="disk-failed", message=f"pip could not write or read a file: {first_line}"))
    if "InstallationError" in failed["ancestors"] or "CommandError" in failed["ancestors"]:
        return ResolutionError(Problem(rule="pip-refused", message=first_line, hint="see pip's own words with -v"))
    return PipError(
        Problem(
            rule="pip-failed",
            message=f"pip ended with {failed['class']}: {first_line}",
            hint="see pip's own words with -v",
        )
    )


def _last_line(run: PipRun) -> str:
    """pip's last line; of a complaint about an option, which pip breaks into lines, the whole."""
    words = " ".join(run.words.split())
    if "Usage:" in words and " error: " in words:
        return words.rpartition(" ...")[2].strip() or words
    lines = [line.strip() for line in run.words.splitlines() if line.strip()]
    return lines[-1] if lines else "it said no word"
