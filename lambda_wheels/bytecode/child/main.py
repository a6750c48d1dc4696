"""Answers each source file with its ``.pyc``, until there are no more. (Reads stdin, writes stdout.)

Numbers are four bytes, little-endian. First it says who it is: the answer ``READY`` with its version, as text. Then
each request is two numbers, the length of a path and that of a source, and these two; each answer is one byte, a
number, and as many bytes as that says.
"""

from __future__ import annotations

import marshal
import sys
from importlib.util import MAGIC_NUMBER, source_hash
from struct import Struct
from types import CodeType
from typing import BinaryIO

from .canonical import UnknownBytecodeError, canonical

READY, COMPILED, LEFT_ALONE, UNKNOWN, NO_MEMORY = range(5)
"""How an answer begins. What follows is a version, a ``.pyc``, twice the reason, as text, and nothing."""

REQUEST = Struct("<II")
ANSWER = Struct("<BI")

_UNCHECKED = (1).to_bytes(4, "little")
"""The flags of a ``.pyc`` that goes by the hash of its source, and is not compared with it (PEP 552)."""
_VERSION = sys.version_info[:2]
_SAMPLE = b'''
def outer(a, /, b=(1, 2.5, -0.0, 3j, b"", b"x", "\xc3\xa9", (None, True, ...)), *args, c: "x" = 1 << 70, **kwargs):
    """Text."""
    cell = [argument for argument in args if argument in {"one", "two", (3, 4)}]
    class Inner:
        attribute: int = cell[1:2]
        def method(self):
            try:
                return __class__, lambda: (yield cell, self)
            finally:
                del self
    return Inner
async def coroutine():
    async with outer as x:
        return {await y async for y in x}
'''
"""Source whose code has every kind of value and field that there is."""


def main() -> None:
    """Answer until stdin ends."""
    requests, answers = sys.stdin.buffer, sys.stdout.buffer

    def answer(kind: int, content: bytes) -> None:
        answers.write(ANSWER.pack(kind, len(content)))
        answers.write(content)
        answers.flush()

    try:
        prove()
    except UnknownBytecodeError as error:
        answer(UNKNOWN, str(error).encode())
        return
    answer(READY, ".".join(map(str, sys.version_info[:3])).encode())
    while len(head := requests.read(REQUEST.size)) == REQUEST.size:
        path_size, source_size = REQUEST.unpack(head)
        path = _exactly(requests, path_size).decode("utf-8", "surrogatepass")
        source = _exactly(requests, source_size)
        try:
            kind, content = compiled(source, path)
        except MemoryError:
            kind, content = NO_MEMORY, b""
        answer(kind, content)


def _exactly(stream: BinaryIO, size: int) -> bytes:
    content = stream.read(size)
    if len(content) != size:
        raise EOFError
    return content


def compiled(source: bytes, path: str) -> tuple[int, bytes]:
    """The answer for one source: its code says of itself that it comes from ``path``.

    That its form is right is seen by loading it again.

    :raises MemoryError: there was not enough, which another time there may be.
    """
    try:
        code = compile(source, path, "exec", dont_inherit=True, optimize=0)
        marshalled = marshal.dumps(code)
    # Not what Python compiles. The recursion is that of deeply nested expressions.
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError) as error:
        if isinstance(error, MemoryError) and not _too_complex(error, len(source)):
            raise
        return LEFT_ALONE, f"{type(error).__name__}: {error}".encode("utf-8", "replace")
    try:
        content = canonical(marshalled, _VERSION)
        if not _same(code, content):
            raise UnknownBytecodeError("what was written anew is not the same code")
    except RecursionError:
        return LEFT_ALONE, b"nested too deeply"
    except UnknownBytecodeError as error:
        return UNKNOWN, str(error).encode()
    return COMPILED, b"".join((MAGIC_NUMBER, _UNCHECKED, source_hash(source), content))


def _too_complex(error: MemoryError, size: int) -> bool:
    """Whether the parser's own stack was full, as it always is for such a source, or else the memory."""
    if _VERSION >= (3, 12):
        return "too complex" in str(error)
    try:  # older ones do not say; compiling takes about 150 times the source
        bytes((64 << 20) + 500 * size)
    except MemoryError:
        return False
    return True


def _same(code: CodeType, content: bytes) -> bool:
    loaded = marshal.loads(content)
    # A constant that is not a number (1e999 - 1e999) does not equal itself, but its bytes do.
    return bool(loaded == code) or canonical(marshal.dumps(loaded), _VERSION) == content


def prove() -> None:
    """Hold that this interpreter's code objects have the fields that we know, in their order.

    :raises UnknownBytecodeError: they have not.
    """
    code = compile(_SAMPLE, "sample.py", "exec", dont_inherit=True, optimize=0)
    loaded = marshal.loads(canonical(marshal.dumps(code), _VERSION))
    if facts_of(loaded) != facts_of(code):
        raise UnknownBytecodeError("the fields of its code objects are not those that are known")


def facts_of(code: CodeType) -> list[object]:
    """All that a code object says of itself, and what those inside it say; comparing code objects leaves out some."""
    names = [name for name in dir(code) if name.startswith("co_") and name not in ("co_consts", "co_lnotab")]
    facts: list[object] = [(name, value) for name in names if not callable(value := getattr(code, name))]
    for constant in code.co_consts:
        facts.append(facts_of(constant) if isinstance(constant, CodeType) else (type(constant), constant))
    return facts
