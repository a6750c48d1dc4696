"""Why no wheel of a project could be chosen, told from what pip passed over, and what would work. (Pure.)"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from packaging.version import Version

from lambda_wheels.problems import Problem
from lambda_wheels.resolution.fitting import (
    PassedOver,
    as_specifier,
    excludes,
    finals,
    fits,
    fitting_targets,
    instead,
    python_needed,
    why_not,
)
from lambda_wheels.resolution.requirement_files import wheel_command
from lambda_wheels.targets import Target

_SHOWN = 5
"""How many versions a message names at the most."""

Said = tuple[str, str, str | None]
"""Rule, message and hint."""


def has_candidates(files: Iterable[PassedOver], specifier: str) -> bool:
    """Whether pip had a wheel to choose: then something else, a conflict, kept it from it."""
    wanted = as_specifier(specifier)
    return any(file.kind == "candidate" and not file.yanked and wanted.contains(file.version) for file in files)


def explain(project: str, specifier: str, wanted_by: str, files: Sequence[PassedOver], target: Target) -> Problem:
    """Why nothing of ``project`` that satisfies ``specifier`` could be chosen for ``target``, and what to try."""
    wanted = as_specifier(specifier)
    matching = finals([file for file in files if wanted.contains(file.version, prereleases=True)])
    # What needs it does not want another version: that it would fit is of no use.
    known = matching if wanted_by else files
    said = (
        _nothing(files, matching, specifier)
        or _candidates(project, specifier, matching)
        or _python(known, matching, target)
        or _too_new(matching, target)
        or _unfit(project, known, matching, target)
    )
    rule, message, hint = said
    for_whom = f" (needed by {wanted_by})" if wanted_by else ""
    return Problem(rule=rule, project=project, message=message + for_whom, hint=hint)


def _nothing(files: Sequence[PassedOver], matching: Sequence[PassedOver], specifier: str) -> Said | None:
    """There is no such file."""
    if not files:
        return (
            "no-such-project",
            "no index that was asked knows this project",
            "check its spelling, or name the index that has it with --extra-index-url",
        )
    if not matching:
        known = ", ".join(str(version) for version in _newest(files))
        return "no-such-version", f"no release satisfies {specifier}", f"the newest are {known}"
    return None


def _candidates(project: str, specifier: str, matching: Sequence[PassedOver]) -> Said | None:
    """There are wheels that fit, which pip does not take unasked."""
    candidates = [file for file in matching if file.tags and file.kind == "candidate"]
    if not candidates:
        return None
    if all(file.yanked for file in candidates):
        return (
            "only-yanked",
            f"every fitting release that satisfies {specifier or 'it'} was withdrawn",
            f"pin one: {project}=={_newest(candidates)[0]}",
        )
    return (
        "only-prereleases",
        f"only pre-releases satisfy {specifier or 'it'}: {_newest(candidates)[0]}",
        "allow them with --pre",
    )


def _python(files: Sequence[PassedOver], matching: Sequence[PassedOver], target: Target) -> Said | None:
    """They are for another Python: pip looks at the tags first, and does not say.

    Not every index tells of every file which Python it needs.
    """
    telling = [file for file in matching if file.requires_python]
    if not telling or not all(excludes(file.requires_python, target) for file in telling):
        return None
    newest = max(telling, key=lambda file: file.version)
    return (
        "requires-python",
        f"{newest.version} {python_needed(newest.requires_python, target)}",
        _what_fits(newest.version, files, target) or None,
    )


def _too_new(matching: Sequence[PassedOver], target: Target) -> Said | None:
    """They came after the time up to which they are allowed."""
    late = [file for file in matching if file.kind == "upload_too_late" and fits(file, target)]
    if not late:
        return None
    newest = max(late, key=lambda file: file.version)
    when = f" at {newest.uploaded}" if newest.uploaded else ""
    return "too-new", f"{newest.version} was uploaded{when}, after the time given", "give a later --uploaded-prior-to"


def _unfit(project: str, files: Sequence[PassedOver], matching: Sequence[PassedOver], target: Target) -> Said:
    """None of them is a wheel that runs there."""
    wheels = [file for file in matching if file.tags]
    version = max(file.version for file in wheels or matching)
    release = [file for file in matching if file.version == version]
    fits = _what_fits(version, files, target)
    make_one = None
    if not all(file.tags for file in release):
        make_one = f"make a wheel of it: {wheel_command(f'{project}=={version}')}"
    if not wheels:
        return (
            "only-sdist",
            f"{version} has no wheel at all, only a source distribution, and nothing is built from source",
            f"{make_one}{f'; {fits}' if fits else ''}",
        )
    return "no-fitting-wheel", f"{version} {why_not(release, target)}", fits or make_one


def _what_fits(version: Version, files: Sequence[PassedOver], target: Target) -> str:
    """What could be asked for, or built for, instead of ``version`` on ``target``; empty where there is nothing."""
    fitting = _newest(file for file in files if file.kind == "candidate" and not file.yanked)
    others = instead(fitting_targets(file for file in files if file.version == version), target)
    said = [f"the newest that fits is {fitting[0]}"] if fitting else []
    if others:
        said.append(f"build for {others}")
    return ", or ".join(said)


def _newest(files: Iterable[PassedOver]) -> list[Version]:
    return sorted({file.version for file in finals(list(files))}, reverse=True)[:_SHOWN]
