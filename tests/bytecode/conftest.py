"""A store with wheels to compile, and an interpreter that compiles them."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lambda_wheels.bytecode import Interpreter
from lambda_wheels.store import Store, StoredWheel
from lambda_wheels.wheels import read_wheel
from tests.bytecode.pythons import interpreter_of
from tests.wheel_factory import make_wheel

Add = Callable[..., StoredWheel]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store."""
    return Store(tmp_path / "store")


@pytest.fixture
def add(store: Store, tmp_path: Path) -> Add:
    """Makes a wheel, as ``make_wheel`` does, and adds it to the store."""
    outside = tmp_path / "outside"
    outside.mkdir()

    def make(*args: str, **options: object) -> StoredWheel:
        path = make_wheel(outside, *args, **options)  # type: ignore[arg-type]
        with store.scratch() as scratch:
            return store.add(Path(shutil.copy(path, scratch)), read_wheel(path))

    return make


@pytest.fixture
def interpreter() -> Interpreter:
    """That of the Python that runs the tests."""
    return interpreter_of(sys.version_info[:2])
