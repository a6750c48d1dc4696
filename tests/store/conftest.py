"""A store in a temporary folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_wheels.store import Store


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder beside the store, for making wheels."""
    folder = tmp_path / "outside"
    folder.mkdir()
    return folder


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store whose folder is not there yet."""
    return Store(tmp_path / "store")
