"""The files of wheels that the store lacks: copied from this disk, or downloaded by pip. (Starts pip; disk.)

Imported only where a wheel is missing: a build that has all of them starts no pip, and need not wait for all of this.
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue

from lambda_wheels.errors import IndexUnavailableError, PipError
from lambda_wheels.problems import Problem
from lambda_wheels.resolution.child import Children, Event, run_pip
from lambda_wheels.resolution.damaged_wheels import explained_failure
from lambda_wheels.resolution.file_urls import path_of
from lambda_wheels.resolution.pip_arguments import download_arguments
from lambda_wheels.resolution.redaction import public_url
from lambda_wheels.resolution.resolution import ResolvedWheel
from lambda_wheels.targets import Target
from lambda_wheels.there import exists, is_file

_PROCESSES = 4
"""How many pip children download at once at the most: index servers limit connections, and pip's start costs 0.35 s."""

_REPORT_EVERY = 0.1
"""Seconds between two looks at what came in."""

_WHEELS_A_PROCESS = 3
"""How many wheels are worth a further process."""


def bring(
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
    (scratch / "downloads").mkdir(exist_ok=True)  # a build from a lock had no pip that made it
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
            threads.submit(_download, share, target, options, scratch / share[0].sha256, children, came.put)
            for share in shares
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
        if not is_file(source) and exists(source):  # a device could be read for ever
            raise OSError(errno.EINVAL, "it is no plain file")
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
        error = explained_failure(run, target, folder / "downloads")
        raise type(error)([_with_project(problem, wheels) for problem in error.problems])
    names = {event["url"]: event["filename"] for event in run.events if event["event"] == "download"}
    if unseen := [wheel for wheel in wheels if public_url(wheel.url) not in names]:
        raise PipError(
            Problem(
                rule="pip-failed", project=unseen[0].name, message="pip said that all is well, but downloaded no wheel"
            )
        )
    return {wheel.sha256: folder / "downloads" / names[public_url(wheel.url)] for wheel in wheels}


def _with_project(problem: Problem, wheels: Sequence[ResolvedWheel]) -> Problem:
    """The same, with the project where it is about the file of one of ``wheels``: pip tells its URL."""
    about = [wheel.name for wheel in wheels if wheel.filename in problem.message]
    return replace(problem, project=about[0]) if len(about) == 1 and problem.project is None else problem
