"""Requirement files that are no plain files, and other paths that are not what they seem. (Looks at the disk.)"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from lambda_wheels.errors import UsageError
from lambda_wheels.resolution.requirements import read_requirements, with_copies
from tests.index_server import IndexServer
from tests.resolution.pip_runs import pins, run_resolve
from tests.wheel_factory import make_wheel

posix = pytest.mark.skipif(sys.platform == "win32", reason="such paths are those of POSIX")


def pipe(content: bytes) -> Path:
    """The path of a pipe out of which ``content`` comes, once."""
    reader, writer = os.pipe()
    os.write(writer, content)
    os.close(writer)
    return Path(f"/dev/fd/{reader}")


@posix
def test_pipe(tmp_path: Path) -> None:
    """What a pipe holds is read once, here, and copied into a plain file for pip."""
    (tmp_path / "r.txt").write_text("plain\n")
    found = with_copies(read_requirements([pipe(b"demo\n"), tmp_path / "r.txt", pipe(b"other\n")]), tmp_path)
    assert [path.read_bytes() for path in found.files] == [b"demo\n", b"plain\n", b"other\n"]
    assert all(path.parent == tmp_path for path in found.files)


@posix
@pytest.mark.pip
def test_pipe_to_pip(tmp_path: Path, folder: Path, index: IndexServer) -> None:
    """A build with ``-r <(…)`` resolves what comes out of the pipe."""
    make_wheel(folder, "demo")
    assert pins(run_resolve(tmp_path, pipe(b"demo\n"), index_url=index.url)) == {"demo": "1.0"}


@posix
def test_plain_file_behind_a_descriptor(tmp_path: Path) -> None:
    """``/dev/stdin`` is another file in another process, even where it is a plain one."""
    (tmp_path / "r.txt").write_text("demo\n")
    with (tmp_path / "r.txt").open("rb") as file:
        found = read_requirements(Path(f"/dev/fd/{file.fileno()}"))
    assert list(found.passing.values()) == [b"demo\n"]


@posix
def test_lock_that_is_no_plain_file(tmp_path: Path) -> None:
    """A lock that is a device is refused: it is read where it is used, more than once, and need not end."""
    (tmp_path / "pylock.toml").symlink_to(os.devnull)
    with pytest.raises(UsageError, match=r"unknown-file-kind.*a pipe, a socket or a device"):
        read_requirements(tmp_path / "pylock.toml")


@posix
def test_without_end() -> None:
    """A device that never ends is refused."""
    with pytest.raises(UsageError, match="too long"):
        read_requirements(Path("/dev/zero"))


@posix
def test_working_directory_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a working directory that was deleted, a relative path is told as what it is: not to be found."""
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(UsageError, match=r"no-such-file.*working directory"):
        read_requirements(Path("r.txt"))


def test_capitals(tmp_path: Path) -> None:
    """A file ``.WHL`` is a wheel whose name is not one, not a requirement file."""
    path = tmp_path / "demo-1.0-py3-none-any.WHL"
    path.write_bytes(b"")
    with pytest.raises(UsageError, match="wheel-filename"):
        read_requirements(path)


def test_other_bytes() -> None:
    """A text that came from bytes that are not UTF-8 is told so."""
    with pytest.raises(UsageError, match=r"demo.*bytes that are not UTF-8"):
        read_requirements("demo\udcff")
