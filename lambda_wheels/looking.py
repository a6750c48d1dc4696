"""What is wrong with a layer or a wheel, whoever made it, on targets. (Reads the disk.)"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from packaging.utils import NormalizedName

from lambda_wheels.audit import audit_natives, audit_wheel, placed
from lambda_wheels.audit.held import Held
from lambda_wheels.audit.layer_rules import audit_layer
from lambda_wheels.audit.view import View
from lambda_wheels.errors import OutputError, UsageError, WheelError
from lambda_wheels.layers.existing import check_unchanged, state_of
from lambda_wheels.layers.inside import manifest_in
from lambda_wheels.layers.limits import check_limits
from lambda_wheels.layers.manifest import Manifest
from lambda_wheels.layers.reading import read_layer, said_of_layer
from lambda_wheels.problems import Problem
from lambda_wheels.progress import Progress, ProgressEvent, Stage, Told
from lambda_wheels.rules import RULES
from lambda_wheels.targets import Target
from lambda_wheels.there import is_file, is_folder
from lambda_wheels.wheels import read_wheel


class Looked(NamedTuple):
    """What was found of a layer or a wheel, before it is known what is allowed."""

    problems: tuple[Problem, ...] = ()
    targets: tuple[Target, ...] = ()
    """Those that it was looked at for."""
    waived: tuple[str, ...] = ()
    """What was allowed when it was built."""
    projects: int = 0
    natives: int = 0
    """Files of machine code."""
    zip_size: int = 0
    """Bytes of the zip, if it is one."""
    may_be_unpacked: bool = False
    """Whether nothing in it could be written outside of its folder, or is damaged."""


def look(path: Path, targets: tuple[Target, ...], progress: Progress, otherwise: tuple[Target, ...] = ()) -> Looked:
    """What is found of the layer or wheel at ``path``.

    :param targets: for which; if there are none, those that it says itself.
    :param otherwise: those of a layer that says nothing.
    :raises UsageError: no target was named, and it does not say for which it is.
    :raises OutputError: it cannot be read, or was replaced while it was.
    """
    with reading(path, progress):
        unreadable = neither(path)
        is_plain = is_file(path)
    if unreadable:
        return Looked((unreadable,), targets)
    before = state_of(path)
    if path.suffix.lower() == ".whl" and is_plain:
        looked = _look_at_wheel(path, targets, progress)
    else:
        looked = _look_at_layer(path, targets, progress, otherwise)
    if looked.problems:
        check_unchanged(path, before)
    return looked


def neither(path: Path) -> Problem | None:
    """What is wrong with ``path`` where it is a pipe or a device, which is never read.

    :raises OSError: it cannot be told.
    """
    if is_file(path) or is_folder(path):
        return None
    return Problem(rule="not-a-layer", message=f"{path} is neither a file nor a folder")


def _look_at_wheel(path: Path, targets: tuple[Target, ...], progress: Progress) -> Looked:
    if not targets:
        raise _no_target(path)
    with reading(path, progress) as on_read:
        try:
            wheel = read_wheel(path, on_inflated=on_read)
        except WheelError as error:
            return Looked(error.problems, targets)
    problems = [
        *wheel.problems,
        *(problem for target in targets for problem in audit_wheel(wheel, target)),
        *(problem for target in targets for problem in audit_natives([*placed(wheel)], target)),
    ]
    return Looked(tuple(dict.fromkeys(problems)), targets, projects=1, natives=len(wheel.natives), may_be_unpacked=True)


def _look_at_layer(
    path: Path, targets: tuple[Target, ...], progress: Progress, otherwise: tuple[Target, ...]
) -> Looked:
    with reading(path, progress) as on_read:
        try:
            found = read_layer(path, on_read)
        except WheelError as error:
            return Looked(tuple(said_of_layer(error.problems, path)), targets)
    held = found.held
    manifest = manifest_in(held)
    targets = targets or (manifest.targets if manifest else otherwise)
    if found.is_sound and not held.files:
        return Looked((Problem(rule="not-a-layer", message=f"{path} holds no file"),), targets)
    if not targets:
        if not found.is_sound:
            return Looked(found.problems)
        raise _no_target(path)
    views = [View.of(held, target) for target in targets]
    return Looked(
        (*found.problems, *_limits(held, views), *audit_layer(held, views)),
        targets,
        _waived(manifest) if manifest else (),
        len({one.name for view in views for one in view.installation.distributions}),
        len({place.path for view in views for place in view.places}),
        held.zip_size or 0,
        may_be_unpacked=found.is_sound,
    )


@contextlib.contextmanager
def reading(path: Path, progress: Progress) -> Iterator[Callable[[int], None]]:
    """What the system refuses inside the block is said as an error about ``path``.

    Tell the function that this gives how many bytes were read.

    :raises OutputError: for an ``OSError``, and for what changed.
    """
    told = Told(progress)
    done = 0

    def on_read(size: int) -> None:
        nonlocal done
        done += size
        told(ProgressEvent(stage=Stage.VERIFY, done=done, total=None, what=path.name))

    try:
        yield on_read
    except (OSError, ValueError) as error:
        if error is told.raised:
            raise
        if isinstance(error, OSError):
            what = error.filename if isinstance(error.filename, str) else path
            problem = Problem(rule="disk-failed", message=f"{what} cannot be read: {error.strerror or error}")
        else:
            message = f"{path} changed while it was read: {error}"
            problem = Problem(rule="disk-failed", message=message, hint="check it again")
        raise OutputError(problem) from error


def _waived(manifest: Manifest) -> tuple[str, ...]:
    """What was allowed when the layer was built, as far as it can be: the manifest may be that of a newer release."""
    return tuple(
        text for text in manifest.waived if (rule := RULES.get(text.partition(":")[0])) is not None and rule.waivable
    )


def _limits(held: Held, views: Iterable[View]) -> list[Problem]:
    """What is too large: in files that no project is known of, by the folder that they are in."""
    owners: dict[str, NormalizedName] = {}
    for view in views:
        owners |= view.installation.owners
    sizes: Counter[NormalizedName] = Counter()
    for path, file in held.files.items():
        if path not in held.linked:
            sizes[owners.get(path) or NormalizedName("/".join(path.split("/")[:2]))] += file.size
    count = len(held.files) - len(held.linked) + len(held.links)
    return check_limits(count, sizes.total(), held.zip_size or 0, sizes)


def _no_target(path: Path) -> UsageError:
    return UsageError(
        Problem(
            rule="no-target",
            message=f"{path} does not say for which runtime it is",
            hint="name both: --runtime python3.13 --architecture arm64",
        )
    )
