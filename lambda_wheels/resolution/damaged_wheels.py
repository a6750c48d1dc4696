"""Wheels that pip could not read, in our words. (Reads the disk.)

pip looks into a wheel before we do, stops at the first thing it stumbles over, and calls it "not supported" or crashes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from packaging.utils import canonicalize_name

from lambda_wheels.errors import LambdaWheelsError, ResolutionError, WheelError
from lambda_wheels.problems import Problem, Severity
from lambda_wheels.resolution.child import Event, PipRun
from lambda_wheels.resolution.failures import failure
from lambda_wheels.resolution.file_urls import path_of
from lambda_wheels.resolution.redaction import redact
from lambda_wheels.targets import Target
from lambda_wheels.wheels import read_wheel

_FOR_ITSELF = frozenset({"no-fitting-wheel", "pip-failed", "wheel-metadata", "wheel-unreadable"})
"""The rules under which pip's failure to read a wheel is told, if nothing better is known."""
_PERHAPS = frozenset({"conflict"})
"""And where a wheel that it could not read was passed over."""


def explained_failure(run: PipRun, target: Target, downloads: Path) -> LambdaWheelsError:
    """The error that a failed run of pip is; where pip could not read a wheel, everything that is wrong with it."""
    error = failure(run, target)
    rules = {problem.rule for problem in error.problems}
    if not rules & (_FOR_ITSELF | _PERHAPS):
        return error
    wheels = [*sorted(downloads.glob("*.whl")), *_local_wheels(run.events)]
    problems = [*_problems(wheels, crashed="pip-failed" in rules)]
    damaged = {filename for filename, _ in problems}
    problems += [(name, problem) for name, problem in _discarded(run.events) if name not in damaged]
    if not problems:
        return error
    found = [problem for _, problem in problems]
    at_fault = {_project(filename) for filename, _ in problems}
    causes = {cause["project"] for event in run.events if event["event"] == "failed" for cause in event["causes"]}
    if rules <= _FOR_ITSELF or (rules <= _FOR_ITSELF | _PERHAPS and causes <= at_fault):
        return WheelError(found)
    return ResolutionError([*found, *error.problems])


def _project(filename: str) -> str:
    return canonicalize_name(filename.partition("-")[0])


def _discarded(events: Iterable[Event]) -> Iterator[tuple[str, Problem]]:
    """The wheels that pip passed over for what the index says of their metadata, each by its file name."""
    told = {event["filename"]: event["detail"] for event in events if event["event"] == "discarded"}
    for filename, detail in told.items():
        yield (
            filename,
            Problem(
                rule="wheel-metadata",
                project=_project(filename),
                wheel=filename,
                message=f"pip does not take what the index says is its metadata: {redact(' '.join(detail.split()))}",
                hint="ask for another version, and report it to the project or to the index",
            ),
        )


def _problems(wheels: Iterable[Path], *, crashed: bool) -> Iterator[tuple[str, Problem]]:
    """What is wrong with wheels, each by its file name.

    :param crashed: tell of what could be waived too, if pip were not stopped by it.
    """
    for path in wheels:
        try:
            slips = [problem for problem in read_wheel(path).problems if problem.severity is Severity.ERROR]
            yield from ((path.name, problem) for problem in slips if crashed)
        except WheelError as error:
            yield from ((path.name, problem) for problem in error.problems)
        except (OSError, ValueError):  # a NUL in its name
            continue  # it cannot be read now: what pip said stands


def _local_wheels(events: Iterable[Event]) -> Iterator[Path]:
    """The wheels on this disk that pip looked into."""
    for url in dict.fromkeys(event["url"] for event in events if event["event"] == "prepare"):
        if url.startswith("file:"):
            yield path_of(url)
