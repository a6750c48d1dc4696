"""Real file systems: full at every size, read-only, without programs; a store and an output of another user."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Tried
from tests.hostile.failing import Machine
from tests.hostile.from_a_lock import Built, built

__all__ = ["built"]

pytestmark = [
    pytest.mark.hostile("Pulled plugs"),
    pytest.mark.pip,
    pytest.mark.process,
    pytest.mark.once,
    pytest.mark.usefixtures("uncovered"),
    pytest.mark.skipif(sys.platform != "linux", reason="mounts are made on Linux"),
]

APART = ["unshare", "--map-root-user", "--mount"]
"""A process that may mount what no other sees."""


def _try(built: Built, kind: str, place: str, step: int) -> list[str]:
    base = built.out / "disks"
    (base / "probe").mkdir(parents=True)
    probe = [*APART, "mount", "-t", "tmpfs", "none", str(base / "probe")] if shutil.which("unshare") else ["false"]
    if subprocess.run(probe, capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    command = [*APART, sys.executable, "-m", "tests.hostile.small_disks", kind, place, str(step)]
    ended = subprocess.run(
        [*command, str(built.lock), str(base)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.splitlines()


def _seldom(place: str) -> Any:
    return pytest.param(place, marks=pytest.mark.long)


@pytest.mark.parametrize("place", [_seldom("store"), "out", _seldom("tmp")])
def test_full(place: str, built: Built, at_length: bool, tried: Tried) -> None:
    """The disk of the store, of the output or of temporary files is full, for every size from 4 KiB on: a layer, or one line; nothing temporary is left, the store verifies, and with room the next run succeeds."""  # noqa: E501
    results = _try(built, "full", place, 4 if at_length else 40)
    assert set(results) == ({"0"} if place == "store" else {"0", "3"})  # for a full store temporary files step in
    tried(len(results))


@pytest.mark.parametrize("kind", ["read-only", "no programs"])
@pytest.mark.parametrize("place", [_seldom("store"), "out", _seldom("tmp")])
def test_other_mounts(kind: str, place: str, built: Built) -> None:
    """The disk of the store, of the output or of temporary files is read-only, or programs on it do not run: gone round where that is possible, else one line."""  # noqa: E501
    assert _try(built, kind, place, 1) in (["0"], ["3"])


NOBODY = 65534


def _give(user: int, *paths: Path) -> None:
    """Let ``paths``, with all that is below, be of ``user``."""
    if sys.platform == "win32":
        raise NotImplementedError
    for path in paths:
        for one in (path, *path.rglob("*")):
            os.chown(one, user, user)


def _part(*names: str) -> Callable[[Machine], None]:
    """Some folders of the store are root's."""
    return lambda machine: _give(0, *(machine.store / "v1" / name for name in names))


def _emptied(machine: Machine) -> None:
    shutil.rmtree(machine.store)
    machine.store.mkdir()


def _closed(machine: Machine) -> None:
    _give(0, machine.store)
    machine.store.chmod(0o700)


def _sticky(machine: Machine) -> None:
    _give(0, machine.store)
    for path in (machine.store, *machine.store.rglob("*")):
        if path.is_dir():
            path.chmod(0o1777)


def _unreadable(machine: Machine) -> None:
    for wheel in machine.store.glob("v1/wheels/*/*/*.whl"):
        _give(0, wheel)
        wheel.chmod(0o600)


def _everything(machine: Machine) -> None:
    _emptied(machine)
    _give(0, *machine.folders)


def _layer(owner: int, mode: int) -> Callable[[Machine], None]:
    """A layer of root's in a folder of ``owner``."""

    def make(machine: Machine) -> None:
        _give(owner, machine.out)
        (machine.out / "layer.zip").write_bytes(b"old")
        machine.out.chmod(mode)

    return make


OWNERS: dict[str, tuple[int, Callable[[Machine], None]]] = {
    "nothing": (0, lambda machine: None),
    "the store": (0, lambda machine: _give(0, machine.store)),
    "the store, which is empty": (0, _emptied),
    "the store, which is closed": (0, _closed),
    "its wheels": (0, _part("wheels")),
    "its scratch folder": (0, _part("scratch")),
    "its locks": (0, _part("locks")),
    "all of it, in sticky folders": (0, _sticky),
    "wheels that cannot be read": (0, _unreadable),
    "the folder of the output": (3, _layer(0, 0o755)),
    "the output, in one's own folder": (0, _layer(NOBODY, 0o755)),
    "the output, in a sticky folder": (3, _layer(0, 0o1777)),
    "everything": (3, _everything),
}
"""What is root's, and how a build of somebody else ends."""


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can be several users")
@pytest.mark.skipif(shutil.which("gcc") is None, reason="no gcc, for the process that becomes another user")
def test_another_user(built: Built, at_length: bool, tried: Tried) -> None:
    """The store, a part of it, the output or its folder is another user's, readable or not, sticky or not: gone round where that is possible, else one line and the old output."""  # noqa: E501
    with contextlib.ExitStack() as stack:
        base = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        base.chmod(0o755)
        served = shutil.copytree(built.served, base / "served")
        machine = stack.enter_context(contextlib.closing(Machine(base)))
        target = ["--runtime=python3.13", "--architecture=arm64", "--no-index"]
        lock = base / "pylock.toml"
        machine.begin(None)
        made = machine.run(["lock", "demo", *target, f"--find-links={served}", "-o", lock])
        assert made.code == 0, made
        machine.keep(base / "before")
        for name, (code, change) in list(OWNERS.items())[:: 1 if at_length else 4]:
            machine.begin(base / "before")
            _give(NOBODY, *machine.folders)
            change(machine)
            had = (machine.out / "layer.zip").exists()
            ended = machine.run(["build", "-r", lock, *target, "-o", machine.out / "layer.zip"], user=NOBODY)
            assert ended.code == code, (name, ended)
            assert "Traceback" not in ended.stderr, name
            assert len([line for line in ended.stderr.splitlines() if line.startswith("error[")]) == (code == 3), name
            content = (machine.out / "layer.zip").read_bytes() if had or not code else b"old"
            assert (content == b"old") == (code == 3), name
            assert machine.run(["cache", "verify"]).code == 0, name
            tried(1)
