"""The first half of every job: which wheels, and those proven in the store. (Touches everything.)"""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lambda_wheels.audit import audit_natives, audit_wheel, placed
from lambda_wheels.call import Call
from lambda_wheels.errors import OutputError, WheelError
from lambda_wheels.problems import Problem, Severity
from lambda_wheels.progress import Progress, Told
from lambda_wheels.resolution import Found, Resolution, fetch, find
from lambda_wheels.store import Store, StoredWheel, open_store
from lambda_wheels.targets import RUNTIMES, Target
from lambda_wheels.waivers import Verdict

if TYPE_CHECKING:
    from lambda_wheels.resolution.child import Preference


class Proven(NamedTuple):
    """What stands when every wheel is proven."""

    store: Store
    resolution: Resolution
    stored: list[StoredWheel]
    """In the order of the resolution."""
    verdict: Verdict


@contextlib.contextmanager
def proven_wheels(call: Call, progress: Progress) -> Iterator[Proven]:
    """pip or a lock says which wheels, we fetch and prove them. They stay in place inside the block.

    :raises CannotBuildError: there is no such set, or a wheel of it is not what it should be.
    :raises SurroundingsError: index, network, disk or pip failed.
    """
    [target] = call.targets
    with open_store() as store:
        resolution, stored = chosen_wheels(call, target, store, progress)
        yield Proven(
            store=store, resolution=resolution, stored=stored, verdict=judged(call, resolution, stored, store.problems)
        )


def judged(call: Call, resolution: Resolution, stored: list[StoredWheel], found: tuple[Problem, ...]) -> Verdict:
    """What is wrong with the wheels of ``resolution``, and with its target.

    :param found: what was found before.
    :raises WheelError: where it stops the build.
    """
    target = resolution.target
    problems = [
        *_deprecated(target, datetime.date.today()),
        *found,
        *resolution.problems,
        *(problem for one in stored for problem in (*one.wheel.problems, *audit_wheel(one.wheel, target))),
        *audit_natives(
            [
                *(place for one in stored for place in placed(one.wheel)),
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
                hint="is the disk full? LAMBDA_WHEELS_CACHE names another place",
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
    # Imported here: all that drives pip, which a build from a lock does not need.
    from lambda_wheels.resolution.resolve import resolve

    with store.scratch() as scratch:
        resolution = resolve(
            call.requirements,
            target,
            call.options,
            scratch=scratch,
            stored=store.wheel_template,
            preferred=preferred,
            said=said,
            progress=progress,
        )
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
