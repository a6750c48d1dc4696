"""From a resolution to proven wheels in the store. (Reads and writes the disk; what it lacks is brought by pip.)"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from lambda_wheels.errors import WheelError
from lambda_wheels.problems import Problem
from lambda_wheels.progress import Progress, ProgressEvent, Stage
from lambda_wheels.resolution.index_options import pip_options
from lambda_wheels.resolution.promises import broken_promises
from lambda_wheels.resolution.resolution import Resolution, ResolvedWheel
from lambda_wheels.store import LOCKS, Store, StoredWheel
from lambda_wheels.waivers import Waivers
from lambda_wheels.wheels import Wheel

Found = Mapping[str, StoredWheel]
"""Wheels that the store has, by sha256."""


def find(wheels: Iterable[ResolvedWheel], store: Store) -> Found:
    """What the store has of ``wheels``. Each file is hashed again, side by side."""
    # The largest first, where a lock tells, so that at the end no thread is left alone with it.
    wanted = sorted(wheels, key=lambda wheel: wheel.size or 0, reverse=True)
    if not wanted:
        return {}
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        found = threads.map(lambda wheel: store.find(wheel.filename, wheel.sha256), wanted)
    return {stored.wheel.sha256: stored for stored in found if stored is not None}


def fetch(
    resolution: Resolution,
    store: Store,
    found: Found,
    *,
    options: Mapping[str, Any],
    waivers: Waivers,
    scratch: Path,
    progress: Progress,
) -> Found:
    """Every wheel of ``resolution``, those that are not ``found`` having been brought and proven.

    What fails its proof does not enter the store, nor do those that are brought together with it.

    :param scratch: where the resolution's pip left what it had downloaded.
    :raises WheelError: with everything that is wrong with the wheels and not waived.
    :raises IndexUnavailableError: where a wheel could not be downloaded.
    """
    wheels = resolution.wheels

    def tell(here: int, done: int, what: str) -> None:
        progress(ProgressEvent(stage=Stage.FETCH, done=here + done, total=len(wheels), what=what))

    tell(len(found), 0, "")
    missing = _missing(wheels, found)
    if not missing:
        return found
    inflated = _Inflated(progress)
    problems: list[Problem] = []
    for first in range(0, len(missing), LOCKS):  # no more than can be locked, so that each is brought by one build only
        some = missing[first : first + LOCKS]
        with store.lock(*(wheel.sha256 for wheel in some)):
            found = {**found, **find(some, store)}  # another build may have brought some while we waited
            lacking = _missing(some, found)
            here = len(wheels) - len(missing) + first + len(some) - len(lacking)  # not all need have entered the store
            paths = _bring(lacking, resolution, options, scratch, functools.partial(tell, here))
            new, bad = _prove(lacking, paths, inflated)
            slips = _slips(new.values())
            problems += bad
            if waivers.judge([*bad, *slips]).errors:
                problems += slips
            else:
                found = {**found, **{sha256: store.add(paths[sha256], wheel) for sha256, wheel in new.items()}}
    if errors := waivers.judge([*problems, *_slips(stored.wheel for stored in found.values())]).errors:
        raise WheelError(errors)
    return found


def _prove(
    wheels: Iterable[ResolvedWheel], paths: Mapping[str, Path], inflated: _Inflated
) -> tuple[dict[str, Wheel], list[Problem]]:
    """Those of ``wheels`` that can be read, by sha256, and what is wrong with any."""
    from lambda_wheels.wheels.reader import read_wheel  # not needed where nothing is new

    new: dict[str, Wheel] = {}
    problems: list[Problem] = []
    for wheel in wheels:
        try:
            proven = read_wheel(paths[wheel.sha256], filename=wheel.filename, on_inflated=inflated.add(wheel.filename))
        except WheelError as error:
            problems += error.problems
            continue
        problems += broken_promises(wheel, proven)
        new[wheel.sha256] = proven
    return new, problems


def _missing(wheels: Iterable[ResolvedWheel], found: Found) -> list[ResolvedWheel]:
    return [wheel for wheel in wheels if wheel.sha256 not in found]


def _bring(
    missing: Sequence[ResolvedWheel],
    resolution: Resolution,
    options: Mapping[str, Any],
    scratch: Path,
    tell: Callable[[int, str], None],
) -> dict[str, Path]:
    """A file in ``scratch`` for each of ``missing``, by sha256; what it holds is still to be proven."""
    # Imported here: it brings along all that drives pip, which most builds from a lock do not need.
    from lambda_wheels.resolution.downloads import bring

    credentials = [f"--extra-index-url={url}" for url in resolution.credentials]
    trusted = [place for place in resolution.places if place.startswith("--trusted-host=")]
    return bring(missing, resolution.target, [*pip_options(options), *credentials, *trusted], scratch, tell)


class _Inflated:
    """Adds up the bytes that were inflated, for the progress callback."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._done = 0

    def add(self, what: str) -> Callable[[int], None]:
        def on_inflated(size: int) -> None:
            self._done += size
            self._progress(ProgressEvent(stage=Stage.VERIFY, done=self._done, total=None, what=what))

        return on_inflated


def _slips(wheels: Iterable[Wheel]) -> list[Problem]:
    """What is known to be wrong with proven wheels."""
    return [problem for wheel in wheels for problem in wheel.problems]
