"""What a sound wheel has to be to work on a target. (Writes wheels.)"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from lambda_wheels import Severity, Target
from lambda_wheels.audit import audit_wheel, placed
from lambda_wheels.wheels import read_wheel
from lambda_wheels.wheels.pyc import HEADER
from tests import elf_factory as factory
from tests.wheel_factory import make_wheel

ARM = Target("python3.13", "arm64")
INTEL = Target("python3.11", "x86_64")


def rules(folder: Path, target: Target, tag: str, requires_python: str | None = None) -> list[str]:
    """The rules that a wheel of these facts breaks on ``target``."""
    path = make_wheel(folder, "demo", tag=tag, requires_python=requires_python)
    problems = audit_wheel(read_wheel(path), target)
    for problem in problems:
        assert (problem.project, problem.wheel, problem.severity) == ("demo", path.name, Severity.ERROR)
        assert str(target).partition(" ")[0] in problem.message
    return [problem.rule for problem in problems]


@pytest.mark.parametrize(
    ("tag", "target", "fits"),
    [
        pytest.param("py3-none-any", ARM, True, id="pure"),
        pytest.param("py2.py3-none-any", ARM, True, id="pure for both"),
        pytest.param("py2-none-any", ARM, False, id="pure for Python 2"),
        pytest.param("cp313-cp313-manylinux_2_34_aarch64", ARM, True, id="newest glibc"),
        pytest.param("cp313-cp313-manylinux_2_35_aarch64", ARM, False, id="newer glibc"),
        pytest.param("cp313-cp313-manylinux_2_28_x86_64", ARM, False, id="other machine"),
        pytest.param("cp313-cp313-manylinux_2_17_aarch64.manylinux2014_aarch64", ARM, True, id="compressed set"),
        pytest.param("cp313-cp313t-manylinux_2_28_aarch64", ARM, False, id="free-threaded"),
        pytest.param("cp312-cp312-manylinux_2_28_aarch64", ARM, False, id="older Python"),
        pytest.param("cp39-abi3-manylinux_2_28_aarch64", ARM, True, id="older stable ABI"),
        pytest.param("cp314-abi3-manylinux_2_28_aarch64", ARM, False, id="newer stable ABI"),
        pytest.param("cp313-cp313-musllinux_1_2_aarch64", ARM, False, id="other libc"),
        pytest.param("cp313-cp313-macosx_11_0_arm64", ARM, False, id="macOS"),
        pytest.param("cp313-cp313-linux_aarch64", ARM, True, id="built there"),
        pytest.param("cp311-cp311-manylinux_2_26_x86_64", INTEL, True, id="Amazon Linux 2"),
        pytest.param("cp311-cp311-manylinux_2_27_x86_64", INTEL, False, id="newer than Amazon Linux 2"),
    ],
)
def test_tags(tag: str, target: Target, fits: bool, tmp_path: Path) -> None:
    """One of a wheel's tags has to be one of the target's."""
    assert rules(tmp_path, target, tag) == ([] if fits else ["wrong-tag"])


@pytest.mark.parametrize(
    ("requires_python", "fits"),
    [
        pytest.param(None, True, id="nothing said"),
        pytest.param(">=3.9", True, id="older"),
        pytest.param(">=3.13", True, id="the same"),
        pytest.param(">=3.13.1", False, id="newer patch"),
        pytest.param(">=3.14", False, id="newer"),
        pytest.param("<3.13", False, id="older only"),
        pytest.param(">=3.9,!=3.13.*", False, id="all but this"),
        pytest.param(">=3.13.0rc1", True, id="release candidate"),
    ],
)
def test_requires_python(requires_python: str | None, fits: bool, tmp_path: Path) -> None:
    """``Requires-Python`` in the wheel has to take the target's Python, whatever the index said of it."""
    assert rules(tmp_path, ARM, "py3-none-any", requires_python) == ([] if fits else ["requires-python"])


@pytest.mark.parametrize(
    ("tag", "requires_python", "hint"),
    [
        ("py3-none-any", ">=3.14", "ask for another version, or build for python3.14 or newer"),
        ("py3-none-any", ">=3.99", "ask for another version"),
        ("cp313-cp313-manylinux_2_28_aarch64", ">=3.14", "ask for another version"),
    ],
)
def test_what_takes_it(tag: str, requires_python: str, hint: str, tmp_path: Path) -> None:
    """Only a runtime that takes the wheel is proposed."""
    path = make_wheel(tmp_path, "demo", tag=tag, requires_python=requires_python)
    [problem] = audit_wheel(read_wheel(path), ARM)
    assert problem.hint == hint


def test_all_at_once(tmp_path: Path) -> None:
    """Every rule is asked, so that all that is wrong is known at once."""
    assert rules(tmp_path, ARM, "cp39-cp39-win_amd64", "<3.10") == ["wrong-tag", "requires-python"]


@pytest.mark.parametrize(
    ("tag", "files", "expected"),
    [
        pytest.param("py3-none-any", {"x.so": factory.elf()}, ["error"], id="a library"),
        pytest.param("py3-none-any", {"x.so": factory.elf(machine="aarch64")}, ["error"], id="for whatever machine"),
        pytest.param("py3-none-any", {"x.so": factory.elf(), "y.so": factory.elf()}, ["error"], id="said once"),
        pytest.param("py2.py3-none-any", {"x.so": factory.elf()}, ["error"], id="a tag set"),
        pytest.param(
            "py3-none-any", {"x.so": factory.elf(), "x.dll": factory.PE}, ["warning"], id="for several systems"
        ),
        pytest.param("py3-none-any", {"x": factory.elf()}, [], id="data"),
        pytest.param("py3-none-any", {"x.dll": factory.PE}, [], id="only for others"),
        pytest.param("py3-none-any", {"x.so": factory.TEXT}, [], id="text"),
        pytest.param("py3-none-linux_aarch64", {"x.so": factory.elf()}, [], id="for one platform"),
    ],
)
def test_native_in_any(tag: str, files: Mapping[str, bytes], expected: list[str], tmp_path: Path) -> None:
    """A wheel for any platform has no library of one, unless it has some of several; one file shows it."""
    problems = audit_wheel(read_wheel(make_wheel(tmp_path, files=files, tag=tag)), ARM)
    assert [(problem.rule, str(problem.severity), problem.member) for problem in problems] == [
        ("native-in-any", severity, "x.so") for severity in expected
    ]


CORE = HEADER.pack(3571, b"\r\n", 0, bytes(8))
"""The beginning of bytecode of Python 3.13."""
UNCHECKED = HEADER.pack(3571, b"\r\n", 1, bytes(8))
"""That of some other source than those below, which Python does not compare."""


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({"bin/x": factory.elf(machine="aarch64")}, [("warning", "bin/x")], id="a program"),
        pytest.param({"bin/x": factory.elf()}, [("warning", "bin/x")], id="for whatever machine"),
        pytest.param({"bin/a": factory.elf(), "bin/b": factory.elf()}, [("warning", "bin/a")], id="said once"),
        pytest.param({"bin/a": factory.elf(), "x.so": factory.elf()}, [("error", "x.so")], id="beside a library"),
        pytest.param({"bin/a": factory.elf(), "bin/b": factory.elf(machine="aarch64")}, [], id="for several machines"),
        pytest.param({"bin/x.exe": factory.PE, "bin/x": factory.MACH_O}, [], id="for other systems"),
        pytest.param({"bin/x": factory.elf()[:70]}, [], id="damaged"),
        pytest.param({"bin/x": "#!/bin/sh"}, [], id="a script"),
    ],
)
def test_programs_in_any(files: Mapping[str, bytes | str], expected: Sequence[tuple[str, str]], tmp_path: Path) -> None:
    """A wheel for any platform has no program of one machine alone; nothing is started by an import: a warning."""
    modes = dict.fromkeys(files, 0o100755)
    problems = audit_wheel(read_wheel(make_wheel(tmp_path, files=files, modes=modes)), ARM)
    assert [(str(problem.severity), problem.member) for problem in problems] == expected
    assert {problem.rule for problem in problems} <= {"native-in-any"}


@pytest.mark.parametrize(
    ("files", "runtime", "found"),
    [
        pytest.param({"demo.pyc": CORE}, "python3.12", ("bytecode-other-python", "demo.pyc"), id="nothing else"),
        pytest.param({"demo.pyc": CORE}, "python3.13", None, id="for this Python"),
        pytest.param({"demo.pyc": CORE, "demo.py": ""}, "python3.12", None, id="with its source"),
        pytest.param({"demo.pyc": b""}, "python3.13", ("bytecode-other-python", "demo.pyc"), id="no bytecode"),
        pytest.param(
            {"a.py": "", "__pycache__/a.cpython-313.pyc": UNCHECKED},
            "python3.13",
            ("bytecode-stale", "__pycache__/a.cpython-313.pyc"),
            id="of another source",
        ),
        pytest.param({"a.py": "", "__pycache__/a.cpython-313.pyc": UNCHECKED}, "python3.12", None, id="not looked at"),
        pytest.param({"a.py": "", "__pycache__/a.cpython-313.pyc": CORE}, "python3.13", None, id="compared"),
        pytest.param({"__pycache__/a.cpython-313.pyc": UNCHECKED}, "python3.13", None, id="of no source"),
        pytest.param(
            {"demo-1.0.data/purelib/demo.pyc": CORE},
            "python3.12",
            ("bytecode-other-python", "demo-1.0.data/purelib/demo.pyc"),
            id="elsewhere in the wheel",
        ),
        pytest.param({"demo-1.0.data/purelib/demo.pyc": CORE, "demo.py": ""}, "python3.12", None, id="beside it then"),
        pytest.param({"demo-1.0.data/scripts/demo.pyc": CORE}, "python3.12", None, id="no module"),
    ],
)
def test_bytecode(
    files: Mapping[str, bytes | str], runtime: str, found: tuple[str, str] | None, tmp_path: Path
) -> None:
    """Bytecode without a source is for the target's Python, and what is run uncompared is of its source."""
    problems = audit_wheel(read_wheel(make_wheel(tmp_path, files=files)), Target(runtime, "arm64"))
    assert [(problem.rule, problem.member) for problem in problems] == ([found] if found else [])
    assert all(problem.severity is Severity.ERROR and problem.project == "demo" for problem in problems)


def test_where_machine_code_lands(tmp_path: Path) -> None:
    """Machine code is judged at its place in the layer; scripts only where they are in it."""
    path = make_wheel(
        tmp_path,
        tag="py3-none-linux_aarch64",
        files={"demo/x.so": factory.elf()},
        data={"platlib/demo/y.so": factory.elf(), "data/lib/z.so": factory.elf(), "scripts/run": factory.elf()},
    )
    wheel = read_wheel(path)
    plain = ["python/demo/x.so", "python/demo/y.so", "python/lib/z.so"]
    assert [place.path for place in placed(wheel)] == plain
    assert [place.path for place in placed(wheel, scripts=True)] == [*plain, "bin/run"]
    assert {(place.project, place.wheel, place.owner) for place in placed(wheel)} == {("demo", path.name, path.name)}
    assert next(placed(wheel, "python/lib/python3.13/site-packages/")).folder == (
        "python/lib/python3.13/site-packages/demo"
    )
