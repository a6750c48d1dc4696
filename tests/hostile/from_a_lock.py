"""Builds from a lock whose wheels lie on this disk, so that no pip is needed, within a minute. (Disk; pip once.)"""

from __future__ import annotations

import contextlib
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NoReturn

import pytest

import lambda_wheels
from tests.loopback import TARGET
from tests.wheel_factory import make_wheel


@contextlib.contextmanager
def within(seconds: int) -> Iterator[None]:
    """The test fails where the block takes longer: it would wait for ever."""
    if sys.platform == "win32":
        raise NotImplementedError

    def end(*_: object) -> NoReturn:
        pytest.fail(f"it took more than {seconds} s")

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


OWN: Final = f"python{sys.version_info[0]}.{sys.version_info[1]}"
"""The runtime whose bytecode the Python that runs us compiles."""


class Built:
    """A layer from a lock whose wheels lie on this disk, so that no pip is needed, and the store of its build."""

    def __init__(self, served: Path, out: Path, store: Path, kept: Path) -> None:
        self.lock = out / "pylock.toml"
        if not kept.is_dir():  # the first test of this process: pip is needed once only
            make_wheel(served, "demo", requires=["helper"])
            make_wheel(served, "helper")
            here: dict[str, Any] = {"no_index": True, "find_links": [str(served)]}
            runtimes = sorted({TARGET["runtime"], OWN})
            lambda_wheels.lock("demo", **{**TARGET, "runtime": runtimes}, **here, output=self.lock)
            for name, folder in (("served", served), ("out", out), ("store", store)):
                shutil.copytree(folder, kept / name)
            (kept / "place").write_text(str(served))
        for name, folder in (("served", served), ("out", out), ("store", store)):
            shutil.copytree(kept / name, folder, dirs_exist_ok=True)
        self.lock.write_text(self.lock.read_text().replace((kept / "place").read_text(), str(served)))
        self.out = out
        self.store = store
        self.served = served
        self.layer = self.build()
        self.sha256 = self.layer.sha256
        self.saved = out.parent / "saved"
        shutil.copytree(store, self.saved, symlinks=True)
        (self.wheel,) = store.glob("v*/wheels/*/*/demo-*.whl")

    def build(self, **options: Any) -> lambda_wheels.Layer:
        """Build it again."""
        given = options.pop("requirements", self.lock)
        with within(60):
            return lambda_wheels.build_layer(
                given, **{**TARGET, "no_index": True, "output": self.out / "layer.zip", **options}
            )

    def mend(self) -> None:
        """Let the store be as it was."""
        if self.store.is_dir() and not self.store.is_symlink():
            shutil.rmtree(self.store)
        else:
            self.store.unlink(missing_ok=True)
        shutil.copytree(self.saved, self.store, symlinks=True)


@pytest.fixture
def built(
    served: Path, out: Path, store: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Built:
    """Where everything is sound."""
    monkeypatch.chdir(out)  # comes back from where sockets were made
    return Built(served, out, store, tmp_path_factory.getbasetemp() / "from-a-lock")
