"""From proven wheels to their bytecode in the store, each compiled once. (Starts compilers; touches the disk.)"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Final

from lambda_wheels.bytecode.compiled import Bytecode
from lambda_wheels.bytecode.interpreters import Interpreter
from lambda_wheels.bytecode.paths import bytecode_path, sources_of
from lambda_wheels.bytecode.work import Work
from lambda_wheels.progress import Progress, ProgressEvent, Stage, silent
from lambda_wheels.store import Pack, Store, StoredWheel
from lambda_wheels.waivers import Waivers

TIME_LIMIT: Final = 120.0
"""Seconds that the compiler may take for one file: the largest of real wheels take two."""

_PROCESSES: Final = 4
"""How many compilers work side by side at the most."""

_BYTES_A_PROCESS: Final = 500_000
"""How much source is worth a further process, which takes as long to start as to compile a fraction of that."""

_LOOK_EVERY: Final = 0.1
"""Seconds between two looks at how far the compilers are."""

_NONE: Final = Waivers()


def compile_wheels(
    wheels: Sequence[StoredWheel],
    interpreter: Interpreter,
    store: Store,
    *,
    waivers: Waivers = _NONE,
    time_limit: float = TIME_LIMIT,
    progress: Progress = silent,
) -> Bytecode:
    """The bytecode of ``wheels`` from the store, what it lacks having been compiled by ``interpreter`` first.

    What does not compile is left out without a word. What ends the compiler, or takes longer than ``time_limit``
    seconds, is a problem. Under a waiver its project has no bytecode then; otherwise it is the last that was compiled.

    :raises LayerError: the interpreter's bytecode is not known, or it does not run.
    :raises OutputError: a wheel has gone from the store, or the bytecode cannot be added to it.
    """
    version = interpreter.version
    sources = {stored.wheel.filename: sources_of(stored.wheel, version) for stored in wheels}
    wheels = [stored for stored in wheels if sources[stored.wheel.filename]]
    packs = _find(wheels, version, store)
    missing = [stored for stored in wheels if stored.wheel.filename not in packs]
    if not missing:
        return Bytecode(version=version, packs=packs)
    with store.lock(*(stored.wheel.sha256 for stored in missing)):
        packs |= _find(missing, version, store)  # another build may have compiled some while we waited
        missing = [stored for stored in missing if stored.wheel.filename not in packs]
        work = Work([(stored, sources[stored.wheel.filename]) for stored in missing], interpreter, waivers)
        packs |= _compiled(work, version, store, time_limit, progress)
    return Bytecode(version=version, packs=packs, problems=work.problems)


def _find(wheels: Sequence[StoredWheel], version: str, store: Store) -> dict[str, Pack]:
    """What the store has, by the file name of the wheel. Each file is hashed again, side by side."""
    with ThreadPoolExecutor(thread_name_prefix="lambda-wheels-packs") as threads:
        found = threads.map(lambda stored: store.find_bytecode(stored, version), wheels)
        return {stored.wheel.filename: pack for stored, pack in zip(wheels, found, strict=True) if pack is not None}


def _compiled(work: Work, version: str, store: Store, time_limit: float, progress: Progress) -> Mapping[str, Pack]:
    """Let several compilers do ``work``, and keep the bytecode of each wheel when it is complete."""
    packs: dict[str, Pack] = {}
    if not work.total:
        return packs
    processes = min(_PROCESSES, os.cpu_count() or 1, 1 + work.size // _BYTES_A_PROCESS)
    with ThreadPoolExecutor(processes, thread_name_prefix="lambda-wheels-compile") as threads:
        waiting: set[Future[None]] = {threads.submit(work.take_part) for _ in range(processes)}
        try:
            while waiting:
                # A wait without end would not see Ctrl-C on Windows, nor that a compiler hangs.
                ended, waiting = wait(waiting, timeout=_LOOK_EVERY, return_when=FIRST_COMPLETED)
                for part in ended:
                    part.result()
                work.end_what_is_late(time_limit)
                for stored, files in work.complete():
                    named = {bytecode_path(path, version): content for path, content in files.items()}
                    packs[stored.wheel.filename] = store.add_bytecode(stored, version, named)
                progress(ProgressEvent(stage=Stage.COMPILE, done=work.done, total=work.total, what=work.what))
        except BaseException:
            work.stop()  # else an interruption, or the failure of one, would wait for the others
            raise
    return packs
