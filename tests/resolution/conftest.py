"""A pip that knows nothing of the machine that the tests run on, and indexes for it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.index_server import IndexServer


@pytest.fixture(autouse=True)
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
def folder(tmp_path: Path) -> Path:
    """The folder that ``index`` serves, empty."""
    path = tmp_path / "served"
    path.mkdir()
    return path


@pytest.fixture
def index(folder: Path) -> Iterator[IndexServer]:
    """An index without faults over ``folder``."""
    with IndexServer(folder) as server:
        yield server
