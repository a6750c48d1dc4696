"""Builds from locks over wheels of this disk: pip, which would stumble over some, has no part in them. (Fixtures.)"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import lambda_wheels
from lambda_wheels import CannotBuildError, Layer
from tests.loopback import TARGET, left_behind, snapshot
from tests.resolution.locks import entry, wheel, write_lock

Refused = Callable[..., lambda_wheels.LambdaWheelsError]
Taken = Callable[..., Layer]


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files, empty."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder


def locked(path: Path, *wheels: Path) -> Path:
    """A lock over wheels of this disk: pip, which would stumble over some of them, has no part in it."""
    entries = []
    for file in wheels:
        name, version = file.name.split("-")[:2]
        sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
        given = wheel(file.name, url=None, path=str(file), hashes={"sha256": sha256})
        entries.append(entry(given, name=name, version=version))
    return write_lock(path, *entries)


@pytest.fixture
def built(tmp_path: Path, out: Path) -> Taken:
    """A layer of a wheel, into ``out/layer.zip`` if nothing else is said."""

    def build(*wheels: Path, output: Path = out / "layer.zip", **options: Any) -> Layer:
        lock = locked(tmp_path / "pylock.toml", *wheels)
        return lambda_wheels.build_layer(lock, **TARGET, output=output, **options)

    return build


@pytest.fixture
def refused(built: Taken, out: Path, store: Path, temporary: Path) -> Refused:
    """The error of a build that must be refused: after it everything is as it was, each finding being one line."""

    def build(*wheels: Path, **options: Any) -> lambda_wheels.LambdaWheelsError:
        (out / "layer.zip").write_bytes(b"what was there")
        before = snapshot(out)
        with pytest.raises(CannotBuildError) as caught:
            built(*wheels, **options)
        assert snapshot(out) == before
        assert left_behind(out, store) == []
        assert list(temporary.iterdir()) == []
        lines = str(caught.value).splitlines()
        assert len(lines) == len(caught.value.problems)
        assert all(line.isprintable() for line in lines)
        return caught.value

    return build
