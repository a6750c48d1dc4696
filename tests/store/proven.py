"""Wheels ready to be added to a store. (Writes the disk.)"""

from __future__ import annotations

import shutil
from pathlib import Path

from lambda_wheels.store import Store, StoredWheel
from lambda_wheels.wheels import Wheel, read_wheel
from tests.wheel_factory import make_wheel


def proven(folder: Path, name: str = "demo", version: str = "1.0", *, text: str = "x = 1\n") -> tuple[Path, Wheel]:
    """A wheel made in ``folder`` and read."""
    folder.mkdir(parents=True, exist_ok=True)
    path = make_wheel(folder, name, version, files={f"{name}/__init__.py": text})
    return path, read_wheel(path)


def add_one(store: Store, outside: Path, name: str = "demo", version: str = "1.0") -> StoredWheel:
    """Add a wheel the way a build does: from a scratch folder."""
    path, wheel = proven(outside, name, version)
    with store.scratch() as scratch:
        return store.add(Path(shutil.copy(path, scratch)), wheel)
