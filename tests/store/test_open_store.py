"""A store that cannot be written is gone round, with a warning."""

from __future__ import annotations

import errno
import logging
import os
import sys
import tempfile
from pathlib import Path

import pytest

from lambda_wheels.errors import OutputError
from lambda_wheels.problems import Severity
from lambda_wheels.store import Store, atomic, lock_output, open_store, place
from tests.store.proven import add_one, proven


def read_only(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let every change below ``folder`` fail as on a read-only file system, at the calls that make one."""
    for name in ("mkdir", "replace", "unlink", "rmdir", "open"):
        real = getattr(os, name)

        def call(path: object, *args: object, real: object = real, name: str = name, **kwargs: object) -> object:
            paths = [Path(os.fspath(each)) for each in (path, *args[:1]) if isinstance(each, str | os.PathLike)]
            writes = name != "open" or bool(args and isinstance(args[0], int) and args[0] & (os.O_WRONLY | os.O_RDWR))
            if writes and any(each.is_relative_to(folder) for each in paths):
                raise OSError(errno.EROFS, os.strerror(errno.EROFS), os.fspath(paths[0]))
            return real(path, *args, **kwargs)  # type: ignore[operator]

        monkeypatch.setattr(os, name, call)


def test_a_sound_store(tmp_path: Path) -> None:
    """A folder that can be written is used as it is, without a warning; the scratch folder in it is empty."""
    with open_store(tmp_path / "store") as store, store.scratch() as scratch:
        assert (store.folder, store.problems) == (tmp_path / "store", ())
        assert scratch.is_relative_to(store.folder) and list(scratch.iterdir()) == []


@pytest.mark.hostile("Pulled plugs")
def test_read_only(
    tmp_path: Path, outside: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """From a read-only store wheels are still read; new ones go to a folder that is gone afterwards; both are found.

    The warning is said once, in ``problems``, and not in the log as well.
    """
    folder = tmp_path / "store"
    old = add_one(Store(folder), outside, "old")
    before = sorted(folder.rglob("*"))
    read_only(monkeypatch, folder)
    with open_store(folder) as store:
        with store.scratch() as scratch:
            assert not scratch.is_relative_to(folder)
        [problem] = store.problems
        assert (problem.rule, problem.severity) == ("store-not-writable", Severity.WARNING)
        assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
        assert store.find(old.wheel.filename, old.wheel.sha256) == old
        new = add_one(store, outside, "new")
        assert not new.path.is_relative_to(folder)
        assert store.find(new.wheel.filename, new.wheel.sha256) == new
        with store.lock(new.wheel.sha256):
            pass
        assert len(store.problems) == 1
    assert not new.path.exists()
    assert sorted(folder.rglob("*")) == before


@pytest.mark.hostile("Pulled plugs")
def test_damage_in_a_read_only_store(tmp_path: Path, outside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A damaged wheel that cannot be removed is as good as none, and the one fetched instead is found."""
    folder = tmp_path / "store"
    old = add_one(Store(folder), outside)
    old.path.write_bytes(b"damaged")
    read_only(monkeypatch, folder)
    with open_store(folder) as store:
        assert store.find(old.wheel.filename, old.wheel.sha256) is None
        new = add_one(store, outside)
        assert store.find(old.wheel.filename, old.wheel.sha256) == new
    assert old.path.read_bytes() == b"damaged"


@pytest.mark.hostile("Pulled plugs")
@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="permission bits must stop us")
@pytest.mark.parametrize("mode", [0o500, 0o000])
def test_permission_bits(tmp_path: Path, outside: Path, mode: int) -> None:
    """A folder without the right to write, or even to read, is gone round."""
    folder = tmp_path / "store"
    folder.mkdir()
    folder.chmod(mode)
    try:
        with open_store(folder) as store:
            stored = add_one(store, outside)
            assert [problem.rule for problem in store.problems] == ["store-not-writable"]
            assert store.find(stored.wheel.filename, stored.wheel.sha256) == stored
    finally:
        folder.chmod(0o700)


@pytest.mark.hostile("Pulled plugs")
@pytest.mark.parametrize("below", ["", "v1", "v1/wheels", "v1/scratch"])
def test_a_file_where_a_folder_should_be(tmp_path: Path, outside: Path, below: str) -> None:
    """A file in the place of one of the store's folders is gone round too."""
    in_the_way = tmp_path / "store" / below
    in_the_way.parent.mkdir(parents=True, exist_ok=True)
    in_the_way.write_text("I was here first")
    with open_store(tmp_path / "store") as store:
        stored = add_one(store, outside)
        assert [problem.rule for problem in store.problems] == ["store-not-writable"]
        assert store.find(stored.wheel.filename, stored.wheel.sha256) == stored
    assert in_the_way.read_text() == "I was here first"


@pytest.mark.hostile("Pulled plugs")
def test_a_disk_that_becomes_full(tmp_path: Path, outside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wheel that can no longer be added in the middle of a run goes to the temporary folder, as do those after it."""
    real = atomic.replace

    def replace(source: Path, destination: Path) -> None:
        if destination.is_relative_to(tmp_path / "store"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(source, destination)

    with open_store(tmp_path / "store") as store:
        first = add_one(store, outside, "one")
        monkeypatch.setattr(place, "replace", replace)
        second, third = add_one(store, outside, "two"), add_one(store, outside, "three")
        assert first.path.is_relative_to(store.folder)
        assert not second.path.is_relative_to(store.folder) and not third.path.is_relative_to(store.folder)
        for stored in (first, second, third):
            assert store.find(stored.wheel.filename, stored.wheel.sha256) == stored
        assert [problem.rule for problem in store.problems] == ["store-not-writable"]


@pytest.mark.hostile("Pulled plugs")
def test_nowhere_to_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When no temporary folder can be made either, it is our error."""
    (tmp_path / "store").write_text("in the way")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with (
        open_store(tmp_path / "store") as store,
        pytest.raises(OutputError, match="temporary folder"),
        store.scratch(),
    ):
        pass


def test_a_file_that_is_not_there(tmp_path: Path, outside: Path) -> None:
    """Adding a file that does not exist is our error and no reason to give the store up."""
    path, wheel = proven(outside)
    path.unlink()
    with open_store(tmp_path / "store") as store:
        with pytest.raises(OutputError, match="cannot be added"):
            store.add(path, wheel)
        assert store.problems == ()


def test_no_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A default folder that is not absolute, as without a home, is never made below the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("lambda_wheels.store.store.default_folder", lambda: Path("~/.cache/lambda-wheels"))
    with open_store() as store, store.scratch(), store.lock("00" * 32), lock_output(tmp_path) as held:
        assert [problem.rule for problem in store.problems] == ["store-not-writable"]
        assert not held
    assert list(tmp_path.iterdir()) == []
