"""Files appear complete or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from lambda_wheels.store import atomic


def refuse(times: int, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let ``os.replace`` be refused so many times; returns a list that grows with each call."""
    calls: list[int] = []
    real = os.replace

    def replace(source: Path, destination: Path) -> None:
        calls.append(1)
        if len(calls) <= times:
            raise PermissionError(errno.EACCES, "held")
        real(source, destination)

    monkeypatch.setattr(os, "replace", replace)
    return calls


def test_replace_tries_again_where_files_are_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system holds files for a moment, a refused rename is tried again."""
    monkeypatch.setattr(atomic, "RETRY_SECONDS", 5.0)
    calls = refuse(3, monkeypatch)
    (tmp_path / "a").write_bytes(b"a")
    atomic.replace(tmp_path / "a", tmp_path / "b")
    assert len(calls) == 4 and (tmp_path / "b").read_bytes() == b"a"


@pytest.mark.parametrize(
    ("seconds", "at_least"), [pytest.param(0.0, 1, id="no wait"), pytest.param(0.05, 2, id="wait")]
)
def test_replace_gives_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float, at_least: int) -> None:
    """A rename that stays refused ends with the system's error after the given time."""
    monkeypatch.setattr(atomic, "RETRY_SECONDS", seconds)
    calls = refuse(1000, monkeypatch)
    (tmp_path / "a").write_bytes(b"a")
    with pytest.raises(PermissionError):
        atomic.replace(tmp_path / "a", tmp_path / "b")
    assert at_least <= len(calls) < 10


@pytest.mark.parametrize("aside", [False, True])
def test_write_atomically(tmp_path: Path, aside: bool) -> None:
    """A file is written or replaced, and nothing else is left."""
    scratch = tmp_path / "aside"
    scratch.mkdir()
    for content in (b"one", b"two"):
        atomic.write_atomically(tmp_path / "file", content, aside=scratch if aside else None)
        assert (tmp_path / "file").read_bytes() == content
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["aside", "file"]


@pytest.mark.hostile("Pulled plugs")
@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_write_atomically_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    """When writing fails, the old content stands and the unfinished file is gone."""

    def fail(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "file"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, call, fail)
    with pytest.raises(OSError, match="No space left"):
        atomic.write_atomically(path, b"new")
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]
    assert path.read_bytes() == b"old"


@pytest.mark.skipif(os.name == "nt", reason="folders are not synced on Windows")
def test_sync_folder_minds_real_errors_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system that cannot sync folders is fine; a disk that fails is not."""
    code = errno.EINVAL

    def fail(descriptor: int) -> None:
        raise OSError(code, "no")

    monkeypatch.setattr(os, "fsync", fail)
    atomic.sync_folder(tmp_path)
    code = errno.EIO
    with pytest.raises(OSError, match="no"):
        atomic.sync_folder(tmp_path)
