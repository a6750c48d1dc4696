"""Layers for several runtimes, and for the architecture that works. (Starts pip.)"""

from __future__ import annotations

import json
import logging
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

import lambda_wheels
from lambda_wheels import UsageError
from lambda_wheels.cli.main import main
from tests.index_server import IndexServer
from tests.loopback import IMPATIENT, Build
from tests.wheel_factory import make_wheel
from tests.whole.locking import MakeLock, problems
from tests.whole.pythons import find_interpreter

pytestmark = [pytest.mark.pip, pytest.mark.process]

SEVERAL: dict[str, Any] = {"runtime": ["python3.13", "python3.12"]}
SITE = "python/lib/python3.{}/site-packages/demo/__init__.py"
LOOK = """
import importlib.metadata, json, sys
sys.path[:0] = [f"{sys.argv[1]}/python/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages",
                f"{sys.argv[1]}/python"]
import demo, helper
files = [file for name in ("demo", "helper") for file in importlib.metadata.files(name)]
print(json.dumps([demo.NAME, helper.NAME, importlib.metadata.version("demo"), all(f.locate().exists() for f in files)]))
"""


def make_demo(served: Path, *pythons: int, version: str = "1.0", machine: str = "aarch64") -> None:
    """A project with a wheel for each of the Pythons, which says which it is, and needs a helper."""
    for minor in pythons:
        files = {"demo/__init__.py": f"NAME = 'demo for 3.{minor}'\n"}
        tag = f"cp3{minor}-cp3{minor}-manylinux_2_28_{machine}"
        make_wheel(served, "demo", version, files=files, tag=tag, requires=["helper"])
    make_wheel(served, "helper")


@pytest.fixture
def demo(served: Path) -> None:
    """For both runtimes."""
    make_demo(served, 12, 13)


def test_several(build: Build, demo: None, out: Path) -> None:
    """What all runtimes share is there once, the rest for each, in whatever order the runtimes are named."""
    layer = build("demo", **SEVERAL, output=out / "layer.zip")
    with zipfile.ZipFile(layer.path) as archive:
        names = [name for name in archive.namelist() if name.endswith(".py")]
    assert names == ["python/helper/__init__.py", SITE.format(12), SITE.format(13)]
    assert list(map(str, layer.targets)) == ["python3.12 on arm64", "python3.13 on arm64"]
    assert (layer.compatible_runtimes, layer.compatible_architectures) == (("python3.12", "python3.13"), ("arm64",))
    commands = layer.pip_command.splitlines()
    assert [command.split()[3] for command in commands] == [
        str(Path(SITE.format(n)).parents[1].as_posix()) for n in (12, 13)
    ]
    again = build("demo", runtime=("python3.12", "python3.13"), output=out / "again.zip")
    assert again.sha256 == layer.sha256


@pytest.mark.parametrize("version", ["3.12", "3.13"])
def test_imported_by_each(version: str, build: Build, demo: None, out: Path) -> None:
    """Each runtime's Python imports its own, and finds the metadata and every file that it lists."""
    python = find_interpreter(version)
    if python is None:
        pytest.skip(f"no CPython {version} was found on this machine")
    layer = build("demo", **SEVERAL, output=out / "layer")
    answer = subprocess.run([python, "-I", "-S", "-c", LOOK, layer.path], capture_output=True, text=True, check=True)
    assert json.loads(answer.stdout) == [f"demo for {version}", "helper", "1.0", True]


def test_folder_again(build: Build, demo: None, out: Path) -> None:
    """A folder for several runtimes is known as ours when it is written again, and a file of another is not."""
    first = build("demo", **SEVERAL, output=out / "layer")
    assert build("demo", **SEVERAL, output=out / "layer").content_sha256 == first.content_sha256
    (out / "layer" / SITE.format(12)).with_name("mine.py").touch()
    assert [problem.rule for problem in problems(build, "demo", **SEVERAL, output=out / "layer")] == ["output-not-ours"]


def test_runtime_that_fails(build: Build, served: Path, out: Path) -> None:
    """What is wrong for one runtime only names it; what is wrong for all is said once."""
    make_demo(served, 13)
    [problem] = problems(build, ["demo"], **SEVERAL, output=out / "layer.zip")
    assert problem.rule == "no-fitting-wheel"
    assert "python3.12 on arm64" in problem.message
    [problem] = problems(build, ["nobody"], **SEVERAL, output=out / "layer.zip")
    assert "python3" not in problem.message


def test_fetch_for_several(index: IndexServer, demo: None, out: Path) -> None:
    """The wheels of all runtimes, each once."""
    options: dict[str, Any] = {**IMPATIENT, "index_url": index.url, "architecture": "arm64"}
    wheels = lambda_wheels.fetch_wheels("demo", **SEVERAL, **options, output=out / "wheels")
    assert [wheel.name for wheel in wheels] == ["demo", "demo", "helper"]
    assert {path.name for path in (out / "wheels").iterdir()} == {wheel.filename for wheel in wheels}


def test_check_of_several(build: Build, lock: MakeLock, demo: None, path: Path, served: Path, out: Path) -> None:
    """A lock makes the same layer, and check says where another would."""
    lock("demo", **SEVERAL)
    layer = build(path, **SEVERAL, output=out / "layer.zip")
    assert build("demo", **SEVERAL, output=out / "without.zip").sha256 == layer.sha256
    assert lambda_wheels.check(layer.path, lock=path) == ()
    make_demo(served, 12, version="2.0")
    lock("demo", **SEVERAL, upgrade=True)
    assert [(one.project, one.message) for one in lambda_wheels.check(layer.path, lock=path)] == [
        ("demo", "the layer has 1.0, the lock has 2.0")
    ]


def test_bytecode_for_several(build: Build, out: Path) -> None:
    """Bytecode is for one Python."""
    with pytest.raises(UsageError) as raised:
        build("demo", **SEVERAL, bytecode=True, output=out / "layer.zip")
    assert [problem.rule for problem in raised.value.problems] == ["several-runtimes"]


# --- architecture="auto" ---------------------------------------------------------------------------------------------


def auto(build: Build, out: Path, **options: Any) -> lambda_wheels.Layer:
    """A build for the architecture that works."""
    return build("demo", **{"runtime": "python3.13", **options}, architecture="auto", output=out / "layer.zip")


def test_arm64_first(build: Build, served: Path, out: Path) -> None:
    """arm64 where everything exists for it."""
    make_demo(served, 13)
    make_demo(served, 13, machine="x86_64")
    layer = auto(build, out)
    assert (list(map(str, layer.targets)), layer.passed_over) == (["python3.13 on arm64"], ())


def test_x86_64_else(build: Build, served: Path, out: Path, caplog: pytest.LogCaptureFixture) -> None:
    """x86_64 where one does not, on all runtimes; what kept arm64 away is told, and is no warning."""
    make_demo(served, 13)
    make_demo(served, 12, 13, machine="x86_64")
    with caplog.at_level(logging.INFO, "lambda_wheels"):
        layer = auto(build, out, **SEVERAL, strict=True)
    assert list(map(str, layer.targets)) == ["python3.12 on x86_64", "python3.13 on x86_64"]
    assert [(one.rule, one.project) for one in layer.passed_over] == [("no-fitting-wheel", "demo")]
    assert layer.warnings == ()
    assert "arm64 was passed over: demo: for python3.12 on arm64: 1.0 has wheels of cp312 for x86_64" in caplog.text
    assert layer.as_dict()["passed_over"] == [layer.passed_over[0].as_dict()]


def test_neither(build: Build, served: Path, out: Path) -> None:
    """Where neither works, the problems of both are told."""
    make_demo(served, 12)
    found = problems(auto, build, out)
    assert [one.rule for one in found] == ["no-fitting-wheel"] * 2
    assert ["arm64" in one.message for one in found] == [True, False]
    shutil.rmtree(served)
    served.mkdir()
    assert [one.rule for one in problems(auto, build, out)] == ["no-such-project"]


def test_wheel_that_does_not_pass(build: Build, served: Path, out: Path) -> None:
    """A wheel that is not what it should be keeps its architecture away as well."""
    make_wheel(served, tag="cp313-cp313-manylinux_2_28_aarch64", defect="record-hash")
    make_wheel(served, tag="cp313-cp313-manylinux_2_28_x86_64")
    layer = auto(build, out)
    assert list(map(str, layer.targets)) == ["python3.13 on x86_64"]
    assert [one.rule for one in layer.passed_over] == ["record-hash"]


def test_index_that_fails(build: Build, out: Path) -> None:
    """An index that cannot be read says nothing of arm64."""
    [problem] = problems(auto, build, out, index_url="http://127.0.0.1:9/")
    assert problem.rule == "index-unreachable"


def test_lock_that_serves_one(build: Build, lock: MakeLock, served: Path, path: Path, out: Path) -> None:
    """From a lock the architecture is taken that it serves."""
    make_demo(served, 13, machine="x86_64")
    lock("demo", architecture="x86_64")
    layer = build(path, architecture="auto", output=out / "layer.zip")
    assert list(map(str, layer.targets)) == ["python3.13 on x86_64"]
    assert {one.rule for one in layer.passed_over} <= {"lock-not-for-target", "no-fitting-wheel"} != set()


def test_no_lock_for_auto(lock: MakeLock) -> None:
    """A lock serves what is named."""
    [problem] = problems(lock, "demo", architecture="auto")
    assert (problem.rule, "arm64 and x86_64" in (problem.hint or "")) == ("unknown-architecture", True)


def test_words(index: IndexServer, served: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command says what it chose, and why, whether it builds or fetches."""
    make_demo(served, 12, 13, machine="x86_64")
    common = ["demo", "--runtime=python3.12", "--runtime=python3.13", "--architecture=auto", f"--index-url={index.url}"]
    for command, output in (("build", out / "layer.zip"), ("fetch", out / "wheels")):
        assert main([command, *common, f"--output={output}"]) == 0
        said = capsys.readouterr()
        assert "note: arm64 was passed over: demo: for python3.12 on arm64: 1.0 has wheels of cp312 " in said.err
        assert command == "fetch" or said.out.endswith("for python3.12 and python3.13 on x86_64\n")
        assert "2 projects" in said.out or command == "fetch"
        assert main([command, *common, "--quiet", f"--output={output}"]) == 0
        assert capsys.readouterr() == ("", "")


def test_whose_release_is_held_back(build: Build, lock: MakeLock, served: Path, out: Path) -> None:
    """A warning about what was chosen for some of the targets names them; what is the same for all does not."""
    make_wheel(served, "demo", "1.0")
    make_wheel(served, "demo", "2.0", tag="cp313-cp313-manylinux_2_28_aarch64")
    make_wheel(served, "other", "1.0")
    (served / "other-2.0.tar.gz").write_bytes(b"never read")
    expected = {
        ("demo", "for python3.12 on arm64: 1.0 was taken; 2.0 has wheels for cp313, none for cp312"),
        ("other", "1.0 was taken; 2.0 has no wheel, only a source distribution"),
    }
    layer = build(["demo", "other"], **SEVERAL, output=out / "layer.zip")
    assert {(problem.project, problem.message) for problem in layer.warnings} == expected
    made = lock(["demo", "other"], **SEVERAL, architecture="arm64")
    assert {(problem.project, problem.message) for problem in made.warnings} == expected
