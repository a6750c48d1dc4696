"""``inspect_layer()`` and ``inspect_function()``: what layers hold, wherever they are. (Reads the disk, asks AWS.)"""

from __future__ import annotations

import base64
import contextlib
import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any

from lambda_wheels.aws.arns import LayerVersionArn, check_region, is_arn, region_of_function
from lambda_wheels.aws.clients import Clients
from lambda_wheels.aws.downloads import downloaded
from lambda_wheels.aws.failures import AWS_ERRORS, problem_of
from lambda_wheels.aws.functions import layer_version, read_function, size_of_code
from lambda_wheels.aws.inspection import FunctionInspection, InspectedProject, LayerInspection
from lambda_wheels.aws.marks import words_of
from lambda_wheels.errors import AwsError, LambdaWheelsError, LayerError, UsageError, WheelError
from lambda_wheels.layers.inside import Inside, read_inside
from lambda_wheels.layers.reading import said_of_layer
from lambda_wheels.looking import look, neither, reading
from lambda_wheels.problems import Problem
from lambda_wheels.progress import Progress, silent
from lambda_wheels.resolution.requirement_files import existing
from lambda_wheels.targets import ARCHITECTURES, RUNTIMES, Target
from lambda_wheels.targets.limits import UNZIPPED_LIMIT
from lambda_wheels.there import is_folder
from lambda_wheels.waivers import Waivers


@contextlib.contextmanager
def fetched(arn: str, session: Any = None, progress: Progress = silent) -> Iterator[tuple[Path, tuple[Target, ...]]]:
    """The zip of a layer version as a file, for a while, and the targets that the version names.

    :raises UsageError: ``arn`` is not that of a layer version.
    :raises AwsRefusedError: there is no such version.
    :raises AwsError: AWS cannot be asked, or what it has is not what it says.
    """
    version = LayerVersionArn.read(arn)
    with Clients(session) as clients, _fetched(version, clients, progress) as (path, said):
        yield path, _targets(said)


def inspect_layer(layer: str | Path, *, session: Any = None, progress: Progress = silent) -> LayerInspection:
    """What a layer is: what it was made of, how large it is, where it runs, and what is wrong with it.

    :param layer: a zip, a folder that holds ``python/``, or the ARN of a layer version, which is downloaded.
    :param session: a ``boto3.Session``; else the environment says who you are.
    :param progress: called with each step.
    :raises UsageError: there is no such file, or the ARN is not that of a layer version.
    :raises LayerError: it is no layer.
    :raises SurroundingsError: it cannot be read, or AWS cannot be asked.
    """
    if isinstance(layer, str) and is_arn(layer):
        version = LayerVersionArn.read(layer)
        with Clients(session) as clients, _fetched(version, clients, progress) as (path, said):
            return _inspected(path, progress, said)
    path = Path(layer)
    existing(path)
    return _inspected(path, progress, None)


def inspect_function(
    function: str, *, region: str | None = None, session: Any = None, progress: Progress = silent
) -> FunctionInspection:
    """The layers of a function: what each holds, what of the 250 MB is left, and which projects several of them bring.

    An update that is in progress is not waited for.

    :param function: a name or an ARN.
    :param region: of a function that is given by name; else the session's.
    :raises UsageError: no region is known.
    :raises AwsRefusedError: there is no such function.
    :raises AwsError: AWS cannot be asked.
    """
    check_region(region)
    if not function:
        hint = "name one, or give its ARN"
        raise UsageError(Problem(rule="no-such-function", message="no function was named", hint=hint))
    function = str(function)
    with Clients(session) as clients:
        there = region_of_function(function) or region or clients.region
        if not there:
            hint = "name it: --region eu-west-1, or set AWS_DEFAULT_REGION"
            raise UsageError(Problem(rule="no-region", message=f"in which region is {function}?", hint=hint))
        client = clients.of_lambda(there)
        try:
            found = read_function(client, function, None)
        except AWS_ERRORS as error:
            raise AwsError(problem_of(error, f"reading {function}")) from error
        layers: list[LayerInspection] = []
        problems: list[Problem] = []
        for arn in found.layers:
            try:
                with _fetched(LayerVersionArn.read(arn), clients, progress) as (path, said):
                    layers.append(_inspected(path, progress, said))
            except LambdaWheelsError as error:  # another account's, or gone: the function goes on with it
                problems += error.problems
        code = size_of_code(client, found)
        size = (code or 0) + sum(layer.unzipped_size for layer in layers)
        return FunctionInspection(
            function=found.arn,
            runtime=found.runtime,
            architecture=found.architecture,
            code_size=code,
            unzipped_size=size,
            left=UNZIPPED_LIMIT - size,
            layers=tuple(layers),
            projects_twice=_twice(layers),
            problems=tuple(problems),
        )


@contextlib.contextmanager
def _fetched(arn: LayerVersionArn, clients: Clients, progress: Progress) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The zip of a version, and what AWS says of it."""
    client = clients.of_lambda(arn.region)
    said = layer_version(client, str(arn))
    with downloaded(said["Content"], f"{arn.name}-{arn.version}", progress, client) as path:
        yield path, said


def _inspected(path: Path, progress: Progress, said: dict[str, Any] | None) -> LayerInspection:
    """What the layer at ``path`` is; ``said`` is what AWS says of the version that it was fetched from."""
    with reading(path, progress) as on_read:
        if (unreadable := neither(path)) is not None:
            raise LayerError([unreadable])
        try:
            inside = read_inside(path, on_read)
            zipped = not is_folder(path)
        except WheelError as error:
            raise LayerError(said_of_layer(error.problems, path)) from error
    manifest = inside.manifest
    targets = manifest.targets if manifest else _targets(said or {})
    problems: tuple[Problem, ...] = inside.problems
    if targets:
        looked = look(path, targets, progress)
        verdict = Waivers(frozenset(looked.waived)).judge(looked.problems)
        problems = (*verdict.errors, *verdict.warnings)
    fits = inside.compatibility() if manifest else ((), ())
    if said is not None:
        fits = tuple(said.get("CompatibleRuntimes") or ()), tuple(said.get("CompatibleArchitectures") or ())
    return LayerInspection(
        path=None if said is not None else path,
        arn=None if said is None else said["LayerVersionArn"],
        description=words_of((said or {}).get("Description") or ""),
        license=(said or {}).get("LicenseInfo") or "",
        code_sha256=_code_sha256(path) if zipped else None,
        content_sha256=inside.content_sha256,
        zip_size=inside.held.zip_size,
        unzipped_size=inside.unzipped_size,
        is_ours=manifest is not None,
        targets=targets,
        compatible_runtimes=fits[0],
        compatible_architectures=fits[1],
        projects=_projects(inside, targets),
        problems=problems,
    )


def _projects(inside: Inside, targets: Sequence[Target]) -> tuple[InspectedProject, ...]:
    """Those that were installed, with the bytes of their files, the largest first."""
    found = inside.projects(targets or [Target(runtime, next(iter(ARCHITECTURES))) for runtime in RUNTIMES])
    return tuple(
        InspectedProject(name=name, version=version, unzipped_size=size)
        for (name, version), size in sorted(found.items(), key=lambda item: (-item[1], item[0]))
    )


def _twice(layers: Sequence[LayerInspection]) -> dict[str, tuple[str, ...]]:
    """The projects that several layers bring: for each, the layers, of which the last is unpacked over the others."""
    brought: dict[str, list[str]] = defaultdict(list)
    for layer in layers:
        for name in sorted({project.name for project in layer.projects}):
            brought[name].append(layer.arn or "")
    return {name: tuple(arns) for name, arns in sorted(brought.items()) if len(arns) > 1}


def _targets(said: dict[str, Any]) -> tuple[Target, ...]:
    """Each pair that a version names, of those that are known."""
    pairs = product(said.get("CompatibleRuntimes") or (), said.get("CompatibleArchitectures") or ())
    return tuple(Target(*pair) for pair in pairs if pair[0] in RUNTIMES and pair[1] in ARCHITECTURES)


def _code_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return base64.b64encode(hashlib.file_digest(file, "sha256").digest()).decode("ascii")
