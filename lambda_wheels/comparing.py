"""Whether a layer is what a lock makes, made again from that. (Touches everything.)"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from lambda_wheels.assembling import assemble, interpreter_for
from lambda_wheels.call import understood
from lambda_wheels.errors import LayerError, UsageError
from lambda_wheels.layers.existing import check_kind, check_unchanged, differences, manifest_of, not_ours, state_of
from lambda_wheels.layers.manifest import Manifest
from lambda_wheels.problems import Problem
from lambda_wheels.progress import Progress
from lambda_wheels.proven import proven_wheels
from lambda_wheels.resolution import IndexOptions
from lambda_wheels.resolution.locks import locked_wheels
from lambda_wheels.waivers import Waivers

if TYPE_CHECKING:
    from lambda_wheels.bytecode import Interpreter


def compare(
    layer: Path,
    lock: Path,
    wheels: Iterable[Path],
    bytecode_python: str | Path | None,
    progress: Progress,
    options: IndexOptions,
) -> tuple[Problem, ...]:
    """What ``layer`` has otherwise than ``lock`` makes: nothing where it is the same, for a zip to the byte.

    The layer's manifest says for which target and with which options it was built. Nothing is written but what the
    store lacks.

    :param wheels: those that were given beside the lock.
    :param bytecode_python: the interpreter that compiles, where the layer has bytecode; else one is looked for. It has
        to be of the same full version as the one that compiled it.
    :raises UsageError: the lock is none.
    :raises CannotBuildError: the layer is not ours, or the lock makes no layer for its target.
    :raises SurroundingsError: index, network, disk or pip failed; trying again may help.
    """
    if lock.is_dir() or lock.suffix.lower() in {".whl", ".zip"}:
        raise _no_lock(lock)
    check_kind(layer)
    before = state_of(layer)
    try:
        found = _compared(layer, [lock, *wheels], bytecode_python, progress, options)
    except LayerError:
        check_unchanged(layer, before)
        raise
    if found:
        check_unchanged(layer, before)
    return found


def _compared(
    path: Path,
    given: list[Path],
    bytecode_python: str | Path | None,
    progress: Progress,
    options: IndexOptions,
) -> tuple[Problem, ...]:
    """What the layer at ``path`` has otherwise than a lock, the first of the files that were ``given``, makes."""
    manifest = manifest_of(path)
    call = understood(
        given, lambda: manifest.targets, path, allow=_allowed(path, manifest), strict=False, options=options
    )
    if call.requirements.lock is None:
        raise _no_lock(given[0])
    if len(manifest.targets) != 1:
        raise not_ours(path, f"it was built for {len(manifest.targets)} targets, and one is known")
    named = locked_wheels(call.requirements.lock, call.requirements.wheels, manifest.targets[0]).wheels
    if other := [*_other_wheels(manifest, {wheel.name: (str(wheel.version), wheel.sha256) for wheel in named})]:
        return tuple(other)
    interpreter = _interpreter(manifest, bytecode_python)
    with proven_wheels(call, progress) as proven:
        contents, _ = assemble(call, proven, scripts=manifest.scripts, interpreter=interpreter, progress=progress)
        return tuple(differences(path, contents))


def _no_lock(path: Path) -> UsageError:
    return UsageError(
        Problem(
            rule="unknown-file-kind", message=f"{path} is not a lock", hint="name a pylock.toml: lambda-wheels lock"
        )
    )


def _allowed(layer: Path, manifest: Manifest) -> tuple[str, ...]:
    """What was allowed when the layer was built.

    :raises LayerError: nobody could allow it.
    """
    try:
        Waivers.read(manifest.waived)
    except UsageError as error:
        raise not_ours(layer, f"its manifest allows what cannot be allowed: {error.problems[0].message}") from None
    return manifest.waived


def _interpreter(manifest: Manifest, named: str | Path | None) -> Interpreter | None:
    """The interpreter that makes the bytecode of the layer again, if it has some.

    :raises LayerError: there is none of the same version.
    """
    if manifest.bytecode is None:
        return None
    return interpreter_for(manifest.targets, named or True, release=manifest.bytecode)


def _other_wheels(manifest: Manifest, locked: Mapping[str, tuple[str, str]]) -> Iterator[Problem]:
    """The wheels that the layer has and the lock has not, or the other way round, or otherwise.

    :param locked: version and sha256 by project.
    """
    built = {wheel.name: (wheel.version, wheel.sha256) for wheel in manifest.wheels}
    for name in sorted(built.keys() | locked.keys()):
        if built.get(name) == locked.get(name):
            continue
        if name not in locked:
            message = f"the layer has {built[name][0]}, and the lock does not have it"
        elif name not in built:
            message = f"the lock has {locked[name][0]}, and the layer does not have it"
        elif built[name][0] == locked[name][0]:
            message = f"the layer has another wheel of {built[name][0]} than the lock"
        else:
            message = f"the layer has {built[name][0]}, the lock has {locked[name][0]}"
        yield Problem(rule="layer-differs", project=name, message=message, hint="build it again from the lock")
