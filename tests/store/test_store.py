"""Wheels go in whole and come out proven."""

from __future__ import annotations

import errno
import logging
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import platformdirs
import pytest

from lambda_wheels.errors import OutputError, WheelError
from lambda_wheels.problems import Problem
from lambda_wheels.store import Store, StoredWheel, atomic, default_folder, open_store, place
from lambda_wheels.store.facts import FACTS_FORMAT
from lambda_wheels.store.layout import facts_of
from lambda_wheels.wheels import Wheel, read_wheel
from tests.store.proven import add_one, proven

WRITTEN = f"s {FACTS_FORMAT} ".encode()
"""What facts of today's format begin with."""


def find(store: Store, stored: StoredWheel) -> StoredWheel | None:
    """Look for a wheel that was added."""
    return store.find(stored.wheel.filename, stored.wheel.sha256)


def count_reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """A list that grows with each wheel that is read rather than remembered."""
    reads: list[Path] = []

    def counting(path: Path, **options: Any) -> Wheel:
        reads.append(path)
        return read_wheel(path, **options)

    monkeypatch.setattr("lambda_wheels.wheels.reader.read_wheel", counting)
    return reads


def test_add_and_find(store: Store, outside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was added is found with all that is known of it, without being read again; nothing else is left."""
    reads = count_reads(monkeypatch)
    stored = add_one(store, outside)
    assert find(store, stored) == stored == find(Store(store.folder), stored)
    assert stored.path.name == stored.wheel.filename and stored.path.parent.name == stored.wheel.sha256
    assert reads == []
    files = [path for path in store.folder.rglob("*") if path.is_file() and path.suffix != ".lock"]
    assert sorted(files) == [stored.path, facts_of(stored.path)]


def test_find_nothing(store: Store, outside: Path) -> None:
    """What was never added is not found, also where only the name or only the sha256 is known."""
    stored = add_one(store, outside)
    assert store.find("demo-1.0-py3-none-any.whl", "00" * 32) is None
    assert store.find("other-1.0-py3-none-any.whl", stored.wheel.sha256) is None
    assert Store(outside / "nowhere").find("demo-1.0-py3-none-any.whl", "00" * 32) is None
    assert not (outside / "nowhere").exists()


@pytest.mark.hostile("Pulled plugs")
@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda content: content[:-1] + bytes([content[-1] ^ 1]), id="flipped bit"),
        pytest.param(lambda content: b"", id="empty"),
        pytest.param(lambda content: content[: len(content) // 2], id="truncated"),
        pytest.param(lambda content: content + b"\0", id="longer"),
    ],
)
def test_damaged_wheel(
    store: Store, outside: Path, caplog: pytest.LogCaptureFixture, damage: Callable[[bytes], bytes]
) -> None:
    """A damaged file is not found even under its old date; it is removed with a warning and can come in again."""
    stored = add_one(store, outside)
    before = stored.path.stat()
    stored.path.write_bytes(damage(stored.path.read_bytes()))
    os.utime(stored.path, ns=(before.st_atime_ns, before.st_mtime_ns))
    with caplog.at_level(logging.WARNING):
        assert find(store, stored) is None
    assert "damaged" in caplog.text
    assert not stored.path.exists() and not facts_of(stored.path).exists()
    assert find(store, add_one(store, outside)) == stored


@pytest.mark.hostile("Pulled plugs")
@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(lambda path: path.unlink(), id="missing"),
        pytest.param(lambda path: path.write_bytes(b""), id="empty"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:-1] + b"x"), id="damaged"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes().replace(WRITTEN, b"s 0 ")), id="other format"),
    ],
)
def test_damaged_facts(
    store: Store, outside: Path, monkeypatch: pytest.MonkeyPatch, harm: Callable[[Path], object]
) -> None:
    """Facts that are no use are computed again, once."""
    stored = add_one(store, outside)
    harm(facts_of(stored.path))
    reads = count_reads(monkeypatch)
    assert find(store, stored) == stored
    assert find(store, stored) == stored
    assert reads == [stored.path]


def test_facts_of_another_wheel(store: Store, outside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sound facts about another wheel are no use either."""
    one, two = add_one(store, outside), add_one(store, outside, "other")
    facts_of(one.path).write_bytes(facts_of(two.path).read_bytes())
    reads = count_reads(monkeypatch)
    assert find(store, one) == one
    assert reads == [one.path]


def test_a_wheel_that_is_no_longer_accepted(store: Store, outside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole file that the reader now rejects is removed, and the reader's error comes out."""
    stored = add_one(store, outside)
    facts_of(stored.path).unlink()

    def reject(path: Path, **options: Any) -> Wheel:
        raise WheelError(Problem(rule="store-damaged", message="rejected"))

    monkeypatch.setattr("lambda_wheels.wheels.reader.read_wheel", reject)
    with pytest.raises(WheelError, match="rejected"):
        find(store, stored)
    assert not stored.path.exists()


def test_add_the_same_twice(store: Store, outside: Path) -> None:
    """Adding what is there already is fine, and the second file is gone like the first."""
    first, second = add_one(store, outside), add_one(store, outside)
    assert first == second == find(store, first)


def test_add_over_a_damaged_one(store: Store, outside: Path) -> None:
    """A damaged file in the way is replaced."""
    stored = add_one(store, outside)
    stored.path.write_bytes(b"")
    assert find(store, add_one(store, outside)) == stored


def test_add_from_another_file_system(store: Store, outside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that cannot be renamed into the store is copied beside, proven again, and then moved."""
    real = os.replace

    def replace(source: Path, destination: Path) -> None:
        if source.is_relative_to(outside):
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        real(source, destination)

    monkeypatch.setattr(os, "replace", replace)
    path, wheel = proven(outside)
    stored = store.add(path, wheel)
    assert find(store, stored) == stored
    assert not path.exists()

    other, wheel = proven(outside, "other")
    other.write_bytes(other.read_bytes() + b"changed meanwhile")
    with pytest.raises(OutputError, match="changed while it was copied"):
        store.add(other, wheel)
    assert other.exists() and store.info().wheels == 1


@pytest.mark.hostile("Pulled plugs")
@pytest.mark.parametrize("call", ["fsync", "replace", "mkdir"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EROFS, errno.EACCES])
def test_add_that_fails(store: Store, outside: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int) -> None:
    """When the disk fails it is our error, nothing of the wheel is in the store, and the file is where it was."""
    path, wheel = proven(outside)

    def fail(*args: object, **kwargs: object) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail)
        with pytest.raises(OutputError) as caught:
            store.add(path, wheel)
    [problem] = caught.value.problems
    assert (problem.rule, problem.wheel) == ("store-failed", wheel.filename)
    assert path.exists() and store.info().size == 0
    assert find(store, store.add(path, wheel)) is not None


def test_folders_cleared_away_meanwhile(store: Store, outside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that is cleared away between making it and moving the wheel in is made again."""
    real, calls = atomic.replace, []

    def replace(source: Path, destination: Path) -> None:
        calls.append(1)
        if len(calls) == 1:
            for entry in destination.parent.iterdir():
                entry.unlink()
            destination.parent.rmdir()
        real(source, destination)

    monkeypatch.setattr(place, "replace", replace)
    stored = add_one(store, outside)
    assert len(calls) == 2 and find(store, stored) == stored


def test_bad_names(store: Store) -> None:
    """Names that are not plain are a ValueError, before the disk is touched."""
    with pytest.raises(ValueError, match="not a wheel file name"):
        store.find("../demo-1.0-py3-none-any.whl", "00" * 32)
    with pytest.raises(ValueError, match="not a sha256"), store.lock("../x"):
        pass
    assert not store.folder.exists()


def test_a_file_where_a_folder_should_be(store: Store, outside: Path) -> None:
    """A file in the place of the wheel's folder is our error when adding, and nothing found when looking."""
    path, wheel = proven(outside)
    (store.folder / "v1/wheels").mkdir(parents=True)
    (store.folder / "v1/wheels" / wheel.sha256[:2]).write_bytes(b"")
    assert store.find(wheel.filename, wheel.sha256) is None
    with pytest.raises(OutputError, match="cannot be added"):
        store.add(path, wheel)


def test_threads(store: Store, outside: Path) -> None:
    """Many threads that find, lock and add the same wheels at once all get whole wheels; each is fetched once."""
    names = ["one", "two", "three"]
    made = {name: proven(outside / name, name) for name in names}
    fetched: list[str] = []
    found: list[StoredWheel] = []
    start = threading.Barrier(6)

    def build() -> None:
        start.wait()
        for name in names:
            path, wheel = made[name]
            with store.lock(wheel.sha256):
                stored = store.find(wheel.filename, wheel.sha256)
                if stored is None:
                    fetched.append(name)
                    with store.scratch() as scratch:
                        copy = scratch / wheel.filename
                        copy.write_bytes(path.read_bytes())
                        stored = store.add(copy, wheel)
            found.append(stored)

    threads = [threading.Thread(target=build) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(fetched) == sorted(names)
    assert len(found) == 18 and len({stored.path for stored in found}) == 3
    assert list(store.verify()) == []


def test_scratch_and_template(store: Store, tmp_path: Path) -> None:
    """Scratch lies on the store's file system and lets errors through; where none can be made it is our error."""
    with store.scratch() as scratch:
        assert scratch.is_relative_to(store.folder)
    with pytest.raises(FileNotFoundError, match="mine"), store.scratch():
        raise FileNotFoundError("mine")
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="no scratch folder"), Store(tmp_path / "file").scratch():
        pass
    assert str(store.folder) in store.wheel_template


def test_default_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """LAMBDA_WHEELS_CACHE names the folder; without it, or empty, it is the user's cache folder."""
    monkeypatch.setenv("LAMBDA_WHEELS_CACHE", str(tmp_path))
    assert default_folder() == tmp_path
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAMBDA_WHEELS_CACHE", ".")
    assert default_folder().samefile(tmp_path) and default_folder().is_absolute()
    monkeypatch.setenv("LAMBDA_WHEELS_CACHE", "")
    assert default_folder() == platformdirs.user_cache_path("lambda-wheels", appauthor=False)


def test_named_from_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A ``~`` that no shell saw is the home folder; where none is known, no folder of that name is made."""
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("LAMBDA_WHEELS_CACHE", "~/store")
    assert default_folder() == tmp_path / "store"
    monkeypatch.setenv("LAMBDA_WHEELS_CACHE", "~nobody-of-that-name/store")
    monkeypatch.chdir(tmp_path)
    with open_store() as store, store.scratch():
        assert [problem.rule for problem in store.problems] == ["store-not-writable"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="a working directory cannot be removed there")
def test_named_from_a_folder_that_has_gone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A relative name in a working directory that has gone is gone round, with a warning."""
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    monkeypatch.setenv("LAMBDA_WHEELS_CACHE", "store")
    with open_store() as store, store.scratch(), store.lock("0" * 64):
        assert [problem.rule for problem in store.problems] == ["store-not-writable"]


def test_locks_of_several_wheels(store: Store) -> None:
    """Two who lock several wheels, named in whatever order, wait neither for each other nor for themselves."""
    wheels = [f"{number:064x}" for number in range(8)]
    start = threading.Barrier(2)

    def work(digests: list[str]) -> None:
        start.wait()
        for _ in range(20):
            with store.lock(*digests, digests[0]):
                pass

    threads = [threading.Thread(target=work, args=(order,), daemon=True) for order in (wheels, wheels[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not [thread for thread in threads if thread.is_alive()]
