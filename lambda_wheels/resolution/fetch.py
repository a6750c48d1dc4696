"""From a resolution to proven wheels in the store. (Starts pip; reads and writes the disk.)"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from lambda_wheels.errors import IndexUnavailableError, PipError, WheelError
from lambda_wheels.problems import Problem
from lambda_wheels.progress import Progress, ProgressEvent, Stage
from lambda_wheels.resolution.child import Children, Event, run_pip
from lambda_wheels.resolution.damaged_wheels import explained_failure
from lambda_wheels.resolution.file_urls import path_of
from lambda_wheels.resolution.index_options import pip_options
from lambda_wheels.resolution.pip_arguments import download_arguments
from lambda_wheels.resolution.promises import broken_promises
from lambda_wheels.resolution.redaction import public_url
from lambda_wheels.resolution.report import Resolution, ResolvedWheel
from lambda_wheels.store import Store, StoredWheel
from lambda_wheels.targets import Target
from lambda_wheels.waivers import Waivers
from lambda_wheels.wheels import Wheel, read_wheel

_PROCESSES = 4
"""How many pip children download at once at the most: index servers limit connections, and pip's start costs 0.35 s."""

_REPORT_EVERY = 0.1
"""Seconds between two looks at what came in."""

_LOCKS = 64
"""How many wheels are locked at the most, each lock being an open file (macOS gives a process 256): they save work."""

_WHEELS_A_PROCESS = 3
"""How many wheels are worth a further process."""


def fetch(
    resolution: Resolution,
    store: Store,
    *,
    options: Mapping[str, Any],
    waivers: Waivers,
    scratch: Path,
    progress: Progress,
) -> list[StoredWheel]:
    """Every wheel of ``resolution`` from the store, those that it lacks having been downloaded and proven first.

    What fails its proof does not enter the store.

    :param scratch: where the resolution's pip left what it had downloaded.
    :raises WheelError: with everything that is wrong with the wheels and not waived.
    :raises IndexUnavailableError: where a wheel could not be downloaded.
    """
    wheels = resolution.wheels

    def tell(done: int, what: str) -> None:
        progress(ProgressEvent(stage=Stage.FETCH, done=done, total=len(wheels), what=what))

    have = _find(wheels, store)
    tell(len(have), "")
    missing = [wheel for wheel in wheels if wheel.sha256 not in have]
    new: dict[str, tuple[Path, Wheel]] = {}
    problems: list[Problem] = []
    with contextlib.ExitStack() as locks:
        # Always in one order: two builds that wait for each other's wheels would wait for ever.
        for sha256 in sorted({wheel.sha256 for wheel in missing})[:_LOCKS]:
            locks.enter_context(store.lock(sha256))
        have |= _find(missing, store)  # another build may have brought some while we waited
        missing = [wheel for wheel in missing if wheel.sha256 not in have]
        credentials = [f"--extra-index-url={url}" for url in resolution.credentials]
        trusted = [place for place in resolution.places if place.startswith("--trusted-host=")]
        arguments = [*pip_options(options), *credentials, *trusted]
        here = len(have)
        paths = _bring(missing, resolution.target, arguments, scratch, lambda done, what: tell(here + done, what))
        inflated = _Inflated(progress)
        for wheel in missing:
            try:
                proven = read_wheel(
                    paths[wheel.sha256], filename=wheel.filename, on_inflated=inflated.add(wheel.filename)
                )
            except WheelError as error:
                problems += error.problems
                continue
            problems += broken_promises(wheel, proven)
            new[wheel.sha256] = paths[wheel.sha256], proven
        if errors := waivers.judge([*problems, *_slips(have, new)]).errors:
            raise WheelError(errors)
        have |= {sha256: store.add(path, wheel) for sha256, (path, wheel) in new.items()}
    return [have[wheel.sha256] for wheel in wheels]


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


def _find(wheels: Sequence[ResolvedWheel], store: Store) -> dict[str, StoredWheel]:
    """What the store has of ``wheels``, by sha256. Each file is hashed again, side by side."""
    if not wheels:
        return {}
    with ThreadPoolExecutor() as threads:
        found = threads.map(lambda wheel: store.find(wheel.filename, wheel.sha256), wheels)
    return {stored.wheel.sha256: stored for stored in found if stored is not None}


def _slips(have: Mapping[str, StoredWheel], new: Mapping[str, tuple[Path, Wheel]]) -> Iterable[Problem]:
    """What is known to be wrong with proven wheels."""
    for wheel in [*(stored.wheel for stored in have.values()), *(wheel for _, wheel in new.values())]:
        yield from wheel.problems


def _bring(
    wheels: Sequence[ResolvedWheel],
    target: Target,
    options: Sequence[str],
    scratch: Path,
    tell: Callable[[int, str], None],
) -> dict[str, Path]:
    """A file in ``scratch`` for each of ``wheels``, by sha256; what it holds is still to be proven.

    :param tell: called with how many are there, and the name of the last.
    """
    paths: dict[str, Path] = {}
    remote = []
    for wheel in wheels:
        resolved = scratch / "downloads" / wheel.filename
        if resolved.is_file():
            paths[wheel.sha256] = resolved
        elif wheel.url.startswith("file:"):
            paths[wheel.sha256] = _copy(wheel, scratch)
        else:
            remote.append(wheel)
            continue
        tell(len(paths), wheel.filename)
    here = len(paths)
    return paths | _downloaded(remote, target, options, scratch, lambda done, what: tell(here + done, what))


def _downloaded(
    wheels: Sequence[ResolvedWheel],
    target: Target,
    options: Sequence[str],
    scratch: Path,
    tell: Callable[[int, str], None],
) -> dict[str, Path]:
    """``wheels`` downloaded by as many pip children as are worth it. The first failure ends them all."""
    processes = min(_PROCESSES, -(-len(wheels) // _WHEELS_A_PROCESS))
    shares = [wheels[first::processes] for first in range(processes)]
    children = Children()
    came: SimpleQueue[str] = SimpleQueue()
    paths: dict[str, Path] = {}
    done = 0
    with ThreadPoolExecutor(max(processes, 1)) as threads:
        waiting = {
            threads.submit(_download, share, target, options, scratch / f"share-{number}", children, came.put)
            for number, share in enumerate(shares)
        }
        try:
            while waiting:
                # A wait without end would not see Ctrl-C on Windows, and nobody would hear how far it is.
                ended, waiting = wait(waiting, timeout=_REPORT_EVERY, return_when=FIRST_COMPLETED)
                while not came.empty():
                    done += 1
                    tell(done, came.get())
                for share in ended:
                    paths |= share.result()
        except BaseException:
            children.end()  # else an interruption, or the failure of one, would wait for the others' downloads
            raise
    return paths


def _copy(wheel: ResolvedWheel, scratch: Path) -> Path:
    """A copy of a wheel on this disk."""
    source = path_of(wheel.url)
    copy = scratch / "downloads" / wheel.filename
    try:
        shutil.copyfile(source, copy)
    except OSError as error:
        raise IndexUnavailableError(
            Problem(rule="file-unreachable", project=wheel.name, message=f"{source} cannot be copied: {error.strerror}")
        ) from error
    return copy


def _download(
    wheels: Sequence[ResolvedWheel],
    target: Target,
    options: Sequence[str],
    folder: Path,
    children: Children,
    on_download: Callable[[str], None],
) -> dict[str, Path]:
    """Let one pip child download ``wheels`` into ``folder``."""

    def hear(event: Event) -> None:
        if event["event"] == "download":
            on_download(event["filename"])

    folder.mkdir()
    arguments = download_arguments(target, wheels, options)
    run = run_pip(arguments, target, scratch=folder, on_event=hear, children=children)
    if run.code != 0:
        raise explained_failure(run, target, folder / "downloads")
    names = {event["url"]: event["filename"] for event in run.events if event["event"] == "download"}
    if unseen := [wheel for wheel in wheels if public_url(wheel.url) not in names]:
        raise PipError(
            Problem(
                rule="pip-failed", project=unseen[0].name, message="pip said that all is well, but downloaded no wheel"
            )
        )
    return {wheel.sha256: folder / "downloads" / names[public_url(wheel.url)] for wheel in wheels}
