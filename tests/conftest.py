"""What holds for every test: no process and no connection without a mark, and a store of its own.

=============  ==================================================
mark           what the test may do
=============  ==================================================
(none)         neither start a process nor open a connection
``loopback``   connect to servers on this machine
``process``    start processes
``pip``        both
``aws``        both
``network``    both, and reach the package index
=============  ==================================================
"""

from __future__ import annotations

import functools
import itertools
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from tests.scoreboard import Scoreboard

MAY_START_PROCESSES = {"process", "pip", "aws", "network"}
MAY_CONNECT_HERE = {"loopback", "pip", "aws", "network"}
MAY_CONNECT_ANYWHERE = {"network"}

HERE = {None, "", "localhost", "127.0.0.1", "::1", "0.0.0.0", b"localhost", b"127.0.0.1"}
"""Hosts that are this machine."""


TRIED_ONCE = ("resolution", "cli")
"""Folders whose tests that start a pip child are tried on one Python: what pip does there hardly depends on ours."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """What ``nox -s hostile`` asks for."""
    parser.addoption("--long", action="store_true", help="try all that is tried now and then, and not only a sample")
    parser.addoption("--scoreboard", type=Path, metavar="FILE", help="keep what the hostile tests have tried")


def pytest_configure(config: pytest.Config) -> None:
    """Count what is tried against us."""
    config.pluginmanager.register(Scoreboard(config.getoption("--scoreboard")), "scoreboard")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what is tried on one of several Pythons; leave out what takes too long for every day."""
    if not config.getoption("--long"):
        late = [item for item in items if item.get_closest_marker("long")]
        if late:
            config.hook.pytest_deselected(items=late)
            items[:] = [item for item in items if item not in late]
    folders = [Path(__file__).with_name(name) for name in TRIED_ONCE]
    for item in items:
        if item.get_closest_marker("pip") and any(item.path.is_relative_to(folder) for folder in folders):
            item.add_marker("once")


# --- No process, no connection ---------------------------------------------------------------------------------------


def _refuse(what: str, marks: set[str]) -> NoReturn:
    # Failed is a BaseException: no `except Exception` or `except OSError` on the way up hides it.
    pytest.fail(f"the test {what}; if it has to, mark it: {', '.join(sorted(marks))}")


def _refuse_processes(patch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> NoReturn:
        _refuse("starts a process", MAY_START_PROCESSES)

    patch.setattr(subprocess.Popen, "__init__", refuse)
    for name in ("system", "fork", "forkpty", "posix_spawn", "posix_spawnp", "startfile"):
        if hasattr(os, name):
            patch.setattr(os, name, refuse)


def _guard_connections(patch: pytest.MonkeyPatch, *, here: bool) -> None:
    marks = MAY_CONNECT_ANYWHERE if here else MAY_CONNECT_HERE

    def check(host: object) -> None:
        if not here or host not in HERE:
            _refuse(f"connects to {host!r}", marks)

    def guarded(original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def connect(self: socket.socket, address: Any) -> Any:
            check(address[0] if isinstance(address, tuple) else None)  # the others are sockets of this machine
            return original(self, address)

        return connect

    patch.setattr(socket.socket, "connect", guarded(socket.socket.connect))
    patch.setattr(socket.socket, "connect_ex", guarded(socket.socket.connect_ex))

    ask = socket.getaddrinfo

    def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host not in HERE:
            _refuse(f"asks for the address of {host!r}", MAY_CONNECT_ANYWHERE)
        return ask(host, *args, **kwargs)

    patch.setattr(socket, "getaddrinfo", getaddrinfo)


@pytest.fixture(autouse=True)
def _only_what_is_marked(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that starts a process or connects without the mark for it fails."""
    marks = {mark.name for mark in request.node.iter_markers()}
    with pytest.MonkeyPatch.context() as patch:
        if not marks & MAY_START_PROCESSES:
            _refuse_processes(patch)
        if not marks & MAY_CONNECT_ANYWHERE:
            _guard_connections(patch, here=bool(marks & MAY_CONNECT_HERE))
        yield


# --- The package index -----------------------------------------------------------------------------------------------


@functools.cache
def index_problem() -> str:
    """Why pip cannot fetch from the package index that it is configured for; empty if it can. (Starts pip.)"""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-cache-dir", "--no-input"]
        try:
            answer = subprocess.run(
                [*command, "--retries=1", f"--dest={folder}", "idna"],
                capture_output=True,
                text=True,
                timeout=60,
                stdin=subprocess.DEVNULL,
            )
        except subprocess.TimeoutExpired:
            return "pip did not answer within a minute"
        errors = [line for line in answer.stderr.splitlines() if line.startswith("ERROR")]
        return "" if answer.returncode == 0 else (errors or ["pip failed"])[0]


@pytest.fixture(autouse=True)
def _skip_without_index(request: pytest.FixtureRequest, _only_what_is_marked: None) -> None:
    """A test marked ``network`` is skipped, with the reason, where pip cannot reach its index."""
    if request.node.get_closest_marker("network") and (problem := index_problem()):
        pytest.skip(f"the package index cannot be reached: {problem}")


# --- The store -------------------------------------------------------------------------------------------------------


_numbers = itertools.count()


@pytest.fixture(autouse=True)
def _own_cache(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never the user's store. A test has its own; those marked ``network`` share one, so each wheel is fetched once."""
    base = tmp_path_factory.getbasetemp()
    if request.node.get_closest_marker("network"):
        workers = "PYTEST_XDIST_WORKER" in os.environ  # then `base` is this worker's alone
        folder = (base.parent if workers else base) / "cache-of-network-tests"
    else:
        folder = base / "caches" / str(next(_numbers))  # not made before it is used
    monkeypatch.setenv("LAMBDA_WHEELS_CACHE", str(folder))


@pytest.fixture
def uncovered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the processes that a test starts run without coverage, which imports and writes files of its own."""
    for name in [name for name in os.environ if name.startswith("COVERAGE_PROCESS")]:
        monkeypatch.delenv(name)


# --- What was tried, and figures -------------------------------------------------------------------------------------


Figure = Callable[[str], None]
"""Takes a figure that a test has measured, in words."""

Tried = Callable[[int], None]
"""Counts so many cases that held."""


@pytest.fixture
def tried(record_property: Callable[[str, object], None]) -> Tried:
    """Count the cases of a test that tries many, as they hold."""
    return functools.partial(record_property, "tried")


@pytest.fixture
def note(record_property: Callable[[str, object], None]) -> Figure:
    """Write a line below the scoreboard: something that is to be explained."""
    return functools.partial(record_property, "note")


@pytest.fixture
def at_length(request: pytest.FixtureRequest) -> bool:
    """Whether all is to be tried (``--long``), not a sample."""
    return bool(request.config.getoption("--long"))


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Figure:
    """Show a figure below the results, where it is seen though the test passes."""
    return functools.partial(record_property, "figure")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the figures that the tests have measured."""
    reports = [report for reports in terminalreporter.stats.values() for report in reports]
    properties = [one for report in reports for one in getattr(report, "user_properties", ())]
    figures = sorted({str(value) for name, value in properties if name == "figure"})
    if figures:
        terminalreporter.section("figures")
        for text in figures:
            terminalreporter.write_line(text)
