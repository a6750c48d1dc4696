"""Every module of a layer, each imported by itself as Lambda would. (Touches the disk; starts processes.)"""

from __future__ import annotations

import logging
import math
import os
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Final

from lambda_wheels.bytecode.processes import ALONE
from lambda_wheels.errors import ImportsNotTriedError
from lambda_wheels.imports.modules import Module, modules_of
from lambda_wheels.imports.owners import owners_of
from lambda_wheels.imports.processes import new_place, run
from lambda_wheels.imports.pythons import Python, find_python
from lambda_wheels.layers.ours import files_in
from lambda_wheels.problems import Problem
from lambda_wheels.progress import Progress, ProgressEvent, Stage, silent
from lambda_wheels.targets import Target
from lambda_wheels.targets.layer_paths import paths_of

_log = logging.getLogger(__name__)

TIME_LIMIT: Final = 60.0
"""Seconds that one module has."""

_EMULATED: Final = 5
"""How much longer it may take under an emulator, where pandas took 25 seconds in place of 2."""

_GRACE: Final = 5.0
"""Seconds beyond its time after which a process ends by itself: we may have been killed."""

CHILD: Final = Path(__file__).with_name("child.py")
"""What is executed by the target's Python."""

_LONGEST_ANSWER: Final = 1 << 12

_IN_LAMBDA: Final = "/opt"
"""Where the layer is there, as messages have it that name its files."""


def import_layer(
    tree: Path,
    target: Target,
    *,
    python: Path | None = None,
    root: Path | None = None,
    time_limit: float = TIME_LIMIT,
    progress: Progress = silent,
) -> tuple[Problem, ...]:
    """What of the layer in ``tree`` cannot be imported by the Python of ``target``: a problem for each such module.

    Every module at the top of the path, and of a namespace package what is in it, is imported in a process of its own,
    with nothing but the layer and the standard library, from Lambda's path in Lambda's order. What it tries to change
    in the layer is refused, as it is in Lambda.

    :param tree: what would be mounted at ``/opt``: a folder with ``python/``.
    :param python: the interpreter to take; else one of this machine is looked for.
    :param root: a folder that is like ``/`` of the target: its Python is then run under qemu.
    :param time_limit: seconds for each module; five times as many under qemu.
    :param progress: called with each module.
    :raises ImportsNotTriedError: the target's Python cannot be run here, or the layer cannot be read.
    """
    tree = tree.resolve()
    try:
        found = find_python(target, tree, python, root)
        modules = modules_of(files_in(tree), target.python_version, found.suffixes)
    except OSError as error:
        raise _not_tried(error) from error
    folders = paths_of(target.python_version)
    trial = _Trial(found, tree, folders, time_limit if root is None else time_limit * _EMULATED)
    failed = _tried(modules, trial, progress)
    _log.info("%d of %d modules were imported", len(modules) - len(failed), len(modules))
    owners = owners_of(tree, folders) if failed else {}
    return tuple(
        Problem(rule="import-failed", project=owners.get(module.member), member=module.member, message=failed[module])
        for module in modules
        if module in failed
    )


class _Trial:
    """How a module is imported. Any number of threads may do so."""

    def __init__(self, python: Python, tree: Path, folders: Sequence[str], time_limit: float) -> None:
        self._python = python
        self._tree = str(tree)
        alarm = math.ceil(time_limit + _GRACE)
        self._arguments = [self._tree, *(str(tree / folder) for folder in folders), str(alarm)]
        self._time_limit = time_limit
        self.stopped = threading.Event()

    def outcome(self, module: Module) -> str:
        """Nothing where ``module`` can be imported; else why not."""
        if self.stopped.is_set():
            return "it was not tried"
        with new_place() as place:
            command = [*self._python.command, *ALONE, str(CHILD), *self._arguments, str(place.answer), module.name]
            ending = run(command, self._python.environment, place, time_limit=self._time_limit, stopped=self.stopped)
            if ending.late:
                return f"did not end within {self._time_limit:g} s"
            try:
                with place.answer.open("rb") as file:
                    answer = file.read(_LONGEST_ANSWER).decode(errors="backslashreplace")
                return answer.replace(self._tree, _IN_LAMBDA)
            except FileNotFoundError:  # it ended before it could say anything
                return str(ending)


def _tried(modules: Sequence[Module], trial: _Trial, progress: Progress) -> dict[Module, str]:
    """Why modules cannot be imported: those that cannot. Several are tried at once."""
    with ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="lambda-wheels-import") as threads:
        futures: dict[Future[str], Module] = {threads.submit(trial.outcome, module): module for module in modules}
        try:
            for done, future in enumerate(as_completed(futures), start=1):
                _result(future)
                progress(ProgressEvent(stage=Stage.IMPORT, done=done, total=len(futures), what=futures[future].name))
        except BaseException:
            trial.stopped.set()  # else an interruption would wait for all the others
            raise
    return {module: why for future, module in futures.items() if (why := future.result())}


def _result(future: Future[str]) -> str:
    try:
        return future.result()
    except OSError as error:
        raise _not_tried(error) from error


def _not_tried(error: OSError) -> ImportsNotTriedError:
    """The error for what the system refuses."""
    place = f"{error.filename}: " if error.filename else ""
    return ImportsNotTriedError(
        Problem(rule="imports-not-tried", message=f"{place}{error.strerror or error}", hint="try again")
    )
