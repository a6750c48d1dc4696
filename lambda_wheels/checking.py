"""Whether a layer or a wheel works on a target, and whether it is what a lock makes. (Touches everything.)"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, Unpack

from lambda_wheels.errors import ImportsNotTriedError, UsageError
from lambda_wheels.looking import Looked, look, reading
from lambda_wheels.problems import Problem
from lambda_wheels.progress import Progress, silent
from lambda_wheels.resolution import IndexOptions
from lambda_wheels.resolution.requirement_files import existing
from lambda_wheels.targets import Target
from lambda_wheels.waivers import Waivers


class Checked(NamedTuple):
    """What came of a check."""

    problems: tuple[Problem, ...]
    """Errors first."""
    looked: Looked
    """What was looked at; nothing where a layer was only compared with a lock."""


def check(
    layer: str | Path,
    *,
    runtime: str | Iterable[str] | None = None,
    architecture: str | Iterable[str] | None = None,
    lock: str | Path | None = None,
    wheels: str | Path | Iterable[str | Path] = (),
    lib: str | Path | Iterable[str | Path] = (),
    bytecode_python: str | Path | None = None,
    imports: bool = False,
    python: str | Path | None = None,
    root: str | Path | None = None,
    allow: Iterable[str] = (),
    strict: bool = False,
    session: Any = None,
    progress: Progress = silent,
    **options: Unpack[IndexOptions],
) -> tuple[Problem, ...]:
    """What keeps a layer or a wheel from working in Lambda, whoever made it; or what a layer has otherwise than a lock.

    With ``lock`` alone the layer is only compared: nothing is found where it is what the lock makes, for a zip to the
    byte. For which target and with which options it was built, a layer of ours says itself. Nothing is written but what
    the store lacks.

    :param layer: a zip, a folder that holds ``python/``, a wheel, or the ARN of a layer version, which is downloaded.
    :param runtime: Lambda's identifier, or several. A layer of ours says itself for which it is, and a layer version
        names those that it was published for.
    :param architecture: ``arm64``, ``x86_64``, or both.
    :param lock: a ``pylock.toml``.
    :param wheels: those that were given beside the lock; one may stand without a list.
    :param lib: the libraries that were brought along when the layer was built, beside the lock.
    :param bytecode_python: the interpreter that compiles, where a layer that is compared has bytecode; else one is
        looked for. It has to be of the same full version as the one that compiled it.
    :param imports: import every module as well, which takes an interpreter of the target's Python.
    :param python: that interpreter; else one is looked for.
    :param root: a folder that is like ``/`` of the target, for a machine that is not this one's.
    :param allow: ``RULE:PROJECT`` for each finding that may stand; it is then a warning.
    :param strict: let warnings be errors.
    :param session: a ``boto3.Session`` for an ARN; else the environment says who you are.
    :param progress: called with each step.
    :param options: pip's index options, for wheels of the lock that the store lacks.
    :returns: errors and warnings, the errors first.
    :raises UsageError: the call makes no sense.
    :raises CannotBuildError: the layer is to be compared and is not ours, or the lock makes no layer for its target.
    :raises SurroundingsError: the layer cannot be read, or index, network or pip failed; trying again may help.
    """
    return checked(
        layer,
        runtime=runtime,
        architecture=architecture,
        lock=lock,
        wheels=wheels,
        lib=lib,
        bytecode_python=bytecode_python,
        imports=imports,
        python=python,
        root=root,
        allow=allow,
        strict=strict,
        session=session,
        progress=progress,
        **options,
    ).problems


def checked(
    layer: str | Path,
    *,
    runtime: str | Iterable[str] | None,
    architecture: str | Iterable[str] | None,
    lock: str | Path | None,
    wheels: str | Path | Iterable[str | Path],
    lib: str | Path | Iterable[str | Path],
    bytecode_python: str | Path | None,
    imports: bool,
    python: str | Path | None,
    root: str | Path | None,
    allow: Iterable[str],
    strict: bool,
    session: Any,
    progress: Progress,
    **options: Unpack[IndexOptions],
) -> Checked:
    """As :func:`check`, and what was looked at."""
    with _on_disk(layer, session, progress) as (path, named):
        beside, libraries = _listed(wheels), _listed(lib)
        allowed = Waivers.read(allow).allowed
        targets = _targets(runtime, architecture)
        found: list[Problem] = []
        if lock is not None:
            from lambda_wheels.comparing import Given, compare  # here, as it brings along all that makes layers

            given = Given(_named(lock, "lock"), tuple(map(Path, beside)), libraries, bytecode_python)
            found += compare(path, given, progress, options)
        elif surplus := [*beside, *libraries, *_listed(bytecode_python or ())]:
            message = f"{surplus[0]} has a place beside a lock only"
            raise UsageError(Problem(rule="unknown-file-kind", message=message, hint="give --lock"))
        imports = imports or python is not None or root is not None
        looked = look(path, targets, progress, named) if lock is None or targets or imports else Looked()
        found += looked.problems
        waivers = Waivers(allowed.union(looked.waived))
        if imports and looked.may_be_unpacked:
            try:
                found += _imported(path, looked.targets, python, root, progress)
            except ImportsNotTriedError as error:
                verdict = waivers.judge(found, strict=strict)
                raise ImportsNotTriedError((*verdict.errors, *verdict.warnings, *error.problems)) from error
        verdict = waivers.judge(found, strict=strict)
        return Checked((*verdict.errors, *verdict.warnings), looked)


@contextlib.contextmanager
def _on_disk(layer: str | Path, session: Any, progress: Progress) -> Iterator[tuple[Path, tuple[Target, ...]]]:
    """The layer as a file or folder, and the targets that AWS names, if it is a version there."""
    if isinstance(layer, str) and layer.startswith("arn:"):
        from lambda_wheels.aws.inspect import fetched  # here, as it brings boto3 along

        with fetched(layer, session, progress) as (path, named):
            yield path, named
    else:
        yield _named(layer, "layer"), ()


def _listed(paths: str | Path | Iterable[str | Path]) -> list[str | Path]:
    """The paths; one may stand without a list."""
    return [paths] if isinstance(paths, str | Path) else list(paths)


def _targets(runtime: str | Iterable[str] | None, architecture: str | Iterable[str] | None) -> tuple[Target, ...]:
    """What was named, if anything was.

    :raises UsageError: only one of both was, or one is not Lambda's.
    """
    if not runtime and not architecture:
        return ()
    from lambda_wheels.call import every_target  # here, since layers of ours need it not

    return every_target(runtime or (), architecture or ())


def _imported(
    path: Path, targets: Iterable[Target], python: str | Path | None, root: str | Path | None, progress: Progress
) -> list[Problem]:
    """What cannot be imported on any of ``targets``."""
    from lambda_wheels.imports import import_layer  # here, as it is asked for seldom
    from lambda_wheels.layers.unpacking import unpacked

    with contextlib.ExitStack() as stack:
        with reading(path, progress):
            tree = stack.enter_context(unpacked(path))
        return [
            problem
            for target in targets
            for problem in import_layer(
                tree,
                target,
                python=None if python is None else Path(python),
                root=None if root is None else Path(root),
                progress=progress,
            )
        ]


def _named(path: str | Path, what: str) -> Path:
    """The path that was given, absolute.

    :raises UsageError: it is empty, which an unset variable is, or nothing is there.
    """
    if not str(path):
        raise UsageError(Problem(rule="no-such-file", message=f"the {what} has no name", hint="name a file"))
    return existing(Path(path))
