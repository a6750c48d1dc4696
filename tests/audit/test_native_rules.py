"""What each file of machine code has to keep by itself. (Pure.)"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from lambda_wheels.audit import audit_natives
from lambda_wheels.audit.native_rules import audit_files
from lambda_wheels.problems import Problem
from lambda_wheels.targets import Target
from tests import elf_factory as factory
from tests.audit.places import ARM, INTEL, Files, places

OURS: dict[str, Any] = {}
"""A library for INTEL."""
OTHERS: dict[str, Any] = {"machine": "aarch64"}


def told(problems: Iterable[Problem]) -> list[tuple[str, str, str | None]]:
    """Severity, rule and file of each."""
    return [(str(problem.severity), problem.rule, problem.member) for problem in problems]


def found(files: Files, target: Target = INTEL) -> list[tuple[str, str, str | None]]:
    """What is said of one wheel of these files."""
    return told(audit_files(places(files), target))


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({"python/x.so": OURS}, [], id="ELF"),
        pytest.param({"python/x.so": factory.MACH_O}, [("error", "x.so")], id="Mach-O as a module of Linux"),
        pytest.param({"python/x.so": factory.FAT_MACH_O}, [("error", "x.so")], id="Mach-O for several"),
        pytest.param({"python/x.so": factory.PE}, [("error", "x.so")], id="PE as a module of Linux"),
        pytest.param({"python/x.pyd": factory.PE}, [("error", "x.pyd")], id="module of Windows"),
        pytest.param({"python/x.dll": factory.PE}, [("error", "x.dll")], id="library of Windows"),
        pytest.param({"python/x.dylib": factory.MACH_O}, [("error", "x.dylib")], id="library of macOS"),
        pytest.param({"python/x.dll": factory.PE, "python/x.so": OURS}, [("warning", "x.dll")], id="beside ours"),
        pytest.param(
            {"python/x.dll": factory.PE, "python/x.so": OTHERS}, [("warning", "x.dll")], id="beside another of Linux"
        ),
        pytest.param(
            {"python/x.dll": factory.PE, "python/x.dylib": factory.MACH_O},
            [("warning", "x.dll"), ("warning", "x.dylib")],
            id="for several systems",
        ),
        pytest.param({"python/x.dll": factory.PE, "python/run": OURS}, [("error", "x.dll")], id="beside a program"),
        pytest.param(
            {"python/a.so": factory.MACH_O, "python/x.so": OURS},
            [("error", "a.so")],
            id="as a module of Linux beside one",
        ),
        pytest.param(
            {"python/x.so.1": factory.PE, "python/x.so": OURS}, [("error", "x.so.1")], id="as a library beside"
        ),
        pytest.param({"python/run": factory.MACH_O, "python/run.exe": factory.PE}, [], id="programs are data"),
        pytest.param({"python/x.dll": factory.TEXT, "python/x.dylib": b""}, [], id="text that nobody loads"),
    ],
)
def test_foreign_binary(files: Files, expected: list[tuple[str, str]]) -> None:
    """What would be loaded is no file of another system; libraries for several may lie side by side."""
    found_of_this = [row for row in found(files) if row[1] == "foreign-binary"]
    assert found_of_this == [(severity, "foreign-binary", member) for severity, member in expected]


@pytest.mark.parametrize(
    ("files", "target", "expected"),
    [
        pytest.param({"python/x.so": OURS}, INTEL, [], id="right"),
        pytest.param({"python/x.so": OTHERS}, ARM, [], id="right on arm64"),
        pytest.param({"python/x.so": OTHERS}, INTEL, ["error"], id="the other architecture"),
        pytest.param({"python/x.so": {"bits": 32, "machine": "i386"}}, INTEL, ["error"], id="32-bit"),
        pytest.param({"python/x.so": {"bits": 32}}, INTEL, ["error"], id="x32"),
        pytest.param({"python/x.so": {"machine": "aarch64", "little_endian": False}}, ARM, ["error"], id="big-endian"),
        pytest.param({"python/x.so": {"machine": "s390x", "little_endian": False}}, INTEL, ["error"], id="s390x"),
        pytest.param({"python/x.so": {"machine": 0xFEED}}, INTEL, ["error"], id="nobody's"),
        pytest.param({"python/run": OTHERS}, INTEL, ["warning"], id="a program"),
        pytest.param({"python/x-aarch64.so": OTHERS}, INTEL, ["error"], id="named for it, alone"),
        pytest.param(
            {"python/x-aarch64.so": OTHERS, "python/y.so": OURS}, INTEL, ["warning"], id="named for it, beside"
        ),
        pytest.param({"python/arm64/x.so": OTHERS, "python/y.so": OURS}, INTEL, ["warning"], id="in a folder for it"),
        pytest.param({"python/charm64/x.so": OTHERS, "python/y.so": OURS}, INTEL, ["error"], id="in a word of it"),
        pytest.param({"python/x.so": OTHERS, "python/y.so": OURS}, INTEL, ["error"], id="not named for it"),
        pytest.param({"python/amd64/x.so": OTHERS, "python/y.so": OURS}, INTEL, ["error"], id="named for another"),
        pytest.param({"python/amd64/x.so": OURS, "python/y.so": OTHERS}, ARM, ["warning"], id="named amd64, on arm64"),
        pytest.param(
            {"python/x86/x.so": {"bits": 32, "machine": "i386"}, "python/y.so": OURS}, INTEL, ["warning"], id="x86"
        ),
        pytest.param({"python/x.aarch64.so": OTHERS, "python/y.so": b""}, INTEL, ["error"], id="beside text"),
        pytest.param(
            {"python/x-arm64.so": OTHERS, "python/y.dll": factory.PE}, INTEL, ["warning"], id="for several systems"
        ),
    ],
)
def test_wrong_machine(files: Files, target: Target, expected: list[str]) -> None:
    """A file is for the target's machine, bits and order; those that are named for another may lie beside ours."""
    assert [severity for severity, rule, _ in found(files, target) if rule == "wrong-machine"] == expected


@pytest.mark.parametrize(
    ("file", "target", "words"),
    [
        pytest.param(OTHERS, INTEL, "it is for aarch64 (64-bit), python3.13 on x86_64 needs x86_64", id="arm64"),
        pytest.param({"bits": 32, "machine": "i386"}, INTEL, "it is for 386 (32-bit), ", id="i386"),
        pytest.param({"bits": 32}, INTEL, "it is for x86_64 (32-bit), ", id="x32"),
        pytest.param(
            {"machine": "s390x", "little_endian": False}, ARM, "it is for S390 (64-bit, big-endian), ", id="s390x"
        ),
        pytest.param({"machine": 0xFEED}, ARM, "it is for 65261 (64-bit), ", id="a number"),
    ],
)
def test_words_for_machines(file: dict[str, Any], target: Target, words: str) -> None:
    """The message has the machine of the file, and that of the target."""
    [problem] = audit_files(places({"python/x.so": file}), target)
    assert words in f"{problem.message}, "


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        pytest.param(factory.TEXT, "it is named like a library, and is none", id="text"),
        pytest.param(b"", "it is named like a library, and is none", id="empty"),
        pytest.param(factory.JAVA_CLASS, "it is named like a library, and is none", id="Java"),
        pytest.param(b"\x7fELF", "the loader would refuse it: its header is cut off or not one", id="no header"),
        pytest.param(factory.elf()[:-1], "the loader would refuse it: it is cut off", id="cut off"),
        pytest.param(factory.elf(kind=1), "it is neither a library nor a program (ET_REL)", id="object file"),
    ],
)
@pytest.mark.parametrize("name", ["x.so", "x.so.6", "libx.so.1.0.2k"])
def test_damage(file: bytes, expected: str, name: str) -> None:
    """What is named like a library of Linux is one, and whole."""
    [problem] = audit_natives(places({f"python/{name}": file}), INTEL)
    assert (problem.rule, str(problem.severity), problem.member) == ("native-damaged", "error", name)
    assert expected in problem.message


def test_damage_of_programs() -> None:
    """A damaged program is a warning: no import starts it."""
    assert found({"python/run": factory.elf()[:-1]}) == [("warning", "native-damaged", "run")]


def test_damage_for_another_machine() -> None:
    """Of a file for another machine it is not said that it is damaged as well."""
    assert found({"python/x.so": factory.elf(machine="aarch64")[:-1]}) == [("error", "wrong-machine", "x.so")]


@pytest.mark.parametrize(
    ("names", "target", "expected"),
    [
        pytest.param(["x.cpython-313-x86_64-linux-gnu.so"], INTEL, [], id="right"),
        pytest.param(["x.cpython-313-aarch64-linux-gnu.so"], ARM, [], id="right on arm64"),
        pytest.param(["x.abi3.so", "x.so", "libx.so.1"], INTEL, [], id="for no Python by name"),
        pytest.param(["x.cpython-312-x86_64-linux-gnu.so"], INTEL, [0], id="another Python"),
        pytest.param(["x.cpython-313-aarch64-linux-gnu.so"], INTEL, [0], id="another machine"),
        pytest.param(["x.cpython-313-x86_64-linux-musl.so"], INTEL, [0], id="another C library"),
        pytest.param(["x.cpython-313t-x86_64-linux-gnu.so"], INTEL, [0], id="without the lock"),
        pytest.param(["x.cpython-313d-x86_64-linux-gnu.so"], INTEL, [0], id="debug"),
        pytest.param(["x.cpython-313.so"], INTEL, [0], id="no machine"),
        pytest.param(["x.pypy311-pp73-x86_64-linux-gnu.so"], INTEL, [0], id="PyPy"),
        pytest.param(["x.graalpy-38-native-x86_64-linux.so"], INTEL, [0], id="GraalPy"),
        pytest.param(["x.cpython-313-x86_64-linux-gnu.so.1"], INTEL, [], id="no module"),
        pytest.param(["x.cpython-313-darwin.so"], INTEL, [0], id="macOS"),
        pytest.param(
            ["x.cpython-312-x86_64-linux-gnu.so", "x.cpython-313-x86_64-linux-gnu.so"], INTEL, [], id="ours beside"
        ),
        pytest.param(["x.cpython-312-x86_64-linux-gnu.so", "x.abi3.so"], INTEL, [], id="one for all beside"),
        pytest.param(["x.cpython-312-x86_64-linux-gnu.so", "x.so"], INTEL, [], id="plain one beside"),
        pytest.param(
            ["x.cpython-312-x86_64-linux-gnu.so", "y.cpython-313-x86_64-linux-gnu.so"],
            INTEL,
            [0],
            id="another's beside",
        ),
        pytest.param(
            ["a/x.cpython-312-x86_64-linux-gnu.so", "b/x.cpython-313-x86_64-linux-gnu.so"], INTEL, [0], id="elsewhere"
        ),
    ],
)
def test_extension_name(names: list[str], target: Target, expected: list[int]) -> None:
    """The name of an extension module is one that the target's Python sees, or lies beside one that is."""
    files = {f"python/{name}": {"machine": target.machine} for name in names}
    assert found(files, target) == [("error", "extension-name", names[place]) for place in expected]


def test_what_is_alike_is_said_once() -> None:
    """Files of one wheel with the same trouble are one finding, which names the first and how many more there are."""
    two = [f"python/{name}.so" for name in "ab"]
    three = [*two, "python/c.so"]
    for paths, words in (
        (two[:1], "x86_64"),
        (two, "x86_64 (and 1 other file)"),
        (three, "x86_64 (and 2 other files)"),
    ):
        [problem] = audit_files(places(dict.fromkeys(paths, OTHERS)), INTEL)
        assert problem.member == "a.so"
        assert problem.message.endswith(words)


def test_each_wheel_by_itself() -> None:
    """What two wheels have in common is said of each, with its file name and project."""
    layer = [*places({"python/a.so": OTHERS}, "first"), *places({"python/b.so": OTHERS}, "second")]
    assert [(problem.project, problem.wheel, problem.member) for problem in audit_files(layer, INTEL)] == [
        ("first", "first-1.0-cp313-cp313-manylinux_2_28_x86_64.whl", "a.so"),
        ("second", "second-1.0-cp313-cp313-manylinux_2_28_x86_64.whl", "b.so"),
    ]


def test_a_flood() -> None:
    """Of hundreds of findings of one rule fifty are listed, and the last says how many there are besides."""
    layer = places({f"python/x{one}.so": {"needed": [f"gone{one}.so"]} for one in range(200)})
    layer += places({"python/y.so": {"needed": ["gone.so"]}}, "other")
    *listed, last, other = audit_natives(layer, INTEL)
    assert (len(listed), {problem.rule for problem in listed}) == (49, {"missing-library"})
    assert last.message.endswith("(and 150 more like it)")
    assert (other.project, other.message.endswith("more like it)")) == ("other", False)
    exactly = audit_natives(layer[:50], INTEL)
    assert len(exactly) == 50
    assert "more like it" not in exactly[-1].message


def test_nothing_to_audit() -> None:
    """A layer without machine code has no findings."""
    assert audit_natives([], INTEL) == []
