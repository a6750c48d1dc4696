"""The whole story: from requirements to a layer, or to a folder of proven wheels. (Touches everything.)"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Unpack

from lambda_wheels.assembling import assemble, interpreter_for
from lambda_wheels.call import Call, Given, layer_targets, understood
from lambda_wheels.layers import Layer, LayerWheel, check_output, site_packages, write_layer
from lambda_wheels.progress import Progress, silent
from lambda_wheels.proven import Proven, with_proven_wheels
from lambda_wheels.resolution import IndexOptions, pip_options, plain_command

_log = logging.getLogger(__name__)


def build_layer(
    requirements: Given,
    *,
    runtime: str | Iterable[str],
    architecture: str,
    output: str | Path,
    scripts: bool = False,
    bytecode: bool | str | Path = False,
    lib: str | Path | Iterable[str | Path] = (),
    allow: Iterable[str] = (),
    strict: bool = False,
    progress: Progress = silent,
    **options: Unpack[IndexOptions],
) -> Layer:
    """Build a Lambda layer of ``requirements`` and all that they need.

    :param requirements: a string is a requirement (PEP 508), a path a requirement file, a wheel or a lock
        (``pylock.toml``, PEP 751); one of these may stand without a list. Beside a lock
        only wheels have a place.
    :param runtime: Lambda's identifier, ``python3.13``, or several: each is then served by the one layer.
    :param architecture: ``arm64`` or ``x86_64``; or ``auto``: arm64 if every wheel exists and passes for it, on each
        runtime, else x86_64.
    :param output: a name that ends in ``.zip`` is a zip, any other a folder that then holds ``python/``. It appears
        complete or not at all.
    :param scripts: put the projects' scripts into the layer's ``bin/``, which is on Lambda's PATH.
    :param bytecode: add bytecode for the runtime's Python, compiled by an interpreter of that version that is found on
        this machine, or by the one at this path.
    :param lib: shared objects to bring along in the layer's ``lib/``, where Lambda's loader looks, each by the name
        under which others need it (its ``DT_SONAME``); one may stand without a list.
    :param allow: ``RULE:PROJECT`` for each finding that may stand; it is then a warning, and stands in the manifest.
    :param strict: let warnings stop the build.
    :param progress: called with each step.
    :param options: pip's index options; see :class:`IndexOptions`.
    :raises UsageError: the call makes no sense.
    :raises CannotBuildError: it cannot be done as asked: ``ResolutionError``, ``WheelError``, ``LayerError`` or
        ``OutputRefusedError``.
    :raises SurroundingsError: index, network, disk or pip failed; trying again may help.
    """
    call = understood(
        requirements,
        lambda: layer_targets(runtime, architecture),
        output,
        allow=allow,
        strict=strict,
        options=options,
        libraries=lib,
        scripts=scripts,
    )
    output = Path(output)
    check_output(output)
    interpreter = interpreter_for(call.targets, bytecode)

    def write(proven: Proven, progress: Progress) -> Layer:
        contents, warnings = assemble(call, proven, interpreter=interpreter, progress=progress)
        return write_layer(
            contents,
            output,
            warnings=warnings,
            passed_over=proven.passed_over,
            pip_command="\n".join(_plain_commands(call, proven)),
            asked=proven.resolutions[0].asked,
            progress=progress,
        )

    return with_proven_wheels(call, progress, write)


def _plain_commands(call: Call, proven: Proven) -> Iterator[str]:
    """For one runtime the command that fills ``python/``, for several those that fill the folder of each."""
    for resolution in proven.resolutions:
        folder = "python" if len(proven.resolutions) == 1 else site_packages(resolution.target).rstrip("/")
        options = [*pip_options(call.options), *resolution.places]
        yield plain_command(resolution.target, resolution.wheels, options, folder)


def fetch_wheels(
    requirements: Given,
    *,
    runtime: str | Iterable[str],
    architecture: str,
    output: str | Path,
    allow: Iterable[str] = (),
    strict: bool = False,
    progress: Progress = silent,
    **options: Unpack[IndexOptions],
) -> tuple[LayerWheel, ...]:
    """Put the wheels of ``requirements`` and of all that they need, proven, into the folder ``output``.

    The folder may be used with ``--find-links``. Other files in it stay. Warnings are logged. Parameters and errors are
    those of :func:`build_layer`.
    """
    call = understood(
        requirements,
        lambda: layer_targets(runtime, architecture),
        output,
        allow=allow,
        strict=strict,
        options=options,
    )
    from lambda_wheels.layers import check_wheel_folder, copy_wheels  # here since building a layer needs neither

    output = Path(output)
    check_wheel_folder(output)

    def copy(proven: Proven, progress: Progress) -> Proven:
        copy_wheels(proven.stored, output)
        return proven

    proven = with_proven_wheels(call, progress, copy)
    for warning in proven.verdict.warnings:  # a layer carries them, wheels do not
        _log.warning("%s", warning)
    return tuple(LayerWheel.of(stored.wheel) for stored in proven.stored)
