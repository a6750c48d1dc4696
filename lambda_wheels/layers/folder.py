"""The layer as a folder that holds ``python/``. (Writes the disk.)"""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from lambda_wheels.layers.contents import Contents
from lambda_wheels.layers.entries import Entry, FromWheel
from lambda_wheels.layers.ours import TOP_FOLDERS, check_ours
from lambda_wheels.layers.output import STAGING_PREFIX, refused, settled, staging_path, writing
from lambda_wheels.layers.sources import WheelFiles, inflated
from lambda_wheels.progress import Progress, ProgressEvent, Stage, silent
from lambda_wheels.store import lock_output
from lambda_wheels.store.atomic import replace
from lambda_wheels.wheels.layout import folders_above

_BATCH_FILES = 64
_BATCH_BYTES = 4 << 20


def write_folder(contents: Contents, output: Path, *, progress: Progress = silent) -> Path:
    """Write the layer as a folder: the same files and modes as in the zip, whatever the umask.

    Where ``output`` is not there it appears in one step. Where it is empty, or holds only what this function wrote,
    the new tree is written aside in it and then takes the place of the old one.

    :raises OutputRefusedError: if it holds something else.
    :raises OutputError: if it cannot be written. Either way it is as it was.
    """
    folder = settled(output)
    with writing(output, progress) as report:
        if not os.path.lexists(folder):
            _appear(contents, folder, report)
        elif folder.is_dir():
            _fill_in_place(contents, folder, report)
        else:
            raise refused(output, "it is a file, and a folder was asked for", "end the name in .zip for a zip")
    return output


def _appear(contents: Contents, folder: Path, progress: Progress) -> None:
    with _staged(contents, folder.parent, progress) as stage:
        try:
            replace(stage, folder)  # refused where the folder is there by now, but for an empty one on POSIX
            return
        except OSError:
            if not folder.is_dir():
                raise
        # Another builder of the same output was quicker.
        with lock_output(folder):
            check_ours(folder)
            _swap_in(stage, folder)


def _fill_in_place(contents: Contents, folder: Path, progress: Progress) -> None:
    with lock_output(folder) as alone:
        check_ours(folder)
        if alone:  # else another build may be at work in them
            for left_over in folder.glob(f"{STAGING_PREFIX}*.tmp"):
                shutil.rmtree(left_over, ignore_errors=True)
        with _staged(contents, folder, progress) as stage:
            _swap_in(stage, folder)


@contextlib.contextmanager
def _staged(contents: Contents, folder: Path, progress: Progress) -> Iterator[Path]:
    """The new tree under a name of its own in ``folder``, gone afterwards if it still has that name."""
    stage = staging_path(folder)
    try:
        _make_folder(stage)
        _fill(contents.entries, stage, progress)
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _swap_in(stage: Path, folder: Path) -> None:
    """Put the folders of ``stage`` in the place of ours in ``folder``; if that fails or is stopped, all is as before.

    What was there is aside meanwhile. Where it cannot be brought back it stays there, until the next build.
    """
    aside = staging_path(folder)
    _make_folder(aside)
    moves: list[tuple[Path, Path]] = []

    def move(source: Path, destination: Path) -> None:
        moves.append((source, destination))  # first, as we may be stopped when it is just done
        replace(source, destination)

    try:
        for name in TOP_FOLDERS:
            if os.path.lexists(folder / name):
                move(folder / name, aside / name)
            if (stage / name).exists():
                move(stage / name, folder / name)
    except BaseException:
        for source, destination in reversed(moves):
            if os.path.lexists(destination) and not os.path.lexists(source):
                replace(destination, source)
        with contextlib.suppress(OSError):
            aside.rmdir()
        raise
    shutil.rmtree(aside, ignore_errors=True)


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
                    view = memoryview(piece)
                    while view:
                        view = view[file.write(view) :]
            path.chmod(entry.mode)  # after opening: the umask takes away from what open() is given
    return sum(entry.size for entry in batch)


def _make_folder(path: Path) -> None:
    path.mkdir()
    path.chmod(0o755)
