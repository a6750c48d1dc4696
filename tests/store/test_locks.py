"""Locks keep threads and processes apart, and die with their process."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import filelock
import pytest

from lambda_wheels.store.locks import exclusive

HOLD = """
import sys, time
from pathlib import Path
from lambda_wheels.store.locks import exclusive
with exclusive(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_threads_take_turns(tmp_path: Path) -> None:
    """Of many threads only one is inside at a time, and all get their turn."""
    inside, most, turns = 0, 0, 0

    def work() -> None:
        nonlocal inside, most, turns
        for _ in range(5):
            with exclusive(tmp_path / "a.lock"):
                inside += 1
                most = max(most, inside)
                time.sleep(0.001)
                inside -= 1
                turns += 1

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (most, turns) == (1, 30)


def test_without_waiting(tmp_path: Path) -> None:
    """Who does not wait is told whether the lock is held; other locks are free."""
    one, two = tmp_path / "a.lock", tmp_path / "b.lock"
    with exclusive(one) as first, exclusive(one, wait=False) as again, exclusive(two, wait=False) as other:
        assert (first, again, other) == (True, False, True)
    with exclusive(tmp_path / "a.lock", wait=False) as free:
        assert free


def test_freed_after_an_error(tmp_path: Path) -> None:
    """What is raised inside comes out, and the lock is free again."""
    with pytest.raises(KeyError), exclusive(tmp_path / "a.lock"):
        raise KeyError
    with exclusive(tmp_path / "a.lock", wait=False) as free:
        assert free


@pytest.mark.parametrize("error", [OSError("no locks"), NotImplementedError("no locks")])
def test_files_that_cannot_be_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Where files cannot be locked it is an OSError; if the lock is not required, it keeps only threads apart."""

    def fail(*args: object, **kwargs: object) -> None:
        raise error

    monkeypatch.setattr(filelock.FileLock, "acquire", fail)
    with pytest.raises(OSError, match="no locks"), exclusive(tmp_path / "a.lock"):
        pass
    order: list[str] = []

    def work() -> None:
        with exclusive(tmp_path / "a.lock", required=False) as held:
            order.append(f"second {held}")

    thread = threading.Thread(target=work)
    with exclusive(tmp_path / "a.lock", required=False) as held:
        thread.start()
        thread.join(0.1)
        order.append(f"first {held}")
    thread.join()
    assert order == ["first False", "second False"]


def test_taken_away_while_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock file that its holder takes away is not locked by who opened it before, as it has no name any more."""
    fcntl = pytest.importorskip("fcntl", reason="Windows does not let a locked file be taken away")
    path = tmp_path / "a.lock"
    real = fcntl.flock
    calls = 0

    def flock(descriptor: int, operation: int) -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            path.unlink()
        real(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", flock)
    with exclusive(path):
        assert calls == 2 and path.exists()


@pytest.mark.hostile("Pulled plugs")
@pytest.mark.process
def test_a_killed_process_lets_go(tmp_path: Path) -> None:
    """Another process's lock is respected as long as it lives, and free once it is killed."""
    path = tmp_path / "a.lock"
    with subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None and child.stdout.readline()
        with exclusive(path, wait=False) as free:
            assert not free
        threading.Timer(0.2, child.kill).start()
        began = time.monotonic()
        with exclusive(path) as held:
            assert held and time.monotonic() - began > 0.1
