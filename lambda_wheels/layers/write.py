"""From contents to a layer on disk, in the form that the output's name asks for. (Writes the disk.)"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from pathlib import Path

from lambda_wheels.layers.compatibility import compatibility
from lambda_wheels.layers.contents import Contents
from lambda_wheels.layers.layer import Layer, LayerWheel
from lambda_wheels.layers.output import check_file_output, check_folder_of, failed, is_zip, refused, settled
from lambda_wheels.layers.zip_file import write_zip
from lambda_wheels.problems import Problem
from lambda_wheels.progress import Progress, silent
from lambda_wheels.resolution.closure import TopRequirement
from lambda_wheels.store import lock_output
from lambda_wheels.there import is_folder, is_taken


def write_layer(
    contents: Contents,
    output: Path,
    *,
    warnings: Iterable[Problem] = (),
    pip_command: str,
    passed_over: tuple[Problem, ...] = (),
    asked: Sequence[TopRequirement] | None = None,
    progress: Progress = silent,
) -> Layer:
    """Write a zip where the name of ``output`` ends in ``.zip``, else a folder, and say what it is.

    :param warnings: what was found before; those of ``contents`` are added.
    :param passed_over: what kept a preferred architecture away.
    :param asked: the requirements that brought the wheels, as far as known; of use where there is one runtime.
    :raises OutputRefusedError: if ``output`` cannot become a layer.
    :raises OutputError: if it cannot be written. Either way it is as it was.
    """
    sha256 = code_sha256 = zip_size = None
    if is_zip(output):
        written = write_zip(contents, output, progress=progress)
        sha256, zip_size = written.sha256, written.size
        code_sha256 = base64.b64encode(bytes.fromhex(sha256)).decode("ascii")
    else:
        from lambda_wheels.layers.folder import write_folder  # here since most layers are zips

        write_folder(contents, output, progress=progress)
    runtimes, architectures = _compatibility(contents, asked)
    return Layer(
        path=output,
        sha256=sha256,
        code_sha256=code_sha256,
        content_sha256=contents.content_sha256,
        zip_size=zip_size,
        unzipped_size=contents.unzipped_size,
        wheels=tuple(LayerWheel.of(wheel) for wheel in contents.wheels),
        targets=contents.targets,
        compatible_runtimes=runtimes,
        compatible_architectures=architectures,
        warnings=(*warnings, *contents.warnings),
        passed_over=passed_over,
        pip_command=pip_command,
    )


def _compatibility(
    contents: Contents, asked: Sequence[TopRequirement] | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Where the layer runs; of one that has a folder for each runtime only what it was built for is said."""
    runtimes = tuple(target.runtime for target in contents.targets)
    target = contents.targets[0]
    if any(wheel.runtimes for wheel in contents.manifest.wheels):
        return runtimes, (target.architecture,)
    found = compatibility(
        contents.wheels,
        target,
        asked=asked,
        libraries=[library.placed for library in contents.libraries],
        waived=contents.manifest.waived,
        bound_to_runtime=contents.bound_to_runtime,
    )
    return found if {*runtimes} <= {*found[0]} else (runtimes, (target.architecture,))


def check_output(output: Path) -> None:
    """Refuse now what writing would refuse later, before anything is resolved or fetched.

    Changes nothing, but that a folder whose build was killed is put in order.

    :raises OutputRefusedError: if it cannot become a layer.
    :raises OutputError: if it cannot be written, as far as can be seen.
    """
    path = settled(output)
    try:
        if is_zip(output):
            check_file_output(path)
        elif is_folder(path):
            from lambda_wheels.layers.folder import put_in_order
            from lambda_wheels.layers.ours import check_ours

            with lock_output(path) as alone:
                put_in_order(path, alone=alone)
                check_ours(path)
        elif is_taken(path):
            raise refused(output, "it is a file, and a folder was asked for", "end the name in .zip for a zip")
        check_folder_of(path)
    except OSError as error:
        raise failed(output, error) from error
