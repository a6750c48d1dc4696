"""From requirements to a resolution: pip chooses, we check. (Starts pip.)"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping, Set
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from lambda_wheels.errors import IndexUnavailableError, PipError
from lambda_wheels.problems import Problem
from lambda_wheels.progress import Progress, ProgressEvent, Stage
from lambda_wheels.resolution.child import Children, Event, PipRun, Preference, run_pip
from lambda_wheels.resolution.damaged_wheels import explained_failure
from lambda_wheels.resolution.index_failures import failed_pages
from lambda_wheels.resolution.index_options import pip_options
from lambda_wheels.resolution.known_form import in_known_form
from lambda_wheels.resolution.pip_arguments import resolve_arguments
from lambda_wheels.resolution.redaction import redact
from lambda_wheels.resolution.report import read_report
from lambda_wheels.resolution.requirements import Requirements, with_copies
from lambda_wheels.resolution.resolution import Resolution
from lambda_wheels.resolution.turns import Turns
from lambda_wheels.targets import Target

_log = logging.getLogger(__name__)


def resolve(
    requirements: Requirements,
    target: Target,
    options: Mapping[str, Any],
    *,
    scratch: Path,
    stored: str,
    turns: Turns | None = None,
    preferred: Iterable[Preference] = (),
    said: set[str] | None = None,
    children: Children | None = None,
    progress: Progress,
) -> Resolution:
    """The wheels that pip chooses for ``requirements`` on ``target``, once its answer is shown to hold.

    :param scratch: an empty folder; wheels that pip had to download to read their metadata stay in its ``downloads``.
    :param stored: where the store has a wheel, as a format string.
    :param turns: with other processes that may want the same wheels.
    :param preferred: what is taken rather than newer releases, as far as the requirements allow.
    :param said: what the log said of pip's configuration for other targets; what it says now is added.
    :param children: the pip children of one job, if several run at once.
    :raises UsageError: where pip's configuration cannot be used.
    :raises ResolutionError: where there is no such set, or pip's answer does not hold.
    :raises IndexUnavailableError: where an index that was asked could not be read, even if pip went on without it.
    :raises PipError: where pip cannot be used.
    """
    report = scratch / "report.json"
    arguments = resolve_arguments(target, with_copies(requirements, scratch), pip_options(options), report)
    seen = 0

    def tell(event: Event) -> None:
        nonlocal seen
        if event["event"] in {"page", "prepare"}:
            seen += 1
            progress(
                ProgressEvent(
                    stage=Stage.RESOLVE, done=seen, total=None, what=event["url"].rstrip("/").rpartition("/")[2]
                )
            )

    run = run_pip(
        arguments,
        target,
        scratch=scratch,
        stored=stored,
        preferred=preferred,
        on_event=tell,
        turns=turns,
        children=children,
    )
    if run.code != 0:
        error = explained_failure(run, target, scratch / "downloads")
        asked = {event["name"] for event in run.events if event["event"] == "requirement" and not event["constraint"]}
        _log_configuration(run, asked | {problem.project for problem in error.problems}, said)
        raise error
    if pages := failed_pages(run.events):
        raise IndexUnavailableError(pages)
    loaded = _load(report)
    with in_known_form("pip's report"):
        resolution = read_report(loaded, run.events, target)
    _log_configuration(run, {wheel.name for wheel in resolution.wheels}, said)
    _check_hooks(run, resolution)
    places = [argument for event in run.events if event["event"] == "places" for argument in event["arguments"]]
    [cooldown] = [event["until"] for event in run.events if event["event"] == "cooldown"]
    return resolution._replace(places=tuple(places), credentials=run.credentials, uploaded_prior_to=cooldown)


def _load(report: Path) -> dict[str, Any]:
    try:
        value = json.loads(report.read_bytes())
        if value["version"] != "1":
            raise ValueError(f"version {value['version']!r}")
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise PipError(Problem(rule="pip-failed", message=f"pip's report cannot be read: {error}")) from error
    assert isinstance(value, dict)
    return value


def _log_configuration(run: PipRun, projects: Set[str | None], said: set[str] | None) -> None:
    """Say what of pip's configuration counted: nobody should wonder about a constraint from a forgotten file.

    :param projects: what was chosen, or, after a failure, what it is about; a constraint on others changed nothing.
        None is what cannot be told, such as all that a conflict is between.
    :param said: what need not be said again.
    """
    constrained = {
        canonicalize_name(event["name"])
        for event in run.events
        if event["event"] == "requirement" and event["constraint"]
    }
    counted = bool(constrained) and (
        None in projects or not constrained.isdisjoint(canonicalize_name(project) for project in projects if project)
    )
    said = set() if said is None else said

    def say(level: int, text: str) -> None:
        if f"{level} {text}" not in said:
            said.add(f"{level} {text}")
            _log.log(level, "%s", text)

    for event in run.events:
        if event["event"] == "configuration":
            if event["dropped"]:
                say(logging.INFO, f"pip's configuration: left aside: {', '.join(event['dropped'])}")
            if event["constraint"]:
                level = logging.WARNING if counted else logging.INFO
                say(level, f"pip's configuration brings constraints: {redact(event['constraint'])}")


def _check_hooks(run: PipRun, resolution: Resolution) -> None:
    """Every place where the runner looks into pip was passed: a pip that works otherwise inside is not trusted."""
    seen = {event["event"] for event in run.events}
    missing = {"configuration", "cooldown", "newer", "requirement"} - seen
    if resolution.wheels and "prepare" not in seen:
        missing.add("prepare")
    if "page" not in seen and any(not wheel.direct and wheel.url.startswith("http") for wheel in resolution.wheels):
        missing.add("page")
    if missing:
        raise PipError(
            Problem(
                rule="pip-unusable",
                message=f"pip did not pass where lambda-wheels looks on: {', '.join(sorted(missing))}",
                hint="install an older pip, or a newer lambda-wheels",
            )
        )
