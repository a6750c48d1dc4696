"""Wheels and layers for the fuzzers: whole ones, and such of which the archive or a text in it is odd. (Pure.)"""

from __future__ import annotations

import copy
import struct
import zlib
from collections.abc import Mapping
from random import Random
from typing import Any, Final

from tests.elf_factory import MACH_O, PE, elf
from tests.forged_zip import DESCRIPTOR_FLAG, Entry, deflate, descriptor, forge, zip64_extra
from tests.hostile.mutations import INTERESTING, ODD, mutated, odd_text
from tests.wheel_factory import record, record_rows

FILENAME: Final = "demo-1.0-cp313-cp313-manylinux_2_28_aarch64.whl"
DIST_INFO: Final = "demo-1.0.dist-info"
_PYC: Final = struct.pack("<H2sI8s", 3571, b"\r\n", 1, b"\1" * 8) + b"\xe3"

CONTENTS: Final[Mapping[str, bytes]] = {
    "demo/__init__.py": b"x = 1\n" * 20,
    "demo/data.bin": bytes(range(256)),
    "demo/empty": b"",
    "demo/native.cpython-313-aarch64-linux-gnu.so": elf(
        ["libm.so.6", "libdemo.so.1"],
        machine="aarch64",
        runpath="$ORIGIN/../demo.libs",
        versions={"libm.so.6": ["GLIBC_2.17"]},
    ),
    "demo.libs/libdemo.so.1": elf(machine="aarch64", soname="libdemo.so.1"),
    "demo/alone.pyc": _PYC,
    "demo/__pycache__/__init__.cpython-313.pyc": _PYC,
    "demo-1.0.data/scripts/demo": b"#!python\nprint(1)\n",
    "demo-1.0.data/data/share/demo.txt": b"demo",
    "demo-1.0.data/platlib/demo/more.py": b"",
    f"{DIST_INFO}/METADATA": b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Python: >=3.9\n"
    b"Provides-Extra: fast\nRequires-Dist: six>=1.0\nRequires-Dist: numpy[x]; extra == 'fast' and python_version>'3'\n"
    b"\nThe description.\n",
    f"{DIST_INFO}/WHEEL": b"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: false\n"
    b"Tag: cp313-cp313-manylinux_2_28_aarch64\n",
    f"{DIST_INFO}/entry_points.txt": b"[console_scripts]\ndemo = demo:main\n[gui_scripts]\nwin = demo.x:y [fast]\n",
}
"""The files of a wheel with something of every kind, RECORD apart."""

_NAMES: Final = (
    *ODD, *CONTENTS, "demo", "demo/", "demo/__init__.py/x", "DEMO/__INIT__.PY", "python/x.py", "x.pth", "json.py",
    "CON", "sitecustomize.py", "a.", "demo-1.0.dist-info/RECORD.jws", "demo-1.0.dist-info", "other-1.dist-info/x",
    "Demo-1.0.data/scripts/x", "demo-1.0.data/data/demo/__init__.py", "demo-1.0.data/x", "demo-1.0.data/headers/x.h",
    "demo-1.0.data/scripts/../x", "demo-1.0.data/data/bin/demo", "x.so", "lib/libx.so.1", "x.pyd",
    "a/__pycache__/b.cpython-313.pyc",
)  # fmt: skip


def entries_of(contents: Mapping[str, bytes], *, rows: list[list[str]] | None = None) -> list[Entry]:
    """Members with these contents, and a RECORD that is right, or has ``rows``."""
    name = f"{DIST_INFO}/RECORD"
    said = record(record_rows(contents, name) if rows is None else rows)
    return [
        Entry(
            name=path.encode("utf-8", "surrogatepass"),
            content=content,
            method=zlib.DEFLATED if len(content) > 60 else 0,
            mode=0o100755 if path.endswith((".so", "scripts/demo")) else 0o100644,
        )
        for path, content in {**contents, name: said}.items()
    ]


def plain() -> bytes:
    """The wheel itself."""
    return forge(entries_of(CONTENTS))


def seeds() -> list[bytes]:
    """Wheels that differ in how they are packed."""
    few = {path: content for path, content in CONTENTS.items() if path.startswith((DIST_INFO, "demo/__init__"))}
    described = entries_of(few)
    for entry in described:
        entry.flags = DESCRIPTOR_FLAG
        entry.local = {"crc": 0, "compressed_size": 0, "size": 0}
        entry.descriptor = descriptor(entry)
    wide = entries_of(few)
    for entry in wide:
        extra = zip64_extra(len(entry.content), len(entry.compressed()))
        entry.local = {"size": 0xFFFFFFFF, "compressed_size": 0xFFFFFFFF, "extra": extra}
        entry.central = {"size": 0xFFFFFFFF, "compressed_size": 0xFFFFFFFF, "extra": extra}
    return [plain(), forge(entries_of(few), comment=b"PK"), forge(described), forge(wide, zip64=True)]


def odd_archive(random: Random, contents: Mapping[str, bytes] = CONTENTS) -> bytes:
    """An archive in which some of the headers lie, or some members have odd names, kinds, places or streams."""
    entries = entries_of(contents)
    options: dict[str, Any] = {}
    for _ in range(random.randint(1, 3)):
        _oddity(random, entries, options)
    return forge(entries, **options)


def _oddity(random: Random, entries: list[Entry], options: dict[str, Any]) -> None:
    victim = random.choice(entries)
    match random.randrange(14):
        case 0 | 1 | 2:
            key = random.choice(("crc", "compressed_size", "size", "method", "flags", "offset", "attributes", "system"))
            value = _field(random, key, victim)
            if key not in {"offset", "attributes", "system"} and random.random() < 0.6:
                victim.local[key] = value
            victim.central[key] = value
        case 3 | 4:
            name = random.choice(_NAMES).encode("utf-8", random.choice(("surrogatepass", "replace")))
            if random.random() < 0.7:
                victim.name = name
            else:
                random.choice((victim.local, victim.central))["name"] = name
        case 5:
            extra = _extra(random)
            victim.central["extra"] = extra
            if random.random() < 0.6:
                victim.local["extra"] = extra
        case 6:
            stream = random.choice((victim.compressed(), deflate(victim.content), deflate(b"x" * 70_000)))
            victim.stream = mutated(random, stream, 2) if random.random() < 0.7 else stream + b"x"
        case 7:
            victim.mode = random.choice(
                (0, 0o120777, 0o010644, 0o040755, 0o104755, 0o100000, random.randrange(0x10000))
            )
        case 8:
            entries.insert(random.randint(0, len(entries)), copy.deepcopy(random.choice(entries)))
        case 9:
            victim.listed, victim.written = random.choice(((True, False), (False, True)))
        case 10:
            victim.descriptor = descriptor(victim, signature=random.random() < 0.5, wide=random.random() < 0.3)
            victim.flags = random.choice((DESCRIPTOR_FLAG, 0, None))
            if random.random() < 0.5:
                victim.local |= {"crc": 0, "compressed_size": 0, "size": 0}
        case 11:
            options[random.choice(("before", "between", "after", "comment"))] = random.choice(
                (b"x", b"PK\x05\x06" + bytes(18), bytes(22), b"PK\x03\x04", random.randbytes(30))
            )
        case 12:
            key = random.choice(("disk", "directory_disk", "count_here", "count", "size", "offset", "comment_size"))
            most = 0xFFFFFFFF if key in {"size", "offset"} else 0xFFFF
            options["end"] = {**options.get("end", {}), key: random.choice(INTERESTING) & most}
            options["zip64"] = random.random() < 0.5
        case _:
            random.shuffle(entries)


def _field(random: Random, key: str, victim: Entry) -> int:
    honest = victim.fields().get(key, 0)
    assert isinstance(honest, int)
    value = random.choice((honest + random.randint(-3, 3), random.choice(INTERESTING), 0xFFFFFFFF))
    if key in {"method", "flags"}:
        return random.choice((0, 8, 12, 14, 93, 99, 1, 0x800, 0x808, 8, 0x2000, value)) & 0xFFFF
    return value & (0xFF if key == "system" else 0xFFFFFFFF)


def _extra(random: Random) -> bytes:
    def one() -> bytes:
        kind = random.choice((1, 1, 0x7075, 0x5455, 0xCAFE, random.randrange(0x10000)))
        values = [random.choice((0, 6, 120, random.choice(INTERESTING))) for _ in range(random.randrange(4))]
        body = b"".join(struct.pack("<Q", value & 0xFFFFFFFFFFFFFFFF) for value in values)
        length = len(body) + (random.randint(-4, 4) if random.random() < 0.1 else 0)
        return struct.pack("<HH", kind, max(0, length)) + body

    return b"".join(one() for _ in range(random.randint(1, 3)))


def odd_contents(random: Random) -> bytes:
    """A wheel whose archive and RECORD are right and whose files are odd: the texts, the names, or the code."""
    contents = dict(CONTENTS)
    rows = None
    for _ in range(random.randint(1, 3)):
        path = random.choice(list(contents))
        match random.randrange(9):
            case 0 | 1 | 2:
                path = f"{DIST_INFO}/{random.choice(('METADATA', 'WHEEL', 'entry_points.txt'))}"
                if path in contents:
                    contents[path] = odd_lines(random, contents[path])
            case 3:
                contents[path] = mutated(random, contents[path])
            case 4:
                content = contents.pop(path)
                contents[random.choice(_NAMES)] = content
            case 5:
                contents[random.choice(_NAMES)] = random.choice(
                    (b"", b"x = 1\n", _PYC, MACH_O, PE, elf(), b"#!python\n")
                )
            case 6:
                rows = record_rows(contents, f"{DIST_INFO}/RECORD")
                row = random.choice(rows)
                row[random.randrange(3)] = odd_text(random, row[0])
            case 7:
                rows = record_rows(contents, f"{DIST_INFO}/RECORD")
                rows += random.choice(([], [list(rows[0])], [["x"]]))
                del rows[random.randrange(len(rows))]
            case _:
                del contents[path]
                if not contents:
                    contents["x"] = b""
    contents = {path: content for path, content in contents.items() if path != f"{DIST_INFO}/RECORD"}
    try:
        return forge(entries_of(contents, rows=rows))
    except (UnicodeEncodeError, struct.error):
        return plain()


def odd_lines(random: Random, content: bytes) -> bytes:
    """A text of lines of which some are others, or said twice, or in another place."""
    lines = content.decode("utf-8", "replace").split("\n")
    for _ in range(random.randint(1, 3)):
        place = random.randrange(len(lines))
        key, colon, value = lines[place].partition(random.choice((":", "=", ";", " ")))
        match random.randrange(7):
            case 0:
                lines[place] = odd_text(random, lines[place])
            case 1:
                lines.insert(random.randrange(len(lines)), lines[place])
            case 2:
                del lines[place]
                lines = lines or [""]
            case 3:
                lines[place] = f"{odd_text(random, key)}{colon}{value}"
            case _:
                lines[place] = f"{key}{colon}{odd_text(random, value)}"
    return "\n".join(lines).encode("utf-8", random.choice(("replace", "surrogatepass")))
