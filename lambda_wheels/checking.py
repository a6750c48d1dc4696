"""Whether a layer is what a lock makes. (Touches everything.)"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Unpack

from lambda_wheels.call import understood
from lambda_wheels.errors import OutputError, UsageError
from lambda_wheels.layers import lay_out, write_zip
from lambda_wheels.layers.existing import differences, manifest_of
from lambda_wheels.layers.manifest import Manifest
from lambda_wheels.problems import Problem
from lambda_wheels.progress import Progress, silent
from lambda_wheels.proven import chosen_wheels, judged
from lambda_wheels.resolution import IndexOptions
from lambda_wheels.resolution.locks import locked_wheels
from lambda_wheels.resolution.requirements import existing
from lambda_wheels.store import open_store


def check(
    layer: str | Path, *, lock: str | Path, progress: Progress = silent, **options: Unpack[IndexOptions]
) -> tuple[Problem, ...]:
    """What ``layer`` has otherwise than ``lock`` makes: nothing where it is the same, for a zip to the byte.

    The layer's manifest says for which target and with which options it was built. Nothing is written.

    :param layer: a zip or a folder of ours.
    :param lock: a ``pylock.toml``.
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
            Path(lock), lambda: manifest.targets, path, allow=manifest.waived, strict=False, options=options
        )
        if call.requirements.lock is None:
            raise UsageError(Problem(rule="unknown-file-kind", message=f"{lock} is not a lock", hint="lock it first"))
        named = {wheel.name: wheel for wheel in locked_wheels(call.requirements.lock, (), target).wheels}
        other = [*_other_wheels(manifest, {name: (str(one.version), one.sha256) for name, one in named.items()})]
        if other:
            return tuple(other)
        with open_store() as store, store.scratch() as scratch:
            resolution, stored = chosen_wheels(call, target, store, progress)
            verdict = judged(call, resolution, stored, store.problems)
            contents = lay_out(
                stored, target, scripts=manifest.scripts, allow=call.waivers.allowed, waived=verdict.waived
            )
            made = write_zip(contents, scratch / "layer.zip", progress=progress)
            return tuple(differences(path, contents, made.sha256))
    except OSError as error:
        raise OutputError(
            Problem(rule="disk-failed", message=f"{path} cannot be read: {error.strerror or error}")
        ) from error


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
