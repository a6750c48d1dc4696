"""pip chooses the wheels of a call, for one target. (Starts pip; fills the store.)

Imported only where pip is asked: it brings all that drives it along, which a build from a lock does not need.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from lambda_wheels.call import Call
from lambda_wheels.progress import Progress
from lambda_wheels.resolution import Resolution
from lambda_wheels.resolution.child import Children, Preference
from lambda_wheels.resolution.resolve import resolve
from lambda_wheels.resolution.turns import Turns
from lambda_wheels.store import Store
from lambda_wheels.targets import Target


def choose(
    call: Call,
    target: Target,
    store: Store,
    scratch: Path,
    progress: Progress,
    *,
    said: set[str] | None,
    preferred: Iterable[Preference] = (),
    children: Children | None = None,
) -> Resolution:
    """What pip chooses for ``call``, taking turns with other processes that want the same wheels.

    :param scratch: an empty folder of the store's.
    :param said: as for :func:`~lambda_wheels.resolution.resolve.resolve`, like the others.
    :raises ResolutionError: as that, like all its errors.
    """
    with Turns(store, scratch, call.waivers) as turns:
        return resolve(
            call.requirements,
            target,
            call.options,
            scratch=scratch,
            stored=store.wheel_template,
            turns=turns,
            preferred=preferred,
            said=said,
            children=children,
            progress=progress,
        )
