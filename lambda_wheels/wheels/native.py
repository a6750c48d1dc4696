"""What is known of a file of machine code: for whom it is, and what the loader has to find for it. (Pure values.)"""

from __future__ import annotations

import enum
import functools
import re
from typing import Final, NamedTuple

LOADED: Final = re.compile(r"(?:\.so(?:\.\d\w*)*|(?i:\.(?:pyd|dylib|dll)))\Z", re.ASCII)
"""What the name of a file ends in that Python or the loader of some system would load."""

_NUMBER = re.compile(r"\d{1,6}(?:\.\d{1,6}){0,7}", re.ASCII)

START: Final = 8
"""Bytes by which :func:`format_of` knows a file."""


class Format(enum.StrEnum):
    """What kind of machine code a file is, by its first bytes."""

    ELF = "ELF"
    MACH_O = "Mach-O"
    PE = "PE"
    OTHER = "other"


class Elf(NamedTuple):
    """What an ELF file (System V ABI, "Object Files" and "Dynamic Linking") says of itself."""

    machine: str
    """``x86_64`` or ``aarch64`` as in wheel tags; others by their names in elf.h, ``EM_386``."""
    bits: int
    """32 or 64."""
    little_endian: bool
    soname: str = ""
    needed: tuple[str, ...] = ()
    """The libraries that it names (``DT_NEEDED``)."""
    versions: tuple[tuple[str, str], ...] = ()
    """(library, version) pairs of symbols that it cannot do without, ``("libc.so.6", "GLIBC_2.17")``: the newest of a
    kind, which implies the older ones."""
    rpath: tuple[str, ...] = ()
    """Where it has libraries looked for, its own and those of the libraries that it needs (``DT_RPATH``)."""
    runpath: tuple[str, ...] = ()
    """The same, after the loader's usual places, and for itself alone (``DT_RUNPATH``)."""
    interpreter: str = ""
    """Of a program, the path of the loader that it is started with (``PT_INTERP``)."""
    damage: str = ""
    """Why the loader would not take it, where that shows in the file alone."""


class Native(NamedTuple):
    """A file that is machine code, or is named as if it were."""

    path: str
    """In the wheel, or in the layer, with ``/``."""
    format: Format
    elf: Elf | None = None
    """Where it is one."""

    @property
    def is_loaded(self) -> bool:
        """Whether Python or the loader would load it, going by its name; else it is a program, which is started."""
        return is_loaded(self.path)


def is_loaded(path: str) -> bool:
    """Whether Python or the loader would load a file of this name."""
    return LOADED.search(path) is not None


def format_of(start: bytes) -> Format:
    """The format of a file, by its first :data:`START` bytes."""
    if start.startswith(b"\x7fELF"):
        return Format.ELF
    if start.startswith(b"MZ"):
        return Format.PE
    magic = start[:4]
    if magic in {b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe"}:
        return Format.MACH_O
    # A file of several architectures; Java's classes begin alike, and have a version of 45 or more in the next word.
    if magic in {b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf"} and 0 < int.from_bytes(start[4:8]) < 45:
        return Format.MACH_O
    return Format.OTHER


def concerns(path: str, start: bytes, *, executable: bool) -> bool:
    """Whether a file can keep a layer from working: it would be loaded, or is a program of Linux.

    An ELF file that nobody may execute and that is not named like a library is data: an object file, code for a GPU.
    """
    return is_loaded(path) or (executable and format_of(start) is Format.ELF)


@functools.lru_cache(maxsize=1024)  # the same few stand in each file of a layer
def split_version(version: str) -> tuple[str, tuple[int, ...]]:
    """Kind and number of a symbol version, ``("GLIBC", (2, 17))``; of one without a number, itself and nothing."""
    kind, underscore, number = version.rpartition("_")
    if underscore and _NUMBER.fullmatch(number):
        return kind, tuple(map(int, number.split(".")))
    return version, ()
