"""An ELF file read as the loader reads it: by its program headers, never by its sections. (Reads an open file.)

Whoever forged it, time and memory are bounded: nothing is followed further than a real file goes, and no more of it is
read at once than a page. Sources: System V ABI, chapters 4 and 5; Linux Standard Base, "Symbol Versioning"; for what is
refused of a header, glibc's ``elf/dl-load.c`` (``open_verify``).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO, Final

from elftools.common.exceptions import ELFError
from elftools.common.utils import struct_parse
from elftools.elf.elffile import ELFFile
from elftools.elf.enums import ENUM_D_TAG as _TAGS

from lambda_wheels.wheels.native import START, Elf, Format, Native, format_of, is_loaded, split_version

_MACHINES: Final = {"EM_X86_64": "x86_64", "EM_AARCH64": "aarch64"}
_MOST_SEGMENTS: Final = 256
"""Real files have about ten."""
_MOST_TAGS: Final = 2_048
"""Entries of the dynamic section; real files have about forty, and one for each library."""
_MOST_VERSIONS: Final = 4_096
_LONGEST: Final = 4_096
"""Bytes of a name, or of a list of folders."""
_MOST_NAMES: Final = 64 * 1024
"""Bytes of all names, and of libraries again for each version of theirs; real files have up to 2,000. Names may share
bytes, so that a small file could have a million of long ones."""
_PHDR_SIZE: Final = 56
"""``sizeof (Elf64_Phdr)``, which the loader insists on."""
_HEADER: Final = struct.Struct("<6xBBB7s4xI")
"""``EI_VERSION``, ``EI_OSABI``, ``EI_ABIVERSION`` and what follows them in ``e_ident``; ``e_version``."""
_ABI_VERSIONS: Final = {0: range(1), 3: range(4)}
"""Of each ABI that glibc takes, System V's and that of GNU, the versions that it knows."""
_DYN: Final = struct.Struct("<qQ")
"""``Elf64_Dyn``: tag and value. By hand, here and below, since a large project has ten thousand of them."""
_VERNEED: Final = struct.Struct("<HHIII")
"""``Elf64_Verneed``: revision, count, library, how far off the first version is, and the next library."""
_VERNAUX: Final = struct.Struct("<IHHII")
"""``Elf64_Vernaux``: hash, flags, index, name, how far off the next one is."""
_WEAK: Final = 0x2
"""``VER_FLG_WEAK``: a version without which the file loads."""


class _DamagedError(Exception):
    """The loader would not take the file."""


def read_native(path: str, file: BinaryIO) -> Native:
    """What the file, which is at ``path`` of a wheel or a layer, is.

    :raises OSError: it cannot be read.
    """
    file.seek(0)
    found = format_of(file.read(START))
    return Native(path, found, read_elf(file, loaded=is_loaded(path)) if found is Format.ELF else None)


def read_elf(file: BinaryIO, *, loaded: bool = False) -> Elf:
    """What the ELF file says; of one that is for a machine which Lambda does not have, only for which.

    :param loaded: whether it would be loaded, which asks more of its header than to be started.
    :raises OSError: it cannot be read.
    """
    try:
        elf = ELFFile(file)
        machine = elf["e_machine"]
    except (ELFError, ValueError, OverflowError):
        return Elf("", 0, False, damage="its header is cut off or not one")
    known = Elf(_MACHINES.get(machine, str(machine)), elf.elfclass, elf.little_endian)
    if machine not in _MACHINES or elf.elfclass != 64 or not elf.little_endian:
        return known
    try:
        if loaded:
            _check_header(file, elf["e_type"])
        return _Reader(file, elf).read(known, loaded=loaded)
    except _DamagedError as damage:
        return known._replace(damage=str(damage))
    except (ELFError, ValueError, OverflowError):
        return known._replace(damage="it is cut off, or its headers lead nowhere")


def _check_header(file: BinaryIO, kind: str | int) -> None:
    """The header is one that the loader takes of a library; of a program the kernel asks for none of this."""
    file.seek(0)
    version, abi, abi_version, padding, file_version = _HEADER.unpack(file.read(_HEADER.size))
    if (version, file_version) != (1, 1):
        raise _DamagedError(f"its header is in version {version} and {file_version:,} of the format, not 1")
    if abi not in _ABI_VERSIONS:
        raise _DamagedError(f"it is for another system than Linux (OS ABI {abi})")
    if abi_version not in _ABI_VERSIONS[abi]:
        raise _DamagedError(f"it is for a version of the system that there is not (ABI version {abi_version})")
    if any(padding):
        raise _DamagedError("its header has bytes that mean nothing")
    if kind == "ET_EXEC":
        raise _DamagedError("it is a program, which can be started but not loaded")


class _Reader:
    """Reads one file."""

    def __init__(self, file: BinaryIO, elf: ELFFile) -> None:
        self._file = file
        self._elf = elf
        self._size = file.seek(0, 2)
        self._left = min(_MOST_NAMES, self._size)
        """Bytes of names that may still be read."""
        self._strings = 0
        """Where the names are in the file."""
        self._loaded: list[Mapping[str, int]] = []
        """The segments that are mapped into memory."""

    def read(self, known: Elf, *, loaded: bool) -> Elf:
        elf = self._elf
        if elf["e_type"] not in {"ET_DYN", "ET_EXEC"}:
            raise _DamagedError(f"it is neither a library nor a program ({elf['e_type']})")
        if elf["e_shoff"] + elf["e_shnum"] * elf["e_shentsize"] > self._size:
            raise _DamagedError("it is cut off")
        segments = self._segments()
        self._loaded = [segment for segment in segments if segment["p_type"] == "PT_LOAD"]
        if any(segment["p_offset"] + segment["p_filesz"] > self._size for segment in self._loaded):
            raise _DamagedError("it is cut off")
        interpreters = [segment["p_offset"] for segment in segments if segment["p_type"] == "PT_INTERP"]
        if interpreters and not loaded:
            known = known._replace(interpreter=self._text(interpreters[0]))
        dynamics = [segment for segment in segments if segment["p_type"] == "PT_DYNAMIC"]
        if not dynamics:
            if elf["e_type"] == "ET_DYN" and not interpreters:
                raise _DamagedError("it has no dynamic section")
            return known  # a program that needs nothing
        tags = self._tags(dynamics[-1])
        addresses = [value for tag, value in tags if tag == _TAGS["DT_STRTAB"]]
        if not addresses:
            raise _DamagedError("its dynamic section has no names")
        self._strings = self._offset(addresses[-1])

        def named(kind: str) -> tuple[str, ...]:
            return tuple(self._text(self._strings + value) for tag, value in tags if tag == _TAGS[kind])

        def folders(kind: str) -> tuple[str, ...]:
            return tuple(folder for path in named(kind) for folder in path.split(":") if folder)

        versions = dict(tags).get(_TAGS["DT_VERNEED"])
        return known._replace(
            soname=next(iter(named("DT_SONAME")), ""),
            needed=tuple(dict.fromkeys(named("DT_NEEDED"))),
            versions=_newest(self._versions(versions)) if versions is not None else (),
            rpath=folders("DT_RPATH"),
            runpath=folders("DT_RUNPATH"),
        )

    def _segments(self) -> list[Any]:
        header = self._elf.structs.Elf_Phdr
        count = self._elf["e_phnum"]
        if not 0 < count <= _MOST_SEGMENTS:
            raise _DamagedError(f"it has {count:,} program headers")
        offset, size = self._elf["e_phoff"], self._elf["e_phentsize"]
        if size != _PHDR_SIZE:
            raise _DamagedError(f"its program headers have {size:,} bytes each")
        return [struct_parse(header, self._file, stream_pos=offset + place * size) for place in range(count)]

    def _tags(self, dynamic: Mapping[str, int]) -> list[tuple[int, int]]:
        """The dynamic section up to its end."""
        self._file.seek(self._offset(dynamic["p_vaddr"]))  # the loader does not look at p_offset
        size = min(dynamic["p_filesz"] // _DYN.size, _MOST_TAGS) * _DYN.size
        tags: list[tuple[int, int]] = []
        for tag, value in _DYN.iter_unpack(self._exactly(size)):
            if tag == _TAGS["DT_NULL"]:
                return tags
            tags.append((tag, value))
        raise _DamagedError("its dynamic section has no end")

    def _versions(self, address: int) -> Iterator[tuple[str, str]]:
        """Of each library, the versions of symbols that have to be there."""
        left = _MOST_VERSIONS
        for offset, (_, count, file, first, _) in self._chain(_VERNEED, self._offset(address), left):
            library = self._text(self._strings + file)
            for _, (_, flags, _, name, _) in self._chain(_VERNAUX, offset + first, min(left, count)):
                left -= 1
                if not flags & _WEAK:
                    yield library, self._text(self._strings + name)

    def _chain(self, entry: struct.Struct, offset: int, most: int) -> Iterator[tuple[int, tuple[int, ...]]]:
        """Entries, with their places, the last field of each saying how far off the next one is; none leads back."""
        for _ in range(most):
            self._file.seek(offset)
            fields = entry.unpack(self._exactly(entry.size))
            yield offset, fields
            if not fields[-1]:
                return
            offset += fields[-1]

    def _exactly(self, size: int) -> bytes:
        """The next bytes, ``size`` of them."""
        content = self._file.read(size)
        if len(content) < size:
            raise _DamagedError("it is cut off, or its headers lead nowhere")
        return content

    def _offset(self, address: int) -> int:
        """Where in the file that is which will be at ``address`` in memory."""
        for segment in self._loaded:
            if 0 <= address - segment["p_vaddr"] < segment["p_filesz"]:
                return address - segment["p_vaddr"] + segment["p_offset"]
        raise _DamagedError("its dynamic section leads out of it")

    def _text(self, offset: int) -> str:
        """The name at ``offset`` of the file, which ends in a NUL."""
        self._file.seek(offset)
        name, end, _ = self._file.read(_LONGEST).partition(b"\0")
        if not end:
            raise _DamagedError("a name in it has no end")
        self._left -= len(name)
        if self._left < 0:
            raise _DamagedError("the names in it are too long")
        return name.decode("utf-8", "backslashreplace")


def _newest(versions: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Of each kind of numbered version of a library only the newest, since that implies the others; and all others."""
    newest: dict[tuple[str, str], tuple[tuple[int, ...], str]] = {}
    for library, version in versions:
        kind, number = split_version(version)
        known = newest.setdefault((library, kind), (number, version))
        if number > known[0]:
            newest[library, kind] = number, version
    return tuple(sorted((library, version) for (library, _), (_, version) in newest.items()))
