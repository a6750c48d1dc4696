"""ELF files for the tests: as small as the loader would take them, or forged in what a test asks for. (Pure.)

``readelf -h -l -d -V`` shows them as the arguments say. Nothing in them can be executed.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Final

MACHINES: Final = {"x86_64": 62, "aarch64": 183, "i386": 3, "arm": 40, "ppc64": 21, "s390x": 22, "riscv": 243}
RELOCATABLE, EXECUTABLE, LIBRARY, CORE = 1, 2, 3, 4
"""``e_type``."""
LOAD, DYNAMIC, INTERPRETER = 1, 2, 3
"""``p_type``."""
NEEDED, STRTAB, SYMTAB, STRSZ, SYMENT, SONAME, RPATH, RUNPATH = 1, 5, 6, 10, 11, 14, 15, 29
VERSYM, VERNEED, VERNEEDNUM = 0x6FFFFFF0, 0x6FFFFFFE, 0x6FFFFFFF
"""``d_tag``."""
BASE: Final = 0x10000
"""How far addresses are from offsets, so that nobody can take one for the other."""

MACH_O: Final = b"\xcf\xfa\xed\xfe" + bytes(60)
MACH_O_32: Final = b"\xce\xfa\xed\xfe" + bytes(60)
MACH_O_BIG_ENDIAN: Final = b"\xfe\xed\xfa\xcf" + bytes(60)
FAT_MACH_O: Final = b"\xca\xfe\xba\xbe\0\0\0\x02" + bytes(60)
FAT_MACH_O_64: Final = b"\xca\xfe\xba\xbf\0\0\0\x02" + bytes(60)
JAVA_CLASS: Final = b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(60)
PE: Final = b"MZ\x90\0" + bytes(60)
TEXT: Final = b"libdemo.so.1.2.3"
"""What a link is where links are not known."""


def elf(
    needed: Sequence[str] = ("libc.so.6",),
    *,
    soname: str = "",
    rpath: str = "",
    runpath: str = "",
    versions: Mapping[str, Sequence[str]] | None = None,
    weak: Mapping[str, Sequence[str]] | None = None,
    machine: str | int = "x86_64",
    bits: int = 64,
    little_endian: bool = True,
    kind: int = LIBRARY,
    interpreter: str = "",
    dynamic: bool = True,
    ident: Mapping[int, int] | None = None,
    header: Mapping[str, int] | None = None,
    tags: Sequence[tuple[int, int]] = (),
    ended: bool = True,
    names_end: bool = True,
    verneed_next: int | None = None,
    vernaux_next: int | None = None,
    vernaux_count: int | None = None,
    sections: int = 0,
    segments: Sequence[tuple[int, int, int, int]] = (),
) -> bytes:
    """An ELF file.

    :param versions: the versions of symbols that it needs, by library; ``weak`` those that it can do without.
    :param ident: bytes of ``e_ident`` that say something else.
    :param header: fields of ``Elf64_Ehdr`` that say something else.
    :param tags: entries of the dynamic section after all others; the last of a kind holds.
    :param ended: whether there is a ``DT_NULL``.
    :param names_end: whether the last name ends in a NUL.
    :param verneed_next: what every ``vn_next`` says, as ``vernaux_next`` and ``vernaux_count`` for the other two.
    :param segments: further program headers: type, offset, address, bytes in the file.
    """
    order = "<" if little_endian else ">"
    wide = bits == 64
    header_size, segment_size, section_size = (64, 56, 64) if wide else (52, 32, 40)
    names = _Names()
    entries = [(NEEDED, names.add(library)) for library in needed]
    entries += [(tag, names.add(text)) for tag, text in ((SONAME, soname), (RPATH, rpath), (RUNPATH, runpath)) if text]
    verneeds = _verneeds(order, names, versions or {}, weak or {}, verneed_next, vernaux_next, vernaux_count)
    count = 1 + dynamic + bool(interpreter) + len(segments)
    place = header_size + count * segment_size  # of the dynamic section
    length = len(entries) + (7 if verneeds else 4) + len(tags) + ended
    verneed_place = place + (length * (16 if wide else 8) if dynamic else 0)
    symbols_place = verneed_place + len(verneeds)
    symbols = bytes(24 if wide else 16)  # the one that stands for none
    strings_place = symbols_place + len(symbols)
    strings = names.content if names_end else names.content.rstrip(b"\0")
    if verneeds:
        entries += [
            (VERSYM, BASE + symbols_place),
            (VERNEED, BASE + verneed_place),
            (VERNEEDNUM, len({**(versions or {}), **(weak or {})})),
        ]
    entries += [(STRTAB, BASE + strings_place), (STRSZ, len(strings))]
    entries += [(SYMTAB, BASE + symbols_place), (SYMENT, len(symbols)), *tags, *([(0, 0)] if ended else [])]
    dynamics = (
        b"".join(struct.pack(f"{order}{'qQ' if wide else 'iI'}", *entry) for entry in entries) if dynamic else b""
    )
    interpreter_place = strings_place + len(strings)
    program = interpreter.encode() + b"\0" if interpreter else b""
    end = interpreter_place + len(program)
    found = [(LOAD, 0, BASE, end)]
    found += [(DYNAMIC, place, BASE + place, len(dynamics))] if dynamic else []
    found += [(INTERPRETER, interpreter_place, BASE + interpreter_place, len(program))] if program else []
    fields = {
        "e_type": kind,
        "e_machine": MACHINES[machine] if isinstance(machine, str) else machine,
        "e_version": 1,
        "e_entry": 0,
        "e_phoff": header_size,
        "e_shoff": end if sections else 0,
        "e_flags": 0,
        "e_ehsize": header_size,
        "e_phentsize": segment_size,
        "e_phnum": count,
        "e_shentsize": section_size,
        "e_shnum": sections,
        "e_shstrndx": 0,
    } | dict(header or {})
    marks = bytearray((*b"\x7fELF", 2 if wide else 1, 1 if little_endian else 2, 1, *bytes(9)))
    for where, value in (ident or {}).items():
        marks[where] = value
    start = bytes(marks)
    start += struct.pack(f"{order}{'HHIQQQIHHHHHH' if wide else 'HHIIIIIHHHHHH'}", *fields.values())
    headers = b"".join(_segment(order, wide, *segment) for segment in (*found, *segments))
    content = start + headers + dynamics + verneeds + symbols + strings + program
    assert len(start) == header_size and (len(content) == end)
    return content + bytes(section_size * sections)


class _Names:
    """A table of names."""

    def __init__(self) -> None:
        self.content = b"\0"

    def add(self, text: str) -> int:
        """Where ``text`` is in it; a surrogate stands for a byte that is no UTF-8."""
        name = text.encode("utf-8", "surrogateescape") + b"\0"
        if name not in self.content:
            self.content += name
        return self.content.index(name)


def _segment(order: str, wide: bool, kind: int, offset: int, address: int, size: int) -> bytes:
    if wide:
        return struct.pack(f"{order}IIQQQQQQ", kind, 6, offset, address, address, size, size, 4096)
    return struct.pack(f"{order}IIIIIIII", kind, offset, address, address, size, size, 6, 4096)


def _verneeds(
    order: str,
    names: _Names,
    versions: Mapping[str, Sequence[str]],
    weak: Mapping[str, Sequence[str]],
    verneed_next: int | None,
    vernaux_next: int | None,
    vernaux_count: int | None,
) -> bytes:
    """The table of the versions that are needed."""
    content = b""
    libraries = list(dict.fromkeys((*versions, *weak)))
    for library in libraries:
        rows = [(0, name) for name in versions.get(library, ())] + [(2, name) for name in weak.get(library, ())]
        after = 16 * (1 + len(rows)) if library != libraries[-1] else 0
        after = after if verneed_next is None else verneed_next
        count = len(rows) if vernaux_count is None else vernaux_count
        content += struct.pack(f"{order}HHIII", 1, count, names.add(library), 16, after)
        for place, (flags, name) in enumerate(rows, start=1):
            further = 16 if place < len(rows) else 0
            further = further if vernaux_next is None else vernaux_next
            content += struct.pack(f"{order}IHHII", _hash(name), flags, place + 1, names.add(name), further)
    return content


def _hash(name: str) -> int:
    """``vna_hash``: System V ABI, "Hash Table"."""
    value = 0
    for byte in name.encode("utf-8", "surrogateescape"):
        value = (value << 4) + byte
        value = (value ^ (value & 0xF0000000) >> 24) & 0x0FFFFFFF
    return value
