"""Locks made, kept, renewed and checked, on wheels of the test's own. (Starts pip; loopback.)"""

from __future__ import annotations

import logging
import tomllib
from pathlib import Path
from typing import Any

import pytest

import lambda_wheels
from lambda_wheels import ProgressEvent, Stage
from tests.index_server import IndexServer
from tests.loopback import TARGET, Build
from tests.wheel_factory import make_wheel
from tests.whole.locking import ALL, BOTH, MakeLock, problems, state, versions

pytestmark = pytest.mark.pip


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
    assert (made.changed, made.changes, made.uploaded_prior_to) == (True, (), None)
    assert [(warning.rule, warning.project) for warning in made.warnings] == [("held-back", "demo")] * 2
    for number, target in enumerate(made.targets):
        options: dict[str, Any] = {"runtime": target.runtime, "architecture": target.architecture}
        without = build("demo", **options, output=out / f"{number}.zip")
        asked = len(index.requests)
        locked_layer = build(path, **options, output=out / f"{number}-locked.zip")
        assert (locked_layer.sha256, locked_layer.wheels) == (without.sha256, without.wheels)
        assert [*locked_layer.warnings] == [one for one in without.warnings if one.rule != "held-back"]
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


def test_files_that_one_lock_cannot_tell_apart(lock: MakeLock, served: Path, path: Path) -> None:
    """A file that was kept, which no installer would take beside that of a new target, is named with a way out."""
    make_wheel(served, "demo", tag="py312-none-any")
    lock("demo", architecture="x86_64")
    before = state(path)
    make_wheel(served, "demo", tag="py3-none-manylinux_2_17_x86_64")
    both: dict[str, Any] = {"runtime": ["python3.11", "python3.13"], "architecture": "x86_64"}
    [problem] = problems(lock, "demo", **both)
    assert (problem.rule, problem.project) == ("bad-lock", "demo")
    assert "for python3.13 on x86_64, not demo-1.0-py312-none-any.whl" in problem.message
    assert state(path) == before
    assert "--upgrade-project demo" in (problem.hint or "")
    assert lock("demo", **both, upgrade_projects=["demo"]).changed


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
        ("lock-differs", "new", "the lock does not have it, the requirements make 1.0"),
        ("lock-differs", "old", "the lock has 1.0, the requirements do not need it"),
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
    lock("demo")
    [problem] = problems(lock, "demo", **BOTH, check=True)
    assert (problem.rule, problem.project) == ("lock-differs", "demo")
    assert problem.message == "the lock has other files of 2.0 than the requirements make, or for other targets"


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
