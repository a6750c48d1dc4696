"""ELF files are read as the loader reads them, and whoever forged one gets an answer in time. (Writes one file.)"""

from __future__ import annotations

import json
import random
import struct
import time
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambda_wheels.wheels.elf import read_elf, read_native
from lambda_wheels.wheels.native import Elf, Format
from tests import elf_factory as factory
from tests.conftest import Tried
from tests.elf_factory import BASE, elf

DEMO: dict[str, Any] = {
    "needed": ["libc.so.6", "libm.so.6", "libfoo.so.1"],
    "soname": "libdemo.so.1",
    "rpath": "$ORIGIN/../demo.libs:/opt/lib",
    "versions": {"libc.so.6": ["GLIBC_2.17", "GLIBC_2.2.5"], "libm.so.6": ["GLIBC_2.29"]},
    "weak": {"libc.so.6": ["GLIBC_2.39"], "libweak.so.1": ["WEAK_1"]},
    "interpreter": "/lib64/ld-linux-x86-64.so.2",
}
"""One with everything."""


def read(content: bytes) -> Elf:
    """What is read of a file with this content."""
    return read_elf(BytesIO(content))


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_everything(machine: str) -> None:
    """All that stands in a file is read: of versions the newest of each kind, and none that it can do without."""
    assert read(elf(**DEMO, machine=machine)) == Elf(
        machine=machine,
        bits=64,
        little_endian=True,
        soname="libdemo.so.1",
        needed=("libc.so.6", "libm.so.6", "libfoo.so.1"),
        versions=(("libc.so.6", "GLIBC_2.17"), ("libm.so.6", "GLIBC_2.29")),
        rpath=("$ORIGIN/../demo.libs", "/opt/lib"),
        interpreter="/lib64/ld-linux-x86-64.so.2",
    )


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param({"needed": ()}, {}, id="nothing"),
        pytest.param({"needed": ["a.so", "b.so", "a.so"]}, {"needed": ("a.so", "b.so")}, id="needed twice"),
        pytest.param({"runpath": "$ORIGIN"}, {"needed": ("libc.so.6",), "runpath": ("$ORIGIN",)}, id="runpath"),
        pytest.param({"needed": (), "rpath": ":a::b:"}, {"rpath": ("a", "b")}, id="empty folders"),
        pytest.param({"needed": (), "soname": "libe\u0301\u202e.so"}, {"soname": "libe\u0301\u202e.so"}, id="UTF-8"),
        pytest.param({"needed": ["\udcff.so"]}, {"needed": ("\\xff.so",)}, id="a byte that is no UTF-8"),
        pytest.param({"needed": (), "soname": "a" * 4095}, {"soname": "a" * 4095}, id="longest name"),
        pytest.param({"needed": (), "sections": 5000}, {}, id="thousands of sections"),
        pytest.param({"needed": (), "header": {"e_shnum": 0, "e_shstrndx": 0xFFFF}}, {}, id="odd sections"),
        pytest.param({"needed": (), "kind": factory.EXECUTABLE}, {}, id="program at a fixed place"),
        pytest.param(
            {"kind": factory.EXECUTABLE, "needed": (), "dynamic": False}, {}, id="program that is linked statically"
        ),
        pytest.param(
            {"interpreter": "/lib/ld.so", "needed": (), "dynamic": False},
            {"interpreter": "/lib/ld.so"},
            id="program without a dynamic section",
        ),
        pytest.param(
            {"versions": {"a": ["V_1.9", "V_1.10", "V_1.10.1", "W_1", "V_PRIVATE", "X"], "b": ["V_1"]}, "needed": ()},
            {
                "versions": (
                    ("a", "V_1.10.1"),
                    ("a", "V_PRIVATE"),
                    ("a", "W_1"),
                    ("a", "X"),
                    ("b", "V_1"),
                )
            },
            id="newest of each kind and library",
        ),
        pytest.param(
            {"needed": (), "versions": {"a": [f"V_1.{'9' * 5000}"[:4000], "V_2"]}},
            {"versions": (("a", f"V_1.{'9' * 3996}"), ("a", "V_2"))},
            id="a number too long to be one",
        ),
        pytest.param(
            {"needed": (), "segments": [(factory.LOAD, 0, 1 << 60, 1)]},
            {},
            id="a segment far away",
        ),
    ],
)
def test_parts(arguments: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    """Each part is read by itself, and the file is sound."""
    assert read(elf(**arguments)) == Elf("x86_64", 64, True)._replace(**expected)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param({"machine": "i386", "bits": 32}, ("EM_386", 32, True), id="i386"),
        pytest.param({"machine": "x86_64", "bits": 32}, ("x86_64", 32, True), id="x32"),
        pytest.param({"machine": "arm", "bits": 32}, ("EM_ARM", 32, True), id="arm"),
        pytest.param({"machine": "s390x", "little_endian": False}, ("EM_S390", 64, False), id="s390x"),
        pytest.param({"machine": "aarch64", "little_endian": False}, ("aarch64", 64, False), id="big-endian arm"),
        pytest.param({"machine": "ppc64"}, ("EM_PPC64", 64, True), id="ppc64le"),
        pytest.param({"machine": "riscv"}, ("EM_RISCV", 64, True), id="riscv64"),
        pytest.param({"machine": 0xFEED}, (str(0xFEED), 64, True), id="a machine without a name"),
    ],
)
def test_other_machines(arguments: Mapping[str, Any], expected: tuple[str, int, bool]) -> None:
    """Of a file for a machine that Lambda does not have only this is read, for which it is."""
    assert read(elf(**arguments, soname="libdemo.so", rpath="x")) == Elf(*expected)


CUT_OFF = "it is cut off"
NOWHERE = "it is cut off, or its headers lead nowhere"


@pytest.mark.parametrize(
    ("arguments", "damage"),
    [
        pytest.param({"kind": factory.RELOCATABLE}, "it is neither a library nor a program (ET_REL)", id="object file"),
        pytest.param({"kind": factory.CORE}, "it is neither a library nor a program (ET_CORE)", id="core dump"),
        pytest.param({"kind": 0xABC}, "it is neither a library nor a program (2748)", id="unknown kind"),
        pytest.param({"dynamic": False}, "it has no dynamic section", id="no dynamic section"),
        pytest.param({"ended": False}, "its dynamic section has no end", id="no DT_NULL"),
        pytest.param({"needed": ["a"] * 3000}, "its dynamic section has no end", id="too many entries"),
        pytest.param({"header": {"e_phnum": 0}}, "it has 0 program headers", id="no program headers"),
        pytest.param({"header": {"e_phnum": 0xFFFF}}, "it has 65,535 program headers", id="count elsewhere"),
        pytest.param({"header": {"e_phnum": 200}}, NOWHERE, id="more program headers than there are"),
        pytest.param({"header": {"e_phoff": 1 << 63}}, NOWHERE, id="program headers beyond the end"),
        pytest.param({"header": {"e_phentsize": 0}}, "its program headers have 0 bytes each", id="headers of no size"),
        pytest.param({"header": {"e_phentsize": 57}}, "its program headers have 57 bytes each", id="of another size"),
        pytest.param({"header": {"e_shoff": 1 << 62}}, CUT_OFF, id="sections beyond the end"),
        pytest.param({"header": {"e_shoff": 64, "e_shnum": 0xFFFF}}, CUT_OFF, id="more sections than there are"),
        pytest.param({"segments": [(factory.LOAD, 0, 0, 1 << 40)]}, CUT_OFF, id="a segment beyond the end"),
        pytest.param({"tags": [(factory.STRTAB, 5)]}, "its dynamic section leads out of it", id="names nowhere"),
        pytest.param(
            {"tags": [(factory.STRTAB, (1 << 64) - 1)]}, "its dynamic section leads out of it", id="names at the end"
        ),
        pytest.param({"tags": [(factory.VERNEED, 1)]}, "its dynamic section leads out of it", id="versions nowhere"),
        pytest.param({"tags": [(factory.NEEDED, 1 << 62)]}, "a name in it has no end", id="a name beyond the end"),
        pytest.param({"tags": [(factory.NEEDED, (1 << 64) - 1)]}, NOWHERE, id="a name beyond any file"),
        pytest.param({"names_end": False}, "a name in it has no end", id="a name without an end"),
        pytest.param({"soname": "a" * 4096}, "a name in it has no end", id="a name too long"),
        pytest.param(
            {"segments": [(factory.DYNAMIC, 0, 1 << 50, 64)]},
            "its dynamic section leads out of it",
            id="the last holds",
        ),
        pytest.param(
            {"versions": {"a": ["V_1"]}, "verneed_next": 0xFFFFFFFF}, NOWHERE, id="libraries of versions beyond the end"
        ),
        pytest.param(
            {"versions": {"a": ["V_1", "V_2"]}, "vernaux_next": 0xFFFFFFFF}, NOWHERE, id="versions beyond the end"
        ),
    ],
)
def test_damage(arguments: Mapping[str, Any], damage: str) -> None:
    """What the loader would not take is said in words; the machine is known all the same, and nothing else."""
    assert read(elf(**arguments)) == Elf("x86_64", 64, True, damage=damage)


def test_interpreters_of_libraries() -> None:
    """Of what would be loaded nothing is said of the loader that it could be started with: nobody opens it then."""
    native = read_native("libc.so.6", BytesIO(elf(**DEMO)))
    assert native.elf == read(elf(**DEMO))._replace(interpreter="")


_PROGRAM = "it is a program, which can be started but not loaded"
_ABI = "it is for a version of the system that there is not (ABI version {})"


@pytest.mark.parametrize(
    ("arguments", "damage"),
    [
        pytest.param({"ident": {7: 3}}, "", id="GNU"),
        pytest.param({"ident": {7: 3, 8: 3}}, "", id="GNU in version 3"),
        pytest.param({"interpreter": "/lib64/ld.so"}, "", id="library that can be started"),
        pytest.param({"kind": factory.EXECUTABLE}, _PROGRAM, id="program at a fixed place"),
        pytest.param({"kind": factory.EXECUTABLE, "dynamic": False}, _PROGRAM, id="program that is linked statically"),
        pytest.param({"ident": {7: 9}}, "it is for another system than Linux (OS ABI 9)", id="FreeBSD"),
        pytest.param({"ident": {8: 7}}, _ABI.format(7), id="System V in version 7"),
        pytest.param({"ident": {7: 3, 8: 4}}, _ABI.format(4), id="GNU in version 4"),
        pytest.param({"ident": {12: 1}}, "its header has bytes that mean nothing", id="bytes that mean nothing"),
        pytest.param(
            {"ident": {6: 0}}, "its header is in version 0 and 1 of the format, not 1", id="version 0 of the header"
        ),
        pytest.param(
            {"header": {"e_version": 7}}, "its header is in version 1 and 7 of the format, not 1", id="version 7"
        ),
    ],
)
@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_headers_of_libraries(machine: str, arguments: Mapping[str, Any], damage: str) -> None:
    """Of what would be loaded the header is one that the loader takes; what is started needs no such one."""
    content = elf(**arguments, machine=machine)
    for path, expected in (("demo/x.so", damage), ("demo/x", "")):
        native = read_native(path, BytesIO(content))
        assert native.elf is not None
        assert native.elf.damage == expected


def test_dynamic_section_by_address() -> None:
    """The dynamic section is where it will be in memory, as the loader looks for it, whatever its offset says."""
    content = bytearray(elf(soname="libdemo.so"))
    at = 64 + 56 + 8  # p_offset of the second program header
    content[at : at + 8] = struct.pack("<Q", 1 << 50)
    assert read(bytes(content)).soname == "libdemo.so"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\x7fELF", id="only the magic"),
        pytest.param(b"\x7fELF" + bytes(60), id="no class"),
        pytest.param(b"\x7fELF\x02\x01\x01" + bytes(40), id="half a header"),
        pytest.param(factory.TEXT, id="text"),
        pytest.param(factory.PE, id="PE"),
    ],
)
def test_no_header(content: bytes) -> None:
    """What has not even a header is for no machine."""
    assert read(content) == Elf("", 0, False, damage="its header is cut off or not one")


def test_cut_off_anywhere() -> None:
    """A file that ends anywhere before its end is damaged, and never an error."""
    content = elf(**DEMO)
    for size in range(len(content)):
        assert read(content[:size]).damage
    assert not read(content).damage


# --- Of whatever file ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        pytest.param(elf(), Format.ELF, id="ELF"),
        pytest.param(b"\x7fELF", Format.ELF, id="no more than its magic"),
        pytest.param(factory.MACH_O, Format.MACH_O, id="Mach-O"),
        pytest.param(factory.FAT_MACH_O, Format.MACH_O, id="Mach-O for several"),
        pytest.param(factory.PE, Format.PE, id="PE"),
        pytest.param(factory.JAVA_CLASS, Format.OTHER, id="Java"),
        pytest.param(factory.TEXT, Format.OTHER, id="text"),
        pytest.param(b"", Format.OTHER, id="empty"),
    ],
)
def test_read_native(content: bytes, kind: Format) -> None:
    """Only ELF files are read further, from their start, wherever the file was left."""
    file = BytesIO(content)
    file.seek(0, 2)
    native = read_native("demo/x.so", file)
    assert (native.path, native.format) == ("demo/x.so", kind)
    assert native.elf == (read(content) if kind is Format.ELF else None)


# --- Bounds ----------------------------------------------------------------------------------------------------------

_LIMIT = 2.0
"""Seconds of computing; each of these takes less than a tenth."""
_MOST_FACTS = 64 * 1024


def _bounded(content: bytes) -> Elf:
    """What is read of it, within the bounds of time and of what is kept."""
    start = time.process_time()
    found = read(content)
    assert time.process_time() - start < _LIMIT
    assert sum(len(text) for text in (found.soname, *found.needed, *found.rpath, *found.runpath)) <= 4 * _MOST_FACTS
    assert sum(len(text) for pair in found.versions for text in pair) <= 4 * _MOST_FACTS
    assert len(json.dumps(found)) < 1 << 20
    return found


def _long_names(count: int) -> list[tuple[int, int]]:
    """``DT_NEEDED`` entries that share the bytes of one long name, each a byte shorter than the one before."""
    return [(factory.NEEDED, 1 + place) for place in range(count)]


@pytest.mark.parametrize(
    ("content", "damage"),
    [
        pytest.param(
            elf(["a" * 4095], tags=_long_names(2000)) + bytes(1 << 20),
            "the names in it are too long",
            id="shared names",
        ),
        pytest.param(elf(["a" * 4095], tags=_long_names(2000)), "the names in it are too long", id="in a small file"),
        pytest.param(
            elf(versions={"b" * 4000: [f"{'v' * 3990}{place:04}" for place in range(40)]}) + bytes(1 << 20),
            "the names in it are too long",
            id="long versions",
        ),
        pytest.param(
            elf((), versions={"a" * 4000: ["V_1"]}, verneed_next=16, vernaux_count=0xFFFF, vernaux_next=16)
            + bytes(1 << 20),
            "",
            id="versions into zeros",
        ),
        pytest.param(elf(rpath=":".join("$ORIGIN" for _ in range(500))), "", id="many folders"),
        pytest.param(elf() + bytes(64 << 20), "", id="large"),
        pytest.param(elf(segments=[(factory.LOAD, 0, BASE, 1)] * 250), "", id="many segments"),
        pytest.param(elf(segments=[(factory.LOAD, 0, BASE, 1)] * 300), "it has 302 program headers", id="too many"),
    ],
)
def test_bounds(content: bytes, damage: str) -> None:
    """However it was forged, little time is spent on it, and little is kept of it."""
    assert _bounded(content).damage == damage


@pytest.mark.parametrize("step", [0, 1, 2, 15, 16, 17, 32])
def test_versions_over_versions(step: int) -> None:
    """Chains of versions that lie over each other, go on into themselves or have huge counts come to an end."""
    for count in (0, 1, 0xFFFF):
        _bounded(
            elf(
                versions={f"lib{place}.so": ["V_1", "V_2", "V_3"] for place in range(200)},
                verneed_next=step,
                vernaux_next=step,
                vernaux_count=count,
            )
        )


def test_every_version_of_every_library() -> None:
    """Where each of thousands of libraries has all versions of the others, they are not gone through for each."""
    count = 20_000
    # The same 16 bytes are a library with 65,535 versions, and a version with an empty name.
    table = struct.pack("<HHIII", 1, 0xFFFF, 0, 16, 16) * count
    arguments: dict[str, Any] = {"tags": [(factory.VERNEED, 2 * BASE)]}
    place = len(elf(**arguments, segments=[(factory.LOAD, 0, 0, 0)]))
    found = _bounded(elf(**arguments, segments=[(factory.LOAD, place, 2 * BASE, len(table))]) + table)
    assert (found.versions, found.damage) == ((("", ""),), "")


def test_sparse_file(tmp_path: Path) -> None:
    """The largest file that fits a layer is not read whole."""
    path = tmp_path / "large.so"
    with path.open("wb") as file:
        file.write(elf(["a" * 4095], tags=_long_names(1900), segments=[(factory.LOAD, 0, BASE, 1)] * 200))
        file.truncate(250 << 20)
    start = time.perf_counter()
    with path.open("rb") as file:
        assert read_elf(file).damage == "the names in it are too long"
    assert time.perf_counter() - start < _LIMIT


# --- Changed at random -----------------------------------------------------------------------------------------------

_SAMPLES = [elf(**DEMO), elf(kind=factory.EXECUTABLE, dynamic=False), elf(bits=32, machine="arm", **DEMO)]
_INTERESTING = [0, 1, 2, 3, 0x7F, 0x80, 0xFE, 0xFF]


@pytest.mark.hostile("Fuzz")
@settings(max_examples=400, deadline=None)
@given(
    sample=st.sampled_from(_SAMPLES),
    changes=st.lists(
        st.tuples(st.integers(0, 1 << 12), st.one_of(st.sampled_from(_INTERESTING), st.integers(0, 255))), max_size=8
    ),
    cut=st.integers(0, 1 << 12),
)
def test_changed_bytes(sample: bytes, changes: list[tuple[int, int]], cut: int) -> None:
    """Whatever bytes are changed and wherever it is cut off, an answer comes, and never an error."""
    content = bytearray(sample)
    for place, value in changes:
        content[place % len(content)] = value
    if cut < len(content):
        del content[cut:]
    _bounded(bytes(content))


def mutations(count: int, seed: int) -> None:
    """Read ``count`` files with fields changed at random: to be run by hand with a large number."""
    numbers = random.Random(seed)
    for _ in range(count):
        content = bytearray(numbers.choice(_SAMPLES))
        for _ in range(numbers.randint(1, 6)):
            size = numbers.choice((1, 2, 4, 8))
            place = numbers.randrange(len(content) - size) // size * size
            value = numbers.choice((0, 1, 16, 0xFFFF, 1 << 31, (1 << 64) - 1, numbers.getrandbits(64), len(content)))
            content[place : place + size] = (value & ((1 << 8 * size) - 1)).to_bytes(size, "little")
        _bounded(bytes(content))


@pytest.mark.hostile("Fuzz")
def test_changed_fields(tried: Tried) -> None:
    """Whatever fields say something else, an answer comes, and never an error."""
    mutations(1000, seed=1)
    tried(1000)
