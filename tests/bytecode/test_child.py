"""What the compiler's process does, in this one. (Pure.)"""

from __future__ import annotations

import importlib.util
import io
import marshal
import sys
from collections.abc import Callable
from types import CodeType, SimpleNamespace
from typing import Any

import pytest

from lambda_wheels.bytecode.child import main as child
from lambda_wheels.bytecode.child.canonical import UnknownBytecodeError, canonical
from tests.bytecode.sources import RICH

Talk = Callable[[bytes], list[tuple[int, bytes]]]


@pytest.fixture
def talk(monkeypatch: pytest.MonkeyPatch) -> Talk:
    """Says something to the compiler, and gives its answers."""

    def talk(words: bytes) -> list[tuple[int, bytes]]:
        output = io.BytesIO()
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(words)))
        monkeypatch.setattr(sys, "stdout", SimpleNamespace(buffer=output))
        child.main()
        heard, answers = output.getvalue(), []
        while heard:
            kind, size = child.ANSWER.unpack_from(heard)
            heard = heard[child.ANSWER.size :]
            answers.append((kind, heard[:size]))
            heard = heard[size:]
        return answers

    return talk


def request(path: str, source: str) -> bytes:
    """A question."""
    name, content = path.encode(), source.encode()
    return child.REQUEST.pack(len(name), len(content)) + name + content


def test_questions_and_answers(talk: Talk) -> None:
    """It says who it is; then each question has one answer, in order, until there are no more."""
    answers = talk(request("/opt/ü.py", RICH) + request("/opt/b.py", "print 1") + request("/opt/c.py", "x = 1"))
    assert [kind for kind, _ in answers] == [child.READY, child.COMPILED, child.LEFT_ALONE, child.COMPILED]
    assert answers[0][1].decode() == "{}.{}.{}".format(*sys.version_info[:3])
    assert answers[2][1].startswith(b"SyntaxError")
    content = answers[1][1]
    assert content[:8] == importlib.util.MAGIC_NUMBER + bytes((1, 0, 0, 0))
    code = marshal.loads(content[16:])
    assert isinstance(code, CodeType) and code.co_filename == "/opt/ü.py"


def test_cut_off(talk: Talk) -> None:
    """A question that is cut off is not answered by half of one."""
    assert len(talk(request("/opt/a.py", "x = 1")[:5])) == 1
    with pytest.raises(EOFError):
        talk(request("/opt/a.py", "x = 1")[:-1])


def test_an_interpreter_that_is_not_known(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where code objects are built in another way, that is the only answer."""
    monkeypatch.setattr(child, "_VERSION", (3, 16))
    [(kind, reason)] = talk(request("/opt/a.py", "x = 1"))
    assert (kind, reason) == (child.UNKNOWN, b"it is none of Python 3.9 to 3.15")
    assert child.compiled(b"x = 1", "/opt/a.py")[0] == child.UNKNOWN


def test_fields_that_are_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """An interpreter whose code objects come out otherwise is not used, and no file that comes out otherwise."""
    other = marshal.dumps(compile("y = 2", "/opt/a.py", "exec"))
    monkeypatch.setattr(child, "canonical", lambda *_: other)
    with pytest.raises(UnknownBytecodeError, match="fields"):
        child.prove()
    seen = iter([other, b"something else"])
    monkeypatch.setattr(child, "canonical", lambda *_: next(seen))
    assert child.compiled(b"x = 1", "/opt/a.py") == (child.UNKNOWN, b"what was written anew is not the same code")


def test_not_a_number() -> None:
    """A constant that does not equal itself is no reason not to take a file."""
    kind, content = child.compiled(b"x = 1e999 - 1e999\n", "/opt/a.py")
    assert kind == child.COMPILED
    assert content


def test_nested_too_deeply(monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be written for being nested too deeply is left alone."""

    def too_deep(*_: object) -> bytes:
        raise RecursionError

    monkeypatch.setattr(child, "canonical", too_deep)
    assert child.compiled(b"x = 1", "/opt/a.py") == (child.LEFT_ALONE, b"nested too deeply")


def test_out_of_memory(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory that ran out is no reason to leave a file alone, as another time it would be compiled; it goes on."""
    real = compile

    def scarce(source: bytes, *args: Any, **options: Any) -> Any:
        if source == b"large":
            raise MemoryError
        return real(source, *args, **options)

    monkeypatch.setattr(child, "_too_complex", lambda *_: False)
    monkeypatch.setattr(child, "compile", scarce, raising=False)
    answers = talk(request("/opt/a.py", "large") + request("/opt/b.py", "x = 1"))
    assert [kind for kind, _ in answers] == [child.READY, child.NO_MEMORY, child.COMPILED]


def test_too_complex(monkeypatch: pytest.MonkeyPatch) -> None:
    """A MemoryError of the parser, whose own stack is full, is told from one of the memory, said or not."""
    said = MemoryError("Parser stack overflowed - Python source too complex to compile")
    for version, error, size, expected in (
        ((3, 12), said, 9, True),
        ((3, 12), MemoryError(), 9, False),
        ((3, 11), MemoryError(), 9, True),
        ((3, 11), MemoryError(), 1 << 50, False),
    ):
        monkeypatch.setattr(child, "_VERSION", version)
        assert child._too_complex(error, size) is expected


# Of `x = 2 in {"b", "a b", (1.5, "b")}, 1 << 40` and `def f(a): return a.b`, by CPython 3.10.13 and 3.13.0.
GOLDEN = [
    pytest.param(
        (3, 10),
        "630000000000000000000000000000000002000000400000007318000000640064017600640266025a006403640484005a01"
        "640553002906e9020000003e03000000da01627a03612062290267000000000000f83f72010000006c030000000000000000"
        "046301000000000000000000000001000000010000004300000073060000007c006a00530029014e290172010000002901da"
        "0161a9007203000000fa102f6f70742f707974686f6e2f782e7079da0166020000007302000000060072050000004e2902da"
        "017872050000007203000000720300000072030000007204000000da083c6d6f64756c653e0100000073040000000c000c01",
        "630000000000000000000000000000000002000000400000007318000000640064017600640266025a006403640484005a01"
        "64055300290669020000003e03000000290267000000000000f83fda016272000000007a036120626c030000000000000000"
        "046301000000000000000000000001000000010000004300000073060000007c006a00530029014e2901720000000029015a"
        "016129002900fa102f6f70742f707974686f6e2f782e7079da0166020000007302000000060072020000004e29025a017872"
        "0200000029002900290072010000007a083c6d6f64756c653e0100000073040000000c000c01",
        id="3.10",
    ),
    pytest.param(
        (3, 13),
        "630000000000000000000000000200000000000000f3180000009500530053013b00000053023402720053031a0072016704"
        "2905e9020000003e03000000a90267000000000000f83fda01627203000000fa036120626c03000000000000000004630100"
        "000000000000000000000100000003000000f31a000000950055005200000000000000000000000000000000000000240029"
        "014e290172030000002901da0161730100000020da102f6f70742f707974686f6e2f782e7079da0166720800000002000000"
        "730a0000008000901197139113882af3000000004e2902da01787208000000a90072090000007207000000da083c6d6f6475"
        "6c653e720c000000010000007318000000f003010101d80405d00921d10421a037d0042a8001db00147209000000",
        "63000000000000000000000000020000000000000073180000009500530053013b00000053023402720053031a0072016704"
        "290569020000003e03000000290267000000000000f83fda016272000000007a036120626c03000000000000000004630100"
        "000000000000000000000100000003000000731a000000950055005200000000000000000000000000000000000000240029"
        "014e2901720000000029015a0161730100000020fa102f6f70742f707974686f6e2f782e7079da0166720200000002000000"
        "730a0000008000901197139113882a73000000004e29025a01787202000000290073000000007201000000fa083c6d6f6475"
        "6c653e7203000000010000007318000000f003010101d80405d00921d10421a037d0042a8001db00147300000000",
        id="3.13",
    ),
]


@pytest.mark.parametrize(("version", "stream", "expected"), GOLDEN)
def test_a_promise(version: tuple[int, int], stream: str, expected: str) -> None:
    """The form stays from release to release: what has another changes everybody's layers, and PACK_FORMAT."""
    assert canonical(bytes.fromhex(stream), version).hex() == expected
