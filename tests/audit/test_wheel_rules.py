"""What a sound wheel has to be to work on a target. (Writes wheels.)"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from lambda_wheels import Severity, Target
from lambda_wheels.audit import audit_wheel, placed
from lambda_wheels.wheels import read_wheel
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
