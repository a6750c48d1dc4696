"""Where the system does not say what is at a path, nothing is taken for absent. (Disk.)"""

from __future__ import annotations

import errno
import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import lambda_wheels
from lambda_wheels import OutputError, UsageError
from lambda_wheels.layers.libraries import read_libraries
from lambda_wheels.layers.output import check_folder_of, settled
from lambda_wheels.layers.staging import LEAVING, sweep
from lambda_wheels.layers.wheel_folder import check_wheel_folder
from lambda_wheels.there import exists, is_file, is_folder, is_link, is_taken

QUESTIONS: list[Callable[[Path], bool]] = [exists, is_file, is_folder, is_link, is_taken]
TARGET: dict[str, Any] = {"runtime": "python3.13", "architecture": "arm64"}


@pytest.mark.parametrize(
    ("make", "answers"),
    [
        (lambda path: None, ""),
        (Path.touch, "exists is_file is_taken"),
        (Path.mkdir, "exists is_folder is_taken"),
        (lambda path: path.symlink_to("nowhere"), "is_link is_taken"),
        (lambda path: path.symlink_to(path.name), "is_link is_taken"),
        (lambda path: path.symlink_to(path.parent), "exists is_folder is_link is_taken"),
    ],
)
def test_what_is_there(make: Callable[[Path], object], answers: str, tmp_path: Path) -> None:
    """Nothing, a file, a folder and links are told apart."""
    path = tmp_path / "one"
    make(path)
    assert " ".join(question.__name__ for question in QUESTIONS if question(path)) == answers


def test_what_no_path_can_be(tmp_path: Path) -> None:
    """Nothing is below a file, and nothing has a name with a NUL."""
    (tmp_path / "file").touch()
    assert not any(question(path) for question in QUESTIONS for path in (tmp_path / "file" / "a", tmp_path / "a\0b"))
    assert not exists(tmp_path / ("x" * 300))
    assert not is_taken(tmp_path / ("x" * 300))


Failing = Callable[[Path, int], None]


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Failing:
    """Let the system refuse to say what is at a path."""
    really = os.stat

    def fail(bad: Path, error: int) -> None:
        @functools.wraps(really)
        def stat(path: Any, *args: Any, **options: Any) -> os.stat_result:
            if isinstance(path, str | os.PathLike) and os.fspath(path) == str(bad):
                raise OSError(error, os.strerror(error), str(bad))
            return really(path, *args, **options)

        monkeypatch.setattr(os, "stat", stat)

    return fail


@pytest.mark.parametrize("error", [errno.EIO, errno.ESTALE, errno.EACCES])
def test_what_cannot_be_told(error: int, failing: Failing, tmp_path: Path) -> None:
    """A file that the system says nothing of is not a missing one: whoever was given it says that it cannot be read."""
    path = tmp_path / "layer.zip"
    path.touch()
    failing(path, error)
    for question in QUESTIONS:
        with pytest.raises(OSError, match=os.strerror(error)):
            question(path)
    for use in (
        lambda: lambda_wheels.check(path),
        lambda: lambda_wheels.build_layer(path, **TARGET, output=tmp_path / "other.zip"),
        lambda: lambda_wheels.build_layer("demo", **TARGET, output=tmp_path / "other.zip", constraint=[path]),
        lambda: read_libraries([path]),
        lambda: settled(path),
        lambda: check_wheel_folder(path),
    ):
        with pytest.raises(OutputError) as caught:
            use()
        assert caught.value.problems[0].rule in ("disk-failed", "output-failed")
        assert "layer.zip" in str(caught.value)
    with pytest.raises(OSError, match=os.strerror(error)):
        check_folder_of(path / "a")


def test_a_missing_file(tmp_path: Path) -> None:
    """What is not there is a mistake of the caller's, as ever."""
    with pytest.raises(UsageError, match="does not exist"):
        lambda_wheels.check(tmp_path / "layer.zip")


def test_a_staged_folder_of_which_nothing_is_told(failing: Failing, tmp_path: Path) -> None:
    """A folder that may hold a moved-out tree stays, as long as it cannot be seen whether it does."""
    staged = tmp_path / ".lambda-wheels-0123456789abcdef.tmp"
    (staged / LEAVING / "python").mkdir(parents=True)
    failing(staged / LEAVING, errno.EIO)
    sweep(tmp_path)
    assert (staged / LEAVING / "python").is_dir()
