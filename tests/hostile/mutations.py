"""Bytes, values and texts changed at random, from a seed: the same seed gives the same change. (Pure.)"""

from __future__ import annotations

import copy
import struct
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Final

INTERESTING: Final = (
    0, 1, 2, 4, 7, 8, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000,
    0xFFFFFFFE, 0xFFFFFFFF, 0x100000000, 0x7FFFFFFFFFFFFFFF, 0x8000000000000000, 0xFFFFFFFFFFFFFFFF,
)  # fmt: skip
"""Numbers at which fields of some width wrap, change their sign, or mean something else."""

MARKS: Final = (
    b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07", b"PK\x07\x08", b"\x7fELF", b"MZ",
    b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\r\n", b"\0", b"\xff\xff\xff\xff", b"\x0d\x0d", b"../", b"\n\n", b",",
    b"\xed\xa0\x80", b"\xe2\x80\xae", b'"', b"[", b"{", b"(",
)  # fmt: skip
"""Bytes that mean something in one of the formats."""

ODD: Final = (
    "", " ", ".", "..", "/", "//", "../x", "/etc/passwd", "a/../b", "\\", "C:", "a\0b", "a\nb", "a\rb", "\x1b[2J",
    "\x7f", "\x85", "\u2028", "\u202e", "\ufeff", "\ud800", "\udcff", "é", "e\u0301", "\U0001f40d", "\u0130",
    "\u017f", "\u212a", "1", "-1", "0x10", "1e999", "1.0", "1!1.0+l.1.dev0", "9" * 400, "9" * 4301, "NaN", "true",
    "null", "None", "*", "==1", ">=1,<2,!=1.5", "===x", "~=1", "a" * 300, "a." * 200, "-" * 200, "demo", "demo-1.0",
    "demo[x,y]", "demo @ file:///x.whl", "http://[", "http://[::1", "https://u:p@h/x", "http://h:99999/", "file:x",
    "//h/x", "https://h/%00.whl", "%", "demo-1.0-py3-none-any.whl", "demo-1.0-1-py3-none-any.whl", "a-b-c",
    "a.b.c-d.e.f-g.h.i", "python3.13", "arm64", "extra == 'x'", "python_version < '3'", "os_name ~= 'x'",
    "x; os_name ~= 'x'", "x; 'a' == 'a'", "x; 'a' in extras", "python_version in '3'", "'a' == 'b'", "((((", "; x",
    "#", "--index-url x", "-r x", "${HOME}", "sha256=" + 43 * "A", "sha256:" + 64 * "a", "a" * 64, "record-hash:demo",
    "2020-01-01T00:00:00Z", "9999-99-99", "libc.so.6", "GLIBC_2.99", "$ORIGIN/../..", "$LIB" * 40,
)  # fmt: skip
"""Texts that some reader of names, versions, markers, URLs, paths or numbers has stumbled over."""

_SCALARS: Final[Sequence[object]] = (
    None, True, False, 0, 1, -1, 2**31, 2**63, 2**64, -(2**63), 10**400, 1.5, -0.0, 1e308, float("nan"), float("inf"),
)  # fmt: skip


def mutated(random: Random, content: bytes, most: int = 4) -> bytes:
    """``content`` with up to ``most`` changes of its bytes."""
    changed = bytearray(content)
    for _ in range(random.randint(1, most)):
        random.choice(_BYTES)(random, changed)
    return bytes(changed)


def _place(random: Random, content: bytearray) -> int:
    return random.randrange(len(content)) if content else 0


def _flip(random: Random, content: bytearray) -> None:
    if content:
        content[_place(random, content)] ^= 1 << random.randrange(8)


def _set(random: Random, content: bytearray) -> None:
    if content:
        content[_place(random, content)] = random.randrange(256)


def _number(random: Random, content: bytearray) -> None:
    width, form = random.choice(((1, "B"), (2, "H"), (4, "I"), (8, "Q")))
    order = random.choice("<<<>")
    value = random.choice(INTERESTING) + random.choice((0, 0, 0, 1, -1))
    place = _place(random, content)
    content[place : place + width] = struct.pack(f"{order}{form}", value & (1 << 8 * width) - 1)


def _near(random: Random, content: bytearray) -> None:
    """A number that is there is a little larger or smaller."""
    width, form = random.choice(((2, "<H"), (4, "<I")))
    place = _place(random, content)
    if place + width <= len(content):
        (value,) = struct.unpack_from(form, content, place)
        struct.pack_into(form, content, place, (value + random.randint(-40, 40)) & (1 << 8 * width) - 1)


def _insert(random: Random, content: bytearray) -> None:
    place = _place(random, content)
    content[place:place] = random.choice((random.randbytes(random.randint(1, 40)), random.choice(MARKS)))


def _delete(random: Random, content: bytearray) -> None:
    place = _place(random, content)
    del content[place : place + random.choice((1, 2, 4, random.randint(1, 200)))]


def _duplicate(random: Random, content: bytearray) -> None:
    start, size = _place(random, content), random.randint(1, 200)
    place = _place(random, content)
    content[place:place] = content[start : start + size]


def _splice(random: Random, content: bytearray) -> None:
    """A piece stands where another stood."""
    start, size = _place(random, content), random.randint(1, 100)
    piece = content[start : start + size]
    place = _place(random, content)
    content[place : place + len(piece)] = piece


def _mark(random: Random, content: bytearray) -> None:
    mark = random.choice(MARKS)
    place = _place(random, content)
    content[place : place + len(mark)] = mark


def _cut(random: Random, content: bytearray) -> None:
    if random.random() < 0.3:
        del content[_place(random, content) :]


_BYTES: Final[Sequence[Callable[[Random, bytearray], None]]] = (
    _flip, _flip, _set, _set, _number, _number, _near, _near, _insert, _delete, _duplicate, _splice, _mark, _cut,
)  # fmt: skip


def odd_text(random: Random, like: str = "") -> str:
    """A text: an odd one, or one that was made of ``like``."""
    match random.randrange(8):
        case 0 | 1:
            return random.choice(ODD)
        case 2:
            return like + random.choice(ODD)
        case 3:
            return random.choice(ODD) + like
        case 4:
            return like * random.randint(2, 50)
        case 5 if like:
            place = random.randrange(len(like))
            return like[:place] + random.choice(ODD) + like[place + random.randint(0, 3) :]
        case 6 if like:
            return like[: random.randrange(len(like))]
        case _:
            return "".join(chr(random.choice((random.randrange(128), random.randrange(0x2100)))) for _ in range(6))


def odd_value(random: Random, like: object = None, depth: int = 3) -> Any:
    """A value of JSON or TOML: of another type, or another one of the same."""
    if isinstance(like, str) and random.random() < 0.6:
        return odd_text(random, like)
    match random.randrange(7):
        case 0 | 1:
            return random.choice(_SCALARS)
        case 2:
            return odd_text(random, like if isinstance(like, str) else "")
        case 3 if depth:
            return [odd_value(random, like, depth - 1) for _ in range(random.randrange(4))]
        case 4 if depth:
            return {odd_text(random): odd_value(random, like, depth - 1) for _ in range(random.randrange(4))}
        case 5:
            return [like]
        case _:
            return {"name": like}


def changed_value(random: Random, value: Any, most: int = 3) -> Any:
    """A copy of ``value`` in which up to ``most`` values, anywhere, are gone, doubled, moved or others."""
    value = copy.deepcopy(value)
    for _ in range(random.randint(1, most)):
        places = [(owner, key) for owner in _containers(value) for key in _keys(owner)]
        if not places:
            return odd_value(random, value)
        owner, key = random.choice(places)
        match random.randrange(10):
            case 0:
                del owner[key]
            case 1 if isinstance(owner, list):
                owner.insert(random.randint(0, len(owner)), copy.deepcopy(owner[key]))
            case 1 | 2 if isinstance(owner, dict):
                owner[odd_text(random, str(key))] = owner.pop(key)
            case 3:
                owner[key] = copy.deepcopy(random.choice(places)[0])
            case 4:
                other, name = random.choice(places)
                owner[key] = copy.deepcopy(other.get(name) if isinstance(other, dict) else None)
            case _:
                owner[key] = odd_value(random, owner[key])
    return value


def _containers(value: Any) -> list[Any]:
    found, waiting = [], [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict | list):
            found.append(one)
            waiting += one.values() if isinstance(one, dict) else one
    return found


def _keys(owner: Any) -> list[Any]:
    return list(owner) if isinstance(owner, dict) else list(range(len(owner)))


def changed_texts(random: Random, value: Any, most: int = 3) -> Any:
    """A copy of ``value`` in which up to ``most`` texts are others, and all else is as it was."""
    value = copy.deepcopy(value)
    for _ in range(random.randint(1, most)):
        places = [(owner, key) for owner in _containers(value) for key in _keys(owner) if isinstance(owner[key], str)]
        if places:
            owner, key = random.choice(places)
            owner[key] = odd_text(random, owner[key])
    return value
