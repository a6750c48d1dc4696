"""A pip that knows nothing of the machine that the tests run on, and indexes for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.loopback import bare_surroundings, index, served

__all__ = ["bare_surroundings", "folder", "index", "served"]


@pytest.fixture(autouse=True)
def everywhere_bare(bare_surroundings: None) -> None:
    """Every test of this folder is apart from the machine."""


@pytest.fixture
def folder(served: Path) -> Path:
    """The folder that ``index`` serves, empty."""
    return served
