"""Where pip downloads wheels while it chooses, each is downloaded once and kept. (Starts pip; sockets on loopback.)"""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lambda_wheels.errors import LambdaWheelsError
from lambda_wheels.resolution.child import Children, _Limit, run_pip
from lambda_wheels.resolution.turns import ANSWERED, Turns
from lambda_wheels.store import Store
from lambda_wheels.waivers import Waivers
from tests.index_faults import Fault
from tests.index_server import IndexServer, Listing
from tests.loopback import command, left_behind
from tests.resolution.pip_runs import ARM, run_resolve
from tests.wheel_factory import make_wheel

pytestmark = pytest.mark.pip


@pytest.fixture
def bare(folder: Path) -> Iterator[IndexServer]:
    """An index without metadata beside its wheels: two, of which one needs the other."""
    make_wheel(folder, "demo", requires=["other"])
    make_wheel(folder, "other")
    with IndexServer(folder, listing=Listing(metadata=False)) as server:
        yield server


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store."""
    return Store(tmp_path / "store")


def sha256_of(path: Path) -> str:
    """Of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def kept(tmp_path: Path, store: Store, index: IndexServer, *allow: str) -> list[str]:
    """Resolve once, and which wheels the store then has."""
    with store.scratch() as scratch, Turns(store, scratch, Waivers.read(allow)) as turns:
        resolution = run_resolve(
            tmp_path, "demo", scratch=scratch, stored=store.wheel_template, turns=turns, index_url=index.url, timeout=30
        )
        return [wheel.filename for wheel in resolution.wheels if store.find(wheel.filename, wheel.sha256)]


def test_kept_while_choosing(tmp_path: Path, bare: IndexServer, store: Store) -> None:
    """What pip downloads to choose is in the store at once, so that whoever chooses next downloads nothing."""
    names = sorted(path.name for path in bare.folder.iterdir())
    for _ in range(2):
        assert sorted(kept(tmp_path, store, bare)) == names
        assert [bare.count(f"/files/{name}") for name in names] == [1, 1]
    assert list(store.verify()) == []


def test_what_is_wrong_stays_outside(tmp_path: Path, bare: IndexServer, store: Store) -> None:
    """A wheel that fails its proof does not enter the store while pip chooses, unless that is allowed."""
    make_wheel(bare.folder, "other", defect="record-hash")
    assert [name.partition("-")[0] for name in kept(tmp_path, store, bare)] == ["demo"]
    assert [name.partition("-")[0] for name in kept(tmp_path, store, bare, "record-hash:other")] == ["demo", "other"]


def test_a_false_sha256(tmp_path: Path, bare: IndexServer, store: Store) -> None:
    """A wheel that is not the one its link tells is refused, and neither of both is in the store."""
    name = next(bare.folder.glob("demo-*")).name
    bare.listing = Listing(metadata=False, false_hashes={name: "0" * 64})
    with pytest.raises(LambdaWheelsError):
        kept(tmp_path, store, bare)
    assert list(store.folder.glob("v1/wheels/**/*.whl")) == []


def test_no_sha256(tmp_path: Path, bare: IndexServer, store: Store) -> None:
    """Where a link has no sha256, or one that is none, pip goes on without a turn."""
    bare.listing = Listing(metadata=False, false_hashes={path.name: "abc" for path in bare.folder.iterdir()})
    with pytest.raises(LambdaWheelsError):
        kept(tmp_path, store, bare)
    bare.listing = Listing(metadata=False, hashes=False)
    with store.scratch() as scratch, Turns(store, scratch, Waivers()) as turns:
        run_resolve(tmp_path, "demo", scratch=scratch, stored=store.wheel_template, turns=turns, index_url=bare.url)
    assert list(store.folder.glob("v1/wheels/**/*.whl")) == []


def test_time_stands_still(tmp_path: Path, bare: IndexServer, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the child waits for its turn, its time does not run; before and afterwards it does."""
    hear, running = Turns.hear, list[tuple[str, bool]]()

    def spy(self: Turns, event: dict[str, Any], gone: Callable[[], bool]) -> None:
        running.append((event["event"], any(isinstance(thread, threading.Timer) for thread in threading.enumerate())))
        hear(self, event, gone)

    monkeypatch.setattr(Turns, "hear", spy)
    kept(tmp_path, store, bare)
    assert {(event in ANSWERED, runs) for event, runs in running} == {(True, False), (False, True)}


def test_limit_counts_what_is_left() -> None:
    """A limit that was stopped goes on with what was left of it, and kills when that is over."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], text=True) as process:
        limit = _Limit(process, 0.3)
        limit.stop()  # not started: nothing to stop
        limit.start()
        limit.stop()
        time.sleep(0.5)
        assert process.poll() is None and not limit.passed
        limit.start()
        process.wait(30)
        assert limit.passed
        limit.stop()


def test_waiting_can_be_ended(tmp_path: Path, bare: IndexServer, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child that is ended while it waits for its turn is not waited for, whoever has the lock."""
    arguments = ["install", "--dry-run", "--only-binary=:all:", f"--index-url={bare.url}", "demo"]
    children, asked, codes, hear = Children(), threading.Event(), list[int](), Turns.hear

    def spy(self: Turns, event: dict[str, Any], gone: Callable[[], bool]) -> None:
        if event["event"] == "turn":
            asked.set()
        hear(self, event, gone)

    def run() -> None:
        with store.scratch() as scratch, Turns(store, scratch, Waivers()) as turns:
            stored = store.wheel_template
            codes.append(run_pip(arguments, ARM, scratch=scratch, stored=stored, turns=turns, children=children).code)

    monkeypatch.setattr(Turns, "hear", spy)
    thread = threading.Thread(target=run)
    with store.lock(sha256_of(next(bare.folder.glob("demo-*")))):
        thread.start()
        assert asked.wait(60)
        children.end()
        thread.join(60)
        assert not thread.is_alive()
    assert codes != [0]
    assert bare.count("/files/*") == 0


def test_freed_by_a_failure(tmp_path: Path, bare: IndexServer, store: Store) -> None:
    """When a download fails, the lock is free for others, who download it."""
    bare.fail("/files/demo-*", Fault.status(404, times=1))
    with pytest.raises(LambdaWheelsError):
        kept(tmp_path, store, bare)
    assert len(kept(tmp_path, store, bare)) == 2


@pytest.mark.process
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_interrupted_while_waiting(bare: IndexServer, store: Store, tmp_path: Path) -> None:
    """Ctrl-C ends a build that waits for another's download, and nothing is left behind."""
    options: list[str | Path] = ["--runtime=python3.13", "--architecture=arm64", f"--index-url={bare.url}"]
    starting = command("build", "demo", *options, "-o", tmp_path / "layer.zip")
    with store.lock(sha256_of(next(bare.folder.glob("demo-*")))):
        surroundings = {**os.environ, "LAMBDA_WHEELS_CACHE": str(store.folder)}
        with subprocess.Popen(starting, env=surroundings, stderr=subprocess.DEVNULL) as process:
            while not bare.count("/simple/demo/"):
                assert process.poll() is None
                time.sleep(0.05)
            time.sleep(0.5)  # pip reads the page, and asks
            assert process.poll() is None
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 130
    assert bare.count("/files/*") == 0
    assert left_behind(tmp_path, store.folder) == []
