"""A store can be counted, verified and cleared, beside running builds too."""

from __future__ import annotations

import hashlib
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lambda_wheels.errors import OutputError, WheelError
from lambda_wheels.problems import Problem, Severity
from lambda_wheels.store import Store, StoredWheel, care, open_store, place
from lambda_wheels.store.facts import encode
from lambda_wheels.store.layout import facts_of
from lambda_wheels.store.place import Look
from lambda_wheels.wheels import Wheel
from tests.store.proven import add_one, proven

Replace = Callable[[Path], object]
posix = pytest.mark.skipif(sys.platform == "win32", reason="there are no such files there")


def _folder(path: Path) -> None:
    path.mkdir()
    (path / "something").write_bytes(b"")


def _pipe(path: Path) -> None:
    if sys.platform != "win32":
        os.mkfifo(path)


OTHERS = [
    pytest.param(_folder, id="folder"),
    pytest.param(_pipe, id="pipe", marks=posix),
    pytest.param(lambda path: path.symlink_to("/dev/zero"), id="device", marks=posix),
    pytest.param(lambda path: path.symlink_to(path.parent), id="link to a folder", marks=posix),
]


def size(stored: StoredWheel) -> int:
    """Bytes of a wheel and its facts."""
    return stored.path.stat().st_size + facts_of(stored.path).stat().st_size


def test_info(store: Store, outside: Path) -> None:
    """Wheels and bytes are counted; a store that is not there holds nothing."""
    assert (store.info().wheels, store.info().size) == (0, 0)
    total = size(add_one(store, outside, "one")) + size(add_one(store, outside, "two"))
    info = store.info()
    assert (info.folder, info.wheels, info.size) == (store.folder, 2, total)


def test_verify_a_sound_store(store: Store, outside: Path) -> None:
    """There is nothing to say about a sound store, nor about one that is not there."""
    assert list(store.verify()) == []
    stored = add_one(store, outside)
    assert list(store.verify()) == []
    assert store.find(stored.wheel.filename, stored.wheel.sha256) == stored


@pytest.mark.parametrize(
    ("harm", "message", "stays"),
    [
        pytest.param(lambda path: path.write_bytes(b""), "not those that came in; it was removed", False, id="empty"),
        pytest.param(lambda path: path.rename(path.with_name("x.whl")), "did not put there", False, id="strange name"),
        pytest.param(
            lambda path: facts_of(path).write_bytes(facts_of(path).read_bytes() + b" "), None, True, id="damaged facts"
        ),
        pytest.param(lambda path: facts_of(path).unlink(), None, True, id="no facts"),
        pytest.param(lambda path: path.unlink(), None, False, id="facts alone"),
    ],
)
def test_verify(store: Store, outside: Path, harm: Callable[[Path], object], message: str | None, stays: bool) -> None:
    """What is damaged is said and removed, what can be mended is mended, and the next look finds nothing."""
    stored = add_one(store, outside)
    harm(stored.path)
    problems = list(store.verify())
    assert [problem.rule for problem in problems] == (["store-damaged"] if message else [])
    assert all(message in problem.message and problem.severity is Severity.WARNING for problem in problems if message)
    assert stored.path.exists() == stays == facts_of(stored.path).exists()
    assert list(store.verify()) == []


def test_verify_reads_again(store: Store, outside: Path) -> None:
    """Facts that are sound but not true are noticed and put right."""
    one, two = add_one(store, outside, "one"), add_one(store, outside, "two")
    truth = facts_of(one.path).read_bytes()
    facts_of(one.path).write_bytes(encode(two.wheel))
    [problem] = store.verify()
    assert problem.wheel == one.wheel.filename and "did not hold" in problem.message
    assert facts_of(one.path).read_bytes() == truth


def test_verify_rejects_what_the_reader_rejects(store: Store, outside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole file that the reader rejects is removed, and the reader's problems are what is said."""
    stored = add_one(store, outside)
    wanted = Problem(rule="store-damaged", message="rejected")

    def reject(path: Path, **options: Any) -> Wheel:
        raise WheelError(wanted)

    monkeypatch.setattr(care, "read_wheel", reject)
    assert list(store.verify()) == [wanted]
    assert not stored.path.exists()


def test_verify_names_what_it_cannot_read(store: Store, outside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the system does not let us read is an error, and it stays."""
    stored = add_one(store, outside)

    def refuse(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(place, "is_plain", refuse)
    [problem] = store.verify()
    assert (problem.severity, problem.message) == (Severity.ERROR, "cannot be read")
    assert stored.path.is_file()


@pytest.mark.parametrize("whose", ["wheel", "facts", "bytecode"])
@pytest.mark.parametrize("how", OTHERS)
@pytest.mark.parametrize("seen_by", ["verify", "clear", "use"])
def test_what_is_no_file(store: Store, outside: Path, whose: str, how: Replace, seen_by: str) -> None:
    """A folder, pipe or device where a file should be is neither waited for nor in the way: it is thrown away."""
    stored = add_one(store, outside)
    version = "3.13.0"
    pack = store.add_bytecode(stored, version, {"a": b"1"}).path
    path = {"wheel": stored.path, "facts": facts_of(stored.path), "bytecode": pack}[whose]
    path.unlink()
    how(path)
    if seen_by == "verify":
        assert [problem.severity for problem in store.verify()] == ([] if whose == "facts" else [Severity.WARNING])
        assert list(store.verify()) == []
    elif seen_by == "clear":
        store.clear()
        assert not stored.path.parent.exists()
    else:
        found = store.find(stored.wheel.filename, stored.wheel.sha256)
        assert found == (None if whose == "wheel" else stored)
        assert store.find_bytecode(stored, version) is None or whose == "facts"
    assert path.is_file() or not os.path.lexists(path)
    again = add_one(store, outside)
    assert store.find(again.wheel.filename, again.wheel.sha256) == stored == again
    kept = store.add_bytecode(stored, version, {"a": b"1"})
    assert store.find_bytecode(stored, version) == kept
    assert list(store.verify()) == []


def test_verify_passes_over_what_vanishes(store: Store, outside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wheel that is cleared away while it is being verified is no finding."""
    real = place.look_at

    def cleared_before(path: Path, sha256: str) -> Look:
        path.unlink()
        return real(path, sha256)

    def cleared_after(path: Path, sha256: str) -> Look:
        look = real(path, sha256)
        path.unlink()
        return look

    for look_at in (cleared_before, cleared_after):
        add_one(store, outside)
        monkeypatch.setattr(care, "look_at", look_at)
        assert list(store.verify()) == []


def test_cleared_after_it_was_read(store: Store, outside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wheel that is cleared away with its folder after verifying has read it is no finding and no error."""
    add_one(store, outside)

    def cleared(path: Path) -> Wheel:
        store.clear()
        raise FileNotFoundError(path)

    monkeypatch.setattr(care, "read_facts", cleared)
    assert list(store.verify()) == []
    assert store.info().wheels == 0


def test_own_copies(store: Store, outside: Path) -> None:
    """With copies of its own a build keeps what it found and what it added, though all is cleared; then they go."""
    found, added = proven(outside, "found"), proven(outside, "added")
    store.add(*found)
    with open_store(store.folder, own_copies=True) as own:
        wheels = [own.find(found[1].filename, found[1].sha256), own.add(*added)]
        assert store.info().wheels == 2
        store.clear()
        for stored in wheels:
            assert stored is not None
            assert hashlib.sha256(stored.path.read_bytes()).hexdigest() == stored.wheel.sha256
            assert own.find(stored.wheel.filename, stored.wheel.sha256) == stored
    assert [path.name for path in store.folder.rglob("*.whl")] == []
    assert list(store.verify()) == []


def test_clear(store: Store, outside: Path) -> None:
    """Clearing says what it removed and leaves no file, but the register's lock; it can be repeated."""
    total = size(add_one(store, outside, "one")) + size(add_one(store, outside, "two"))
    with store.lock("00" * 32):
        pass
    cleared = store.clear()
    assert (cleared.wheels, cleared.size) == (2, total)
    assert {path.name for path in store.folder.rglob("*") if path.is_file()} <= {"register.lock"}
    assert store.clear().wheels == 0


def test_clear_leaves_strangers_and_held_locks(store: Store, outside: Path) -> None:
    """What the store did not write, and a lock that somebody holds, stay."""
    stored = add_one(store, outside)
    stranger = stored.path.with_name("notes.txt")
    stranger.write_text("mine")
    with store.lock(stored.wheel.sha256):
        store.clear()
        assert [path.stem for path in (store.folder / "v1" / "locks").iterdir()] == [stored.wheel.sha256]
    assert stranger.read_text() == "mine"


def test_an_unreadable_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that cannot be read is our error, for each of the three."""

    def fail(path: Path) -> object:
        raise PermissionError(13, "Permission denied", str(path))

    store = Store(tmp_path)
    (tmp_path / "v1" / "wheels").mkdir(parents=True)
    monkeypatch.setattr(Path, "iterdir", fail)
    for act in (store.info, store.clear, lambda: list(store.verify())):
        with pytest.raises(OutputError, match="Permission denied"):
            act()


def test_beside_running_builds(store: Store, outside: Path) -> None:
    """While the store is cleared and verified over and over, adding and finding go on without an error."""
    done = threading.Event()
    errors: list[BaseException] = []
    rounds = 0

    def look_after() -> None:
        nonlocal rounds
        try:
            while not done.is_set():
                assert list(store.verify()) == []
                store.clear()
                store.info()
                rounds += 1
        except BaseException as error:  # noqa: BLE001 (told by the test's own thread)
            errors.append(error)

    thread = threading.Thread(target=look_after)
    thread.start()
    try:
        for number in range(60):
            stored = add_one(store, outside, f"demo{number % 3}")
            assert store.find(stored.wheel.filename, stored.wheel.sha256) in (stored, None)
    finally:
        done.set()
        thread.join()
    assert errors == [] and rounds > 3
