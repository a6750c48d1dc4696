"""From a lock to the wheels it names for a target, every promise of the lock held. (Reads the disk.)"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from packaging.utils import parse_wheel_filename

from lambda_wheels.errors import WheelError
from lambda_wheels.problems import Problem
from lambda_wheels.resolution.fetch import Found
from lambda_wheels.resolution.lock_file import read_lock, unreadable
from lambda_wheels.resolution.locked import left_out, select
from lambda_wheels.resolution.promises import broken_promises
from lambda_wheels.resolution.resolution import Resolution, ResolvedWheel
from lambda_wheels.store import StoredWheel
from lambda_wheels.targets import Target


def locked_wheels(path: Path, beside: Iterable[Path], target: Target) -> Resolution:
    """What the lock at ``path`` names for ``target``, and the wheels ``beside`` it: those take the place of the lock's.

    :raises ResolutionError: the lock cannot be used, or not for this target.
    :raises OutputError: a file cannot be read.
    """
    own = [_own_wheel(wheel) for wheel in beside]
    resolution = select(read_lock(path), path, target, but={wheel.name for wheel in own})
    return resolution._replace(wheels=tuple(sorted([*resolution.wheels, *own], key=lambda wheel: wheel.name)))


def _own_wheel(path: Path) -> ResolvedWheel:
    name, version, _, _ = parse_wheel_filename(path.name)
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise unreadable(path, error) from error
    return ResolvedWheel(name=name, version=version, filename=path.name, url=path.as_uri(), sha256=sha256, direct=True)


def with_promises_held(resolution: Resolution, found: Found) -> Resolution:
    """The same resolution with what the wheels need and the lock leaves out, once they are what the lock says.

    :raises WheelError: with every wheel that has another size, or another digest of a further kind.
    """
    pairs = [(wheel, found[wheel.sha256]) for wheel in resolution.wheels]
    if broken := [problem for wheel, stored in pairs for problem in _broken(wheel, stored)]:
        raise WheelError(broken)
    return resolution._replace(problems=tuple(left_out([stored.wheel for _, stored in pairs], resolution.target)))


def _broken(wheel: ResolvedWheel, stored: StoredWheel) -> Iterator[Problem]:
    yield from broken_promises(wheel, stored.wheel)
    for kind, digest in wheel.hashes:
        with stored.path.open("rb") as file:
            if hashlib.file_digest(file, kind).hexdigest() != digest:
                yield Problem(
                    rule="hash-mismatch",
                    project=wheel.name,
                    wheel=wheel.filename,
                    message=f"the file has another {kind} than the lock says, though the same sha256",
                    hint="make the lock anew",
                )
