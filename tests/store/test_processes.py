"""Processes share one store, and being killed harms nobody. (Starts processes.)"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lambda_wheels.store import Store
from tests.conftest import Tried
from tests.store.proven import proven

pytestmark = pytest.mark.process

BUILD = """
import shutil, sys
from pathlib import Path
from lambda_wheels.store import open_store
from lambda_wheels.wheels import read_wheel

folder, rounds, *paths = sys.argv[1:]
wheels = [(Path(path), read_wheel(Path(path))) for path in paths]
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(rounds)):
    with open_store(Path(folder)) as store:
        if number:
            store.clear()
        for path, wheel in wheels:
            with store.lock(wheel.sha256):
                stored = store.find(wheel.filename, wheel.sha256)
                if stored is None:
                    print("fetched", wheel.filename, flush=True)
                    with store.scratch() as scratch:
                        stored = store.add(Path(shutil.copy(path, scratch)), wheel)
                assert stored.wheel == wheel
        assert not store.problems
"""


def start(folder: Path, rounds: int, paths: list[Path]) -> subprocess.Popen[str]:
    """A process that waits for a line and then uses the store."""
    command = [sys.executable, "-c", BUILD, str(folder), str(rounds), *map(str, paths)]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert child.stdout is not None and child.stdout.readline() == "ready\n"
    return child


def test_one_download_each(store: Store, outside: Path) -> None:
    """Of several processes that need the same wheels at once, exactly one fetches each; all end well."""
    made = [proven(outside, name) for name in ("one", "two", "three")]
    children = [start(store.folder, 1, [path for path, _ in made]) for _ in range(4)]
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    outputs = [child.communicate(timeout=60) for child in children]
    assert [child.returncode for child in children] == [0] * 4, [errors for _, errors in outputs]
    fetched = [line for output, _ in outputs for line in output.splitlines()]
    assert sorted(fetched) == sorted(f"fetched {wheel.filename}" for _, wheel in made)
    assert store.info().wheels == 3


@pytest.mark.hostile("Pulled plugs")
def test_killed_at_any_moment(store: Store, outside: Path, tried: Tried, at_length: bool) -> None:
    """Whenever a process that fills and clears a store is killed, the store verifies, nothing unfinished stays, and the
    next run goes well.
    """
    made = [proven(outside, name) for name in ("one", "two", "three")]
    dice = random.Random(1)
    for _ in range(60 if at_length else 6):
        child = start(store.folder, 1_000_000, [path for path, _ in made])
        with child:
            assert child.stdin is not None
            child.stdin.write("go\n")
            child.stdin.flush()
            time.sleep(dice.uniform(0.0, 0.1))
            assert child.poll() is None
            child.kill()
        assert list(store.verify()) == []
        with store.scratch() as scratch:
            living = {scratch.name, f"{scratch.name}.lock"}
            assert {path.name for path in scratch.parent.iterdir()} - {"register.lock"} == living
            for path, wheel in made:
                copy = scratch / wheel.filename
                copy.write_bytes(path.read_bytes())
                assert store.add(copy, wheel).wheel == wheel
        tried(1)
