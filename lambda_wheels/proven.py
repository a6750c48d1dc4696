"""The first half of every job: which wheels, and those proven in the store. (Touches everything.)"""

from __future__ import annotations

import datetime
import errno
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from lambda_wheels.audit import audit_natives, audit_wheel, placed
from lambda_wheels.call import Call, by_preference
from lambda_wheels.errors import OutputError, ResolutionError, WheelError
from lambda_wheels.layers import Home, View, homes
from lambda_wheels.problems import Problem, Severity
from lambda_wheels.progress import Onward, Progress, Told
from lambda_wheels.resolution import Found, Resolution, fetch, find
from lambda_wheels.resolution.extras import unknown_extras
from lambda_wheels.store import Store, StoredWheel, open_store
from lambda_wheels.store.changed import CHANGED
from lambda_wheels.targets import RUNTIMES, Target
from lambda_wheels.waivers import Verdict

if TYPE_CHECKING:
    from lambda_wheels.resolution.child import Preference

_log = logging.getLogger(__name__)

Made = TypeVar("Made")


class Proven(NamedTuple):
    """What stands when every wheel is proven."""

    store: Store
    resolutions: tuple[Resolution, ...]
    """One for each target, all of them on one architecture."""
    views: tuple[View, ...]
    """The wheels of each resolution, in its order."""
    verdict: Verdict
    passed_over: tuple[Problem, ...] = ()
    """What kept an architecture away that was to be preferred."""

    @property
    def stored(self) -> tuple[StoredWheel, ...]:
        """All wheels by name, each once."""
        found = {stored.wheel.sha256: stored for view in self.views for stored in view.wheels}
        return tuple(sorted(found.values(), key=lambda stored: stored.wheel.name))


def with_proven_wheels(call: Call, progress: Progress, use: Callable[[Proven, Progress], Made]) -> Made:
    """pip or a lock says which wheels, we fetch and prove them; what ``use`` makes of them.

    Where the targets are on several architectures, it is about the first of these that works.

    Somebody may clear the store before ``use`` has read the wheels. Then all is done once more, with what was taken
    away fetched again and none of it left where it can be.

    :param use: called with the wheels and with the callback that is to hear what it does.
    :raises CannotBuildError: there is no such set, or a wheel of it is not what it should be.
    :raises SurroundingsError: index, network, disk or pip failed.
    """
    onward = Onward(progress)
    try:
        with open_store() as store:
            return use(_first_that_works(call, store, onward), onward)
    except OutputError as error:
        if any(problem.rule != CHANGED for problem in error.problems):
            raise
        _log.info("once more, with copies that nobody else has: %s", error)
    onward.again()
    with open_store(own_copies=True) as store:
        return use(_first_that_works(call, store, onward), onward)


def _first_that_works(call: Call, store: Store, progress: Progress) -> Proven:
    """The wheels for all runtimes, on the architecture that is liked best of those for which nothing is wrong.

    :raises ResolutionError: with what is wrong for any of the targets.
    :raises WheelError: likewise, where pip or the lock had an answer.
    """
    onward = Onward(progress)
    said: set[str] = set()
    failures: list[Failure] = []
    for targets in by_preference(call.targets):
        passed_over = together(failures, len(targets))
        proven, failed = _attempt(call._replace(targets=targets), store, onward, said)
        if proven is not None:
            for problem in passed_over:
                _log.info("%s was passed over: %s", failures[0].target.architecture, problem.finding)
            return proven._replace(passed_over=passed_over)
        failures += failed
    raise type(failures[0].error)(together(failures, len(call.targets))) from failures[0].error


class Failure(NamedTuple):
    """What keeps a target from being built for."""

    target: Target
    error: ResolutionError | WheelError


def _attempt(call: Call, store: Store, progress: Onward, said: set[str]) -> tuple[Proven | None, list[Failure]]:
    """The wheels for all targets of ``call``, or why there are none."""
    chosen: list[tuple[Resolution, list[StoredWheel]]] = []
    verdicts: list[Verdict] = []
    failures: list[Failure] = []
    for target in call.targets:
        try:
            chosen.append(chosen_wheels(call, target, store, progress, said=said))
        except (ResolutionError, WheelError) as error:
            failures.append(Failure(target, error))
            continue
        finally:
            progress.again()
        if until := chosen[-1][0].uploaded_prior_to:  # a span of time ends at one moment for all
            call = call._replace(options={**call.options, "uploaded_prior_to": until})
    views = tuple(View(resolution.target, stored) for resolution, stored in chosen)
    where = homes(views) if views else []
    for resolution, _ in chosen:
        try:
            verdicts.append(judged(call, resolution, where, store.problems))
        except WheelError as error:
            failures.append(Failure(resolution.target, error))
    if failures:
        return None, failures
    verdict = Verdict(
        errors=(),
        warnings=warned([*zip((resolution for resolution, _ in chosen), verdicts, strict=True)]),
        waived=frozenset().union(*(verdict.waived for verdict in verdicts)),
    )
    return Proven(store, tuple(resolution for resolution, _ in chosen), views, verdict), []


def together(failures: Iterable[Failure], tried: int) -> tuple[Problem, ...]:
    """All problems, each once; what not all of the targets have names its own.

    :param tried: how many targets there are.
    """
    having: dict[Problem, set[Target]] = {}
    for failure in failures:
        for problem in failure.error.problems:
            having.setdefault(problem, set()).add(failure.target)
    return tuple(problem if len(mine) == tried else _naming(problem, mine) for problem, mine in having.items())


def warned(judged: Sequence[tuple[Resolution, Verdict]]) -> tuple[Problem, ...]:
    """All warnings, each once; one about what was chosen that not all of the targets have names its own."""
    having: dict[Problem, set[Target]] = {}
    for resolution, verdict in judged:
        for problem in verdict.warnings:
            having.setdefault(problem, set()).add(resolution.target)
    choices = {problem for resolution, _ in judged for problem in resolution.problems}
    return tuple(
        _naming(problem, mine) if problem in choices and len(mine) < len(judged) else problem
        for problem, mine in having.items()
    )


def _naming(problem: Problem, targets: Iterable[Target]) -> Problem:
    names = " and ".join(
        str(target) for target in sorted(targets, key=str) if str(target) not in f"{problem.message} {problem.hint}"
    )
    return replace(problem, message=f"for {names}: {problem.message}") if names else problem


def judged(call: Call, resolution: Resolution, where: Iterable[Home], found: tuple[Problem, ...]) -> Verdict:
    """What is wrong with the wheels of ``resolution``, and with its target.

    :param where: its wheels, and perhaps others, in their folders.
    :param found: what was found before.
    :raises WheelError: where it stops the build.
    """
    target = resolution.target
    own = [home for home in where if target in home.targets]
    problems = [
        *_deprecated(target, datetime.date.today()),
        *found,
        *resolution.problems,
        *unknown_extras(resolution.asked or (), (home.stored.wheel for home in own), target),
        *(
            problem
            for home in own
            for problem in (*home.stored.wheel.problems, *audit_wheel(home.stored.wheel, target))
        ),
        *audit_natives(
            [
                *(place for home in own for place in placed(home.stored.wheel, home.folder, scripts=call.scripts)),
                *(library.placed for library in call.libraries),
            ],
            target,
        ),
    ]
    verdict = call.waivers.judge(problems, strict=call.strict)
    if verdict.errors:
        raise WheelError(verdict.errors)
    return verdict


def chosen_wheels(
    call: Call,
    target: Target,
    store: Store,
    progress: Progress,
    *,
    preferred: Iterable[Preference] = (),
    said: set[str] | None = None,
) -> tuple[Resolution, list[StoredWheel]]:
    """What was chosen for ``target``, and those wheels in the store.

    :param preferred: what pip takes rather than newer releases, where it chooses.
    :param said: what the log says of pip's configuration, so that it is not said again for the next target.
    """
    told = Told(progress)
    try:
        if call.requirements.lock is None:
            resolution, found = _resolved(call, target, store, told, preferred, said)
        else:
            resolution, found = _locked(call, call.requirements.lock, target, store, told)
    except OSError as error:
        if error is told.raised:
            raise
        raise OutputError(
            Problem(
                rule="disk-failed",
                message=f"a file of the store cannot be read or written: {error}",
                hint="allow more open files (ulimit -n)"
                if error.errno in {errno.EMFILE, errno.ENFILE}
                else "is the disk full? LAMBDA_WHEELS_CACHE names another place",
            )
        ) from error
    return resolution, [found[wheel.sha256] for wheel in resolution.wheels]


def _resolved(
    call: Call,
    target: Target,
    store: Store,
    progress: Progress,
    preferred: Iterable[Preference],
    said: set[str] | None,
) -> tuple[Resolution, Found]:
    """pip chooses."""
    from lambda_wheels.choosing import choose  # here, as a build from a lock does not need it

    with store.scratch() as scratch:
        resolution = choose(call, target, store, scratch, progress, preferred=preferred, said=said)
        found = fetch(
            resolution,
            store,
            find(resolution.wheels, store),
            options=call.options,
            waivers=call.waivers,
            scratch=scratch,
            progress=progress,
        )
    return resolution, found


def _locked(call: Call, lock: Path, target: Target, store: Store, progress: Progress) -> tuple[Resolution, Found]:
    """A lock says which; pip is not started, and the network not asked, where the store has them."""
    from lambda_wheels.resolution.locks import locked_wheels, with_promises_held

    resolution = locked_wheels(lock, call.requirements.wheels, target)
    found = find(resolution.wheels, store)
    if any(wheel.sha256 not in found for wheel in resolution.wheels):
        with store.scratch() as scratch:
            found = fetch(
                resolution,
                store,
                found,
                options=call.options,
                waivers=call.waivers,
                scratch=scratch,
                progress=progress,
            )
    return with_promises_held(resolution, found), found


def _deprecated(target: Target, today: datetime.date) -> list[Problem]:
    """A warning where AWS no longer patches the runtime, with the days on which it stops working."""
    runtime = RUNTIMES[target.runtime]
    if not runtime.is_deprecated(today):
        return []
    days = [
        f"{what} from {day} on"
        for what, day in (
            ("no function can be created with it", runtime.creation_blocked),
            ("none can be updated", runtime.update_blocked),
        )
        if day
    ]
    return [
        Problem(
            rule="deprecated-runtime",
            severity=Severity.WARNING,
            message=f"AWS deprecated {runtime.name} on {runtime.deprecated}: {', '.join(days)}",
            hint="build for a newer runtime",
        )
    ]
