"""The whole story: from requirements to a layer, or to a folder of proven wheels. (Touches everything.)"""

from __future__ import annotations

import contextlib
import datetime
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, Unpack

from lambda_wheels.audit import audit_wheel
from lambda_wheels.bytecode import Bytecode, Interpreter, compile_wheels, find_interpreter
from lambda_wheels.errors import LayerError, OutputError, UsageError, WheelError
from lambda_wheels.layers import (
    Layer,
    LayerWheel,
    check_output,
    check_wheel_folder,
    copy_wheels,
    lay_out,
    write_layer,
)
from lambda_wheels.problems import Problem, Severity
from lambda_wheels.progress import Progress, Told, silent
from lambda_wheels.resolution import (
    IndexOptions,
    Requirements,
    Resolution,
    fetch,
    local_paths,
    pip_options,
    plain_command,
    read_requirements,
    resolve,
    settled,
)
from lambda_wheels.store import Store, StoredWheel, open_store
from lambda_wheels.targets import RUNTIMES, Target
from lambda_wheels.waivers import Verdict, Waivers

_log = logging.getLogger(__name__)
_T = TypeVar("_T")

Given = str | Path | Iterable[str | Path]
"""Requirements: a string is one (PEP 508), a path is a file of them or a wheel; one may stand without a list."""


def build_layer(
    requirements: Given,
    *,
    runtime: str,
    architecture: str,
    output: str | Path,
    scripts: bool = False,
    bytecode: bool | str | Path = False,
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
    :param bytecode: add bytecode for the runtime's Python, compiled by an interpreter of that version that is found on
        this machine, or by the one at this path.
    :param allow: ``RULE:PROJECT`` for each finding that may stand; it is then a warning, and stands in the manifest.
    :param strict: let warnings stop the build.
    :param progress: called with each step.
    :param options: pip's index options; see :class:`IndexOptions`.
    :raises UsageError: the call makes no sense.
    :raises CannotBuildError: it cannot be done as asked: ``ResolutionError``, ``WheelError``, ``LayerError`` or
        ``OutputRefusedError``.
    :raises SurroundingsError: index, network, disk or pip failed; trying again may help.
    """
    call = _understood(requirements, runtime, architecture, output, allow, strict, options)
    output = Path(output)
    check_output(output)
    interpreter = _interpreter(call.target, bytecode)
    with _proven_wheels(call, progress) as proven:
        compiled, verdict = _bytecode(call, proven, interpreter, progress)
        contents = lay_out(
            proven.stored,
            call.target,
            scripts=scripts,
            bytecode=compiled,
            allow=call.waivers.allowed,
            waived=proven.verdict.waived | verdict.waived,
        )
        if strict and (errors := call.waivers.judge(contents.warnings, strict=True).errors):
            raise LayerError(errors)
        places = [*pip_options(call.options), *proven.resolution.places]
        return write_layer(
            contents,
            output,
            warnings=(*proven.verdict.warnings, *verdict.warnings),
            pip_command=plain_command(call.target, proven.resolution.wheels, places),
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

    The folder may be used with ``--find-links``. Other files in it stay. Warnings are logged. Parameters and errors are
    those of :func:`build_layer`.
    """
    call = _understood(requirements, runtime, architecture, output, allow, strict, options)
    output = Path(output)
    check_wheel_folder(output)
    with _proven_wheels(call, progress) as proven:
        for warning in proven.verdict.warnings:  # a layer carries them, wheels do not
            _log.warning("%s", warning)
        copy_wheels(proven.stored, output)
        return tuple(LayerWheel.of(stored.wheel) for stored in proven.stored)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Call:
    """What the caller asked for, once it makes sense."""

    requirements: Requirements
    target: Target
    waivers: Waivers
    strict: bool
    options: IndexOptions


def _understood(
    requirements: Given,
    runtime: str,
    architecture: str,
    output: str | Path,
    allow: Iterable[str],
    strict: bool,
    options: IndexOptions,
) -> _Call:
    """The call, understood; all that makes no sense about it is raised at once."""
    options = settled(options)
    problems: list[Problem] = []

    def attempt(read: Callable[[], _T]) -> _T | None:
        try:
            return read()
        except UsageError as error:
            problems.extend(error.problems)
            return None

    target = attempt(lambda: Target(runtime, architecture))
    waivers = attempt(lambda: Waivers.read(allow))
    attempt(lambda: pip_options(options))
    if not str(output):  # as a path it would be the working directory, which an unset variable does not mean
        problems.append(Problem(rule="output-refused", message="the output has no name", hint="name a zip or a folder"))
    wanted = attempt(lambda: read_requirements(requirements, local_paths(options)))
    if problems or target is None or waivers is None or wanted is None:
        raise UsageError(problems)
    return _Call(requirements=wanted, target=target, waivers=waivers, strict=strict, options=options)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Proven:
    """What stands when every wheel is proven."""

    store: Store
    resolution: Resolution
    stored: list[StoredWheel]
    verdict: Verdict


@contextlib.contextmanager
def _proven_wheels(call: _Call, progress: Progress) -> Iterator[_Proven]:
    """The first half of every build: pip chooses, we fetch and prove. The wheels stay in place inside the block."""
    with open_store() as store:
        resolution, stored = _chosen_wheels(call, store, progress)
        problems = [
            *_deprecated(call.target, datetime.date.today()),
            *store.problems,
            *resolution.problems,
            *(problem for one in stored for problem in (*one.wheel.problems, *audit_wheel(one.wheel, call.target))),
        ]
        verdict = call.waivers.judge(problems, strict=call.strict)
        if verdict.errors:
            raise WheelError(verdict.errors)
        yield _Proven(store=store, resolution=resolution, stored=stored, verdict=verdict)


def _chosen_wheels(call: _Call, store: Store, progress: Progress) -> tuple[Resolution, list[StoredWheel]]:
    """What pip chose, and those wheels in the store."""
    told = Told(progress)
    try:
        with store.scratch() as scratch:
            resolution = resolve(
                call.requirements,
                call.target,
                call.options,
                scratch=scratch,
                stored=store.wheel_template,
                progress=told,
            )
            stored = fetch(
                resolution, store, options=call.options, waivers=call.waivers, scratch=scratch, progress=told
            )
    except OSError as error:
        if error is told.raised:
            raise
        raise OutputError(
            Problem(
                rule="disk-failed",
                message=f"a file of the store cannot be read or written: {error}",
                hint="is the disk full? LAMBDA_WHEELS_CACHE names another place",
            )
        ) from error
    return resolution, stored


def _interpreter(target: Target, bytecode: bool | str | Path) -> Interpreter | None:
    """Who compiles for ``target``, if anybody is to; found first, since without one all the rest is in vain."""
    if isinstance(bytecode, str | Path):
        return find_interpreter(target.python_version, bytecode)
    return find_interpreter(target.python_version) if bytecode else None


def _bytecode(
    call: _Call, proven: _Proven, interpreter: Interpreter | None, progress: Progress
) -> tuple[Bytecode | None, Verdict]:
    """The bytecode of all wheels, if somebody compiles it, and what there is to say of it."""
    if interpreter is None:
        return None, call.waivers.judge(())
    said = proven.store.problems
    compiled = compile_wheels(proven.stored, interpreter, proven.store, waivers=call.waivers, progress=progress)
    news = (problem for problem in proven.store.problems if problem not in said)
    verdict = call.waivers.judge([*news, *compiled.problems], strict=call.strict)
    if verdict.errors:
        raise LayerError(verdict.errors)
    return compiled, verdict


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
