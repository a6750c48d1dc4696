"""Names of members: what is refused, what is warned of."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.forged_zip import Entry, forge
from tests.wheel_factory import make_wheel
from tests.wheels.findings import found, refusal, told


@pytest.mark.hostile("Wheels")
@pytest.mark.parametrize(
    ("name", "rule"),
    [
        pytest.param("/etc/passwd", "member-name-absolute", id="absolute"),
        pytest.param("//server/share/x.py", "member-name-absolute", id="unc-slashes"),
        pytest.param("\\\\server\\share\\x.py", "member-name-backslash", id="unc"),
        pytest.param("../x.py", "member-name-climbs", id="climbs-at-the-start"),
        pytest.param("demo/../../x.py", "member-name-climbs", id="climbs-inside"),
        pytest.param("demo/..", "member-name-climbs", id="climbs-at-the-end"),
        pytest.param("demo\\x.py", "member-name-backslash", id="backslash"),
        pytest.param("..\\x.py", "member-name-backslash", id="backslash-climbs"),
        pytest.param("C:/x.py", "member-name-drive", id="drive"),
        pytest.param("c:x.py", "member-name-drive", id="drive-relative"),
        pytest.param("demo/C:/x.py", "member-name-drive", id="drive-inside"),
        pytest.param("./x.py", "member-name-dot", id="dot-at-the-start"),
        pytest.param("demo/./x.py", "member-name-dot", id="dot-inside"),
        pytest.param("demo//x.py", "member-name-empty", id="empty-component"),
        pytest.param("demo/x.py\0.txt", "member-name-control", id="nul"),
        pytest.param("demo/x\n.py", "member-name-control", id="newline"),
        pytest.param("demo/x\x1b[2J.py", "member-name-control", id="escape"),
        pytest.param("demo/x\x7f.py", "member-name-control", id="del"),
        pytest.param("demo/x\x85.py", "member-name-control", id="next-line"),
        pytest.param("demo/x\u2028.py", "member-name-control", id="line-separator"),
        pytest.param("demo/x\u202eyp.exe", "member-name-bidirectional", id="right-to-left-override"),
        pytest.param("demo/x\u2066.py", "member-name-bidirectional", id="isolate"),
        pytest.param("demo/\u200f.py", "member-name-bidirectional", id="mark"),
        pytest.param("demo/" + "x" * 256, "member-name-length", id="component-of-256-bytes"),
        pytest.param("demo/" + "é" * 128, "member-name-length", id="component-of-256-bytes-in-128-characters"),
        pytest.param("a/" * 512 + "x", "member-name-length", id="path-of-1025-bytes"),
        pytest.param("", "member-name-empty", id="empty"),
    ],
)
def test_a_name_that_could_be_another_file_is_refused(tmp_path: Path, name: str, rule: str) -> None:
    """A name that leads elsewhere, or looks like another, refuses the wheel under the name of the rule."""
    problems = refusal(make_wheel(tmp_path, files={name: "x = 1\n"}))
    assert (problems[0].rule, problems[0].member) == (rule, name)
    assert {problem.rule for problem in problems} <= {rule, "record-surplus-row", "record-missing-row", "record-row"}
    assert all(str(problem).isprintable() for problem in problems)


@pytest.mark.hostile("Wheels")
@pytest.mark.parametrize(
    "name",
    [
        pytest.param("demo/" + "x" * 255, id="component-of-255-bytes"),
        pytest.param("a/" * 511 + "xy", id="path-of-1024-bytes"),
        pytest.param("demo/..x/x..y", id="dots-in-names"),
        pytest.param("demo/été 日本.txt", id="not-ascii"),
        pytest.param("demo/ab: c,d\"e'f;g.txt", id="punctuation"),
    ],
)
def test_unusual_names_are_taken(tmp_path: Path, name: str) -> None:
    """A name that is only unusual is taken without a word."""
    assert told(make_wheel(tmp_path, files={name: "x"})) == []


def test_a_name_that_is_no_utf8_is_refused(tmp_path: Path) -> None:
    """A name whose bytes are no UTF-8 refuses the wheel."""
    wheel = make_wheel(tmp_path, files={"demo/\udcff.py": "x = 1\n"})
    assert found(wheel)[0] == ("member-name-encoding", "demo/\udcff.py")


def test_a_name_without_the_utf8_flag_is_refused(tmp_path: Path) -> None:
    """A name that is not ASCII is refused where the archive does not say that it is UTF-8."""
    wheel = make_wheel(tmp_path, files={"demo/é.py": "x = 1\n"}, defect="no-utf8-flag")
    assert found(wheel) == [("member-name-encoding", "demo/é.py")]


@pytest.mark.parametrize("file", ["demo", "demo/a"])
def test_a_file_that_is_also_a_folder_is_refused(tmp_path: Path, file: str) -> None:
    """A path cannot be a file and have files below it."""
    wheel = make_wheel(tmp_path, files={file: "x", "demo/a/b.py": "x"})
    assert found(wheel) == [("member-file-and-folder", file)]


def test_a_folder_member_named_like_a_file_is_refused(tmp_path: Path) -> None:
    """A path cannot be a file and a folder member, even one without files."""
    wheel = make_wheel(tmp_path, files={"demo/a": "x", "demo/a/": ""})
    assert found(wheel) == [("member-file-and-folder", "demo/a")]


@pytest.mark.hostile("Wheels")
@pytest.mark.parametrize(
    ("names", "rule", "member"),
    [
        pytest.param(["demo/A.py", "demo/a.py"], "member-name-case", "demo/a.py", id="case"),
        pytest.param(["demo/\u00e9", "demo/e\u0301"], "member-name-case", "demo/e\u0301", id="composed"),
        pytest.param(["demo/con"], "member-name-reserved", "demo/con", id="device"),
        pytest.param(["demo/NUL.txt"], "member-name-reserved", "demo/NUL.txt", id="device-with-ending"),
        pytest.param(["lpt1/x"], "member-name-reserved", "lpt1/x", id="device-as-folder"),
        pytest.param(["demo/x."], "member-name-trailing", "demo/x.", id="dot"),
        pytest.param(["demo /x"], "member-name-trailing", "demo /x", id="space"),
    ],
)
def test_names_that_some_machines_cannot_hold_are_warned_of(
    tmp_path: Path, names: list[str], rule: str, member: str
) -> None:
    """A name that is fine in Lambda but not on every machine is taken, with a warning."""
    wheel = make_wheel(tmp_path, files=dict.fromkeys(names, "x"))
    assert told(wheel) == [("warning", rule, member)]


def test_a_console_is_no_device(tmp_path: Path) -> None:
    """Names that only begin like those of a device are not warned of."""
    assert told(make_wheel(tmp_path, files={"demo/console.py": "x", "demo/com10": "x", "demo/nulls": "x"})) == []


def test_every_name_is_looked_at(tmp_path: Path) -> None:
    """All bad names of a wheel are told at once."""
    names = ["../a", "/b", "c\\d"]
    wheel = make_wheel(tmp_path, files=dict.fromkeys(names, "x"))
    assert set(names) <= {member for rule, member in found(wheel) if rule.startswith("member-name-")}


def test_a_bad_name_stands_before_all_else(tmp_path: Path) -> None:
    """An archive with nothing but a climbing name is refused for the name as well as for what is missing."""
    wheel = tmp_path / "demo-1.0-py3-none-any.whl"
    wheel.write_bytes(forge([Entry(name=b"../x", content=b"x")]))
    assert found(wheel) == [("member-name-climbs", "../x"), ("dist-info-missing", None)]
