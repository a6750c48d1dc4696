"""Wheels are copied out of the store as they were proven, or not at all. (Writes the disk.)"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lambda_wheels.errors import OutputError
from lambda_wheels.layers.wheel_folder import copy_wheels
from lambda_wheels.store import Store
from tests.store.proven import proven


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(lambda path: path.unlink(), id="cleared"),
        pytest.param(lambda path: (path.unlink(), path.mkdir()), id="not readable"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:-1] + b"!"), id="other bytes"),
    ],
)
def test_changed(harm: Callable[[Path], object], tmp_path: Path) -> None:
    """A wheel that has gone, or holds other bytes, since it was proven is said to have changed; nothing is written."""
    stored = Store(tmp_path / "store").add(*proven(tmp_path, "demo"))
    harm(stored.path)
    with pytest.raises(OutputError, match="wheel-changed"):
        copy_wheels([stored], tmp_path / "wheels")
    assert list((tmp_path / "wheels").iterdir()) == []
