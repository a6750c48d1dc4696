"""Looking after a store: how large it is, whether it is whole, and emptying it, all beside running builds. (Disk.)"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lambda_wheels.errors import WheelError
from lambda_wheels.problems import Problem, Severity
from lambda_wheels.store.atomic import discard
from lambda_wheels.store.facts import read_facts, write_facts
from lambda_wheels.store.layout import FACTS_SUFFIX, PACK_SUFFIX, Layout, facts_of, packs_of, said_by_name
from lambda_wheels.store.locks import exclusive
from lambda_wheels.store.packs import read_pack
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
    """Bytes, with what is noted about the wheels and with their bytecode."""


def info(layout: Layout) -> StoreInfo:
    """Count the wheels and their bytes.

    :raises OSError: the folder cannot be read.
    """
    sizes = [_size(path) for path in layout.every_file(".whl")]
    beside = [_size(path) for suffix in (FACTS_SUFFIX, PACK_SUFFIX) for path in layout.every_file(suffix)]
    return StoreInfo(folder=layout.folder, wheels=len(sizes), size=sum(sizes) + sum(beside))


def verify(layout: Layout) -> Iterator[Problem]:
    """Hash and read every wheel again, and its bytecode; remove what is damaged, and say what.

    :raises OSError: the folder cannot be read or written.
    """
    sweep(layout.scratch)
    for path in layout.every_file(".whl"):
        yield from _verify_wheel(layout, path)
    for facts in layout.every_file(FACTS_SUFFIX):
        if not facts.with_name(facts.name.removesuffix(FACTS_SUFFIX)).exists():
            with contextlib.suppress(FileNotFoundError):
                discard(facts)
    for pack in layout.every_file(PACK_SUFFIX):
        yield from _verify_pack(pack)


def clear(layout: Layout) -> StoreInfo:
    """Remove every wheel, and what killed processes left. What cannot be removed (held on Windows) is not counted.

    :raises OSError: the folder cannot be read.
    """
    wheels = size = 0
    for path in layout.every_file(".whl"):
        bytes_of_all = sum(map(_size, (path, facts_of(path), *packs_of(path))))
        if remove(path):
            wheels, size = wheels + 1, size + bytes_of_all
    for suffix in (FACTS_SUFFIX, PACK_SUFFIX):  # of wheels that vanished otherwise
        for path in layout.every_file(suffix):
            with contextlib.suppress(OSError):
                discard(path)
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
        noted = read_facts(facts_of(path))
    except (OSError, ValueError):
        noted = None
    if noted != wheel:
        with scratch_folder(layout.scratch) as scratch, contextlib.suppress(FileNotFoundError):  # cleared meanwhile
            write_facts(facts_of(path), wheel, aside=scratch)
        if noted is not None:
            yield _finding(path, "what was noted about it did not hold; it was noted again", mended=True)


def _verify_pack(path: Path) -> Iterator[Problem]:
    said = said_by_name(path)
    try:
        if said is not None and said[0].exists():
            read_pack(path, sha256=path.parent.name, version=said[1])
            return
        message = ""  # of a wheel that vanished otherwise
    except ValueError as error:
        message = f"the bytecode is not what was compiled: {error}"
    except FileNotFoundError:
        return  # cleared meanwhile
    except OSError:
        yield _finding(path, "cannot be read")
        return
    with contextlib.suppress(OSError):
        discard(path)
    if message:
        yield _finding(path, message, again="compiles it")


def _finding(path: Path, message: str, *, mended: bool = False, again: str = "fetches it") -> Problem:
    removed = not mended and not path.exists()
    return Problem(
        rule="store-damaged",
        severity=Severity.WARNING if removed or mended else Severity.ERROR,
        wheel=path.name,
        message=f"{message}; it was removed" if removed else message,
        hint=f"the next build {again} again" if removed else None,
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
