"""The same work for several regions or functions side by side, given up when the caller is. (Starts threads.)"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from queue import Empty, SimpleQueue
from typing import Final, TypeVar

from lambda_wheels.aws.patience import Patience

_Key = TypeVar("_Key")
_Result = TypeVar("_Result")

_TELL_EVERY: Final = 0.1
"""Seconds."""
_GRACE: Final = 1.0
"""Seconds in which what is on its way may end, so that little is left half done."""


def run_side_by_side(
    function: Callable[[_Key], _Result],
    keys: Iterable[_Key],
    at_once: int,
    patience: Patience,
    tell: Callable[[], object] | None = None,
) -> list[_Result]:
    """What ``function`` gives for each of ``keys``, in their order.

    Whatever is raised here (Ctrl-C, or by ``function`` or ``tell``) stops ``patience`` and is raised after a second at
    the most. A call that waits for its answer cannot be taken back: its thread is left behind, and nobody waits for it,
    as they would for the threads of a ``ThreadPoolExecutor``, also when Python ends.

    :param at_once: how many at the same time, at the most.
    :param patience: asked before each key; ``function`` is to ask it before each call that changes something.
    :param tell: called in this thread, ten times a second and at the end.
    """
    todo: SimpleQueue[tuple[Future[_Result], _Key]] = SimpleQueue()
    jobs: list[Future[_Result]] = []
    for key in keys:
        jobs.append(Future())
        todo.put((jobs[-1], key))
    threads = [
        threading.Thread(target=_work, args=(function, todo, patience), name="lambda-wheels", daemon=True)
        for _ in range(min(at_once, len(jobs)))
    ]
    try:
        for thread in threads:
            thread.start()
        waiting = set(jobs)
        while waiting:
            done, waiting = wait(waiting, timeout=_TELL_EVERY, return_when=FIRST_EXCEPTION)
            for job in done:
                job.result()
            if tell is not None:
                tell()
        return [job.result() for job in jobs]
    except BaseException:
        patience.stop()
        _wait_a_little(threads)
        raise


def _work(
    function: Callable[[_Key], _Result], todo: SimpleQueue[tuple[Future[_Result], _Key]], patience: Patience
) -> None:
    """One thread: key after key, until there are no more."""
    while True:
        try:
            job, key = todo.get_nowait()
        except Empty:
            return
        try:
            patience.check()
            result = function(key)
        except BaseException as error:  # noqa: BLE001 (raised where the job was ordered)
            job.set_exception(error)
        else:
            job.set_result(result)


def _wait_a_little(threads: Iterable[threading.Thread]) -> None:
    end = time.monotonic() + _GRACE
    for thread in threads:
        if thread.ident is not None:  # it was started
            thread.join(max(0.0, end - time.monotonic()))
