"""What is to be published: a zip, and what is said of it. (Reads the disk.)"""

from __future__ import annotations

import base64
import hashlib
import stat
from collections.abc import Iterable, Sequence
from itertools import product
from pathlib import Path
from typing import NamedTuple

from lambda_wheels.aws.marks import described
from lambda_wheels.errors import LayerError, UsageError, WheelError
from lambda_wheels.layers import Layer
from lambda_wheels.layers.existing import check_unchanged, state_of
from lambda_wheels.layers.inside import Inside, read_inside
from lambda_wheels.layers.reading import said_of_layer
from lambda_wheels.looking import reading
from lambda_wheels.problems import Problem, Severity
from lambda_wheels.progress import Progress
from lambda_wheels.targets import ARCHITECTURES, RUNTIMES, Target
from lambda_wheels.targets.limits import DIRECT_UPLOAD_LIMIT, UNZIPPED_LIMIT
from lambda_wheels.there import is_folder


class Package(NamedTuple):
    """A zip, read once, with what a layer version says of it."""

    path: Path
    sha256: str
    """Of the zip, hexadecimal."""
    content_sha256: str
    """Of what it holds, however it is packed."""
    size: int
    """Bytes of the zip."""
    runtimes: tuple[str, ...]
    """Those that it is said to run on; empty where nothing is known."""
    architectures: tuple[str, ...]
    words: str
    """Which projects it has, if that is known."""

    @property
    def code_sha256(self) -> str:
        """The zip's sha256 as Lambda reports it: in base64."""
        return base64.b64encode(bytes.fromhex(self.sha256)).decode("ascii")

    @property
    def is_direct(self) -> bool:
        """Whether the zip is small enough to go into the call itself (AWS, "Lambda quotas")."""
        return self.size <= DIRECT_UPLOAD_LIMIT

    def read(self) -> bytes:
        """The bytes of the zip.

        :raises LayerError: they are no longer those that were looked at.
        """
        content = self.path.read_bytes()
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise LayerError(_changed(self.path))
        return content


def read_package(
    layer: Layer | Path, runtimes: Sequence[str], architectures: Sequence[str], progress: Progress
) -> Package:
    """What ``layer`` is.

    :param runtimes: those that are to be named; else those that it is known to run on.
    :param architectures: the same.
    :raises UsageError: nothing is known of a zip, and nothing was named; or a name is not Lambda's.
    :raises LayerError: it is a folder, cannot be a layer, or is no longer what was built.
    :raises OutputError: it cannot be read.
    """
    for target in product(runtimes or [next(iter(RUNTIMES))], architectures or [next(iter(ARCHITECTURES))]):
        Target(*target)  # raises what is wrong with it
    path = layer.path if isinstance(layer, Layer) else layer
    with reading(path, progress):
        is_zip = not is_folder(path)
    if not is_zip:
        hint = "build it with an output that ends in .zip"
        raise LayerError(Problem(rule="not-a-layer", message=f"{path} is a folder, and AWS takes a zip", hint=hint))
    package = _built(layer, progress) if isinstance(layer, Layer) else _found(layer, progress)
    if not package.runtimes and not (runtimes and architectures):
        hint = "name both: --runtime python3.13 --architecture arm64"
        raise UsageError(Problem(rule="no-target", message=f"{path} does not say for which runtime it is", hint=hint))
    return package._replace(
        runtimes=_in_order(runtimes or package.runtimes, RUNTIMES),
        architectures=_in_order(architectures or package.architectures, ARCHITECTURES),
    )


def _built(layer: Layer, progress: Progress) -> Package:
    """What was built just now is known; that the zip is still the same is seen."""
    sha256, size = _sha256(layer.path, progress)
    if layer.sha256 != sha256:
        raise LayerError(_changed(layer.path))
    return Package(
        layer.path,
        sha256,
        layer.content_sha256,
        size,
        layer.compatible_runtimes,
        layer.compatible_architectures,
        described((wheel.name, wheel.version) for wheel in layer.wheels),
    )


def _found(path: Path, progress: Progress) -> Package:
    """A zip is read as a whole."""
    before = state_of(path)
    inside = _inside(path, progress)
    sha256, size = _sha256(path, progress)
    check_unchanged(path, before)
    fits = inside.compatibility() if inside.manifest else ((), ())
    wheels = inside.manifest.wheels if inside.manifest else ()
    return Package(
        path, sha256, inside.content_sha256, size, *fits, described((wheel.name, wheel.version) for wheel in wheels)
    )


def _sha256(path: Path, progress: Progress) -> tuple[str, int]:
    """The digest of a file, hexadecimal, and its bytes."""
    with reading(path, progress), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), file.tell()


def _inside(path: Path, progress: Progress) -> Inside:
    """What the zip holds, which has to be something that Lambda unpacks as we read it."""
    with reading(path, progress) as on_read:
        try:
            if not stat.S_ISREG(path.stat().st_mode):
                raise LayerError(Problem(rule="not-a-layer", message=f"{path} is not a file"))
            inside = read_inside(path, on_read)
        except WheelError as error:
            raise LayerError(said_of_layer(error.problems, path)) from error
    problems = [problem for problem in inside.problems if problem.severity is Severity.ERROR]
    if not inside.held.files:
        problems.append(Problem(rule="not-a-layer", message=f"{path} holds no file"))
    if inside.unzipped_size > UNZIPPED_LIMIT:
        message = f"{path} is {inside.unzipped_size:,} bytes unzipped; Lambda's limit is {UNZIPPED_LIMIT:,}"
        problems.append(Problem(rule="too-large", message=message, hint="leave out a project"))
    if problems:
        raise LayerError(problems)
    return inside


def _in_order(names: Iterable[str], table: Iterable[str]) -> tuple[str, ...]:
    given = {*names}
    return tuple(name for name in table if name in given)


def _changed(path: Path) -> Problem:
    return Problem(rule="layer-changed", message=f"{path} is no longer what was built or looked at", hint="try again")
