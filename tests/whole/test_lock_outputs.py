"""What a lock may be written over, and that it is there whole or not at all. (Starts pip; loopback.)"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from lambda_wheels import ProgressEvent, Stage, Target
from tests.index_server import IndexServer
from tests.loopback import Build, command, left_behind, snapshot
from tests.resolution.locks import entry, wheel, write_lock
from tests.wheel_factory import make_wheel
from tests.whole.locking import MakeLock, problems, state, versions

pytestmark = [pytest.mark.pip, pytest.mark.once]


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


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_folder_behind_a_link(lock: MakeLock, tmp_path: Path) -> None:
    """Wheels below the folder of a lock have paths from there, though their folder was named by way of a link."""
    (tmp_path / "real" / "wheels").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    make_wheel(tmp_path / "real" / "wheels", "ours")
    made = lock("ours", output=tmp_path / "link" / "pylock.toml", find_links=tmp_path / "link" / "wheels")
    assert [wheel.path for wheel in made.projects[0].wheels] == ["wheels/ours-1.0-py3-none-any.whl"]


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
