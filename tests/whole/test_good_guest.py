"""A build leaves its caller's process as it found it, and tells how far it is. (Starts pip; opens loopback sockets.)"""

from __future__ import annotations

import functools
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import lambda_wheels
from lambda_wheels import ProgressEvent, Stage
from tests.index_server import IndexServer
from tests.loopback import IMPATIENT, TARGET, Build, left_behind, snapshot, umask
from tests.wheel_factory import make_wheel

pytestmark = pytest.mark.pip


@pytest.fixture(autouse=True)
def wheels(served: Path) -> None:
    """A project that needs another; the first has more than one megabyte."""
    make_wheel(served, "demo", files={"demo/__init__.py": "", "demo/data.bin": bytes(1_500_000)}, requires=["helper"])
    make_wheel(served, "helper")


def surroundings() -> dict[str, Any]:
    """Everything of this process that a guest might change."""
    mask = os.umask(0o22)
    os.umask(mask)
    return {
        "directory": Path.cwd(),
        "umask": mask,
        "environment": dict(os.environ),
        "signals": [signal.getsignal(number) for number in sorted(signal.valid_signals())],
        "path": list(sys.path),
        "meta_path": list(sys.meta_path),
        "warnings": list(warnings.filters),
        "excepthooks": (sys.excepthook, threading.excepthook),
        "streams": (sys.stdin, sys.stdout, sys.stderr),
        "recursion": sys.getrecursionlimit(),
        "switch interval": sys.getswitchinterval(),
        "logging": (logging.root.level, list(logging.root.handlers)),
    }


def threads() -> set[threading.Thread]:
    """The threads of this process, but for those in which the index answers."""
    return {thread for thread in threading.enumerate() if "process_request_thread" not in thread.name}


@pytest.fixture(params=["build", "failure"])
def job(request: pytest.FixtureRequest, build: Build, index: IndexServer, out: Path) -> Callable[[], None]:
    """What is done to the surroundings: builds of both kinds and a fetch, or a build that fails."""

    def succeed() -> None:
        build("demo", output=out / "layer.zip")
        build("demo", output=out / "layer")
        build("demo", output=out / "bytecode.zip", bytecode=True, runtime="python{}.{}".format(*sys.version_info[:2]))
        lambda_wheels.fetch_wheels("demo", **TARGET, output=out / "wheels", index_url=index.url)

    def fail() -> None:
        with pytest.raises(lambda_wheels.ResolutionError):
            build("no-such-project", output=out / "layer.zip")

    return {"build": succeed, "failure": fail}[request.param]


def test_nothing_changes(job: Callable[[], None], capfd: pytest.CaptureFixture[str]) -> None:
    """Directory, umask, environment, signals, paths, streams and threads are as before; nothing was printed."""
    threads_before = threads()
    with umask(0o027):
        before = surroundings()
        job()
        assert surroundings() == before
    assert threads() <= threads_before
    assert capfd.readouterr() == ("", "")


def test_no_descriptor_is_left(build: Build, out: Path) -> None:
    """Open files are closed again, also those of children."""
    descriptors = Path("/dev/fd")
    if not descriptors.is_dir():
        pytest.skip("open files cannot be counted here")
    build("demo", output=out / "layer.zip")
    before = len(list(descriptors.iterdir()))
    build("demo", output=out / "layer.zip")
    with pytest.raises(lambda_wheels.ResolutionError):
        build("no-such-project", output=out / "layer.zip")
    assert len(list(descriptors.iterdir())) <= before


def test_in_another_thread(build: Build, out: Path) -> None:
    """A build runs as well in a thread that is not the main one, where no signal can be handled."""
    layers = []
    thread = threading.Thread(target=lambda: layers.append(build("demo", output=out / "layer.zip")))
    thread.start()
    thread.join()
    assert [wheel.name for wheel in layers[0].wheels] == ["demo", "helper"]


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="a process has its streams there")
def test_without_streams(index: IndexServer, out: Path) -> None:
    """A program without stdin, stdout and stderr (a service, ``pythonw``) can build."""
    program = "import sys, json, lambda_wheels; lambda_wheels.build_layer('demo', **json.loads(sys.argv[1]))"
    options = {**TARGET, "output": str(out / "layer.zip"), "index_url": index.url}
    ended = subprocess.run(
        ["/bin/sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", sys.executable, "-c", program, json.dumps(options)],
        check=False,
    )
    assert ended.returncode == 0
    assert (out / "layer.zip").is_file()


def test_only_logging(build: Build, out: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What there is to say goes to the loggers below ``lambda_wheels``: pip's own words among it, for debugging."""
    with caplog.at_level(logging.DEBUG):
        build("demo", output=out / "layer.zip")
    assert {record.name.partition(".")[0] for record in caplog.records} <= {"lambda_wheels", "filelock"}
    assert "Would install demo-1.0" in caplog.text


# --- Progress --------------------------------------------------------------------------------------------------------


@pytest.fixture
def events(build: Build, out: Path) -> list[tuple[int, ProgressEvent]]:
    """What the callback is told during a build of a zip from an empty store, with the thread that told it."""
    told: list[tuple[int, ProgressEvent]] = []
    build("demo", output=out / "layer.zip", progress=lambda event: told.append((threading.get_ident(), event)))
    return told


def test_events_come_in_order(events: list[tuple[int, ProgressEvent]], out: Path) -> None:
    """Stages follow each other, ``done`` never goes back and ends at ``total``, which never changes."""
    stages = [event.stage for _, event in events]
    order = [Stage.RESOLVE, Stage.FETCH, Stage.VERIFY, Stage.WRITE]
    # While wheels are proven, one after the other comes in: these two take turns.
    merged = [Stage.FETCH if stage is Stage.VERIFY else stage for stage in stages]
    assert list(dict.fromkeys(stages)) == order
    assert merged == sorted(merged, key=order.index)
    for stage in order:
        own = [event for _, event in events if event.stage is stage]
        done = [event.done for event in own]
        assert done == sorted(done)
        totals = {event.total for event in own}
        assert len(totals) == 1
        [total] = totals
        assert total is None or done[-1] == total
    assert events[-1][1].total == (out / "layer.zip").stat().st_size


def test_events_come_in_the_callers_thread(events: list[tuple[int, ProgressEvent]]) -> None:
    """The callback needs no lock: it is called in the thread that called the library."""
    assert {thread for thread, _ in events} == {threading.get_ident()}


class StopBuildError(Exception):
    """What a caller's callback raises."""


OWN = StopBuildError("enough")
CTRL_C = KeyboardInterrupt()
OF_THE_SYSTEM = BrokenPipeError("whoever watched has gone")


@pytest.mark.parametrize(
    ("stage", "output", "error"),
    [
        pytest.param(Stage.RESOLVE, "layer.zip", OWN, id="resolve"),
        pytest.param(Stage.RESOLVE, "layer.zip", OF_THE_SYSTEM, id="resolve-system"),
        pytest.param(Stage.FETCH, "layer.zip", CTRL_C, id="fetch-ctrl-c"),
        pytest.param(Stage.VERIFY, "layer.zip", OWN, id="verify"),
        pytest.param(Stage.WRITE, "layer.zip", CTRL_C, id="write-zip-ctrl-c"),
        pytest.param(Stage.WRITE, "layer.zip", OF_THE_SYSTEM, id="write-zip-system"),
        pytest.param(Stage.WRITE, "layer", OWN, id="write-folder"),
        pytest.param(Stage.WRITE, "layer", OF_THE_SYSTEM, id="write-folder-system"),
    ],
)
def test_what_the_callback_raises(
    stage: Stage, output: str, error: BaseException, build: Build, out: Path, store: Path
) -> None:
    """An exception from the callback ends the build at once and reaches the caller; nothing is left of the build."""
    before = threads()

    def stop(event: ProgressEvent) -> None:
        if event.stage is stage:
            raise error

    with pytest.raises(type(error)) as caught:
        build("demo", output=out / output, progress=stop)
    assert caught.value is error
    assert list(out.iterdir()) == []
    assert left_behind(out, store) == []
    assert threads() <= before


def test_after_a_stop(build: Build, out: Path, store: Path) -> None:
    """After a build that was ended in the middle, the next one works, over the older output too."""
    build("helper", output=out / "layer")
    before = snapshot(out)

    def stop(event: ProgressEvent) -> None:
        if event.stage is Stage.WRITE and event.done:
            raise StopBuildError

    with pytest.raises(StopBuildError):
        build("demo", output=out / "layer", progress=stop)
    assert snapshot(out) == before
    build("demo", output=out / "layer")
    assert "layer/python/demo/data.bin" in snapshot(out)
    assert left_behind(out, store) == []


def test_progress_of_a_fetch(index: IndexServer, out: Path) -> None:
    """A fetch tells of the same stages, but for the last; with a warm store nothing is left to prove."""
    stages: list[Stage] = []
    fetch = functools.partial(
        lambda_wheels.fetch_wheels, "demo", **TARGET, **IMPATIENT, output=out / "wheels", index_url=index.url
    )
    fetch(progress=lambda event: stages.append(event.stage))
    assert list(dict.fromkeys(stages)) == [Stage.RESOLVE, Stage.FETCH, Stage.VERIFY]
    stages.clear()
    fetch(progress=lambda event: stages.append(event.stage))
    assert list(dict.fromkeys(stages)) == [Stage.RESOLVE, Stage.FETCH]
