"""A full disk, which pip takes for a connection that broke off, is told of. (Pure.)"""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from lambda_wheels.resolution.pip_child import downloads


@pytest.mark.parametrize(
    ("free", "words"),
    [
        pytest.param(524_288, "only 524,288 bytes are free on the disk that it is written to", id="little"),
        pytest.param(1 << 40, "", id="much"),
    ],
)
def test_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, words: str) -> None:
    """Where there is little room that is said; where there is much, it was the connection."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    assert downloads._room(str(tmp_path)) == words


def test_folder_that_has_gone(tmp_path: Path) -> None:
    """Nothing is said of a folder that is not there."""
    assert downloads._room(str(tmp_path / "nothing")) == ""
