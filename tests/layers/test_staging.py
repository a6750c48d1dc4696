"""What is not complete yet: held while its process lives, swept when that has died. (Starts processes.)"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lambda_wheels.layers.contents import Contents
from lambda_wheels.layers.folder import put_in_order, write_folder
from lambda_wheels.layers.output import new_file
from lambda_wheels.layers.staging import (
    LEAVING,
    STAGING_PREFIX,
    left_over,
    staged_file,
    staged_folder,
    staging_path,
    sweep,
)
from lambda_wheels.store.atomic import replace
from tests.layers.hand_made import contents_of, hand_made
from tests.layers.trees import names_in, tree, tree_of

if sys.platform == "win32":
    pytest.skip("there no lock tells whether somebody is at work", allow_module_level=True)

HOLD = """
import sys
from pathlib import Path
from lambda_wheels.layers.staging import staged_file, staged_folder
with staged_file(Path(sys.argv[1])), staged_folder(Path(sys.argv[1])) as folder:
    (folder / "file").touch()
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.mark.hostile("Pulled plugs")
@pytest.mark.process
def test_killed(tmp_path: Path) -> None:
    """What a process has begun beside its output stays while it lives, and is swept once it was killed; what only looks
    like it stays.
    """
    (tmp_path / f"{STAGING_PREFIX}mine.tmp").touch()
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "held\n"
        sweep(tmp_path)
        assert len(names_in(tmp_path)) == 3
        process.kill()
    sweep(tmp_path)
    assert names_in(tmp_path) == [f"{STAGING_PREFIX}mine.tmp"]


def test_another_thread(tmp_path: Path) -> None:
    """What this process itself is at work on stays as well, and goes with the block."""
    with staged_file(tmp_path) as (path, _), staged_folder(tmp_path) as folder:
        sweep(tmp_path)
        assert names_in(tmp_path) == sorted([path.name, folder.name])
    assert names_in(tmp_path) == []


def test_links_and_pipes(tmp_path: Path) -> None:
    """What no build can have left is not touched, and a pipe is not waited for."""
    staging_path(tmp_path).symlink_to(tmp_path)
    os.mkfifo(staging_path(tmp_path))
    sweep(tmp_path)
    assert len(names_in(tmp_path)) == 2


def test_where_it_cannot_be_read(tmp_path: Path) -> None:
    """A folder that is not there, or cannot be read, has nothing to be swept."""
    sweep(tmp_path / "missing")
    assert list(left_over(tmp_path / "missing")) == []


@pytest.mark.parametrize("alone", [True, False])
def test_without_locks(tmp_path: Path, alone: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the file system has no locks outputs are written all the same, and what is left over stays, unless somebody
    who knows better says that nobody is at work.
    """
    import fcntl

    def refuse(*args: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", refuse)
    staging_path(tmp_path).touch()
    with new_file(tmp_path / "output") as file:
        file.write(b"x")
    assert len(names_in(tmp_path)) == 2
    assert len(list(left_over(tmp_path, alone=alone))) == int(alone)


@pytest.mark.parametrize("make", [staged_file, staged_folder])
@pytest.mark.parametrize("never", ["free", "the same"])
def test_never_held(
    tmp_path: Path,
    make: Callable[[Path], contextlib.AbstractContextManager[object]],
    never: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where the file system always says that somebody else has the lock, or gives a file two numbers, a few are tried
    and the last is used without a lock; none stays.
    """
    import fcntl

    tries = 0

    def count(*args: object) -> bool:
        nonlocal tries
        tries += 1
        assert tries < 100, "without end"
        if never == "free":
            raise BlockingIOError
        return False

    if never == "free":
        monkeypatch.setattr(fcntl, "flock", count)
    else:
        monkeypatch.setattr(os.path, "samestat", count)
    with make(tmp_path):
        assert tries > 1
        assert names_in(tmp_path)
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("make", ["file", "folder"])
def test_taken_before_it_was_held(tmp_path: Path, make: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a sweeper was quicker than the lock, another one is made."""
    import fcntl

    real = fcntl.flock
    taken: list[Path] = []

    def slow(descriptor: int, operation: int) -> None:
        if not taken:
            (path,) = tmp_path.iterdir()
            taken.append(path)
            path.rmdir() if path.is_dir() else path.unlink()
        real(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", slow)
    if make == "file":
        with staged_file(tmp_path) as (path, _):
            assert path.exists() and [path] != taken
    else:
        with staged_folder(tmp_path) as path:
            assert path.exists() and [path] != taken


@pytest.mark.hostile("Pulled plugs")
@pytest.mark.parametrize("count", range(1, 7))
def test_killed_between_the_moves(
    contents: Contents, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """Wherever a build is killed while the new tree takes the place of the old one in a folder, that has no manifest,
    and the old tree is brought back whole, also by one who is killed at that.
    """
    write_folder(contents, place)
    new = contents_of(hand_made(tmp_path / "wheels", "third"))
    moves = 0

    class KilledError(BaseException):
        pass

    def killed(source: Path, destination: Path) -> None:
        nonlocal moves
        moves += 1
        if moves >= count:  # and whatever is tried after that
            raise KilledError
        replace(source, destination)

    with monkeypatch.context() as patch:
        patch.setattr("lambda_wheels.layers.folder.replace", killed)
        patch.setattr("lambda_wheels.layers.staging._remove", lambda path: None)
        with pytest.raises(KilledError):
            write_folder(new, place)
    whole = {path: content for path, content in tree(place).items() if not path.startswith(STAGING_PREFIX)}
    assert whole == tree_of(contents) or not list(place.glob("lambda-wheels/*"))
    for left in (2, 3, 1):  # each attempt is killed after some moves of its own
        moves, count = 0, left
        with monkeypatch.context() as patch, contextlib.suppress(KilledError):
            patch.setattr("lambda_wheels.layers.folder.replace", killed)
            put_in_order(place, alone=True)
    put_in_order(place, alone=True)
    assert tree(place) == tree_of(contents)
    assert not list(place.glob(f"{STAGING_PREFIX}*"))


def test_what_was_moved_out_is_not_swept(tmp_path: Path) -> None:
    """A folder that still holds what is to be brought back is left to the build of that output."""
    stage = staging_path(tmp_path)
    (stage / LEAVING / "python").mkdir(parents=True)
    sweep(tmp_path)
    assert (stage / LEAVING / "python").is_dir()


def test_swept_before_it_was_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that somebody sweeps away between its making and its lock is made again, under another name."""
    swept: list[Path] = []
    chmod = Path.chmod

    def swept_first(path: Path, mode: int) -> None:
        if not swept:
            swept.append(path)
            path.rmdir()
        chmod(path, mode)

    monkeypatch.setattr(Path, "chmod", swept_first)
    with staged_folder(tmp_path) as stage:
        assert stage.is_dir()
        assert [stage] != swept
    assert list(tmp_path.iterdir()) == []
