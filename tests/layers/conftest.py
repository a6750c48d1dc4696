"""A small layer with something of every kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_wheels.layers import Contents
from tests.layers.hand_made import contents_of, hand_made

FILES = {
    "demo/__init__.py": b"NAME = 'demo'\n",
    "demo/empty.py": b"",
    "demo/tool": b"#!/bin/sh\n",
    "demo/data/ü ö.txt": "größer".encode(),
    "demo/large.bin": bytes(range(256)) * 12_345,
    "demo-1.0.data/data/share/demo.txt": b"data\n",
    "demo-1.0.data/scripts/demo": b"#!python\nprint('demo')\n",
}


@pytest.fixture(params=["stored", "deflated"])
def contents(request: pytest.FixtureRequest, tmp_path: Path) -> Contents:
    """The contents of a layer of two wheels, with scripts; its wheels lie in ``wheels``."""
    deflated = request.param == "deflated"
    return contents_of(
        hand_made(tmp_path / "wheels", files=FILES, executable=["demo/tool"], deflated=deflated),
        hand_made(tmp_path / "wheels", "other", entry_points="[console_scripts]\nother = other:f\n", deflated=deflated),
        scripts=True,
    )


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An empty folder for outputs, so that what is left behind is seen."""
    folder = tmp_path / "place"
    folder.mkdir()
    return folder
