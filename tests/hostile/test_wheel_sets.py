"""Sound wheels that lie in company, wheels that are no files, and the other doors: fetch, lock, check. (Starts pip.)"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import lambda_wheels
from lambda_wheels import LambdaWheelsError, Problem
from lambda_wheels.progress import ProgressEvent, Stage
from tests.forged_zip import Entry, forge
from tests.hostile.locked_builds import Refused, locked
from tests.hostile.test_floods import FLOODS
from tests.hostile.wheel_kinds import INFO, VICTIM, Kind, Verdict, kinds
from tests.index_server import IndexServer, Listing
from tests.loopback import IMPATIENT, TARGET, Build, left_behind, snapshot, stored_wheels
from tests.wheel_factory import make_wheel

pytestmark = pytest.mark.hostile("Wheels")

posix = pytest.mark.skipif(sys.platform == "win32", reason="there are no such files there")

SAMPLE = [kind for kind in kinds() if kind.verdict is Verdict.REFUSED][::7]
EACH = pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, id=f"{kind.section}-{kind.name}", marks=() if number % 7 == 0 else pytest.mark.long)
        for number, kind in enumerate(SAMPLE)
    ],
)


def rules(error: LambdaWheelsError) -> set[str]:
    """The rules that were broken; each finding is a printable line."""
    lines = str(error).splitlines()
    assert len(lines) == len(error.problems)
    assert all(line.isprintable() for line in lines)
    return {problem.rule for problem in error.problems}


def nothing_in(folder: Path) -> bool:
    """Whether ``folder`` is empty."""
    return not list(folder.iterdir())


# --- In company ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "rule"),
    [
        pytest.param({"shared/a": "1"}, {"shared/a": "2"}, "path-conflict", id="other-bytes"),
        pytest.param({"shared": "1"}, {"shared/a": "2"}, "file-and-folder", id="file-and-folder"),
        pytest.param({"shared/a/b": "1"}, {"shared/a": "2"}, "file-and-folder", id="folder-and-file"),
        pytest.param({"two.dist-info/RECORD": "1"}, {}, "dist-info-name", id="metadata-of-the-other"),
        pytest.param({"two-1.0.dist-info/METADATA": "1"}, {}, "dist-info-name", id="metadata-in-its-place"),
    ],
)
def test_two_wheels_for_one_path(
    first: Mapping[str, str], second: Mapping[str, str], rule: str, refused: Refused, tmp_path: Path
) -> None:
    """Two wheels with other bytes for one path, a file for one and a folder for the other, one in the other's place."""
    one = make_wheel(tmp_path, "one", files={"one/__init__.py": "", **first})
    two = make_wheel(tmp_path, "two", files={"two/__init__.py": "", **second})
    assert rules(refused(one, two)) == {rule}


@pytest.mark.pip
@pytest.mark.once
@pytest.mark.parametrize(
    ("wheel", "listing", "expected"),
    [
        pytest.param(
            {"requires": ["six"]},
            {"lies": b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"},
            {"broken-promise"},
            id="needs-more-than-was-told",
        ),
        pytest.param(
            {},
            {"lies": b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Dist: helper\n"},
            {"broken-promise"},
            id="needs-less-than-was-told",
        ),
        pytest.param(
            {"requires_python": ">=3.14"},
            {"lies": b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n", "requires_python": ">=3.9"},
            {"requires-python"},
            id="python-in-page-and-metadata",
        ),
        pytest.param(
            {"requires_python": ">=3.14"}, {"requires_python": ">=3.9"}, {"requires-python"}, id="python-in-page"
        ),
        pytest.param(
            {"requires_python": ">=3.14"},
            {"requires_python": ">=3.9", "metadata": False},
            {"requires-python"},
            id="python-in-page-without-metadata",
        ),
    ],
)
def test_an_index_that_tells_otherwise(
    wheel: dict[str, Any],
    listing: dict[str, Any],
    expected: set[str],
    served: Path,
    out: Path,
    store: Path,
    temporary: Path,
) -> None:
    """A wheel that needs another Python, or other projects, than the index told: refused.

    It is not kept, unless pip had to look into it to choose: nothing is wrong with the wheel itself.
    """
    path = make_wheel(served, **wheel)
    make_wheel(served, "helper")
    told: dict[str, Any] = {key: {path.name: value} if key != "metadata" else value for key, value in listing.items()}
    with IndexServer(served, listing=Listing(**told)) as index, pytest.raises(LambdaWheelsError) as caught:
        lambda_wheels.build_layer("demo", **TARGET, **IMPATIENT, index_url=index.url, output=out / "layer.zip")
    assert caught.value.exit_code == 1
    assert rules(caught.value) == expected
    assert all(nothing_in(folder) for folder in (out, temporary))
    assert not left_behind(store)
    assert (path.name in stored_wheels(store)) is ("metadata" in listing)


# --- No plain files --------------------------------------------------------------------------------------------------


def _fifo(path: Path) -> None:
    if sys.platform == "win32":
        raise NotImplementedError
    os.mkfifo(path)


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _folder(path: Path) -> None:
    path.mkdir()


def _loop(path: Path) -> None:
    path.symlink_to(path)


@posix
@pytest.mark.parametrize(
    ("make", "rule"),
    [
        pytest.param(_fifo, "unknown-file-kind", id="pipe"),
        pytest.param(_device, "unknown-file-kind", id="device"),
        pytest.param(_folder, "not-a-wheel", id="folder"),
        pytest.param(_loop, "no-such-file", id="link-to-itself"),
    ],
)
def test_wheels_that_are_no_files(make: Any, rule: str, tmp_path: Path, out: Path, store: Path) -> None:
    """A pipe, a device or a folder named like a wheel: refused at once, by path and by lock, and never waited for."""
    path = make_wheel(tmp_path)
    lock = locked(tmp_path / "pylock.toml", path)
    path.unlink()
    make(path)
    with pytest.raises(lambda_wheels.UsageError) as caught:
        lambda_wheels.build_layer(path, **TARGET, output=out / "layer.zip")
    assert rules(caught.value) == {rule}
    with pytest.raises(LambdaWheelsError) as unreachable:
        lambda_wheels.build_layer(lock, **TARGET, output=out / "layer.zip")
    assert rules(unreachable.value) == {"file-unreachable"}
    assert nothing_in(out)
    assert not left_behind(store)
    checked = []
    if rule != "no-such-file":
        checked = [problem.rule for problem in lambda_wheels.check(path, **TARGET)]
    assert checked in ([], ["not-a-layer"])


@pytest.mark.pip
@pytest.mark.once
@pytest.mark.parametrize("by_lock", [True, False], ids=["lock", "path"])
def test_a_wheel_that_changes_meanwhile(by_lock: bool, build: Build, tmp_path: Path, out: Path, store: Path) -> None:
    """A wheel on this disk that becomes another one after it was chosen: what was not proven does not get in."""
    path = make_wheel(tmp_path)
    other = make_wheel(out, files={VICTIM: "EVIL = 1\n"}).read_bytes()
    out.joinpath(path.name).unlink()
    given = locked(tmp_path / "pylock.toml", path) if by_lock else path

    def change(event: ProgressEvent) -> None:
        if event.stage is Stage.FETCH:
            path.write_bytes(other)

    with pytest.raises(LambdaWheelsError) as caught:
        build(given, output=out / "layer.zip", progress=change)
    assert rules(caught.value) == {"hash-mismatch" if by_lock else "broken-promise"}
    assert nothing_in(out)
    assert not [*left_behind(store), *stored_wheels(store)]


# --- The other doors -------------------------------------------------------------------------------------------------


@EACH
def test_fetched(kind: Kind, tmp_path: Path, out: Path, store: Path, temporary: Path) -> None:
    """A hostile wheel among others that are fetched: refused, and none of them is in the folder."""
    path = kind.make(tmp_path)
    lock = locked(tmp_path / "pylock.toml", path, make_wheel(tmp_path, "sound"))
    with pytest.raises(LambdaWheelsError) as caught:
        lambda_wheels.fetch_wheels(lock, **TARGET, output=out / "wheels")
    assert kind.rule in rules(caught.value)
    assert all(nothing_in(folder) for folder in (out, temporary))
    assert not left_behind(store)


@pytest.mark.pip
@pytest.mark.once
@EACH
def test_locked(kind: Kind, bare_surroundings: None, tmp_path: Path, out: Path, store: Path, temporary: Path) -> None:
    """A hostile wheel that pip is to choose: no lock is written, whoever of the two finds out, pip or we."""
    path = kind.make(tmp_path)
    with pytest.raises(LambdaWheelsError) as caught:
        lambda_wheels.lock(path, **TARGET, no_index=True, output=out / "pylock.toml")
    assert caught.value.exit_code == 1
    assert kind.rule in rules(caught.value)
    assert all(nothing_in(folder) for folder in (out, temporary))
    assert not left_behind(store)


@pytest.mark.pip
@pytest.mark.once
@pytest.mark.parametrize(
    "name",
    [
        "python-of-5000-digits",
        *(
            pytest.param(name, marks=pytest.mark.long)
            for name in ("version-of-5000-digits", "requirement-of-5000-digits", "marker-of-5000-brackets")
        ),
    ],
)
def test_what_pip_stumbles_over(name: str, build: Build, tmp_path: Path, out: Path, store: Path) -> None:
    """A wheel over whose metadata pip itself crashes: told as what is wrong with the wheel, not as a fault of pip."""
    rule, _, options = FLOODS[name]
    path = make_wheel(tmp_path, **options)
    with pytest.raises(lambda_wheels.WheelError) as caught:
        build(path, output=out / "layer.zip")
    assert rules(caught.value) == {rule}
    assert nothing_in(out)
    assert not [*left_behind(store), *stored_wheels(store)]


@EACH
def test_checked(kind: Kind, tmp_path: Path, store: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hostile wheel that is only looked at: the same rule, and nothing is written anywhere."""
    monkeypatch.chdir(tmp_path)
    path = kind.make(tmp_path)
    before = snapshot(tmp_path)
    problems = lambda_wheels.check(path, **TARGET)
    assert kind.rule in {problem.rule for problem in problems}
    assert all(str(problem).isprintable() for problem in problems)
    assert snapshot(tmp_path) == before
    assert nothing_in(temporary)
    assert not stored_wheels(store)


# --- Layers of others ------------------------------------------------------------------------------------------------

BOMB = Entry(name=b"python/zeros", stream=b"", central={"size": 600_000_000}, local={"size": 600_000_000})
DIGITS = "1" * 5_000
TAGS = "-".join([".".join(f"{letter}{number}" for number in range(1_000)) for letter in "abc"])


def _text(path: str, *lines: str) -> Entry:
    return Entry(name=f"python/{path}".encode(), content="\n".join([*lines, ""]).encode())


def _metadata(*lines: str) -> Entry:
    return _text(f"{INFO}/METADATA", "Metadata-Version: 2.1", "Name: demo", "Version: 1.0", *lines)


LAYERS: dict[str, tuple[str | None, list[Entry]]] = {
    "climbs": ("member-name-climbs", [Entry(name=b"python/../../x.py", content=b"x")]),
    "absolute": ("member-name-absolute", [Entry(name=b"/etc/passwd", content=b"x")]),
    "control": ("member-name-control", [Entry(name=b"python/x\x1b[2J\n.py", content=b"x")]),
    "long": ("member-name-length", [Entry(name=b"a/" * 30_000 + b"x", content=b"x")]),
    "twice": ("member-duplicate", [Entry(name=b"python/x.py", content=b"x")] * 2),
    "link-to-passwd": ("link-leads-out", [Entry(name=b"python/x", content=b"/etc/passwd", mode=stat.S_IFLNK | 0o777)]),
    "link-that-climbs": ("link-leads-out", [Entry(name=b"python/x", content=b"../../x", mode=stat.S_IFLNK | 0o777)]),
    "below-a-link": (
        None,
        [
            Entry(name=b"python/x", content=b"/tmp", mode=stat.S_IFLNK | 0o777),
            Entry(name=b"python/x/y.py", content=b"x"),
        ],
    ),
    "pipe": ("member-fifo", [Entry(name=b"python/x", mode=stat.S_IFIFO | 0o644)]),
    "bomb": ("archive-too-large", [BOMB]),
    "version-of-5000-digits": ("metadata-version", [_text(f"{INFO}/METADATA", "Name: demo", f"Version: {DIGITS}")]),
    "python-of-5000-digits": ("metadata-requires-python", [_metadata(f"Requires-Python: >={DIGITS}")]),
    "requirement-of-5000-digits": ("metadata-requires-dist", [_metadata(f"Requires-Dist: six>={DIGITS}")]),
    "marker-without-a-variable": (None, [_metadata("Requires-Dist: six; 'x' ~= 'y'")]),
    "egg-of-5000-digits": ("metadata-missing", [_text("x.egg-info", "Name: demo", f"Version: {DIGITS}")]),
    "a-thousand-million-tags": (None, [_metadata(), _text(f"{INFO}/WHEEL", f"Tag: {TAGS}")]),
    "million-rows": ("metadata-size", [_metadata(), _text(f"{INFO}/RECORD", *["x,,"] * 10**6)]),
    "manifest-of-brackets": (None, [Entry(name=b"lambda-wheels/x.json", content=b"[" * 100_000)]),
}


@pytest.mark.parametrize(("rule", "entries"), [pytest.param(*row, id=name) for name, row in LAYERS.items()])
def test_layers_of_others(rule: str | None, entries: list[Entry], tmp_path: Path, store: Path, temporary: Path) -> None:
    """A hostile layer of somebody else's, looked at and to be unpacked for imports: told, and nothing is written."""
    path = tmp_path / "layer.zip"
    sound = Entry(name=b"python/demo.py", content=b"x = 1\n")
    path.write_bytes(forge([sound, *entries]))
    before = snapshot(tmp_path)
    problems = lambda_wheels.check(path, **TARGET)
    assert all(str(problem).isprintable() for problem in problems)
    assert len("\n".join(map(str, problems))) < 60_000
    assert rule is None or rule in {problem.rule for problem in problems}
    assert snapshot(tmp_path) == before
    assert nothing_in(temporary)
    assert not stored_wheels(store)


def test_one_line_for_a_stranger(tmp_path: Path) -> None:
    """Whatever a name or a message holds, however long it is, it is one printable line of some thousand characters."""
    text = "".join(map(chr, range(0x20))) + "\u202e" + "x" * 10**6
    line = str(Problem(rule="member-name-control", message=text, wheel="demo-1.0-py3-none-any.whl", member=text))
    assert line.isprintable()
    assert len(line) < 10_000
