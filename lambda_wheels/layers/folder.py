"""The layer as a folder that holds ``python/``. (Writes the disk.)"""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from lambda_wheels.errors import OutputRefusedError
from lambda_wheels.layers.contents import Contents
from lambda_wheels.layers.entries import Entry, FromWheel
from lambda_wheels.layers.ours import TOP_FOLDERS, check_ours, foreign_file
from lambda_wheels.layers.output import refused, settled, write_all, writing
from lambda_wheels.layers.sources import WheelFiles, inflated
from lambda_wheels.layers.staging import LEAVING, LEFT, left_over, staged_folder, sweep
from lambda_wheels.problems import Problem
from lambda_wheels.progress import Progress, ProgressEvent, Stage, silent
from lambda_wheels.store import lock_output
from lambda_wheels.store.atomic import replace
from lambda_wheels.there import exists, is_folder, is_taken
from lambda_wheels.wheels.layout import folders_above

_BATCH_FILES = 64
_BATCH_BYTES = 4 << 20


def write_folder(contents: Contents, output: Path, *, progress: Progress = silent) -> Path:
    """Write the layer as a folder: the same files and modes as in the zip, whatever the umask.

    Where ``output`` is not there it appears in one step. Where it is empty, or holds only what this function wrote,
    the new tree is written aside in it and then takes the place of the old one. Where we are killed just then, the next
    build brings the old one back first.

    :raises OutputRefusedError: if it holds something else.
    :raises OutputError: if it cannot be written. Either way it is as it was.
    """
    folder = settled(output)
    with writing(output, progress) as report:
        if not is_taken(folder):
            _appear(contents, folder, report)
        elif is_folder(folder):
            _fill_in_place(contents, folder, report)
        else:
            raise refused(output, "it is a file, and a folder was asked for", "end the name in .zip for a zip")
    return output


def _appear(contents: Contents, folder: Path, progress: Progress) -> None:
    sweep(folder.parent)
    with staged_folder(folder.parent) as stage:
        _fill(contents.entries, stage, progress)
        try:
            replace(stage, folder)  # refused where the folder is there by now, but for an empty one on POSIX
            return
        except OSError:
            if not is_folder(folder):
                raise
    # Another builder of the same output was quicker. Written once more, inside: what is moved out of a folder must lie
    # where the next build of it looks.
    _fill_in_place(contents, folder, progress)


def _fill_in_place(contents: Contents, folder: Path, progress: Progress) -> None:
    with lock_output(folder) as alone:
        put_in_order(folder, alone=alone)
        check_ours(folder)
        with staged_folder(folder) as stage:
            _fill(contents.entries, stage, progress)
            _swap_in(stage, folder)


def put_in_order(folder: Path, *, alone: bool) -> None:
    """Let ``folder`` hold again what it held before a build of it was killed, and remove what that has left.

    :param alone: whether the output's lock is held; else another build may be at work.
    :raises OutputRefusedError: somebody has put something there meanwhile. Nothing was moved.
    :raises OSError: it cannot be.
    """
    if alone:
        for stage in left_over(folder, alone=True):
            if is_folder(stage):
                if any(exists(stage / name) for name in TOP_FOLDERS):
                    _check_only_ours_moves(stage, folder)
                    _put_back(stage, folder)
                shutil.rmtree(stage, ignore_errors=True)


def _check_only_ours_moves(stage: Path, folder: Path) -> None:
    """Hold that :func:`_put_back` would meet nothing in its way, and take nothing out of ``folder`` but our new tree.

    :raises OutputRefusedError: naming what somebody has put there since the build was killed.
    """
    if exists(stage / LEFT):
        aside, origin = stage / LEFT, stage
        foreign = foreign_file(folder, rest=stage)
    else:
        aside = origin = stage / LEAVING
        foreign = None
    if foreign is None:  # each folder that we move is either in its origin or in its place
        foreign = next((name for name in TOP_FOLDERS if is_taken(origin / name) and is_taken(folder / name)), None)
    if foreign is not None:
        raise OutputRefusedError(
            Problem(
                rule="output-not-ours",
                message=f"the folder {str(folder)!r} holds {foreign!r}, which lambda-wheels did not write; "
                f"a build of it was killed, and what it held before is in {str(aside)!r}",
                hint=f"move {foreign!r} elsewhere and build again: what was there is then brought back first",
            )
        )


def _swap_in(stage: Path, folder: Path) -> None:
    """Put the folders of ``stage`` in the place of ours in ``folder``; if that fails or is stopped, all is as before.

    What was there is in ``stage`` meanwhile. Where it cannot be brought back, or we are killed, it stays there until
    the next build. The manifest leaves first and comes last: a folder that has one is whole.
    """
    leaving = stage / LEAVING
    try:
        leaving.mkdir()
        for name in reversed(TOP_FOLDERS):
            if is_taken(folder / name):
                replace(folder / name, leaving / name)
        replace(leaving, stage / LEFT)
        for name in TOP_FOLDERS:
            if exists(stage / name):
                replace(stage / name, folder / name)
    except BaseException:
        _put_back(stage, folder)
        raise
    shutil.rmtree(stage / LEFT, ignore_errors=True)


def _put_back(stage: Path, folder: Path) -> None:
    """Undo :func:`_swap_in`, wherever it was stopped; may itself be stopped, and done again.

    :raises OSError: it cannot be undone; nothing is lost.
    """
    leaving, left = stage / LEAVING, stage / LEFT
    if exists(left):
        for name in reversed(TOP_FOLDERS):
            if is_taken(folder / name):
                replace(folder / name, stage / name)
        replace(left, leaving)
    for name in TOP_FOLDERS:
        if is_taken(leaving / name):
            replace(leaving / name, folder / name)
    with contextlib.suppress(OSError):  # it was not there yet
        leaving.rmdir()


def _fill(entries: Sequence[Entry], root: Path, progress: Progress) -> None:
    """Write all files below ``root``, in threads."""
    for folder in sorted({parent for entry in entries for parent in folders_above(entry.path)}):
        _make_folder(root / folder)
    total = sum(entry.size for entry in entries)
    done = 0
    stop = threading.Event()
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1), thread_name_prefix="lambda-wheels-folder") as threads:
        try:
            progress(ProgressEvent(stage=Stage.WRITE, done=0, total=total))
            futures = [threads.submit(_write_batch, batch, root, stop) for batch in _batches(entries)]
            for future in as_completed(futures):
                done += future.result()
                progress(ProgressEvent(stage=Stage.WRITE, done=done, total=total))
        except BaseException:
            stop.set()
            threads.shutdown(wait=True, cancel_futures=True)
            raise


def _batches(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    """The entries in the order in which their bytes lie in the wheels, some at a time."""

    def place(entry: Entry) -> tuple[str, int]:
        source = entry.source
        return (str(source.wheel), source.member.offset) if isinstance(source, FromWheel) else ("", 0)

    batch: list[Entry] = []
    size = 0
    for entry in sorted(entries, key=place):
        if batch and (len(batch) == _BATCH_FILES or size + entry.size > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += entry.size
    if batch:
        yield batch


def _write_batch(batch: Sequence[Entry], root: Path, stop: threading.Event) -> int:
    """Write the files of ``batch``; their bytes. Ends early where another thread failed."""
    with WheelFiles() as wheels:
        for entry in batch:
            path = root / entry.path
            with path.open("xb", buffering=0) as file:
                for piece in inflated(entry, wheels):
                    if stop.is_set():
                        return 0
                    write_all(file, piece)
            path.chmod(entry.mode)  # after opening: the umask takes away from what open() is given
    return sum(entry.size for entry in batch)


def _make_folder(path: Path) -> None:
    path.mkdir()
    path.chmod(0o755)
