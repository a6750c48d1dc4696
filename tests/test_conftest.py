"""The guards of ``conftest.py`` stop what is not marked. (Starts nothing: that is what is tested.)"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest


def connect(host: str) -> Callable[[], object]:
    """A function that opens a connection to port 9 of ``host``."""

    def attempt() -> None:
        with contextlib.closing(socket.socket()) as connection:
            connection.connect((host, 9))

    return attempt


@pytest.mark.parametrize(
    "attempt",
    [
        pytest.param(lambda: subprocess.run([sys.executable, "-V"]), id="subprocess"),
        pytest.param(lambda: os.system("exit"), id="system"),
        pytest.param(connect("127.0.0.1"), id="connection-here"),
        pytest.param(connect("192.0.2.1"), id="connection-away"),
        pytest.param(lambda: socket.create_connection(("index.invalid", 443)), id="name"),
    ],
)
def test_unmarked(attempt: Callable[[], object]) -> None:
    """Without a mark a test can neither start a process nor connect, and no `except Exception` hides it."""
    with pytest.raises(pytest.fail.Exception, match="mark it"):  # noqa: SIM117
        with contextlib.suppress(Exception):
            attempt()


@pytest.mark.loopback
def test_loopback() -> None:
    """With `loopback` a test reaches a server on this machine, and no other."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass
    with pytest.raises(pytest.fail.Exception, match="network"):
        connect("192.0.2.1")()


@pytest.mark.process
def test_process() -> None:
    """With `process` a test starts processes, and still does not connect."""
    assert subprocess.run([sys.executable, "-c", ""], stdin=subprocess.DEVNULL).returncode == 0
    with pytest.raises(pytest.fail.Exception, match="loopback"):
        connect("127.0.0.1")()


def test_own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The store of a test lies in the folder of the test run, and begins empty."""
    folder = Path(os.environ["LAMBDA_WHEELS_CACHE"])
    assert folder.is_relative_to(tmp_path_factory.getbasetemp())
    assert not folder.exists()
