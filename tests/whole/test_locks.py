"""Locks made, kept, renewed and checked, and built from, on wheels of the test's own. (Starts pip; loopback.)"""

from __future__ import annotations

import datetime
import functools
import json
import logging
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import tomli_w

import lambda_wheels
from lambda_wheels import LambdaWheelsError, Lock, Problem, ProgressEvent, Stage, Target
from tests.index_server import Fault, IndexServer, Listing
from tests.loopback import IMPATIENT, TARGET, Build, command, left_behind, snapshot, stored_wheels
from tests.resolution.locks import entry, wheel, write_lock
from tests.wheel_factory import make_wheel

pytestmark = pytest.mark.pip

MakeLock = Callable[..., Lock]

BOTH: dict[str, Any] = {"architecture": ["x86_64", "arm64"]}
ALL: dict[str, Any] = {**BOTH, "runtime": ["python3.13", "python3.11"]}


@pytest.fixture
def path(out: Path) -> Path:
    """Where the lock will be."""
    return out / "pylock.toml"


@pytest.fixture
def lock(index: IndexServer, path: Path) -> MakeLock:
    """``lambda_wheels.lock`` for python3.13 on arm64, from ``index``, to ``path``."""
    return functools.partial(lambda_wheels.lock, **{**TARGET, **IMPATIENT, "index_url": index.url, "output": path})


@pytest.fixture
def demo(served: Path) -> None:
    """A project with a module for each architecture, whose newer release needs a newer Python, and what it needs."""
    for machine in ("aarch64", "x86_64"):
        make_wheel(served, "demo", "1.0", tag=f"cp39-abi3-manylinux_2_17_{machine}", requires=["helper"])
        tag = f"cp313-cp313-manylinux_2_28_{machine}"
        make_wheel(served, "demo", "2.0", tag=tag, requires=["helper"], requires_python=">=3.12")
    make_wheel(served, "helper", "1.0")


def versions(path: Path) -> dict[str, list[str]]:
    """The versions that a lock has, by project."""
    found: dict[str, list[str]] = {}
    for package in tomllib.loads(path.read_text(encoding="utf-8"))["packages"]:
        found.setdefault(package["name"], []).append(package["version"])
    return found


def problems(call: Callable[..., object], *args: Any, **options: Any) -> list[Problem]:
    """What is wrong with a call."""
    with pytest.raises(LambdaWheelsError) as caught:
        call(*args, **options)
    return list(caught.value.problems)


def state(path: Path) -> tuple[bytes, int, int]:
    """All that would tell that a file was written."""
    status = path.stat()
    return path.read_bytes(), status.st_mtime_ns, status.st_ino


# --- Made -------------------------------------------------------------------------------------------------------------


def test_several_targets(lock: MakeLock, build: Build, index: IndexServer, path: Path, out: Path, demo: None) -> None:
    """One file serves several targets; a layer from it has the bytes of one without it, and no index is asked."""
    made = lock("demo", **ALL)
    assert made.path == path
    assert list(map(str, made.targets)) == [
        "python3.11 on x86_64",
        "python3.11 on arm64",
        "python3.13 on x86_64",
        "python3.13 on arm64",
    ]
    assert [(one.name, one.version, one.marker) for one in made.projects] == [
        ("demo", "1.0", 'python_version == "3.11"'),
        ("demo", "2.0", 'python_version == "3.13"'),
        ("helper", "1.0", None),
    ]
    assert [len(one.wheels) for one in made.projects] == [2, 2, 1]
    helper = index.folder / "helper-1.0-py3-none-any.whl"
    [locked] = made.projects[2].wheels
    assert (locked.url, locked.size, made.projects[2].index) == (
        index.file_url(helper.name),
        helper.stat().st_size,
        index.url.rstrip("/"),
    )
    assert (made.changed, made.changes, made.uploaded_prior_to, made.warnings) == (True, (), None, ())
    for number, target in enumerate(made.targets):
        options: dict[str, Any] = {"runtime": target.runtime, "architecture": target.architecture}
        without = build("demo", **options, output=out / f"{number}.zip")
        asked = len(index.requests)
        locked_layer = build(path, **options, output=out / f"{number}-locked.zip")
        assert (locked_layer.sha256, locked_layer.wheels) == (without.sha256, without.wheels)
        assert locked_layer.warnings == without.warnings
        assert len(index.requests) == asked


def test_same_whatever_the_order(lock: MakeLock, path: Path, out: Path, demo: None) -> None:
    """The order of requirements, runtimes and architectures changes nothing."""
    lock(["demo", "helper"], **ALL)
    other = lock(
        ("helper", "demo"),
        runtime=("python3.11", "python3.13", "python3.11"),
        architecture=iter(["arm64", "x86_64"]),
        output=out / "pylock.other.toml",
    )
    assert other.path.read_bytes() == path.read_bytes()


def test_direct_and_local_wheels(lock: MakeLock, build: Build, index: IndexServer, path: Path, out: Path) -> None:
    """A wheel asked for by its URL or its path is an archive, and one below the folder of the lock has a path."""
    make_wheel(index.folder, "remote")
    folder = out / "my wheels"
    folder.mkdir()
    own = make_wheel(folder, "ours", requires=["found"])
    make_wheel(folder, "found")
    given = [f"remote @ {index.file_url('remote-1.0-py3-none-any.whl')}", own]
    lock(given, find_links=folder)
    packages = {package["name"]: package for package in tomllib.loads(path.read_text())["packages"]}
    assert packages["remote"]["archive"]["url"] == index.file_url("remote-1.0-py3-none-any.whl")
    assert packages["ours"]["archive"]["path"] == f"my wheels/{own.name}"
    assert packages["found"]["wheels"][0]["path"] == "my wheels/found-1.0-py3-none-any.whl"
    assert str(out) not in path.read_text()
    without = build(given, find_links=folder, output=out / "without.zip")
    assert build(path, output=out / "layer.zip").sha256 == without.sha256
    assert not lock(given, find_links=folder).changed


def test_hashes_in_the_requirements(lock: MakeLock, index: IndexServer, tmp_path: Path, demo: None) -> None:
    """Requirements with hashes are locked like others, and hold."""
    (tmp_path / "r.txt").write_text(f"helper==1.0 --hash=sha256:{'0' * 64}\n")
    [problem] = problems(lock, tmp_path / "r.txt", **BOTH)
    assert problem.rule == "hash-mismatch"


def test_wheel_that_only_some_targets_have(lock: MakeLock, served: Path, path: Path) -> None:
    """A project without a wheel for one of the targets is an error that says for which; nothing is written."""
    make_wheel(served, "native", tag="cp313-cp313-manylinux_2_28_aarch64")
    [problem] = problems(lock, "native", **BOTH)
    assert (problem.rule, problem.project) == ("no-fitting-wheel", "native")
    assert "python3.13 on x86_64" in str(problem)
    assert not path.exists()


def test_warnings_once(
    lock: MakeLock,
    served: Path,
    tmp_path: Path,
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What is to be said of a wheel is said once, however many targets have it, and so is what pip's files bring."""
    make_wheel(served, "hooks", files={"hooks.pth": "import this\n"})
    (tmp_path / "c.txt").write_text("hooks<2\n")
    monkeypatch.setenv("PIP_CONSTRAINT", str(tmp_path / "c.txt"))
    made = lock("hooks", **BOTH)
    assert [warning.rule for warning in made.warnings] == ["pth-file"]
    said = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(said) == len(set(said)) == 1
    caplog.clear()
    assert [problem.rule for problem in problems(lock, "hooks", **BOTH, strict=True)] == ["pth-file"]


def test_progress(lock: MakeLock, demo: None) -> None:
    """From target to target no stage goes back, nor is more done than there is."""
    events: list[ProgressEvent] = []
    lock("demo", **BOTH, progress=events.append)
    for stage in (Stage.RESOLVE, Stage.FETCH, Stage.VERIFY):
        done = [event.done for event in events if event.stage is stage]
        assert done and done == sorted(done)
    fetch = [event for event in events if event.stage is Stage.FETCH]
    assert all(event.total is not None and event.done <= event.total for event in fetch)
    assert (fetch[-1].done, fetch[-1].total) == (4, 4)


# --- Kept and renewed -------------------------------------------------------------------------------------------------


def test_again(lock: MakeLock, path: Path, demo: None) -> None:
    """The same call again writes no byte: the file is the one that was there."""
    lock("demo", **ALL)
    before = state(path)
    again = lock("demo", **ALL)
    assert (again.changed, again.changes) == (False, ())
    assert state(path) == before


def test_kept_and_upgraded(lock: MakeLock, served: Path, path: Path, demo: None) -> None:
    """Newer releases come in only when they are asked for: those of one project, or of all."""
    lock(["demo", "helper"])
    for name in ("helper", "demo"):
        make_wheel(served, name, "3.0", requires=["helper"] if name == "demo" else [])
    assert not lock(["demo", "helper"]).changed
    assert versions(path) == {"demo": ["2.0"], "helper": ["1.0"]}
    one = lock(["demo", "helper"], upgrade_projects=["Helper"])
    assert list(map(str, one.changes)) == ["helper 1.0 -> 3.0"]
    everything = lock(["demo", "helper"], upgrade=True)
    assert list(map(str, everything.changes)) == ["demo 2.0 -> 3.0"]
    assert not lock(["demo", "helper"], upgrade=True).changed


def test_what_the_requirements_no_longer_allow(lock: MakeLock, served: Path, path: Path, demo: None) -> None:
    """Only what no longer fits is chosen anew; what nothing needs any more goes."""
    make_wheel(served, "extra", "1.0")
    lock(["demo", "extra"])
    for name in ("helper", "extra"):
        make_wheel(served, name, "2.0")
    made = lock(["demo", "extra>=2"])
    assert list(map(str, made.changes)) == ["extra 1.0 -> 2.0"]
    made = lock(["demo"])
    assert list(map(str, made.changes)) == ["extra 2.0 is gone"]
    assert versions(path) == {"demo": ["2.0"], "helper": ["1.0"]}


def test_further_target(lock: MakeLock, served: Path, path: Path, demo: None) -> None:
    """A target that is added has the versions that the lock has, not newer ones."""
    lock("demo")
    make_wheel(served, "helper", "2.0")
    made = lock("demo", **BOTH)
    assert versions(path) == {"demo": ["2.0"], "helper": ["1.0"]}
    assert list(map(str, made.changes)) == ["demo 2.0 has other files, or is for other targets"]
    assert lock("demo").changed, "and one that is taken away is gone"
    assert list(map(str, made.targets)) == ["python3.13 on x86_64", "python3.13 on arm64"]


@pytest.mark.parametrize("given", [["nothing", "demo", "more"], iter(["nothing", "more"])], ids=["list", "iterator"])
def test_upgrade_what_nothing_needs(lock: MakeLock, path: Path, demo: None, given: Any) -> None:
    """Projects that are to be upgraded and that nothing needs are named, all of them: they may be misspelt."""
    found = problems(lock, "demo", upgrade_projects=given)
    assert [(problem.rule, problem.project) for problem in found] == [
        ("bad-requirement", "more"),
        ("bad-requirement", "nothing"),
    ]
    assert not path.exists()


def test_upgrade_one_name(lock: MakeLock, served: Path, demo: None) -> None:
    """One project may stand without a list, as everywhere."""
    lock("demo")
    make_wheel(served, "helper", "2.0")
    assert list(map(str, lock("demo", upgrade_projects="helper").changes)) == ["helper 1.0 -> 2.0"]


# --- Checked ----------------------------------------------------------------------------------------------------------


def test_check(lock: MakeLock, served: Path, path: Path, demo: None) -> None:
    """``check`` says project by project what differs, and writes nothing, whether anything does or not."""
    [problem] = problems(lock, "demo", check=True)
    assert (problem.rule, problem.message) == ("lock-differs", f"there is no {path}")
    assert not path.exists()
    make_wheel(served, "old", "1.0")
    lock(["demo", "old"])
    before = state(path)
    assert not lock(["demo", "old"], check=True).changed
    make_wheel(served, "new", "1.0")
    make_wheel(served, "helper", "2.0")
    found = problems(lock, ["demo", "new", "helper>=2"], check=True)
    assert [(problem.rule, problem.project, problem.message) for problem in found] == [
        ("lock-differs", "helper", "the lock has 1.0, the requirements make 2.0"),
        ("lock-differs", "new", "the lock has it not, the requirements make 1.0"),
        ("lock-differs", "old", "the lock has 1.0, the requirements make it not"),
    ]
    assert all(problem.hint for problem in found)
    [problem] = problems(lock, "helper", runtime="python3.11", check=True)[1:]
    assert problem.rule == "lock-differs"
    assert state(path) == before


def test_check_of_targets(lock: MakeLock, path: Path, demo: None) -> None:
    """A lock with the right wheels for other targets differs, too."""
    lock("helper")
    [problem] = problems(lock, "helper", **BOTH, check=True)
    assert (problem.rule, problem.project) == ("lock-differs", None)
    assert "other targets" in problem.message


# --- A cooldown -------------------------------------------------------------------------------------------------------

OLD, NEW = "demo-1.0-py3-none-any.whl", "demo-2.0-py3-none-any.whl"


def days_ago(days: int) -> str:
    """A time as an index tells it."""
    time = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=days)
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def dated(served: Path) -> Iterator[IndexServer]:
    """An index that says when its files were uploaded: one release 30 days ago, one yesterday."""
    for version in ("1.0", "2.0"):
        make_wheel(served, "demo", version)
    listing = Listing(upload_time={OLD: days_ago(30), NEW: days_ago(1)})
    with IndexServer(served, listing=listing) as server:
        yield server


def recorded(path: Path) -> datetime.datetime:
    """The moment that a lock has written down."""
    return datetime.datetime.fromisoformat(
        tomllib.loads(path.read_text())["tool"]["lambda-wheels"]["uploaded-prior-to"]
    )


@pytest.mark.parametrize(
    ("given", "moment"),
    [
        pytest.param("2026-01-02T03:04:05+02:00", "2026-01-02T03:04:05+02:00", id="with a zone"),
        pytest.param("2026-01-02T03:04:05", "2026-01-02T03:04:05+00:00", id="without a zone"),
        pytest.param("2026-01-02", "2026-01-02T00:00:00+00:00", id="day"),
        pytest.param(datetime.datetime(2026, 1, 2), "2026-01-02T00:00:00+00:00", id="datetime"),
    ],
)
def test_cooldown_to_a_time(served: Path, lock: MakeLock, path: Path, given: object, moment: str) -> None:
    """A time is written down with its zone, and the same call again changes nothing; another one does."""
    for version in ("1.0", "2.0"):
        make_wheel(served, "demo", version)
    listing = Listing(upload_time={OLD: "2026-01-01T00:00:00Z", NEW: "2026-01-03T00:00:00Z"})
    with IndexServer(served, listing=listing) as index:
        made = lock("demo", index_url=index.url, uploaded_prior_to=given)
        assert versions(path) == {"demo": ["1.0"]}
        assert made.uploaded_prior_to is not None
        assert recorded(path) == datetime.datetime.fromisoformat(made.uploaded_prior_to)
        assert recorded(path) == datetime.datetime.fromisoformat(moment)
        assert recorded(path).tzinfo is not None
        before = state(path)
        assert not lock("demo", index_url=index.url, uploaded_prior_to=given).changed
        assert state(path) == before
        later = lock("demo", index_url=index.url, uploaded_prior_to="2026-01-02T12:00:00Z")
        assert later.changed and later.changes == ()
        assert recorded(path) == datetime.datetime(2026, 1, 2, 12, tzinfo=datetime.UTC)


def test_cooldown_of_a_span(lock: MakeLock, dated: IndexServer, path: Path) -> None:
    """A span ends at one moment for all targets, which is written down, and stands as long as the wheels do."""
    before = datetime.datetime.now(datetime.UTC)
    made = lock("demo", **BOTH, index_url=dated.url, uploaded_prior_to="P7D")
    after = datetime.datetime.now(datetime.UTC)
    week = datetime.timedelta(days=7)
    assert before - week <= recorded(path) <= after - week
    assert made.uploaded_prior_to == recorded(path).isoformat()
    assert versions(path) == {"demo": ["1.0"]}
    kept = state(path)
    again = lock("demo", **BOTH, index_url=dated.url, uploaded_prior_to="P7D")
    assert not again.changed
    assert again.uploaded_prior_to == made.uploaded_prior_to
    assert not lock("demo", **BOTH, index_url=dated.url, uploaded_prior_to="P7D", check=True).changed
    assert not lock("demo", **BOTH, index_url=dated.url).changed, "what was old enough is so without being asked"
    assert state(path) == kept


def test_longer_span(lock: MakeLock, dated: IndexServer, path: Path) -> None:
    """A longer span than the one written down says more, and so is written down."""
    lock("demo", index_url=dated.url, uploaded_prior_to="P7D")
    first = recorded(path)
    [problem] = problems(lock, "demo", index_url=dated.url, uploaded_prior_to="P14D", check=True)
    assert problem.rule == "lock-differs"
    assert lock("demo", index_url=dated.url, uploaded_prior_to="P14D").changed
    assert recorded(path) < first - datetime.timedelta(days=6)
    assert not lock("demo", index_url=dated.url, uploaded_prior_to="P7D").changed


def test_cooldown_that_is_new(lock: MakeLock, dated: IndexServer, path: Path) -> None:
    """A cooldown that a lock did not have so far is written down, though it has the same wheels."""
    lock("demo==1.0", index_url=dated.url)
    assert "tool" not in tomllib.loads(path.read_text())
    made = lock("demo==1.0", index_url=dated.url, uploaded_prior_to="P7D")
    assert made.changed and made.uploaded_prior_to == recorded(path).isoformat()


def test_cooldown_for_what_is_locked(lock: MakeLock, dated: IndexServer, path: Path) -> None:
    """What is locked and too new is not kept."""
    lock("demo", index_url=dated.url)
    made = lock("demo", index_url=dated.url, uploaded_prior_to="P7D")
    assert list(map(str, made.changes)) == ["demo 2.0 -> 1.0"]


def test_cooldown_of_pip(lock: MakeLock, dated: IndexServer, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cooldown of pip's configuration counts, is written down, and stays like any other."""
    monkeypatch.setenv("PIP_UPLOADED_PRIOR_TO", "P7D")
    lock("demo", index_url=dated.url)
    assert versions(path) == {"demo": ["1.0"]}
    first = recorded(path)
    assert not lock("demo", index_url=dated.url).changed
    assert recorded(path) == first


def test_index_without_times(lock: MakeLock, served: Path, path: Path) -> None:
    """Where the index does not tell when files were uploaded, a cooldown is refused."""
    make_wheel(served, "demo")
    with IndexServer(served, json=False) as index:
        [problem] = problems(lock, "demo", index_url=index.url, uploaded_prior_to="P7D")
    assert problem.rule == "too-new"
    assert problem.message.startswith("demo comes from an index that does not say when")
    assert not path.exists()


# --- The output -------------------------------------------------------------------------------------------------------


def test_lock_of_another_tool(lock: MakeLock, index: IndexServer, path: Path, demo: None) -> None:
    """A lock that another tool made is not ours to write, and the index is not even asked."""
    write_lock(path, entry(wheel()), created_by="uv")
    before = state(path)
    [problem] = problems(lock, "demo", upgrade=True)
    assert problem.rule == "output-refused"
    assert "uv made it" in problem.message
    assert state(path) == before
    assert index.requests == []


@pytest.mark.parametrize("content", ["", "<<<<<<< HEAD\n", '[project]\nname = "demo"\n', 'lock-version = "9.0"\n'])
def test_broken_lock_there(lock: MakeLock, index: IndexServer, path: Path, demo: None, content: str) -> None:
    """What is there and is no lock is not overwritten: it may be something else, or need a decision."""
    path.write_text(content)
    [problem] = problems(lock, "demo")
    assert problem.rule == "bad-lock"
    assert problem.hint == "remove it, or name another output"
    assert path.read_text() == content
    assert index.requests == []


TOOLS: dict[str, dict[str, Any]] = {
    "none": {},
    "empty": {"lambda-wheels": {}},
    "another kind": {"lambda-wheels": {"uploaded-prior-to": 7}},
    "no time": {"lambda-wheels": {"uploaded-prior-to": "yesterday"}},
    "no zone": {"lambda-wheels": {"uploaded-prior-to": "2026-01-01T00:00:00"}},
    "no table": {"lambda-wheels": 7},
}


@pytest.mark.parametrize("tool", TOOLS.values(), ids=TOOLS)
def test_edited_lock_there(lock: MakeLock, path: Path, demo: None, tool: dict[str, Any]) -> None:
    """A lock of ours that somebody edited is made anew, whatever is in it, and keeps what can be read in it."""
    archive = {"url": "https://[x/y.whl", "hashes": {"sha256": "0"}}
    write_lock(
        path,
        entry(wheel("helper-1.0-py3-none-any.whl"), name="helper"),
        entry(name="demo", version=None, archive=archive),
        created_by="lambda-wheels",
        tool=tool,
    )
    made = lock("demo")
    assert made.changed
    assert versions(path) == {"demo": ["2.0"], "helper": ["1.0"]}
    path.write_text(path.read_text() + tomli_w.dumps({"tool": tool}))
    again = lock("demo")
    assert (again.changed, again.changes) == (False, ())
    assert lock("demo", uploaded_prior_to="2026-02-01").uploaded_prior_to == "2026-02-01T00:00:00+00:00"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        pytest.param("uv.lock", "other tools would not know it", id="another name"),
        pytest.param("pylock.a.b.toml", "other tools would not know it", id="two dots"),
        pytest.param("pylock", "other tools would not know it", id="no ending"),
        pytest.param("nowhere/pylock.toml", "its folder does not exist", id="no folder"),
        pytest.param("file/pylock.toml", "a part of its path is a file", id="below a file"),
        pytest.param("folder/pylock.toml", "it is a folder", id="folder"),
        pytest.param("pylock." + "x" * 300 + ".toml", "its name is too long", id="too long"),
    ],
)
def test_output_that_cannot_be(
    lock: MakeLock, index: IndexServer, out: Path, demo: None, name: str, words: str
) -> None:
    """An output that cannot become a lock is refused before the index is asked."""
    (out / "file").write_text("")
    (out / "folder" / "pylock.toml").mkdir(parents=True)
    [problem] = problems(lock, "demo", output=out / name)
    assert problem.rule == "output-refused"
    assert words in problem.message
    assert index.requests == []


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_links(lock: MakeLock, index: IndexServer, out: Path, tmp_path: Path, demo: None) -> None:
    """A link stays one, and what it leads to is written, paths beginning there; one that leads nowhere is refused."""
    real = tmp_path / "real"
    real.mkdir()
    (out / "pylock.toml").symlink_to(real / "pylock.toml")
    [problem] = problems(lock, "demo")
    assert problem.rule == "output-refused"
    assert index.requests == []
    lock("demo", output=real / "pylock.toml")
    assert lock(["demo", "helper<2"], upgrade=True).path == out / "pylock.toml"
    assert (out / "pylock.toml").is_symlink()
    assert [file.name for file in real.iterdir()] == ["pylock.toml"]


@pytest.mark.skipif(sys.platform == "win32" or not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may")
def test_folder_that_cannot_be_written(lock: MakeLock, out: Path, demo: None) -> None:
    """A folder that cannot be written is an error of the surroundings."""
    out.chmod(0o500)
    try:
        [problem] = problems(lock, "demo")
    finally:
        out.chmod(0o700)
    assert problem.rule == "output-failed"


@pytest.mark.parametrize("stage", [Stage.RESOLVE, Stage.FETCH, Stage.VERIFY])
@pytest.mark.parametrize("there", [True, False], ids=["there", "not there"])
def test_interrupted(
    lock: MakeLock, served: Path, path: Path, out: Path, store: Path, demo: None, stage: Stage, there: bool
) -> None:
    """Ctrl-C, whenever it comes, leaves the lock as it was, and nothing unfinished."""
    if there:
        lock("helper")
    before = snapshot(out)

    def interrupt(event: ProgressEvent) -> None:
        if event.stage is stage:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        lock("demo", progress=interrupt)
    assert snapshot(out) == before
    assert left_behind(out, store) == []


def test_write_that_fails(
    lock: MakeLock, path: Path, out: Path, store: Path, demo: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the last step fails, the lock that was there is whole, and nothing else is there."""
    lock("helper")
    before = snapshot(out)

    def fail(*paths: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("lambda_wheels.layers.output.replace", fail)
    [problem] = problems(lock, "demo")
    assert (problem.rule, "no space is left" in problem.message) == ("output-failed", True)
    assert snapshot(out) == before
    assert left_behind(out, store) == []


def test_two_at_once(index: IndexServer, path: Path, out: Path, store: Path, demo: None) -> None:
    """Two processes that make one lock both end well; it is that of one of them, whole."""
    arguments = ["--runtime=python3.13", "--architecture=arm64", f"--index-url={index.url}", "-o", str(path)]
    running = [
        subprocess.Popen(command("lock", name, *arguments), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for name in ("demo", "helper", "demo")
    ]
    said = [process.communicate(timeout=120)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], said
    assert versions(path) in ({"demo": ["2.0"], "helper": ["1.0"]}, {"helper": ["1.0"]})
    assert left_behind(out, store) == []
    assert [file.name for file in out.iterdir()] == ["pylock.toml"]


# --- Built from -------------------------------------------------------------------------------------------------------


def test_wheels_that_the_store_lacks(
    lock: MakeLock, build: Build, index: IndexServer, path: Path, out: Path, store: Path, demo: None
) -> None:
    """Without them in the store, wheels come from where the lock says, no page is asked for, and nothing is chosen."""
    lock("demo")
    shutil.rmtree(store)
    make_wheel(index.folder, "demo", "9.0")
    pages = len(index.matching("/simple/*"))
    layer = build(path, output=out / "layer.zip")
    assert [(wheel.name, wheel.version) for wheel in layer.wheels] == [("demo", "2.0"), ("helper", "1.0")]
    assert len(index.matching("/simple/*")) == pages
    assert stored_wheels(store) == sorted(wheel.filename for wheel in layer.wheels)
    assert left_behind(out, store) == []


@pytest.mark.parametrize("made_again", [True, False], ids=["lock", "build"])
def test_damaged_in_the_store(
    lock: MakeLock,
    build: Build,
    index: IndexServer,
    path: Path,
    out: Path,
    store: Path,
    demo: None,
    caplog: pytest.LogCaptureFixture,
    made_again: bool,
) -> None:
    """A damaged wheel in the store is fetched again, that one alone, and the log says so, once."""
    lock("demo", **BOTH)
    [stored] = store.rglob("helper-1.0-py3-none-any.whl")
    content = bytearray(stored.read_bytes())
    content[len(content) // 2] ^= 1
    stored.chmod(0o644)
    stored.write_bytes(content)
    fetched = index.count("/files/*.whl")
    if made_again:
        assert not lock("demo", **BOTH).changed
    else:
        build(path, output=out / "layer.zip")
    assert index.count("/files/*.whl") == fetched + 1
    assert index.count("/files/helper-1.0-py3-none-any.whl") == 2
    said = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(said) == 1 and "helper-1.0-py3-none-any.whl" in said[0]


@pytest.mark.parametrize(
    ("change", "rule", "project"),
    [
        pytest.param(lambda path: make_wheel(path, "helper", requires=["x"]), "hash-mismatch", "helper", id="replaced"),
        pytest.param(lambda path: (path / "helper-1.0-py3-none-any.whl").unlink(), "file-failed", "helper", id="gone"),
        pytest.param(
            lambda path: (path / "helper-1.0-py3-none-any.whl").write_bytes(b""), "hash-mismatch", "helper", id="empty"
        ),
    ],
)
def test_changed_on_the_index(
    lock: MakeLock, build: Build, served: Path, path: Path, out: Path, store: Path, demo: None,
    change: Callable[[Path], object], rule: str, project: str
) -> None:  # fmt: skip
    """A file that is another one than was locked, or gone, is told with its project, and is not kept."""
    lock("demo")
    shutil.rmtree(store)
    change(served)
    [problem] = problems(build, path, output=out / "layer.zip")
    assert problem.rule == rule
    assert project in f"{problem.project} {problem.wheel}"
    assert not (out / "layer.zip").exists()
    assert "helper-1.0-py3-none-any.whl" not in stored_wheels(store)
    assert left_behind(out, store) == []


def test_wheel_that_cannot_be_reached(
    lock: MakeLock, build: Build, index: IndexServer, path: Path, out: Path, store: Path, demo: None
) -> None:
    """A wheel that the store lacks and that cannot be fetched is an error of the surroundings."""
    lock("demo")
    shutil.rmtree(store)
    index.fail("/files/*", Fault.status(503))
    with pytest.raises(lambda_wheels.SurroundingsError) as caught:
        build(path, output=out / "layer.zip")
    assert {problem.rule for problem in caught.value.problems} == {"file-failed"}


# --- A private index --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["option", "file", "environment"])
def test_private_index(
    served: Path,
    path: Path,
    out: Path,
    tmp_path: Path,
    store: Path,
    demo: None,
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """No password comes into a lock, whoever brought it; who has it builds from the lock, who lacks it is told."""
    caplog.set_level(logging.DEBUG)
    with IndexServer(served, auth=("alice", "ses@me/?x")) as index:
        given: str | Path = "demo"
        options: dict[str, Any] = dict(IMPATIENT)
        if kind == "option":
            options["index_url"] = index.url_with_credentials
        elif kind == "environment":
            monkeypatch.setenv("PIP_INDEX_URL", index.url_with_credentials)
        else:
            given = tmp_path / "r.txt"
            given.write_text(f"--index-url {index.url_with_credentials}\ndemo\n")
        made = lambda_wheels.lock(given, **TARGET, output=path, **options)
        assert {project.index for project in made.projects} == {index.url.rstrip("/")}
        assert not lambda_wheels.lock(given, **TARGET, output=path, **options).changed
        shutil.rmtree(store)
        monkeypatch.delenv("PIP_INDEX_URL", raising=False)
        build = functools.partial(lambda_wheels.build_layer, path, **TARGET, output=out / "layer.zip", **IMPATIENT)
        [problem] = problems(build)
        assert problem.rule == "file-refused"
        layer = build(index_url=index.url_with_credentials)
    shown = [path.read_text(), repr(made), json.dumps(made.as_dict()), caplog.text, str(problem), layer.pip_command]
    for text in shown:
        assert not any(secret in text for secret in ("alice", "ses@me", "ses%40me"))
    assert f"http://127.0.0.1:{index_port(made)}" in path.read_text()


def index_port(made: Lock) -> str:
    """The port of the index of a lock."""
    return (made.projects[0].index or "").rpartition(":")[2].partition("/")[0]


def test_token_in_a_query(served: Path, lock: MakeLock, index: IndexServer, path: Path) -> None:
    """A token in the address of a page does not come into the lock."""
    make_wheel(served, "demo")
    lock("demo", no_index=True, index_url=None, find_links=f"{index.links_url}?token=sesame")
    assert "sesame" not in path.read_text()
    assert index.file_url("demo-1.0-py3-none-any.whl") in path.read_text()


# --- A call that makes no sense ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "rules"),
    [
        pytest.param({"runtime": []}, ["unknown-runtime"], id="no runtime"),
        pytest.param({"architecture": ()}, ["unknown-architecture"], id="no architecture"),
        pytest.param({"runtime": "python3.99"}, ["unknown-runtime"], id="unknown runtime"),
        pytest.param(
            {"runtime": ["python3.99", "python3.13"], "architecture": ["arm64", "vax"]},
            ["unknown-runtime", "unknown-architecture"],
            id="one of several unknown, each told once",
        ),
        pytest.param({"allow": ["nonsense"]}, ["bad-waiver"], id="waiver"),
        pytest.param({"output": ""}, ["output-refused"], id="no name"),
    ],
)
def test_bad_call(lock: MakeLock, index: IndexServer, changes: dict[str, Any], rules: list[str]) -> None:
    """All that makes no sense about a call is told at once, before the index is asked."""
    assert [problem.rule for problem in problems(lock, "demo", **changes)] == rules
    assert index.requests == []


def test_lock_of_a_lock(lock: MakeLock, index: IndexServer, path: Path) -> None:
    """A lock is made of requirements."""
    [problem] = problems(lock, write_lock(path, entry(wheel())))
    assert problem.rule == "lock-not-alone"
    assert index.requests == []


def test_lock_is_of_its_targets(lock: MakeLock, build: Build, path: Path, out: Path, demo: None) -> None:
    """A target that the lock does not serve is told, with those that it does."""
    lock("helper")
    [problem] = problems(build, path, architecture="x86_64", output=out / "layer.zip")
    assert problem.rule == "lock-not-for-target"
    assert "python3.13 on x86_64" in problem.message and "aarch64" in problem.message
    assert Target("python3.13", "arm64") in lock("helper").targets


# --- The real index ---------------------------------------------------------------------------------------------------


@pytest.mark.network
@pytest.mark.once
def test_numpy_and_requests(out: Path, path: Path) -> None:
    """A lock of real projects for four targets, of which two have another numpy; built with it and without."""
    made = lambda_wheels.lock(["numpy", "requests"], **ALL, output=path)
    numpy = [project for project in made.projects if project.name == "numpy"]
    assert len(numpy) == 2 and all(len(project.wheels) == 2 for project in numpy)
    assert all(wheel.size and wheel.sha256 for project in made.projects for wheel in project.wheels)
    locked = lambda_wheels.build_layer(path, **TARGET, output=out / "locked.zip")
    without = lambda_wheels.build_layer(["numpy", "requests"], **TARGET, output=out / "without.zip")
    assert (out / "locked.zip").read_bytes() == (out / "without.zip").read_bytes()
    assert locked.wheels == without.wheels
    assert not lambda_wheels.lock(["numpy", "requests"], **ALL, output=path).changed
