"""What a file of machine code is, by its name and first bytes, and how it is kept of a wheel. (Writes wheels.)"""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from lambda_wheels.wheels import read_wheel, wheel_as_json, wheel_from_json
from lambda_wheels.wheels.native import Elf, Format, Native, concerns, format_of, is_loaded, split_version
from tests import elf_factory as factory
from tests.elf_factory import elf
from tests.wheel_factory import make_wheel

PROGRAM = stat.S_IFREG | 0o755


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        pytest.param(elf(), Format.ELF, id="ELF"),
        pytest.param(elf(bits=32, little_endian=False), Format.ELF, id="ELF of any kind"),
        pytest.param(b"\x7fEL", Format.OTHER, id="less than its magic"),
        pytest.param(factory.MACH_O, Format.MACH_O, id="Mach-O"),
        pytest.param(factory.MACH_O_32, Format.MACH_O, id="32-bit Mach-O"),
        pytest.param(factory.MACH_O_BIG_ENDIAN, Format.MACH_O, id="big-endian Mach-O"),
        pytest.param(factory.FAT_MACH_O, Format.MACH_O, id="Mach-O for several"),
        pytest.param(factory.FAT_MACH_O_64, Format.MACH_O, id="64-bit Mach-O for several"),
        pytest.param(factory.JAVA_CLASS, Format.OTHER, id="Java class, which begins alike"),
        pytest.param(factory.PE, Format.PE, id="PE"),
        pytest.param(factory.TEXT, Format.OTHER, id="text"),
        pytest.param(b"", Format.OTHER, id="empty"),
    ],
)
def test_formats(start: bytes, expected: Format) -> None:
    """A format is known by the first eight bytes of a file."""
    assert format_of(start[:8]) is expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("demo/x.so", True, id="extension module"),
        pytest.param("demo/x.cpython-313-x86_64-linux-gnu.so", True, id="tagged"),
        pytest.param("demo.libs/libdemo-1a2b.so.6", True, id="with a version"),
        pytest.param("demo.libs/libdemo.so.6.0.33", True, id="with a long version"),
        pytest.param("demo.libs/libssl-cd1d6220.so.1.0.2k", True, id="with a letter in it"),
        pytest.param("demo/x.pyd", True, id="Windows"),
        pytest.param("demo/X.DLL", True, id="Windows in capitals"),
        pytest.param("demo/x.dylib", True, id="macOS"),
        pytest.param("demo/x.SO", False, id="Linux in capitals"),
        pytest.param("demo/x.so.py", False, id="named on"),
        pytest.param("demo/x.so.debug", False, id="its symbols"),
        pytest.param("demo/x.so.6.hmac", False, id="its digest"),
        pytest.param("demo/x.so.6\n", False, id="a line break behind it"),
        pytest.param("demo/so", False, id="no name"),
        pytest.param("demo/x.exe", False, id="a program of Windows"),
        pytest.param("demo/x.o", False, id="object file"),
        pytest.param("demo/x.a", False, id="archive"),
        pytest.param("demo/x.py", False, id="Python"),
        pytest.param("x.so/y", False, id="a folder"),
        pytest.param("demo/x.so.٣", False, id="digits of other scripts"),
    ],
)
def test_what_is_loaded(path: str, expected: bool) -> None:
    """What Python or a loader would load goes by the end of its name."""
    assert is_loaded(path) is expected
    assert Native(path, Format.OTHER).is_loaded is expected


@pytest.mark.parametrize(
    ("path", "content", "executable", "expected"),
    [
        pytest.param("x.so", factory.TEXT, False, True, id="whatever is named like a library"),
        pytest.param("x", elf(), True, True, id="program"),
        pytest.param("x", elf(), False, False, id="ELF as data"),
        pytest.param("x.exe", factory.PE, True, False, id="launcher of Windows"),
        pytest.param("x", factory.MACH_O, True, False, id="program of macOS"),
        pytest.param("x.py", b"#!python", True, False, id="script"),
    ],
)
def test_what_concerns(path: str, content: bytes, executable: bool, expected: bool) -> None:
    """Libraries concern a layer, and programs of Linux; all else is data."""
    assert concerns(path, content[:8], executable=executable) is expected


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        pytest.param("GLIBC_2.17", ("GLIBC", (2, 17)), id="plain"),
        pytest.param("GLIBC_2.2.5", ("GLIBC", (2, 2, 5)), id="three numbers"),
        pytest.param("CXXABI_ARM_1.3.3", ("CXXABI_ARM", (1, 3, 3)), id="underscore"),
        pytest.param("GCC_3.0", ("GCC", (3, 0)), id="compiler"),
        pytest.param("GLIBC_PRIVATE", ("GLIBC_PRIVATE", ()), id="no number"),
        pytest.param("GLIBC_ABI_DT_RELR", ("GLIBC_ABI_DT_RELR", ()), id="a promise"),
        pytest.param("CXXABI_FLOAT128", ("CXXABI_FLOAT128", ()), id="a word with digits"),
        pytest.param("libpng16", ("libpng16", ()), id="no underscore"),
        pytest.param("", ("", ()), id="empty"),
        pytest.param("_", ("_", ()), id="nothing on either side"),
        pytest.param("_1", ("", (1,)), id="no kind"),
        pytest.param("V_1.", ("V_1.", ()), id="dot at the end"),
        pytest.param("V_1..2", ("V_1..2", ()), id="two dots"),
        pytest.param("V_-1", ("V_-1", ()), id="a sign"),
        pytest.param("V_٣", ("V_٣", ()), id="digits of other scripts"),
        pytest.param(f"V_{'9' * 5000}", (f"V_{'9' * 5000}", ()), id="more digits than a number may have"),
    ],
)
def test_split_version(version: str, expected: tuple[str, tuple[int, ...]]) -> None:
    """A version is a kind and a number, where it ends in one."""
    assert split_version(version) == expected


# --- Of wheels -------------------------------------------------------------------------------------------------------


def natives(path: Path) -> dict[str, Native]:
    """What the wheel at ``path`` has of machine code."""
    return {native.path: native for native in read_wheel(path).natives}


def test_natives_of_a_wheel(tmp_path: Path) -> None:
    """A wheel's machine code is known after it was read, by path; what is data is left out."""
    library = elf(soname="libx.so", versions={"libc.so.6": ["GLIBC_2.17"]})
    path = make_wheel(
        tmp_path,
        tag="cp313-cp313-manylinux_2_28_x86_64",
        files={
            "demo/x.so": library,
            "demo/empty.so": b"",
            "demo/text.so": factory.TEXT,
            "demo/data": elf(),
            "demo/tool": elf(kind=factory.EXECUTABLE, dynamic=False),
            "demo/x.pyd": factory.PE,
            "demo/x.exe": factory.PE,
            "demo/__init__.py": "",
        },
        data={"scripts/run": elf(), "scripts/text": "#!python\n", "data/lib/y.so": elf()},
        modes={"demo/tool": PROGRAM},
        stored={"demo/x.so"},
    )
    found = natives(path)
    assert {name: str(native.format) for name, native in found.items()} == {
        "demo/x.so": "ELF",
        "demo/empty.so": "other",
        "demo/text.so": "other",
        "demo/tool": "ELF",
        "demo/x.pyd": "PE",
        "demo-1.0.data/scripts/run": "ELF",
        "demo-1.0.data/data/lib/y.so": "ELF",
    }
    assert found["demo/x.so"].elf == Elf(
        "x86_64", 64, True, "libx.so", ("libc.so.6",), (("libc.so.6", "GLIBC_2.17"),), (), (), ""
    )
    assert (found["demo/text.so"].elf, found["demo/x.pyd"].elf) == (None, None)


@pytest.mark.parametrize("size", [1, 3, 8, 1 << 18])
def test_piece_by_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Machine code is known and read whole however short the pieces are in which it is inflated."""
    monkeypatch.setattr("lambda_wheels.wheels.inflate.CHUNK", size)
    path = make_wheel(
        tmp_path,
        tag="py3-none-linux_x86_64",
        files={"demo/x.so": elf(), "demo/tool": elf(), "demo/short.so": b"\x7fELF", "demo/short": b"\x7fELF"},
        modes={"demo/tool": PROGRAM, "demo/short": PROGRAM},
        stored={"demo/tool"},
    )
    found = natives(path)
    whole = Elf("x86_64", 64, True, needed=("libc.so.6",))
    no_header = Elf("", 0, False, damage="its header is cut off or not one")
    assert {name: native.elf for name, native in found.items()} == {
        "demo/x.so": whole,
        "demo/tool": whole,
        "demo/short.so": no_header,
        "demo/short": no_header,
    }


def test_they_come_back(tmp_path: Path) -> None:
    """What is known of machine code comes back from JSON as it was."""
    path = make_wheel(
        tmp_path,
        tag="py3-none-linux_x86_64",
        files={
            "demo/x.so": elf(["a", "b"], soname="s", rpath="r:q", versions={"a": ["V_1"]}),
            "demo/y.so": elf(runpath="p", machine="s390x", little_endian=False),
            "demo/z.so": elf()[:100],
            "demo/\u00e9.so": elf(["\udcff\u202e\n"]),
            "demo/x.dll": factory.PE,
        },
    )
    wheel = read_wheel(path)
    assert wheel_from_json(json.loads(json.dumps(wheel_as_json(wheel)))) == wheel
    assert len(wheel.natives) == 5


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(None, id="nothing"),
        pytest.param([1], id="a number"),
        pytest.param([[]], id="too short"),
        pytest.param([["x.so", "ELF"]], id="without a third"),
        pytest.param([[1, "ELF", None]], id="a number for a path"),
        pytest.param([["x.so", "COFF", None]], id="unknown format"),
        pytest.param([["x.so", "ELF", []]], id="empty"),
        pytest.param([["x.so", "ELF", ["x86_64", 64, True, "", [], [], [], []]]], id="a field is missing"),
        pytest.param([["x.so", "ELF", ["x86_64", True, True, "", [], [], [], [], ""]]], id="a truth for a number"),
        pytest.param([["x.so", "ELF", ["x86_64", 64, True, "", [1], [], [], [], ""]]], id="a number for a library"),
        pytest.param([["x.so", "ELF", ["x86_64", 64, True, "", [], ["ab"], [], [], 1]]], id="a number for damage"),
        pytest.param([["x.so", "ELF", ["x86_64", 64, True, "", [], [["a"]], [], [], ""]]], id="half a pair"),
        pytest.param([["x.so", "ELF", ["x86_64", 64, True, "", [], [[1, 2]], [], [], ""]]], id="a pair of numbers"),
    ],
)
def test_other_values_are_refused(tmp_path: Path, value: Any) -> None:
    """Facts that are not of machine code raise ValueError."""
    facts = json.loads(json.dumps(wheel_as_json(read_wheel(make_wheel(tmp_path)))))
    facts["natives"] = value
    with pytest.raises(ValueError, match="not the facts of a wheel"):
        wheel_from_json(facts)
