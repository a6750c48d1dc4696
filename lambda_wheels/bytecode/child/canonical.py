"""One form for a marshalled code object, whoever marshalled it, when, and after what. (Pure.)

``marshal.dumps`` flags what it may refer to later by counting references, and says of a string whether it is interned:
so its bytes depend on what else the process has done (python/cpython#129724). Here the same stream is written anew, by
what it says alone:

- a string is interned if it could be a name in ASCII, as the constructor of code objects interns its constants;
- the members of a frozenset stand in the order of their bytes;
- a value that is needed again is flagged the first time and referred to from then on, as in CPython's own form, so that
  there are no more bytes to read and no more objects to make. What is shorter than a reference is written again.

Source: CPython's ``Python/marshal.c`` from 3.9 to 3.15, formats 4 and 5.
"""

from __future__ import annotations

from collections import Counter
from itertools import chain
from struct import Struct
from struct import error as StructError  # noqa: N812
from typing import Any

_FLAG = 0x80
"""In the first byte of a value: it gets the next number, by which it can be referred to."""
_REFERENCE, _CODE, _FROZENSET, _SLICE, _SMALL_TUPLE, _TUPLE, _BYTES, _LONG = b"rc>:)(sl"
_SHORT_ASCII, _SHORT_INTERNED, _ASCII, _INTERNED, _UNICODE, _UNICODE_INTERNED = b"zZaAut"
_FIXED = {**dict.fromkeys(b"NFT.", 1), **dict.fromkeys(b"i", 5), **dict.fromkeys(b"g", 9), **dict.fromkeys(b"y", 17)}
"""Kinds that always have so many bytes, with that of the kind."""
_SHORT = frozenset((_SHORT_ASCII, _SHORT_INTERNED))
"""Kinds whose length stands in one byte."""
_SIZED = frozenset((_BYTES, _ASCII, _INTERNED, _UNICODE, _UNICODE_INTERNED))
"""Kinds whose length stands in four bytes."""
_TEXTS = {
    _SHORT_ASCII: (_SHORT_ASCII, _SHORT_INTERNED),
    _SHORT_INTERNED: (_SHORT_ASCII, _SHORT_INTERNED),
    _ASCII: (_ASCII, _INTERNED),
    _INTERNED: (_ASCII, _INTERNED),
    _UNICODE: (_UNICODE, _UNICODE),
    _UNICODE_INTERNED: (_UNICODE, _UNICODE),
}
"""Kinds of text: what is written if it could not be a name, and if it could."""
_IN_NAMES = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz0123456789"

_REFERENCE_SIZE = 5
_number_at = Struct("<I").unpack_from
_signed_at = Struct("<i").unpack_from
_reference_to = Struct("<BI").pack

_Node = Any
"""``bytes`` for a plain value, else what it begins with and the numbers of the values in it."""


class UnknownBytecodeError(Exception):
    """The stream is not built as we know it."""


def canonical(marshalled: bytes, version: tuple[int, int]) -> bytes:
    """What ``marshal.dumps(code)`` gave in CPython ``version``, in its one form.

    :raises UnknownBytecodeError: it is built in a way that we do not know.
    :raises RecursionError: it is nested too deeply.
    """
    values = _Values(marshalled, *_layout(version))
    try:
        root, end = values.read(1, 0)
    except (IndexError, StructError) as error:
        raise UnknownBytecodeError(f"its marshalled form cannot be read: {error}") from error
    if end != len(marshalled):
        raise UnknownBytecodeError("its marshalled form does not end where it should")
    return _written(root, values.nodes, values.again())


def _layout(version: tuple[int, int]) -> tuple[int, int]:
    """How many numbers a code object begins with, and how many values stand behind the number of its first line."""
    if (3, 9) <= version < (3, 11):
        return 6, 1
    if (3, 11) <= version < (3, 16):
        return 5, 2
    raise UnknownBytecodeError("it is none of Python 3.9 to 3.15")


class _Values:
    """The values of a stream, each once, and numbered: equal ones have one number."""

    def __init__(self, data: bytes, numbers: int, after: int) -> None:
        self.nodes: list[_Node] = []
        """By number."""
        self._data = data
        self._code_head = 1 + 4 * numbers
        self._after = after
        self._referable: set[int] = set()
        self._flagged: list[int] = []
        """The numbers of what the stream itself flags, in its order; -1 while such a value is read."""
        self._seen: dict[bytes, int] = {}
        """By bytes in the stream, flag and all."""
        self._leaves: dict[bytes, int] = {}
        """By bytes as they will be."""
        self._tuples: dict[Any, int] = {}

    def read(self, count: int, place: int) -> tuple[list[int], int]:
        """The numbers of the ``count`` values that stand at ``place``, and where they end."""
        # Most values are read here, and not by a call for each: that is half of the time.
        data, seen, flagged = self._data, self._seen, self._flagged
        numbers = []
        for _ in range(count):
            first = data[place]
            kind = first & 0x7F
            if kind == _REFERENCE:
                number = flagged[_number_at(data, place + 1)[0]]
                if number < 0:
                    raise UnknownBytecodeError("a value holds itself")
                numbers.append(number)
                place += _REFERENCE_SIZE
                continue
            if kind in _SHORT:
                end = place + 2 + data[place + 1]
            elif kind in _FIXED:
                end = place + _FIXED[kind]
            elif kind in _SIZED:
                end = place + 5 + _number_at(data, place + 1)[0]
            elif kind == _LONG:
                end = place + 5 + 2 * abs(_signed_at(data, place + 1)[0])
            else:
                number, place = self._container(first, kind, place)
                numbers.append(number)
                continue
            piece = data[place:end]
            known = seen.get(piece)
            if known is None:
                known = seen[piece] = self._leaf(kind, piece)
            if first != kind:
                flagged.append(known)
            numbers.append(known)
            place = end
        return numbers, place

    def again(self) -> set[int]:
        """What occurs more than once, and is worth a reference."""
        inside = chain.from_iterable(node[1] for node in self.nodes if type(node) is tuple)
        return {number for number, count in Counter(inside).items() if count > 1} & self._referable

    def _add(self, node: _Node, referable: bool) -> int:
        number = len(self.nodes)
        self.nodes.append(node)
        if referable:
            self._referable.add(number)
        return number

    def _leaf(self, kind: int, piece: bytes) -> int:
        if kind in _TEXTS:
            text = piece[2:] if kind in _SHORT else piece[5:]
            kind = _TEXTS[kind][not text.translate(None, _IN_NAMES)]
        leaf = bytes((kind,)) + piece[1:]
        number = self._leaves.get(leaf)
        if number is None:
            # Of a short text a reference is longer, but reads faster, and names are the most of what is read.
            number = self._leaves[leaf] = self._add(leaf, kind in _TEXTS or len(leaf) > _REFERENCE_SIZE)
        return number

    def _container(self, first: int, kind: int, place: int) -> tuple[int, int]:
        flagged = self._flagged
        own = len(flagged)
        if first != kind:
            flagged.append(-1)
        if kind == _CODE:
            number, place = self._code(place)
        else:
            number, place = self._tuple(kind, place)
        if first != kind:
            flagged[own] = number
        return number, place

    def _tuple(self, kind: int, place: int) -> tuple[int, int]:
        start = place
        if kind == _SMALL_TUPLE:
            count, place = self._data[place + 1], place + 2
        elif kind in (_TUPLE, _FROZENSET):
            count, place = _number_at(self._data, place + 1)[0], place + 5
        elif kind == _SLICE:
            count, place = 3, place + 1
        else:
            raise UnknownBytecodeError(f"its marshalled form has a value of the kind {chr(kind)!r}")
        head = bytes((kind,)) + self._data[start + 1 : place]
        inside, place = self.read(count, place)
        if kind == _FROZENSET:
            inside.sort(key=self._in_full)
        key = (head, *inside)
        number = self._tuples.get(key)
        if number is None:
            number = self._tuples[key] = self._add((head, inside), bool(inside))
        return number, place

    def _in_full(self, number: int) -> bytes:
        """The bytes of a value, without references."""
        node = self.nodes[number]
        return node if type(node) is bytes else node[0] + b"".join(map(self._in_full, node[1]))

    def _code(self, place: int) -> tuple[int, int]:
        """A code object. It is itself alone, equal to no other, as in the stream: who needs it twice refers to it."""
        data = self._data
        head = bytes((_CODE,)) + data[place + 1 : place + self._code_head]
        inside, place = self.read(8, place + self._code_head)
        first_line = self._add(data[place : place + 4], False)
        after, place = self.read(self._after, place + 4)
        return self._add((head, [*inside, first_line, *after]), True), place


def _written(root: list[int], nodes: list[_Node], again: set[int]) -> bytes:
    """The stream of ``root``, in which what is in ``again`` is flagged where it first stands."""
    pieces: list[bytes] = []
    references: dict[int, bytes] = {}

    def write(numbers: list[int]) -> None:
        for number in numbers:
            node = nodes[number]
            if number in again:
                known = references.get(number)
                if known is not None:
                    pieces.append(known)
                    continue
                references[number] = _reference_to(_REFERENCE, len(references))
                start = node if type(node) is bytes else node[0]
                pieces.append(bytes((start[0] | _FLAG,)) + start[1:])
            else:
                pieces.append(node if type(node) is bytes else node[0])
            if type(node) is tuple:
                write(node[1])

    write(root)
    return b"".join(pieces)
