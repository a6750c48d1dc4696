"""The callback that a caller may give to see how far a build is; silent by default. (Pure.)"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, replace


class Stage(enum.StrEnum):
    """What is being done, in the order in which a build does it."""

    RESOLVE = "resolve"
    """pip chooses wheels; ``done`` counts the index pages and files it read, ``total`` is not known."""
    FETCH = "fetch"
    """Wheels come in; counted in wheels."""
    VERIFY = "verify"
    """New wheels are proven; counted in bytes, inflated."""
    COMPILE = "compile"
    """Bytecode that the store lacks is compiled, if it is wanted; counted in files."""
    WRITE = "write"
    """The layer is written; counted in bytes of the zip, or of the files of the folder."""
    IMPORT = "import"
    """The modules of a layer are imported, where that is asked for; counted in modules."""
    PUBLISH = "publish"
    """The zip is sent to AWS, to all regions at once; counted in bytes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProgressEvent:
    """One step: ``done`` of ``total`` (None where it is not known) in ``stage``; ``what`` names the piece in hand."""

    stage: Stage
    done: int
    """How far the stage is, in its own unit; it never goes back."""
    total: int | None
    """What ``done`` will be at the end."""
    what: str = ""
    """A project, a file name, an output."""


Progress = Callable[[ProgressEvent], None]
"""Called often, in the thread that called the library. What it raises ends the build cleanly and reaches the caller."""


def silent(event: ProgressEvent) -> None:
    """Show nothing: the default."""


class Told:
    """A callback that remembers what the caller's own raised, so that it is not taken for a failure of ours."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.raised: BaseException | None = None

    def __call__(self, event: ProgressEvent) -> None:
        """Pass ``event`` on."""
        try:
            self._progress(event)
        except BaseException as error:
            self.raised = error
            raise


class Onward:
    """A callback for a job that is done several times over: no stage goes back when it begins anew."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._before: dict[Stage, int] = {}
        self._done: dict[Stage, int] = {}

    def again(self) -> None:
        """The job begins anew."""
        self._before = dict(self._done)

    def __call__(self, event: ProgressEvent) -> None:
        """Pass ``event`` on, with what was done before."""
        before = self._before.get(event.stage, 0)
        done = before + event.done
        self._done[event.stage] = done
        self._progress(replace(event, done=done, total=None if event.total is None else before + event.total))
