"""Which versions each target would get of some requirements, and why not the newest. (Touches everything.)"""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Final, Unpack

from lambda_wheels.call import Call, Given, every_target, understood
from lambda_wheels.choosing import choose
from lambda_wheels.errors import ResolutionError, UsageError
from lambda_wheels.problems import Problem
from lambda_wheels.progress import Progress, ProgressEvent, Stage, silent
from lambda_wheels.resolution import IndexOptions
from lambda_wheels.resolution.child import Children
from lambda_wheels.resolution.explanation import Explanation
from lambda_wheels.store import Store, open_store
from lambda_wheels.targets import ARCHITECTURES, RUNTIMES, Target

_MOST_AT_ONCE: Final = 4
"""How many targets pip is asked about side by side: more would only wait for the index."""


def explain(
    requirements: Given,
    *,
    runtime: str | Iterable[str] | None = None,
    architecture: str | Iterable[str] | None = None,
    progress: Progress = silent,
    **options: Unpack[IndexOptions],
) -> tuple[Explanation, ...]:
    """Which versions each target would get of ``requirements`` and of all that they need, and why not the newest.

    pip resolves for every target as for a build, but no wheel is fetched, unless an index has no metadata beside its
    wheels (PEP 658): those that pip looked into are then kept in the store.

    :param requirements: as for :func:`build_layer`, but for a lock.
    :param runtime: Lambda's identifier, or several; None is every runtime.
    :param architecture: ``arm64``, ``x86_64``, or both; None is both.
    :param progress: called with each target that is done.
    :param options: pip's index options; see :class:`IndexOptions`.
    :returns: an explanation for each target, in the order of our tables.
    :raises UsageError: the call makes no sense.
    :raises SurroundingsError: index, network, disk or pip failed; trying again may help.
    """
    call = understood(
        requirements,
        lambda: every_target(
            [*RUNTIMES] if runtime is None else runtime, [*ARCHITECTURES] if architecture is None else architecture
        ),
        allow=(),
        strict=False,
        options=options,
    )
    if call.requirements.lock is not None:
        raise UsageError(
            Problem(
                rule="lock-not-alone",
                message=f"{call.requirements.lock.name} is a lock, in which all is chosen",
                hint="give the requirements that it was made of",
            )
        )
    children, said = Children(), set[str]()
    at_once = min(os.cpu_count() or 1, _MOST_AT_ONCE, len(call.targets))
    with open_store() as store, ThreadPoolExecutor(at_once, thread_name_prefix="lambda-wheels-explain") as pool:
        futures = [pool.submit(_explained, call, target, store, children, said) for target in call.targets]
        try:
            for done, future in enumerate(as_completed(futures), start=1):
                future.result()
                what = str(call.targets[futures.index(future)])
                progress(ProgressEvent(stage=Stage.RESOLVE, done=done, total=len(futures), what=what))
        except BaseException:
            children.end()  # what was asked for fails as a whole: the others need not be waited for
            pool.shutdown(cancel_futures=True)
            raise
    return tuple(future.result() for future in futures)


def _explained(call: Call, target: Target, store: Store, children: Children, said: set[str]) -> Explanation:
    """What ``target`` would get."""
    with store.scratch() as scratch:
        try:
            resolution = choose(call, target, store, scratch, silent, said=said, children=children)
        except ResolutionError as error:
            return Explanation(target=target, projects=(), problems=tuple(error.problems))
    return Explanation.of(resolution)
