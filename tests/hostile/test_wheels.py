"""Every kind of hostile wheel through a whole build: the right verdict in a line, and nothing else happened."""

from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from lambda_wheels import CannotBuildError, Problem, Severity
from lambda_wheels.problems import escape_controls
from tests.conftest import Tried
from tests.forged_zip import LOCAL
from tests.hostile.locked_builds import Refused, Taken, locked
from tests.hostile.wheel_kinds import Kind, Verdict, kinds, untold
from tests.loopback import TARGET, command, snapshot, stored_wheels
from tests.wheel_factory import make_wheel

pytestmark = pytest.mark.hostile("Wheels")

ABOUT_THE_TARGET = {"requires-python", "native-damaged", "wrong-machine", "foreign-binary", "extension-name"} | {
    "native-in-any",
    "missing-library",
    "missing-symbol-version",
}
"""Rules that a sound wheel breaks for a target: the store may have it, since it is judged for each build anew."""

EVERY = 6
"""Of so many cases one is tried every day, and the first of each section."""


def table(verdict: Verdict) -> list[Any]:
    """The kinds with this verdict as parameters; most of them are for the long run."""
    sections: set[str] = set()
    found = []
    for number, kind in enumerate(kind for kind in kinds() if kind.verdict is verdict):
        daily = number % EVERY == 0 or kind.section not in sections
        sections.add(kind.section)
        marks = () if daily else pytest.mark.long
        found.append(pytest.param(kind, id=f"{kind.section}-{kind.name}", marks=marks))
    return found


def is_told(problem: Problem, kind: Kind, filename: str) -> bool:
    """Whether the line names rule, wheel and member; what is very long may be shortened."""
    place = f"{filename}: {escape_controls(kind.member)}" if kind.member else f"{filename}: "
    return str(problem).startswith(f"{problem.severity}[{kind.rule}] {place[:2000]}")


# --- The table -------------------------------------------------------------------------------------------------------


def test_every_defect_has_its_place() -> None:
    """Every defect that the factory of wheels knows stands in the table of kinds."""
    assert untold() == set()
    names = [(kind.section, kind.name) for kind in kinds()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("kind", table(Verdict.REFUSED))
def test_refused(kind: Kind, refused: Refused, tmp_path: Path, store: Path) -> None:
    """A wheel of a kind to be refused: its rule in a line that names wheel and member; nothing is left of it."""
    path = kind.make(tmp_path)
    error = refused(path)
    first = next(problem for problem in error.problems if problem.severity is Severity.ERROR)
    assert (first.rule, first.wheel, first.project) == (kind.rule, path.name, "demo")
    assert first.member == kind.member or kind.section == "Native code"
    assert is_told(first, kind, path.name)
    if stored_wheels(store):
        assert kind.rule in ABOUT_THE_TARGET
        assert [problem.rule for problem in refused(path).problems] == [problem.rule for problem in error.problems]


@pytest.mark.parametrize("kind", table(Verdict.WARNED))
def test_warned(kind: Kind, refused: Refused, built: Taken, tmp_path: Path, out: Path) -> None:
    """A wheel of a kind to be warned of: refused under strict, else taken with a line that says what and where."""
    path = kind.make(tmp_path)
    assert {problem.rule for problem in refused(path, strict=True).problems} == {kind.rule}
    (out / "layer.zip").unlink()
    [warning] = built(path).warnings
    assert (warning.rule, warning.wheel, warning.member) == (kind.rule, path.name, kind.member)
    assert is_told(warning, kind, path.name)


@pytest.mark.parametrize("kind", table(Verdict.NORMALISED))
def test_normalised(kind: Kind, built: Taken, tmp_path: Path) -> None:
    """A wheel that is only unusual: taken without a word, and nothing of what is unusual is in the layer."""
    layer = built(kind.make(tmp_path))
    assert layer.warnings == ()
    raw = layer.path.read_bytes()
    with zipfile.ZipFile(layer.path) as archive:
        assert archive.testzip() is None
        assert archive.comment == b""
        for info in archive.infolist():
            assert info.date_time == (1980, 2, 1, 0, 0, 0)
            assert (info.create_system, info.external_attr >> 16) in {(3, 0o100644), (3, 0o100755)}
            assert (info.extra, info.comment, info.flag_bits & ~0x800) == (b"", b"", 0)
            _, _, flags, _, _, _, crc, packed, size, _, extra = LOCAL.unpack_from(raw, info.header_offset)
            assert (flags, crc, packed, size, extra) == (
                info.flag_bits,
                info.CRC,
                info.compress_size,
                info.file_size,
                0,
            )
        names = [name for name in archive.namelist() if name.startswith("python/demo/")]
    assert any(name in names for name in ("python/demo/__init__.py", "python/demo/data.py"))


@pytest.mark.parametrize("kind", table(Verdict.REFUSED)[::9])
def test_refused_for_a_folder(kind: Kind, built: Taken, tmp_path: Path, out: Path) -> None:
    """A folder with an earlier layer, and one that does not exist, after a hostile wheel is refused: as they were."""
    (tmp_path / "sound").mkdir()
    built(make_wheel(tmp_path / "sound"), output=out / "folder")
    before = snapshot(out)
    path = kind.make(tmp_path)
    for folder in ("folder", "another"):
        with pytest.raises(CannotBuildError):
            built(path, output=out / folder)
    assert snapshot(out) == before
    assert [path.name for path in out.iterdir()] == ["folder"]


@pytest.mark.long
@pytest.mark.process
@pytest.mark.parametrize("kind", table(Verdict.REFUSED)[::5])
def test_refused_by_the_command(kind: Kind, tmp_path: Path, out: Path, store: Path) -> None:
    """The command, as a process, with a hostile wheel: exit code 1, lines that name the rule, and no traceback."""
    path = kind.make(tmp_path)
    lock = locked(tmp_path / "pylock.toml", path)
    target = ("--runtime", TARGET["runtime"], "--architecture", TARGET["architecture"])
    ended = subprocess.run(
        command("build", "-r", lock, *target, "-q", "--output", out / "layer.zip"), capture_output=True, text=True
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    lines = ended.stderr.splitlines()
    assert lines
    assert all(line.startswith(("error[", "warning[")) and line.isprintable() for line in lines)
    assert any(line.startswith(f"error[{kind.rule}] {path.name}: ") for line in lines)
    assert list(out.iterdir()) == []


# --- Anywhere --------------------------------------------------------------------------------------------------------


def test_cut_off_anywhere(tmp_path: Path, at_length: bool, refused: Refused, tried: Tried) -> None:
    """A wheel that ends too early, at every byte where it could: refused, whatever is left of it."""
    path = make_wheel(tmp_path)
    content = path.read_bytes()
    for size in range(0, len(content), 1 if at_length else 97):
        path.write_bytes(content[:size])
        assert {problem.rule for problem in refused(path).problems} == {"archive-end"}
        tried(1)


def test_a_flipped_bit_anywhere(tmp_path: Path, at_length: bool, built: Taken, out: Path, tried: Tried) -> None:
    """A wheel with one bit flipped, at every bit: refused, or the layer is the very one of the sound wheel."""
    path = make_wheel(tmp_path)
    content = path.read_bytes()
    sound = built(path).content_sha256
    harmless, said = 0, list[str]()
    for place in range(0, 8 * len(content), 1 if at_length else 331):
        damaged = bytearray(content)
        damaged[place // 8] ^= 1 << place % 8
        path.write_bytes(damaged)
        try:
            layer = built(path, output=out / "damaged.zip")
        except CannotBuildError as error:
            said += map(str, error.problems)
        else:
            # Dates, versions of the format and rights are not taken over; the right to execute is.
            harmless += 1
            assert layer.content_sha256 == sound or _only_modes_differ(out / "layer.zip", layer.path)
            layer.path.unlink()
        assert [path.name for path in out.iterdir()] == ["layer.zip"]
        tried(1)
    assert all(line.startswith("error[") and line.isprintable() for line in said)
    assert harmless < 8 * len(content) / 4


def _only_modes_differ(one: Path, other: Path) -> bool:
    with zipfile.ZipFile(one) as first, zipfile.ZipFile(other) as second:
        names = [name for name in first.namelist() if not name.startswith("lambda-wheels/")]
        same = all(first.read(name) == second.read(name) for name in names)
        return same and {info.external_attr >> 16 for info in second.infolist()} <= {0o100644, 0o100755}
