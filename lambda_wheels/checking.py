"""Whether a layer is what a lock makes. (Touches everything.)"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from lambda_wheels.assembling import assemble, interpreter_for
from lambda_wheels.call import understood
from lambda_wheels.errors import LayerError, OutputError, UsageError
from lambda_wheels.layers import write_zip
from lambda_wheels.layers.existing import differences, manifest_of
from lambda_wheels.layers.manifest import Manifest
from lambda_wheels.problems import Problem
from lambda_wheels.progress import Progress, silent
from lambda_wheels.proven import proven_wheels
from lambda_wheels.resolution import IndexOptions
from lambda_wheels.resolution.locks import locked_wheels
from lambda_wheels.resolution.requirements import existing

if TYPE_CHECKING:
    from lambda_wheels.bytecode import Interpreter


def check(
    layer: str | Path,
    *,
    lock: str | Path,
    wheels: Iterable[str | Path] = (),
    bytecode_python: str | Path | None = None,
    progress: Progress = silent,
    **options: Unpack[IndexOptions],
) -> tuple[Problem, ...]:
    """What ``layer`` has otherwise than ``lock`` makes: nothing where it is the same, for a zip to the byte.

    The layer's manifest says for which target and with which options it was built. Nothing is written.

    :param layer: a zip or a folder of ours.
    :param lock: a ``pylock.toml``.
    :param wheels: those that were given beside the lock.
    :param bytecode_python: the interpreter that compiles, where the layer has bytecode; else one is looked for. It has
        to be of the same full version as the one that compiled it.
    :param progress: called with each step.
    :param options: pip's index options, for wheels that the store lacks.
    :raises UsageError: one of the two is not there.
    :raises CannotBuildError: the layer is not ours, or the lock makes no layer for its target.
    :raises SurroundingsError: index, network, disk or pip failed; trying again may help.
    """
    path = existing(Path(layer))
    try:
        manifest = manifest_of(path)
        [target] = manifest.targets  # as long as a layer is built for one
        call = understood(
            [Path(lock), *map(Path, wheels)],
            lambda: manifest.targets,
            path,
            allow=manifest.waived,
            strict=False,
            options=options,
        )
        if call.requirements.lock is None:
            raise UsageError(Problem(rule="unknown-file-kind", message=f"{lock} is not a lock", hint="lock it first"))
        named = {
            wheel.name: wheel
            for wheel in locked_wheels(call.requirements.lock, call.requirements.wheels, target).wheels
        }
        other = [*_other_wheels(manifest, {name: (str(one.version), one.sha256) for name, one in named.items()})]
        if other:
            return tuple(other)
        interpreter = _interpreter(manifest, bytecode_python)
        with proven_wheels(call, progress) as proven, proven.store.scratch() as scratch:
            contents, _ = assemble(call, proven, scripts=manifest.scripts, interpreter=interpreter, progress=progress)
            made = write_zip(contents, scratch / "layer.zip", progress=progress)
            return tuple(differences(path, contents, made.sha256))
    except OSError as error:
        raise OutputError(
            Problem(rule="disk-failed", message=f"{path} cannot be read: {error.strerror or error}")
        ) from error


def _interpreter(manifest: Manifest, named: str | Path | None) -> Interpreter | None:
    """The interpreter that makes the bytecode of the layer again, if it has some.

    :raises LayerError: there is none of the same version.
    """
    if manifest.bytecode is None:
        return None
    interpreter = interpreter_for(manifest.targets, named or True)
    if interpreter is not None and interpreter.version != manifest.bytecode:
        raise LayerError(
            Problem(
                rule="no-interpreter",
                message=f"the layer's bytecode was compiled by CPython {manifest.bytecode}, and this is {interpreter}",
                hint=f"say where a CPython {manifest.bytecode} is (--bytecode-python PATH)",
            )
        )
    return interpreter


def _other_wheels(manifest: Manifest, locked: Mapping[str, tuple[str, str]]) -> Iterator[Problem]:
    """The wheels that the layer has and the lock has not, or the other way round, or otherwise.

    :param locked: version and sha256 by project.
    """
    built = {wheel.name: (wheel.version, wheel.sha256) for wheel in manifest.wheels}
    for name in sorted(built.keys() | locked.keys()):
        if built.get(name) == locked.get(name):
            continue
        if name not in locked:
            message = f"the layer has {built[name][0]}, the lock has it not"
        elif name not in built:
            message = f"the layer has it not, the lock has {locked[name][0]}"
        elif built[name][0] == locked[name][0]:
            message = f"the layer has another wheel of {built[name][0]} than the lock"
        else:
            message = f"the layer has {built[name][0]}, the lock has {locked[name][0]}"
        yield Problem(rule="layer-differs", project=name, message=message, hint="build it again from the lock")
