"""Looking after a store: how large it is, whether it is whole, and emptying it, all beside running builds. (Disk.)"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lambda_wheels.errors import WheelError
from lambda_wheels.problems import Problem, Severity
from lambda_wheels.store.facts import decode, write_facts
from lambda_wheels.store.layout import FACTS_SUFFIX, Layout, facts_of
from lambda_wheels.store.locks import exclusive
from lambda_wheels.store.place import Look, look_at, remove
from lambda_wheels.store.scratch import scratch_folder, sweep
from lambda_wheels.wheels import read_wheel


@dataclass(frozen=True, kw_only=True, slots=True)
class StoreInfo:
    """How much a store holds, or how much of it was removed."""

    folder: Path
    wheels: int
    """How many."""
    size: int
    """Bytes, with what is noted about the wheels."""


def info(layout: Layout) -> StoreInfo:
    """Count the wheels and their bytes.

    :raises OSError: the folder cannot be read.
    """
    sizes = [_size(path) for path in layout.every_file(".whl")]
    facts = [_size(path) for path in layout.every_file(FACTS_SUFFIX)]
    return StoreInfo(folder=layout.folder, wheels=len(sizes), size=sum(sizes) + sum(facts))


def verify(layout: Layout) -> Iterator[Problem]:
    """Hash and read every wheel again; remove those that are damaged, and say which.

    :raises OSError: the folder cannot be read or written.
    """
    sweep(layout.scratch)
    for path in layout.every_file(".whl"):
        yield from _verify_wheel(layout, path)
    for facts in layout.every_file(FACTS_SUFFIX):
        if not facts.with_name(facts.name.removesuffix(FACTS_SUFFIX)).exists():
            with contextlib.suppress(FileNotFoundError):
                facts.unlink()


def clear(layout: Layout) -> StoreInfo:
    """Remove every wheel, and what killed processes left. What cannot be removed (held on Windows) is not counted.

    :raises OSError: the folder cannot be read.
    """
    wheels = size = 0
    for path in layout.every_file(".whl"):
        bytes_of_both = _size(path) + _size(facts_of(path))
        if remove(path):
            wheels, size = wheels + 1, size + bytes_of_both
    for facts in layout.every_file(FACTS_SUFFIX):  # of wheels that vanished otherwise
        with contextlib.suppress(OSError):
            facts.unlink()
    sweep(layout.scratch)
    _remove_free_locks(layout)
    return StoreInfo(folder=layout.folder, wheels=wheels, size=size)


def _verify_wheel(layout: Layout, path: Path) -> Iterator[Problem]:
    sha256 = path.parent.name
    try:
        in_its_place = layout.wheel(path.name, sha256) == path
    except ValueError:
        in_its_place = False
    if not in_its_place:
        remove(path)
        yield _finding(path, "a file that the store did not put there")
        return
    match look_at(path, sha256):
        case Look.MISSING:
            return  # cleared meanwhile
        case Look.UNREADABLE:
            yield _finding(path, "cannot be read")
            return
        case Look.DAMAGED:
            yield _finding(path, "its bytes are not those that came in")
            return
    try:
        wheel = read_wheel(path, filename=path.name)
    except FileNotFoundError:
        return  # cleared meanwhile
    except WheelError as error:
        remove(path)
        yield from error.problems
        return
    try:
        noted = decode(facts_of(path).read_bytes())
    except (OSError, ValueError):
        noted = None
    if noted != wheel:
        with scratch_folder(layout.scratch) as scratch:
            write_facts(facts_of(path), wheel, aside=scratch)
        if noted is not None:
            yield _finding(path, "what was noted about it did not hold; it was noted again", mended=True)


def _finding(path: Path, message: str, *, mended: bool = False) -> Problem:
    removed = not mended and not path.exists()
    return Problem(
        rule="store-damaged",
        severity=Severity.WARNING if removed or mended else Severity.ERROR,
        wheel=path.name,
        message=f"{message}; it was removed" if removed else message,
        hint="the next build fetches it again" if removed else None,
    )


def _remove_free_locks(layout: Layout) -> None:
    with contextlib.suppress(OSError):
        for path in list(layout.locks.glob("*.lock")):
            with exclusive(path, wait=False) as free:
                if free:  # taken away while held: who waits for it sees that the file is another, and starts over
                    with contextlib.suppress(OSError):
                        path.unlink()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
