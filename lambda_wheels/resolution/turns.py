"""Turns, so that of all processes that want a wheel one downloads it while pip chooses. (Locks; adds to the store.)

Where an index does not offer the metadata beside its wheels pip has to download a wheel to learn what it needs. That is
before anybody knows which wheels a build is made of, so that each is locked by itself, for as long as it is on its way.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

from lambda_wheels.errors import OutputError, WheelError
from lambda_wheels.store import Store
from lambda_wheels.store.atomic import second_name
from lambda_wheels.waivers import Waivers
from lambda_wheels.wheels import read_wheel

ANSWERED: Final = frozenset({"turn", "turn-over"})
"""The events after which the pip child waits until its parent has done its part."""


class _Wanted(NamedTuple):
    """What the link of a wheel says; it need not be so."""

    filename: str
    sha256: str


class Turns:
    """The turns of one pip child. Never more than one lock is held; none is after the ``with`` block.

    :param scratch: that of the child, on the store's file system.
    :param waivers: what a wheel may have and enter the store all the same.
    """

    def __init__(self, store: Store, scratch: Path, waivers: Waivers) -> None:
        self._store = store
        self._scratch = scratch
        self._waivers = waivers
        self._lock = contextlib.ExitStack()
        self._wanted: _Wanted | None = None
        self._brought: Path | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.close()

    def hear(self, event: dict[str, Any], gone: Callable[[], bool]) -> None:
        """Do the parent's part for an event of the child.

        :param gone: whether the child has ended, so that its turn need not be waited for any longer.
        """
        match event["event"]:
            case "turn":
                self._wanted, self._brought = _Wanted(event["filename"], event["sha256"]), None
                with contextlib.suppress(ValueError):  # it is no sha256: the child goes on, and pip refuses it
                    self._lock.enter_context(self._store.lock(self._wanted.sha256, given_up=gone))
            case "download" if not event["stored"]:
                self._brought = self._scratch / "downloads" / event["filename"]
            case "turn-over":
                if self._wanted is not None and self._brought is not None:
                    self._keep(self._brought, self._wanted)
                self._lock.close()

    def _keep(self, path: Path, wanted: _Wanted) -> None:
        """Add a downloaded wheel to the store if nothing is wrong with it.

        What is wrong is told later, and only of a wheel that was chosen: hence the file also stays where it is.
        """
        try:
            wheel = read_wheel(path, filename=wanted.filename)
            if wheel.sha256 != wanted.sha256 or self._waivers.judge(wheel.problems).errors:
                return
            copy = self._scratch / f"{wheel.sha256}.whl"
            if second_name(path, copy):
                self._store.add(copy, wheel)
        except (WheelError, OutputError, OSError, ValueError):  # a NUL in its name
            return  # the build tries again with the wheels that were chosen
