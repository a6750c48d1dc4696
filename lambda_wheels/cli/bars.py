"""Progress bars on a terminal. (Prints to stderr.)"""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator

from lambda_wheels.problems import escape_controls
from lambda_wheels.progress import Progress, ProgressEvent, Stage, silent

_TITLES = {
    Stage.RESOLVE: "resolving",
    Stage.FETCH: "fetching",
    Stage.VERIFY: "proving",
    Stage.COMPILE: "compiling",
    Stage.WRITE: "writing",
    Stage.IMPORT: "importing",
    Stage.PUBLISH: "sending",
}


@contextlib.contextmanager
def bars(options: argparse.Namespace) -> Iterator[Progress]:
    """A callback that draws a bar for each stage, where stderr is a terminal and words are wanted."""
    on_terminal = sys.stderr is not None and sys.stderr.isatty()  # None where the caller closed it
    if options.quiet or options.json or options.verbose or not on_terminal:
        yield silent
        return
    # Imported here: it takes longer than a small build's own work.
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Display

    columns = (
        TextColumn("{task.description:<10}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[what]}", markup=False),
    )
    with Display(*columns, console=Console(stderr=True), transient=True) as display:
        tasks = {}

        def show(event: ProgressEvent) -> None:
            if event.stage not in tasks:
                tasks[event.stage] = display.add_task(_TITLES[event.stage], total=event.total, what="")
            display.update(
                tasks[event.stage], completed=event.done, total=event.total, what=escape_controls(event.what)[:40]
            )

        yield show
