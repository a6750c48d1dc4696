"""What the tests of locks share: a project for several targets, its lock, and what to look at. (Reads the disk.)"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import lambda_wheels
from lambda_wheels import LambdaWheelsError, Lock, Problem
from tests.index_server import IndexServer
from tests.loopback import IMPATIENT, TARGET
from tests.wheel_factory import make_wheel

MakeLock = Callable[..., Lock]

BOTH: dict[str, Any] = {"architecture": ["x86_64", "arm64"]}
ALL: dict[str, Any] = {**BOTH, "runtime": ["python3.13", "python3.11"]}


@pytest.fixture
def path(out: Path) -> Path:
    """Where the lock will be."""
    return out / "pylock.toml"


@pytest.fixture
def lock(index: IndexServer, path: Path) -> MakeLock:
    """``lambda_wheels.lock`` for python3.13 on arm64, from ``index``, to ``path``."""
    return functools.partial(lambda_wheels.lock, **{**TARGET, **IMPATIENT, "index_url": index.url, "output": path})


@pytest.fixture
def demo(served: Path) -> None:
    """A project with a module for each architecture, whose newer release needs a newer Python, and what it needs."""
    for machine in ("aarch64", "x86_64"):
        make_wheel(served, "demo", "1.0", tag=f"cp39-abi3-manylinux_2_17_{machine}", requires=["helper"])
        tag = f"cp313-cp313-manylinux_2_28_{machine}"
        make_wheel(served, "demo", "2.0", tag=tag, requires=["helper"], requires_python=">=3.12")
    make_wheel(served, "helper", "1.0")


def versions(path: Path) -> dict[str, list[str]]:
    """The versions that a lock has, by project."""
    found: dict[str, list[str]] = {}
    for package in tomllib.loads(path.read_text(encoding="utf-8"))["packages"]:
        found.setdefault(package["name"], []).append(package["version"])
    return found


def problems(call: Callable[..., object], *args: Any, **options: Any) -> list[Problem]:
    """What is wrong with a call."""
    with pytest.raises(LambdaWheelsError) as caught:
        call(*args, **options)
    return list(caught.value.problems)


def state(path: Path) -> tuple[bytes, int, int]:
    """All that would tell that a file was written."""
    status = path.stat()
    return path.read_bytes(), status.st_mtime_ns, status.st_ino
