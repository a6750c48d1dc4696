"""Modes of members: only plain files and folders."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from lambda_wheels.wheels import read_wheel
from tests.wheel_factory import make_wheel
from tests.wheels.findings import found, told

NAME = "demo/__init__.py"


@pytest.mark.hostile("Wheels")
@pytest.mark.parametrize(
    ("mode", "rule"),
    [
        pytest.param(stat.S_IFLNK | 0o777, "member-symlink", id="symlink"),
        pytest.param(stat.S_IFIFO | 0o644, "member-fifo", id="fifo"),
        pytest.param(stat.S_IFCHR | 0o644, "member-device", id="character-device"),
        pytest.param(stat.S_IFBLK | 0o644, "member-device", id="block-device"),
        pytest.param(stat.S_IFSOCK | 0o644, "member-socket", id="socket"),
        pytest.param(stat.S_IFDIR | 0o755, "member-kind", id="folder-named-as-a-file"),
        pytest.param(0xE000 | 0o644, "member-kind", id="unknown"),
    ],
)
def test_what_is_no_plain_file_is_refused(tmp_path: Path, mode: int, rule: str) -> None:
    """A link, a pipe, a device, a socket or something unknown refuses the wheel."""
    assert found(make_wheel(tmp_path, modes={NAME: mode})) == [(rule, NAME)]


def test_a_folder_with_data_is_refused(tmp_path: Path) -> None:
    """A member named as a folder has no data."""
    assert found(make_wheel(tmp_path, files={"demo/": "data"})) == [("member-folder-data", "demo/")]


def test_a_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    """A link stays a link where its name ends as a folder's."""
    wheel = make_wheel(tmp_path, files={"demo/": ""}, modes={"demo/": stat.S_IFLNK | 0o777})
    assert found(wheel) == [("member-symlink", "demo/")]


@pytest.mark.hostile("Wheels")
@pytest.mark.parametrize(
    ("mode", "executable"),
    [
        pytest.param(stat.S_IFREG | 0o644, False, id="plain"),
        pytest.param(stat.S_IFREG | 0o755, True, id="executable"),
        pytest.param(stat.S_IFREG | 0o100, True, id="executable-for-its-owner"),
        pytest.param(stat.S_IFREG | 0o600, False, id="private"),
        pytest.param(stat.S_IFREG, False, id="no-rights"),
        pytest.param(stat.S_IFREG | 0o6755, True, id="set-uid"),
        pytest.param(stat.S_IFREG | 0o1644, False, id="sticky"),
        pytest.param(0o664, False, id="without-a-type"),
        pytest.param(0, False, id="none"),
    ],
)
def test_only_the_right_to_execute_is_kept(tmp_path: Path, mode: int, executable: bool) -> None:
    """Whatever else a plain file's mode says is dropped without a word."""
    wheel = read_wheel(make_wheel(tmp_path, modes={NAME: mode}))
    assert [member.executable for member in wheel.members if member.name == NAME] == [executable]
    assert wheel.problems == ()


def test_folder_members_are_left_out(tmp_path: Path) -> None:
    """Members that are folders are taken, and are not among the members of the wheel."""
    path = make_wheel(tmp_path, files={"demo/": "", NAME: "x", "empty/": ""}, modes={"demo/": stat.S_IFDIR | 0o755})
    assert told(path) == []
    assert not {"demo/", "empty/"} & {member.name for member in read_wheel(path).members}
