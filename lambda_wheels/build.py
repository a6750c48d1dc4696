"""The whole story: from requirements to a layer, or to a folder of proven wheels. (Touches everything.)"""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Unpack

from lambda_wheels.audit import audit_wheel
from lambda_wheels.errors import LayerError, WheelError
from lambda_wheels.layers import Layer, LayerWheel, check_output, lay_out, write_layer
from lambda_wheels.problems import Problem, Severity
from lambda_wheels.progress import Progress, silent
from lambda_wheels.resolution import (
    IndexOptions,
    Resolution,
    copy_wheels,
    fetch,
    local_paths,
    pip_options,
    plain_command,
    read_requirements,
    resolve,
)
from lambda_wheels.store import StoredWheel, open_store
from lambda_wheels.targets import RUNTIMES, Target
from lambda_wheels.waivers import Verdict, Waivers

Given = str | Path | Iterable[str | Path]
"""Requirements: a string is one (PEP 508), a path is a file of them or a wheel; one may stand without a list."""


def build_layer(
    requirements: Given,
    *,
    runtime: str,
    architecture: str,
    output: str | Path,
    scripts: bool = False,
    allow: Iterable[str] = (),
    strict: bool = False,
    progress: Progress = silent,
    **options: Unpack[IndexOptions],
) -> Layer:
    """Build a Lambda layer of ``requirements`` and all that they need.

    :param requirements: a string is a requirement (PEP 508), a path a requirement file or a wheel; one of either may
        stand without a list.
    :param runtime: Lambda's identifier, ``python3.13``.
    :param architecture: ``arm64`` or ``x86_64``.
    :param output: a name that ends in ``.zip`` is a zip, any other a folder that then holds ``python/``. It appears
        complete or not at all.
    :param scripts: put the projects' scripts into the layer's ``bin/``, which is on Lambda's PATH.
    :param allow: ``RULE:PROJECT`` for each finding that may stand; it is then a warning, and stands in the manifest.
    :param strict: let warnings stop the build.
    :param progress: called with each step.
    :param options: pip's index options; see :class:`IndexOptions`.
    :raises UsageError: the call makes no sense.
    :raises CannotBuildError: it cannot be done as asked: ``ResolutionError``, ``WheelError``, ``LayerError`` or
        ``OutputRefusedError``.
    :raises SurroundingsError: index, network, disk or pip failed; trying again may help.
    """
    output = Path(output)
    check_output(output)
    waivers = Waivers.read(allow)
    with _proven_wheels(requirements, Target(runtime, architecture), waivers, strict, progress, options) as proven:
        contents = lay_out(
            proven.stored,
            proven.resolution.target,
            scripts=scripts,
            allow=waivers.allowed,
            waived=proven.verdict.waived,
        )
        if strict and (errors := waivers.judge(contents.warnings, strict=True).errors):
            raise LayerError(errors)
        return write_layer(
            contents,
            output,
            warnings=proven.verdict.warnings,
            pip_command=plain_command(proven.resolution.target, proven.resolution.wheels, pip_options(options)),
            progress=progress,
        )


def fetch_wheels(
    requirements: Given,
    *,
    runtime: str,
    architecture: str,
    output: str | Path,
    allow: Iterable[str] = (),
    strict: bool = False,
    progress: Progress = silent,
    **options: Unpack[IndexOptions],
) -> tuple[LayerWheel, ...]:
    """Put the wheels of ``requirements`` and of all that they need, proven, into the folder ``output``.

    The folder may be used with ``--find-links``. Other files in it stay. Parameters and errors are those of
    :func:`build_layer`.
    """
    waivers = Waivers.read(allow)
    with _proven_wheels(requirements, Target(runtime, architecture), waivers, strict, progress, options) as proven:
        copy_wheels(proven.stored, Path(output))
        return tuple(LayerWheel.of(stored.wheel) for stored in proven.stored)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Proven:
    """What stands when every wheel is proven."""

    resolution: Resolution
    stored: list[StoredWheel]
    verdict: Verdict


@contextlib.contextmanager
def _proven_wheels(
    requirements: Given,
    target: Target,
    waivers: Waivers,
    strict: bool,
    progress: Progress,
    options: IndexOptions,
) -> Iterator[_Proven]:
    """The first half of every build: pip chooses, we fetch and prove. The wheels stay in place inside the block."""
    pip_options(options)  # an unexpected name is a TypeError before anything else
    wanted = read_requirements(requirements, local_paths(options))
    with open_store() as store:
        with store.scratch() as scratch:
            resolution = resolve(
                wanted, target, options, scratch=scratch, stored=store.wheel_template, progress=progress
            )
            stored = fetch(resolution, store, options=options, waivers=waivers, scratch=scratch, progress=progress)
        problems = [
            *_deprecated(target, datetime.date.today()),
            *store.problems,
            *resolution.problems,
            *(problem for one in stored for problem in (*one.wheel.problems, *audit_wheel(one.wheel, target))),
        ]
        verdict = waivers.judge(problems, strict=strict)
        if verdict.errors:
            raise WheelError(verdict.errors)
        yield _Proven(resolution=resolution, stored=stored, verdict=verdict)


def _deprecated(target: Target, today: datetime.date) -> list[Problem]:
    """A warning where AWS no longer patches the runtime, with the days on which it stops working."""
    runtime = RUNTIMES[target.runtime]
    if not runtime.is_deprecated(today):
        return []
    days = [
        f"{what} from {day} on"
        for what, day in (
            ("no function can be created with it", runtime.creation_blocked),
            ("none can be updated", runtime.update_blocked),
        )
        if day
    ]
    return [
        Problem(
            rule="deprecated-runtime",
            severity=Severity.WARNING,
            message=f"AWS deprecated {runtime.name} on {runtime.deprecated}: {', '.join(days)}",
            hint="build for a newer runtime",
        )
    ]
