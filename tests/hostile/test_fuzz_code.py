"""Machine code and bytecode changed at random: what is said of it is bounded, and nothing of it is ever run."""

from __future__ import annotations

import functools
import io
import marshal
import struct
import sys
from collections import Counter
from random import Random
from typing import Any

import pytest

from lambda_wheels.audit import Placed, audit_natives
from lambda_wheels.aws import remote_zip
from lambda_wheels.bytecode.child.canonical import UnknownBytecodeError, canonical
from lambda_wheels.errors import WheelError
from lambda_wheels.problems import Problem
from lambda_wheels.targets import Target
from lambda_wheels.wheels.directory import list_directory, read_directory
from lambda_wheels.wheels.elf import read_native
from lambda_wheels.wheels.findings import Findings
from lambda_wheels.wheels.native import START, concerns, format_of
from lambda_wheels.wheels.pyc import Pyc, Source, pyc_of, source_path
from tests import elf_factory
from tests.conftest import Tried
from tests.elf_factory import elf
from tests.hostile.archives import odd_archive, seeds
from tests.hostile.fuzzing import fuzz
from tests.hostile.mutations import INTERESTING, MARKS, mutated, odd_text

TARGETS = (Target("python3.13", "arm64"), Target("python3.12", "x86_64"))
CHUNKS = [pytest.param(chunk, marks=[pytest.mark.long] if chunk else []) for chunk in range(4)]
MAGICS = (elf_factory.MACH_O, elf_factory.FAT_MACH_O, elf_factory.FAT_MACH_O_64, elf_factory.JAVA_CLASS, elf_factory.PE)
ELFS = (
    elf(
        ["libm.so.6", "libx.so.1"], machine="aarch64", versions={"libm.so.6": ["GLIBC_2.17", "GLIBC_2.99"]}, sections=2
    ),
    elf(soname="libx.so.1", rpath="$ORIGIN/a:/opt/lib:$LIB", runpath="${ORIGIN}/b", weak={"libm.so.6": ["GLIBC_9"]}),
    elf(machine="aarch64", kind=elf_factory.EXECUTABLE, interpreter="/lib/ld-linux-aarch64.so.1"),
    elf(machine="i386", bits=32),
    elf(machine="s390x", little_endian=False),
)
_EHDR = ("e_type", "e_machine", "e_version", "e_entry", "e_phoff", "e_shoff", "e_flags", "e_ehsize", "e_phentsize",
    "e_phnum", "e_shentsize", "e_shnum", "e_shstrndx")  # fmt: skip
_SHORT = {"e_type", "e_machine", "e_ehsize", "e_phentsize", "e_phnum", "e_shentsize", "e_shnum", "e_shstrndx"}
_SIZES = {**dict.fromkeys(_SHORT, 16), "e_version": 32, "e_flags": 32}


def _odd_elf(random: Random) -> bytes:
    """An ELF file whose header, segments, dynamic section or tables of versions lie."""
    number = functools.partial(_number, random)
    options: dict[str, Any] = {"machine": random.choice(("aarch64", "x86_64"))}
    for _ in range(random.randint(1, 3)):
        match random.randrange(7):
            case 0:
                name = random.choice(_EHDR)
                options["header"] = {**options.get("header", {}), name: number(_SIZES.get(name, 64))}
            case 1:
                tag = random.choice(
                    (1, 5, 6, 10, 11, 14, 15, 29, 0x6FFFFFF0, 0x6FFFFFFE, 0x6FFFFFFF, random.randrange(99))
                )
                options["tags"] = [*options.get("tags", ()), (tag, number(64))]
            case 2:
                segment = (random.choice((0, 1, 2, 3, 4)), number(64), number(64), number(64))
                options["segments"] = [*options.get("segments", ()), segment]
            case 3:
                options["versions"] = {"libm.so.6": ["GLIBC_2.17", odd_text(random)], odd_text(random): ["X_1"]}
                options[random.choice(("verneed_next", "vernaux_next", "vernaux_count"))] = number(16)
            case 4:
                options[random.choice(("ended", "names_end", "dynamic"))] = False
            case 5:
                options["needed"] = [odd_text(random, "libm.so.6") for _ in range(random.randrange(5))]
            case _:
                options[random.choice(("rpath", "runpath", "soname"))] = odd_text(random, "$ORIGIN/../lib:/opt/lib")
    try:
        return elf(**options)
    except (UnicodeEncodeError, ValueError, struct.error):
        return elf()


def _number(random: Random, bits: int) -> int:
    value = random.choice(
        (random.choice(INTERESTING), elf_factory.BASE + random.randrange(1_000), random.randrange(300))
    )
    return value & (1 << bits) - 1


@pytest.mark.hostile("Fuzz")
@pytest.mark.parametrize("chunk", CHUNKS)
def test_machine_code(chunk: int, at_length: bool, tried: Tried) -> None:
    """ELF files with other bytes or lying headers, rubbish under an ELF, Mach-O or PE magic: said, in bounds."""

    def make(random: Random) -> list[tuple[str, bytes]]:
        names = ("x.so", "libx.so.1", "a/libm.so.6", "tool", "a.cpython-312-x86_64-linux-gnu.so", "b.pyd", "c.dylib")
        return [(f"python/demo/{random.choice(names)}", one(random)) for _ in range(random.randint(1, 3))]

    def one(random: Random) -> bytes:
        match random.randrange(8):
            case 0 | 1 | 2:
                return mutated(random, random.choice(ELFS))
            case 3 | 4 | 5:
                return _odd_elf(random)
            case 6:
                start = random.choice((*ELFS, *MAGICS, *MARKS))[: random.randint(2, 64)]
                return start + random.randbytes(random.choice((10, 500, 65_536)))
            case _:
                return mutated(random, random.choice(MAGICS))

    def hold(files: list[tuple[str, bytes]]) -> list[Problem]:
        natives = {}
        for path, content in files:
            format_of(content[:START])
            concerns(path, content[:START], executable=True)
            natives[path] = read_native(path, io.BytesIO(content))
        places = [Placed(path, native, "demo", None) for path, native in natives.items()]
        return [problem for target in TARGETS for problem in audit_natives(places, target)]

    tried(fuzz(f"code-{chunk}", 5_000 if at_length else 150, make, hold))


_SOURCE = """
import os, sys as system
X = {"a": (1, 2.5, 3j, b"x", "é", ..., None, True, 10**30)}
def f(a, /, b=1, *c, d: int = 2, **e) -> str:
    "Doc."
    try:
        return [g for g in (lambda: a)() if g in {"x", "y", (1, "z")}]
    finally:
        del b
class C:
    async def h(self):
        async with self as x: yield f"{x!r:>{X}}"
"""
_MARSHALLED = marshal.dumps(compile(_SOURCE, "x.py", "exec"))


@pytest.mark.hostile("Fuzz")
@pytest.mark.parametrize("chunk", CHUNKS)
def test_marshalled_code(chunk: int, at_length: bool, tried: Tried) -> None:
    """Bytecode with other bytes in its marshalled form: put into one form, or not known; never run."""
    version = sys.version_info[:2]

    def hold(content: bytes) -> None:
        written = canonical(content, version)
        assert canonical(written, version) == written

    tried(
        fuzz(
            f"marshal-{chunk}",
            8_000 if at_length else 100,
            lambda random: mutated(random, _MARSHALLED),
            hold,
            allowed=(UnknownBytecodeError, RecursionError),
        )
    )


@pytest.mark.hostile("Fuzz")
def test_heads_of_bytecode(at_length: bool, tried: Tried) -> None:
    """Odd heads and places of `.pyc` files: for which Python they are and of what source, or not known."""
    head = struct.pack("<H2sI8s", 3571, b"\r\n", 1, b"\1" * 8)

    def make(random: Random) -> tuple[str, bytes]:
        path = odd_text(
            random, random.choice(("a/__pycache__/b.cpython-313.opt-1.pyc", "a/b.pyc", "__pycache__/x.pyc"))
        )
        return path, mutated(random, head)

    def hold(case: tuple[str, bytes]) -> None:
        path, content = case
        for source in (None, Source(source_path(path), 7, lambda: b"x = 1\n\n", 1_700_000_000)):
            assert isinstance(pyc_of(path, len(content), content[:16], source, compared=Counter()), Pyc)

    tried(fuzz("heads", 20_000 if at_length else 200, make, hold))


@pytest.mark.hostile("Fuzz")
@pytest.mark.parametrize("chunk", CHUNKS)
def test_directories_of_archives(chunk: int, at_length: bool, tried: Tried) -> None:
    """Directories of zips, on the disk or read in pieces at AWS, with other bytes or fields: listed, or refused."""
    archives = seeds()

    def make(random: Random) -> bytes:
        return mutated(random, random.choice(archives)) if random.random() < 0.6 else odd_archive(random)

    def hold(content: bytes) -> list[Problem]:
        findings = Findings("")
        file = io.BytesIO(content)
        entries, offset = list_directory(file, len(content), findings)
        assert offset <= len(content)
        assert entries
        try:
            placed = read_directory(file, len(content), findings)
        except WheelError as error:
            return [*error.problems]
        assert sum(entry.end - entry.offset for entry in placed) == offset, "the members do not tile the file"
        return findings.problems

    tried(fuzz(f"directories-{chunk}", 10_000 if at_length else 150, make, hold))


@pytest.mark.hostile("Fuzz")
def test_zips_of_others_at_aws(at_length: bool, tried: Tried, monkeypatch: pytest.MonkeyPatch) -> None:
    """A zip at AWS with other bytes, read in ranges that a server gives, right or wrong: its size, or not known."""
    archives = seeds()
    served: list[tuple[bytes, Random]] = []

    def fetch(self: Any, wanted: str) -> tuple[int, int, bytes]:
        content, random = served[-1]
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        start = int(first) if first else max(0, len(content) - min(int(last), 300))
        end = int(last) + 1 if first else len(content)
        if random.random() < 0.1:
            return random.choice(((0, len(content), content), (start + 7, len(content), b""), (start, 10**12, b"x")))
        return start, len(content), content[start:end]

    monkeypatch.setattr(remote_zip._Remote, "_fetch", fetch)

    def hold(case: tuple[bytes, int]) -> None:
        served.append((case[0], Random(case[1])))
        size = remote_zip.unzipped_size("https://h/x.zip")
        assert size is None or size >= 0
        served.clear()

    def make(random: Random) -> tuple[bytes, int]:
        content = mutated(random, random.choice(archives)) if random.random() < 0.7 else odd_archive(random)
        return content, random.randrange(2**32)

    tried(fuzz("remote", 10_000 if at_length else 100, make, hold))
