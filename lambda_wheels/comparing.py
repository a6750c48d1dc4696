"""Whether a layer is what a lock makes, made again from that. (Touches everything.)"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lambda_wheels.assembling import assemble, interpreter_for
from lambda_wheels.call import understood
from lambda_wheels.errors import LayerError, UsageError
from lambda_wheels.layers.existing import check_kind, check_unchanged, differences, manifest_of, not_ours, state_of
from lambda_wheels.layers.libraries import Library
from lambda_wheels.layers.manifest import LIBRARIES, Manifest, ManifestWheel
from lambda_wheels.problems import Problem
from lambda_wheels.progress import Progress
from lambda_wheels.proven import Proven, with_proven_wheels
from lambda_wheels.resolution import IndexOptions
from lambda_wheels.resolution.locks import locked_wheels
from lambda_wheels.resolution.requirement_files import told_of
from lambda_wheels.there import is_folder
from lambda_wheels.waivers import Waivers

if TYPE_CHECKING:
    from lambda_wheels.bytecode import Interpreter


class Given(NamedTuple):
    """What a layer is made of again."""

    lock: Path
    wheels: tuple[Path, ...] = ()
    """Those that were given beside the lock."""
    libraries: str | Path | Iterable[str | Path] = ()
    """Those that were brought along."""
    bytecode_python: str | Path | None = None
    """Who compiles, where the layer has bytecode; else one of the full version that compiled it is looked for."""


def compare(layer: Path, given: Given, progress: Progress, options: IndexOptions) -> tuple[Problem, ...]:
    """What ``layer`` has otherwise than what was given makes: nothing where it is the same, for a zip to the byte.

    The layer's manifest says for which target and with which options it was built. Nothing is written but what the
    store lacks.

    :raises UsageError: the lock is none.
    :raises CannotBuildError: the layer is not ours, or the lock makes no layer for its target.
    :raises SurroundingsError: index, network, disk or pip failed; trying again may help.
    """
    with told_of(given.lock):
        is_lock = not is_folder(given.lock)
    if not is_lock or given.lock.suffix.lower() in {".whl", ".zip"}:
        raise _no_lock(given.lock)
    check_kind(layer)
    before = state_of(layer)
    try:
        found = _compared(layer, given, progress, options)
    except LayerError:
        check_unchanged(layer, before)
        raise
    if found:
        check_unchanged(layer, before)
    return found


def _compared(
    path: Path,
    given: Given,
    progress: Progress,
    options: IndexOptions,
) -> tuple[Problem, ...]:
    """What the layer at ``path`` has otherwise than what was given makes."""
    manifest = manifest_of(path)
    call = understood(
        [given.lock, *given.wheels],
        lambda: manifest.targets,
        path,
        allow=_allowed(path, manifest),
        strict=False,
        options=options,
        libraries=given.libraries,
        scripts=manifest.scripts,
    )
    if call.requirements.lock is None:
        raise _no_lock(given.lock)
    if not manifest.is_for_one_architecture:
        raise not_ours(path, f"it was built for {', '.join(map(str, manifest.targets)) or 'no target'}")
    other = dict.fromkeys(_other_libraries(manifest, call.libraries))
    for target in manifest.targets:
        named = locked_wheels(call.requirements.lock, call.requirements.wheels, target).wheels
        locked: dict[str, tuple[str, str]] = {wheel.name: (str(wheel.version), wheel.sha256) for wheel in named}
        other |= dict.fromkeys(_other_wheels(manifest.wheels_for(target), locked))
    if other:
        return tuple(other)
    interpreter = _interpreter(manifest, given.bytecode_python)

    def compare_with(proven: Proven, progress: Progress) -> tuple[Problem, ...]:
        contents, _ = assemble(call, proven, interpreter=interpreter, progress=progress)
        return tuple(differences(path, contents))

    return with_proven_wheels(call, progress, compare_with)


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


def _other_libraries(manifest: Manifest, libraries: Iterable[Library]) -> Iterator[Problem]:
    """The libraries that the layer was built with and that were not given, or the other way round, or otherwise."""
    built = {library.name: library.sha256 for library in manifest.libraries}
    given = {library.name: library.sha256 for library in libraries}
    for name in sorted(built.keys() | given.keys()):
        if name not in given:
            message, hint = "the layer was built with this library", "give it: --lib"
        elif name not in built:
            message, hint = "the layer was built without this library", "leave it out"
        elif built[name] != given[name]:
            message, hint = "the layer was built with another library of this name", "give that one: --lib"
        else:
            continue
        yield Problem(rule="layer-differs", member=LIBRARIES + name, message=message, hint=hint)


def _other_wheels(wheels: Iterable[ManifestWheel], locked: Mapping[str, tuple[str, str]]) -> Iterator[Problem]:
    """Of a target, the wheels that the layer has and the lock has not, or the other way round, or otherwise.

    :param locked: version and sha256 by project.
    """
    built = {wheel.name: (wheel.version, wheel.sha256) for wheel in wheels}
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
