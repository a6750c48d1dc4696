"""Scratch folders go away, also those of killed processes, and only those."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path

import pytest

from lambda_wheels.store.scratch import scratch_folder, sweep

WORK = """
import sys, time
from pathlib import Path
from lambda_wheels.store.scratch import scratch_folder
with scratch_folder(Path(sys.argv[1])) as folder:
    (folder / "half a wheel").write_text("x")
    print(folder, flush=True)
    time.sleep(60)
"""


def entries(parent: Path) -> set[str]:
    """What is there, but for the lock of the register."""
    return {path.name for path in parent.iterdir()} - {"register.lock"}


@pytest.mark.parametrize("error", [None, KeyError, KeyboardInterrupt])
def test_gone_afterwards(tmp_path: Path, error: type[BaseException] | None) -> None:
    """The folder is empty and one's own, and gone with its lock however the work ends."""
    expected = pytest.raises(error) if error else contextlib.nullcontext()
    with expected, scratch_folder(tmp_path / "scratch") as folder:
        assert list(folder.iterdir()) == []
        (folder / "sub").mkdir()
        (folder / "sub" / "file").write_text("x")
        if error:
            raise error
    assert entries(tmp_path / "scratch") == set()


def test_live_folders_stay(tmp_path: Path) -> None:
    """One thread can have several, and making or sweeping takes away none that is in use."""
    with scratch_folder(tmp_path) as first, scratch_folder(tmp_path) as second:
        sweep(tmp_path)
        assert first != second and first.is_dir() and second.is_dir()


def test_left_overs_are_swept(tmp_path: Path) -> None:
    """What has no living owner goes when the next folder is made: with a lock file, without, or the lock file alone."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("x")
    (tmp_path / "one.lock").touch()
    (tmp_path / "three.lock").touch()
    with scratch_folder(tmp_path) as folder:
        assert entries(tmp_path) == {folder.name, f"{folder.name}.lock"}


def test_nothing_to_sweep(tmp_path: Path) -> None:
    """A folder that was never made is not made by sweeping."""
    sweep(tmp_path / "nowhere")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.hostile("Pulled plugs")
@pytest.mark.process
def test_killed_process(tmp_path: Path) -> None:
    """Another process's unfinished folder in the store stays while it lives, and is swept once it was killed."""
    with subprocess.Popen([sys.executable, "-c", WORK, str(tmp_path)], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        folder = Path(child.stdout.readline().strip())
        sweep(tmp_path)
        assert (folder / "half a wheel").exists()
        child.kill()
        child.wait()
        sweep(tmp_path)
    assert entries(tmp_path) == set()
