"""From requirements to a lock for one or several targets, and whether a lock is still theirs. (Touches everything.)"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Unpack

from packaging.pylock import Pylock, is_valid_pylock_path
from packaging.utils import NormalizedName, canonicalize_name

from lambda_wheels.call import AUTO, Call, Given, every_target, understood
from lambda_wheels.errors import ResolutionError, UsageError, WheelError
from lambda_wheels.layers import View, homes
from lambda_wheels.layers.output import (
    check_file_output,
    check_folder_of,
    new_file,
    refused,
    settled,
    write_all,
    writing,
)
from lambda_wheels.problems import Problem
from lambda_wheels.progress import Onward, Progress, silent
from lambda_wheels.proven import Failure, chosen_wheels, judged, together, warned
from lambda_wheels.resolution import IndexOptions, Resolution
from lambda_wheels.resolution.child import Preference
from lambda_wheels.resolution.index_options import is_span
from lambda_wheels.resolution.lock_changes import changes
from lambda_wheels.resolution.lock_entries import filename_of, files_of
from lambda_wheels.resolution.lock_file import lock_text, read_lock
from lambda_wheels.resolution.lock_making import MADE_BY, check_lock, cooldown_of, make_lock, queries_left_out
from lambda_wheels.resolution.lock_result import Lock, LockedProject
from lambda_wheels.resolution.locked import select
from lambda_wheels.store import open_store
from lambda_wheels.targets import Target
from lambda_wheels.there import exists
from lambda_wheels.waivers import Verdict


def lock(
    requirements: Given,
    *,
    runtime: str | Iterable[str],
    architecture: str | Iterable[str],
    output: str | Path = "pylock.toml",
    upgrade: bool = False,
    upgrade_projects: str | Iterable[str] = (),
    check: bool = False,
    lib: str | Path | Iterable[str | Path] = (),
    allow: Iterable[str] = (),
    strict: bool = False,
    progress: Progress = silent,
    **options: Unpack[IndexOptions],
) -> Lock:
    """Write down, as a standard ``pylock.toml`` (PEP 751), which wheels ``requirements`` and all that they need are.

    A lock that is there already is kept as far as the requirements allow; where nothing changes, not a byte of it does.
    The wheels are fetched and proven, so that a build from the lock then needs no network.

    :param requirements: as for :func:`build_layer`, but for a lock.
    :param runtime: Lambda's identifier, or several; the lock serves each of them on each architecture.
    :param architecture: ``arm64``, ``x86_64``, or both.
    :param output: ``pylock.toml``, or ``pylock.NAME.toml``. It appears complete or not at all.
    :param upgrade: choose everything anew.
    :param upgrade_projects: choose these projects anew, and what that brings along.
    :param check: write nothing; a lock that is not what the requirements make is an error that says what differs.
    :param lib: shared objects that the layers will bring along, so that nothing is said of those.
    :param allow: ``RULE:PROJECT`` for each finding that may stand.
    :param strict: let warnings stop it.
    :param progress: called with each step.
    :param options: pip's index options; see :class:`IndexOptions`. A time in ``uploaded_prior_to`` is written down.
    :raises UsageError: the call makes no sense.
    :raises CannotBuildError: it cannot be done as asked, or ``check`` found a difference.
    :raises SurroundingsError: index, network, disk or pip failed; trying again may help.
    """
    call = understood(
        requirements,
        lambda: _lock_targets(runtime, architecture),
        output,
        allow=allow,
        strict=strict,
        options=options,
        libraries=lib,
    )
    if call.requirements.lock is not None:
        raise UsageError(
            Problem(
                rule="lock-not-alone",
                message=f"{call.requirements.lock.name} is a lock, and a lock is made of requirements",
                hint="give the requirements that it was made of",
            )
        )
    path = settled(Path(output))
    before = _before(path, Path(output), check)
    if isinstance(upgrade_projects, str):
        upgrade_projects = (upgrade_projects,)
    renewed = {canonicalize_name(project) for project in upgrade_projects}
    chosen = _choose(call, progress, lambda target: () if upgrade else _preferred(before, path, target, renewed))
    after = make_lock(chosen.resolutions, chosen.sizes, path.parent)
    if unneeded := sorted(renewed - {package.name for package in after.packages}):
        raise UsageError(
            Problem(rule="bad-requirement", project=name, message="it is to be upgraded, and nothing needs it")
            for name in unneeded
        )
    check_lock(after, path, chosen.resolutions)
    left_out = call.waivers.judge(queries_left_out(chosen.resolutions), strict=call.strict)
    if left_out.errors:
        raise ResolutionError(left_out.errors)
    if before is not None and _says_as_much(before, after, call.options):
        after = before
    result = Lock(
        path=Path(output),
        targets=call.targets,
        projects=tuple(LockedProject.of(package) for package in after.packages),
        changed=after is not before,
        changes=changes(before, after),
        uploaded_prior_to=cooldown_of(after),
        warnings=(*warned([*zip(chosen.resolutions, chosen.verdicts, strict=True)]), *left_out.warnings),
    )
    if result.changed and check:
        raise ResolutionError([*_differences(result, before)])
    if result.changed:
        with writing(Path(output), silent), new_file(path) as file:
            write_all(file, lock_text(after).encode("utf-8"))
    return result


def _lock_targets(runtime: str | Iterable[str], architecture: str | Iterable[str]) -> tuple[Target, ...]:
    """What the lock is to serve; it can serve both architectures, so that nothing is chosen.

    :raises UsageError: as for :func:`every_target`, or where the choice was left to us.
    """
    if AUTO in ([architecture] if isinstance(architecture, str) else (architecture := list(architecture))):
        raise UsageError(
            Problem(
                rule="unknown-architecture",
                message="a lock serves what it names, and 'auto' is for a build",
                hint="name both, arm64 and x86_64: a build from the lock may then be 'auto'",
            )
        )
    return every_target(runtime, architecture)


def _before(path: Path, output: Path, check: bool) -> Pylock | None:
    """The lock that is there already.

    :raises OutputRefusedError: something else is there, or the name is not that of a lock.
    :raises OutputError: it cannot be read, or not be written.
    """
    with writing(output, silent):
        is_new = not exists(path)
        check_file_output(path)
        if not check:
            check_folder_of(path)
    if not is_valid_pylock_path(output):
        raise refused(output, "other tools would not know it for a lock", "name it pylock.toml or pylock.NAME.toml")
    if is_new:
        return None
    try:
        before = read_lock(path)
    except ResolutionError as error:
        [problem] = error.problems
        raise ResolutionError(replace(problem, hint="remove it, or name another output")) from None
    if before.created_by != MADE_BY:
        raise refused(output, f"{before.created_by} made it", "name another, such as pylock.lambda.toml, or remove it")
    return before


@dataclass(slots=True)
class _Chosen:
    """What was chosen for all targets."""

    resolutions: list[Resolution] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)
    """Bytes of each wheel, by sha256."""
    verdicts: list[Verdict] = field(default_factory=list)


def _choose(call: Call, progress: Progress, preferred: Callable[[Target], Iterable[Preference]]) -> _Chosen:
    """Let pip choose for each target, and prove the wheels.

    :raises ResolutionError: with what is wrong for any of the targets.
    """
    chosen = _Chosen()
    onward = Onward(progress)
    failures: list[Failure] = []
    said: set[str] = set()
    with open_store() as store:
        for target in call.targets:
            try:
                resolution, stored = chosen_wheels(call, target, store, onward, preferred=preferred(target), said=said)
                verdict = judged(call, resolution, homes([View(target, stored)]), store.problems)
            except (ResolutionError, WheelError) as error:
                failures.append(Failure(target, error))
                continue
            finally:
                onward.again()
            chosen.resolutions.append(resolution)
            chosen.sizes |= {one.wheel.sha256: one.wheel.size for one in stored}
            chosen.verdicts.append(verdict)
            if resolution.uploaded_prior_to:  # a span of time ends at one moment for all targets
                call = call._replace(options={**call.options, "uploaded_prior_to": resolution.uploaded_prior_to})
    if failures:
        raise ResolutionError(together(failures, len(call.targets)))
    return chosen


def _preferred(
    before: Pylock | None, path: Path, target: Target, renewed: Collection[NormalizedName]
) -> Iterator[Preference]:
    """What a lock has for ``target``, or for any target if it does not serve this one; but nothing of ``renewed``."""
    if before is None:
        return
    try:
        locked = [(wheel.name, str(wheel.version), wheel.filename) for wheel in select(before, path, target).wheels]
    except ResolutionError:
        locked = [
            (package.name, str(package.version), filename_of(file))
            for package in before.packages
            for file in files_of(package)
        ]
    yield from (preference for preference in locked if preference[0] not in renewed)


def _says_as_much(before: Pylock, after: Pylock, options: IndexOptions) -> bool:
    """Whether the lock that is there says what the new one does.

    Where no moment was named, an earlier one says more than a later one: what was old enough then is so now.
    """
    if replace(before, tool=None) != replace(after, tool=None):
        return False
    asked, recorded = _moment(after), _moment(before)
    if asked is None or recorded is None:
        return asked is None
    named = options.get("uploaded_prior_to")
    return recorded == asked if named is not None and not is_span(named) else recorded <= asked


def _moment(lock: Pylock) -> datetime.datetime | None:
    """The time that a lock of ours has written down."""
    try:
        moment = datetime.datetime.fromisoformat(cooldown_of(lock) or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _differences(result: Lock, before: Pylock | None) -> Iterator[Problem]:
    """What ``check`` says."""

    def differs(message: str, project: str | None = None) -> Problem:
        return Problem(rule="lock-differs", project=project, message=message, hint="run it without --check")

    if before is None:
        yield differs(f"there is no {result.path}")
        return
    for change in result.changes:
        if change.before is None:
            yield differs(f"the lock does not have it, the requirements make {change.after}", change.project)
        elif change.after is None:
            yield differs(f"the lock has {change.before}, the requirements do not need it", change.project)
        elif change.before == change.after:
            yield differs(
                f"the lock has other files of {change.after} than the requirements make, or for other targets",
                change.project,
            )
        else:
            yield differs(f"the lock has {change.before}, the requirements make {change.after}", change.project)
    if not result.changes:
        yield differs(f"{result.path} is for other targets, or for another time than was asked for")
