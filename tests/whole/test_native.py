"""Layers of machine code: what would not load in Lambda stops the build. (Starts pip.)"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from lambda_wheels import Severity, WheelError
from lambda_wheels.cli.main import main
from tests import elf_factory as factory
from tests.elf_factory import elf
from tests.index_server import IndexServer
from tests.loopback import TARGET, Build, left_behind, snapshot, stored_wheels
from tests.wheel_factory import make_wheel
from tests.whole.zips import manifest

pytestmark = pytest.mark.pip

TAG = "cp313-cp313-manylinux_2_17_aarch64"

ERRORS: dict[str, tuple[str, str, dict[str, bytes]]] = {
    "native-in-any": ("py3-none-any", "demo/x.so", {"demo/x.so": elf(machine="aarch64")}),
    "foreign-binary": (TAG, "demo/x.so", {"demo/x.so": factory.MACH_O}),
    "wrong-machine": (TAG, "demo/x.so", {"demo/x.so": elf(machine="x86_64")}),
    "native-damaged": (TAG, "demo/x.so", {"demo/x.so": elf(machine="aarch64")[:-1]}),
    "extension-name": (
        TAG,
        "demo/x.cpython-312-aarch64-linux-gnu.so",
        {"demo/x.cpython-312-aarch64-linux-gnu.so": elf(machine="aarch64")},
    ),
    "missing-library": (TAG, "demo/x.so", {"demo/x.so": elf(["libGL.so.1"], machine="aarch64")}),
    "missing-symbol-version": (
        TAG,
        "demo/x.so",
        {"demo/x.so": elf(versions={"libc.so.6": ["GLIBC_2.99"]}, machine="aarch64")},
    ),
}
"""For each rule a tag, the file that breaks it, and the files of a wheel that breaks no other."""

EVERY_RULE = pytest.mark.parametrize(
    ("rule", "tag", "member", "files"), [pytest.param(rule, *row, id=rule) for rule, row in ERRORS.items()]
)
SOUND = {
    "demo/x.cpython-313-aarch64-linux-gnu.so": elf(
        ["libdemo-1a2b.so.1", "libc.so.6"],
        machine="aarch64",
        rpath="$ORIGIN/../demo.libs",
        versions={"libc.so.6": ["GLIBC_2.17"]},
    ),
    "demo.libs/libdemo-1a2b.so.1": elf(["libm.so.6"], machine="aarch64", soname="libdemo-1a2b.so.1"),
}
"""A wheel as auditwheel leaves one."""


@pytest.fixture
def run(index: IndexServer, out: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """``lambda-wheels build demo``, as a function that gives the exit code and the lines of its words."""
    given = ["--runtime", TARGET["runtime"], "--architecture", TARGET["architecture"], "--index-url", index.url]

    def build(*arguments: str) -> tuple[int, list[str]]:
        code = main(["build", "demo", *given, "--output", str(out / "layer.zip"), "-q", *arguments])
        return code, capsys.readouterr().err.splitlines()

    return build


@pytest.mark.hostile("Wheels")
@EVERY_RULE
def test_refused(
    rule: str, tag: str, member: str, files: Mapping[str, bytes], run: Any, served: Path, out: Path, store: Path
) -> None:
    """Each rule stops the build with one line and exit code 1, and the output is as it was."""
    path = make_wheel(served, files=files, tag=tag)
    (out / "layer.zip").write_bytes(b"what was there")
    before = snapshot(out)
    code, lines = run()
    assert code == 1
    [line] = lines
    assert line.startswith(f"error[{rule}] {path.name}: {member}: ")
    assert "; " in line
    assert snapshot(out) == before
    assert left_behind(out, store) == []
    assert stored_wheels(store) == [path.name]  # which is sound as a wheel, whatever it is for


@EVERY_RULE
def test_allowed(
    rule: str, tag: str, member: str, files: Mapping[str, bytes], build: Build, served: Path, out: Path
) -> None:
    """Each can be allowed for a project: it is then a warning, and stands in the manifest."""
    make_wheel(served, files=files, tag=tag)
    layer = build("demo", output=out / "layer.zip", allow=[f"{rule}:demo"], strict=True)
    [warning] = layer.warnings
    assert (warning.rule, warning.severity, warning.member) == (rule, Severity.WARNING, member)
    assert manifest(layer)["waived"] == [f"{rule}:demo"]


def test_sound(build: Build, served: Path, out: Path) -> None:
    """A wheel whose libraries find each other is built without a word, and so is its data, whatever that is."""
    data = {"demo/kernel.o": elf(kind=factory.RELOCATABLE), "demo/run.exe": factory.PE, "demo/gpu": elf(machine=224)}
    make_wheel(served, files={**SOUND, **data}, tag=TAG)
    assert build("demo", output=out / "layer.zip", strict=True).warnings == ()


def test_two_wheels(build: Build, served: Path, out: Path) -> None:
    """The layer is looked at as a whole: one wheel may have what another needs, and without it does not load."""
    user = elf(["libshared.so.1"], machine="aarch64", rpath="$ORIGIN/../provider")
    make_wheel(served, "user", files={"user/x.so": user}, tag=TAG)
    make_wheel(served, "provider", files={"provider/libshared.so.1": elf(machine="aarch64")}, tag=TAG)
    assert build(["user", "provider"], output=out / "layer.zip").warnings == ()
    with pytest.raises(WheelError) as caught:
        build("user", output=out / "other.zip")
    [problem] = caught.value.problems
    assert (problem.rule, problem.project, problem.member) == ("missing-library", "user", "user/x.so")


@pytest.mark.parametrize(
    ("files", "modes", "expected"),
    [
        pytest.param(
            {"demo/run": elf(["libGL.so.1"], machine="aarch64")}, ["demo/run"], ["missing-library"], id="program"
        ),
        pytest.param(
            {"demo/x.so": elf(["libx.so"], machine="aarch64"), "demo/libs/libx.so": elf(machine="aarch64")},
            [],
            ["library-elsewhere"],
            id="elsewhere",
        ),
        pytest.param(
            {"demo/x.so": elf(machine="aarch64"), "demo/x.dll": factory.PE, "demo/x86_64/x.so": elf()},
            [],
            ["foreign-binary", "wrong-machine"],
            id="for several",
        ),
    ],
)
def test_warnings(
    files: Mapping[str, bytes], modes: Sequence[str], expected: list[str], build: Build, served: Path, out: Path
) -> None:
    """What may work is a warning, which is an error only if one wants to be strict."""
    make_wheel(served, files=files, tag=TAG, modes=dict.fromkeys(modes, 0o100755))
    layer = build("demo", output=out / "layer.zip")
    assert sorted(warning.rule for warning in layer.warnings) == expected
    assert manifest(layer)["waived"] == []
    with pytest.raises(WheelError):
        build("demo", output=out / "layer.zip", strict=True)


def test_every_target_anew(build: Build, served: Path, out: Path) -> None:
    """One wheel in the store is judged for each target: what loads on one runtime need not on another."""
    files = {"demo/x.so": elf(versions={"libc.so.6": ["GLIBC_2.34"]}, machine="aarch64")}
    make_wheel(served, files=files, tag="py3-none-manylinux_2_17_aarch64")
    assert build("demo", output=out / "layer.zip").warnings == ()
    with pytest.raises(WheelError, match=r"it needs GLIBC_2\.34 of libc\.so\.6, python3\.11 \(Amazon Linux 2\)"):
        build("demo", output=out / "other.zip", runtime="python3.11")


def test_from_the_store(build: Build, served: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was learnt stays beside the wheel: the next build finds the same, and reads no file of machine code."""
    files = {
        "demo/x.so": elf(["libGL.so.1", "libstdc++.so.6"], machine="aarch64", rpath="$ORIGIN/\u00e9"),
        "demo/y.so": elf(versions={"libc.so.6": ["GLIBC_2.99"]}, machine="aarch64"),
        "demo/z.so": elf(machine="aarch64")[:-1],
        "demo/x86_64/x.so": elf(),
        "demo/x.dll": factory.PE,
    }
    make_wheel(served, files=files, tag=TAG)
    allow = [f"{rule}:demo" for rule in ("missing-library", "missing-symbol-version", "native-damaged")]
    first = build("demo", output=out / "layer.zip", allow=allow).warnings
    assert len(first) == 5

    def refuse(path: str, file: BinaryIO) -> None:
        pytest.fail(f"{path} is read again")

    monkeypatch.setattr("lambda_wheels.wheels.elf.read_native", refuse)
    assert build("demo", output=out / "layer.zip", allow=allow).warnings == first


def test_local_wheel(build: Build, tmp_path: Path, out: Path) -> None:
    """A wheel that is given by its path is held to the same."""
    path = make_wheel(tmp_path, files={"demo/x.so": elf(machine="x86_64")}, tag=TAG)
    with pytest.raises(WheelError) as caught:
        build(path, output=out / "layer.zip")
    assert [problem.rule for problem in caught.value.problems] == ["wrong-machine"]


def test_forged_names(run: Any, served: Path) -> None:
    """What a stranger wrote into a file reaches the terminal in one line, and cannot move its cursor."""
    name = "lib\x1b[31m\n\u202eGL\udcff.so"
    make_wheel(served, files={"demo/x.so": elf([name], machine="aarch64")}, tag=TAG)
    code, lines = run()
    assert (code, len(lines)) == (1, 1)
    assert lines[0].isprintable()
    assert re.search(r"it needs lib\\x1b\[31m\\n\\u202eGL\\xff\.so, which", lines[0])


def test_everything_at_once(run: Any, served: Path) -> None:
    """All that is wrong is listed, a line each."""
    # With a library of another system beside them it would be a wheel for several, which takes one or none.
    rules = sorted(ERRORS.keys() - {"native-in-any", "foreign-binary"})
    files = {f"{rule}/{path}": content for rule in rules for path, content in ERRORS[rule][2].items()}
    make_wheel(served, files=files, tag=TAG)
    code, lines = run()
    assert code == 1
    assert sorted(line[len("error[") : line.index("]")] for line in lines) == rules
