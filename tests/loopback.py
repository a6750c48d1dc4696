"""Builds that see nothing of this machine but an index on loopback: fixtures of the tests that start pip."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import lambda_wheels
from tests.index_server import IndexServer

TARGET: dict[str, Any] = {"runtime": "python3.13", "architecture": "arm64"}
IMPATIENT: dict[str, Any] = {"retries": 0, "timeout": 5}
"""Index options for tests in which a server fails, so that they need not wait for it."""

Build = Callable[..., lambda_wheels.Layer]


@pytest.fixture
def bare_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No pip configuration, netrc, keyring or proxy of this machine plays a part."""
    for name in list(os.environ):
        if name.upper().startswith("PIP_") or name.lower().endswith("_proxy") or name == "NETRC":
            monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    home = tmp_path / "home"
    home.mkdir()
    for name in ("HOME", "USERPROFILE", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "LOCALAPPDATA", "APPDATA"):
        monkeypatch.setenv(name, str(home))


@pytest.fixture
def served(tmp_path: Path, bare_surroundings: None) -> Path:
    """The folder that ``index`` serves, empty."""
    path = tmp_path / "served"
    path.mkdir()
    return path


@pytest.fixture
def index(served: Path) -> Iterator[IndexServer]:
    """An index without faults over ``served``."""
    with IndexServer(served) as server:
        yield server


@pytest.fixture
def build(index: IndexServer) -> Build:
    """``build_layer`` for python3.13 on arm64, from ``index``."""
    options: dict[str, Any] = {**TARGET, **IMPATIENT, "index_url": index.url}
    return functools.partial(lambda_wheels.build_layer, **options)


@pytest.fixture
def store(bare_surroundings: None) -> Path:
    """Where the store of this test will be."""
    return Path(os.environ["LAMBDA_WHEELS_CACHE"])


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """An empty folder for outputs."""
    path = tmp_path / "out"
    path.mkdir()
    return path


def stored_wheels(store: Path) -> list[str]:
    """The file names of the wheels in the store."""
    return sorted(path.name for path in store.glob("v*/wheels/**/*.whl"))


def left_behind(*folders: Path) -> list[str]:
    """What builds left unfinished: everything with our prefix, and everything in the store's scratch folders."""
    found = []
    for folder in folders:
        found += [str(path) for path in folder.rglob(".lambda-wheels-*")]
        for scratch in folder.glob("v*/scratch"):
            found += [str(path) for path in scratch.iterdir() if path.name != "register.lock"]
    return found


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Mode and content of every file below ``folder``, by path."""
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_mode & 0o7777, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@contextlib.contextmanager
def umask(mask: int) -> Iterator[None]:
    """Another umask for a while."""
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def command(*arguments: str | Path) -> list[str]:
    """The command as a process would be started with it."""
    return [sys.executable, "-m", "lambda_wheels", *map(str, arguments)]
